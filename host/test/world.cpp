#include "host/test/world.hpp"

#include <iterator>

namespace weir::host::test {

void World::begin(uint64_t seed, uint64_t most, bool exactly_once) {
    sources_.clear();
    outputs_.clear();
    markers_.clear();
    random_.seed(seed);
    most_ = most;
    exactly_once_ = exactly_once;
}

void World::send(const std::string& source, int32_t partition, Message message) {
    Source& to = sources_[source];
    Partition& log = to.partitions[partition];
    if (!message.watermark) {
        if (message.offset < 0) message.offset = log.records;
        log.records = message.offset + 1;
    }
    log.log.push_back(std::move(message));
    for (weir_context* reader : to.readers) reader->wake(reader);
}

uint64_t World::draw_rows() { return most_ <= 1 || most_ >= WEIR_BATCH_MAX_ROWS ? most_ : 1 + random_() % most_; }

void World::add(const std::string& output, Row row) {
    Output& to = outputs_[output];
    (exactly_once_ ? to.open : to.rows).push_back(std::move(row));
}

void World::commit() {
    for (auto& [name, output] : outputs_) {
        std::move(output.open.begin(), output.open.end(), std::back_inserter(output.rows));
        output.open.clear();
    }
}

void World::crash() {
    for (auto& [name, output] : outputs_) output.open.clear();
}

}  // namespace weir::host::test
