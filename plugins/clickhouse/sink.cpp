#include "sink.hpp"

#include <algorithm>
#include <array>
#include <random>

#include <weir/shared.hpp>

#include "block_view.hpp"
#include "city_hash.hpp"
#include "refused_row.hpp"

namespace weir::clickhouse {
namespace {

constexpr size_t kMaxOpen = 64;  // partitions that rows go to at the same time
constexpr size_t kMaxSpare = 2;  // blocks whose memory is kept

std::string hex(uint64_t n) {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(n));
    return digits.data();
}

std::string random_name() {
    std::random_device random;
    return hex(static_cast<uint64_t>(random()) << 32 | random());
}

}  // namespace

Sink::Sink(Context context, SinkOptions options)
    : Instance(context), options_(std::move(options)), compressor_(options_.compression), run_(random_name()) {
    rows_metric_ = context.metric("inserted_rows", WEIR_METRIC_COUNTER, "Rows that the server has taken.");
    blocks_metric_ = context.metric("inserted_blocks", WEIR_METRIC_COUNTER, "Blocks that the server has taken.");
    bytes_metric_ = context.metric("inserted_bytes", WEIR_METRIC_COUNTER, "Bytes of these blocks, compressed.");
    refused_metric_ = context.metric("refused_rows", WEIR_METRIC_COUNTER, "Rows that the server has refused.");
    if (context.exactly_once()) window_ = shared_by_node<InsertWindow>(context);
    under_way_metric_ = context.metric("blocks_under_way", WEIR_METRIC_GAUGE, "Blocks that the server has not answered yet.");
}

Sink::~Sink() { inserter_.reset(); }

void Sink::cancel() {
    cancelled_ = true;
    context_.wake();
}

Status Sink::process(const BatchView &batch, uint32_t input) {
    Input &in = inputs_[input];
    const std::vector<RowError> faults = in.rules->check(batch);
    context_.fail(batch, faults);
    std::vector<std::string> keys;
    if (in.partitioner) {
        keys.resize(static_cast<size_t>(batch.rows()));
        in.partitioner->append(batch, keys);
    }
    int64_t good = 0;
    for (const RowError &fault : faults) {
        take(in, batch, keys, good, fault.row);
        good = fault.row + 1;
    }
    take(in, batch, keys, good, batch.rows());
    return work();
}

void Sink::take(Input &input, const BatchView &batch, const std::vector<std::string> &keys, int64_t begin, int64_t end) {
    static const std::string none;
    if (keys.empty()) return put(input, none, batch, begin, end);
    while (begin < end) {
        const std::string &key = keys[static_cast<size_t>(begin)];
        int64_t to = begin + 1;
        while (to < end && keys[static_cast<size_t>(to)] == key) ++to;
        put(input, key, batch, begin, to);
        begin = to;
    }
}

void Sink::put(Input &input, const std::string &key, const BatchView &batch, int64_t begin, int64_t end) {
    while (begin < end) {
        Open &open = open_for(input, key);
        const int64_t rows = std::min(end - begin, options_.batch_rows - open.block.rows());
        open.block.append(batch, begin, begin + rows);
        begin += rows;
        if (open.block.rows() >= options_.batch_rows || open.block.bytes() >= options_.batch_bytes) seal(input, key);
    }
}

Sink::Open &Sink::open_for(Input &input, const std::string &key) {
    if (const auto found = input.open.find(key); found != input.open.end()) return *found->second;
    if (input.open.size() >= kMaxOpen) seal_all(input);
    std::unique_ptr<Open> open;
    if (input.spare.empty()) {
        open = std::make_unique<Open>(Block(block_columns(found_.table, input.schema)));
    } else {
        open = std::move(input.spare.back());
        input.spare.pop_back();
    }
    open->since = context_.now();
    if (!context_.exactly_once()) context_.wake_at(open->since + options_.max_age);
    return *(input.open[key] = std::move(open));
}

Status Sink::work() {
    if (cancelled_) return Status::retryable("stopped");
    if (Status s = collect(); !s.ok()) return s;
    if (context_.exactly_once()) return has_room() ? Status() : Status::pending();
    seal_old();
    send();
    return waiting_.empty() ? Status() : Status::pending();
}

Status Sink::prepare(uint64_t epoch, const weir_bytes_out &committables) {
    for (Input &input : inputs_) seal_all(input);
    if (context_.exactly_once()) return hand_over(epoch, committables);
    Status status = work();
    if (!status.done()) return status;
    if (inserter_->under_way() > 0) return Status::pending();
    epoch_ = epoch;
    refused_ = 0;
    return {};
}

void Sink::seal_old() {
    const int64_t now = context_.now();
    for (Input &input : inputs_) {
        if (input.open.empty()) continue;
        const int64_t due = input.open.begin()->second->since + options_.max_age;
        if (now >= due)
            seal_all(input);
        else
            context_.wake_at(due);
    }
}

void Sink::seal_all(Input &input) {
    while (!input.open.empty()) seal(input, std::string(input.open.begin()->first));
}

void Sink::seal(Input &input, const std::string &key) {
    const auto found = input.open.find(key);
    std::unique_ptr<Open> open = std::move(found->second);
    input.open.erase(found);
    Block &block = open->block;
    waiting_.push_back(sealed(next_token(), input.sql, block.rows(), [&](Output &out) { block.write(out); }));
    block.clear();
    if (input.spare.size() < kMaxSpare) input.spare.push_back(std::move(open));
}

SealedBlock Sink::sealed(std::string token, const std::string &sql, int64_t rows, const std::function<void(Output &)> &write) {
    auto body = std::make_shared<std::string>();
    CompressedOutput out(compressor_, *body);
    write(out);
    out.finish();
    const auto [low, high] = city_hash_128(body->data(), body->size());
    token += "." + hex(low) + hex(high);
    return {std::move(token), sql, rows, context_.now(), std::move(body)};
}

// The epoch stands for the sources' positions; where an epoch is run again, after a crash, `run_` is another.
std::string Sink::next_token() {
    return "weir/" + std::string(context_.topology()) + "/" + std::string(context_.node()) + "/" + run_ + "." +
           std::to_string(context_.worker()) + "." + std::to_string(epoch_) + "." + std::to_string(serial_++);
}

void Sink::send() {
    while (!waiting_.empty() && inserter_->under_way() < options_.in_flight) {
        inserter_->send(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    context_.metric_set(under_way_metric_, static_cast<int64_t>(inserter_->under_way()));
}

Status Sink::collect() {
    for (Inserter::Finished &finished : inserter_->take_finished()) {
        const SealedBlock &block = finished.block;
        if (finished.answer.ok()) {
            context_.metric_add(rows_metric_, block.rows);
            context_.metric_add(blocks_metric_, 1);
            context_.metric_add(bytes_metric_, static_cast<int64_t>(block.body->size()));
        }
        if (context_.exactly_once()) {  // commit asks for it
            sending_[block.token].answer = std::move(finished.answer);
            continue;
        }
        if (finished.answer.reaction == Reaction::kData) {
            auto parts = divide(block, finished.answer, 2);
            if (!parts) return parts.status();
            for (auto part = parts->rbegin(); part != parts->rend(); ++part) waiting_.push_front(std::move(*part));
        } else if (!finished.answer.ok()) {
            return failed(finished.answer);
        }
    }
    return {};
}

Status Sink::failed(const Answer &answer) const {
    const std::string text = "table `" + found_.table.name.text() + "`: " + answer.message;
    return answer.reaction == Reaction::kRetry ? Status::retryable(text) : Status::fatal(text);
}

Result<std::vector<SealedBlock>> Sink::divide(const SealedBlock &block, const Answer &answer, int64_t parts) {
    auto bytes = decompress(*block.body);
    if (!bytes) return bytes.status();
    auto view = BlockView::parse(std::move(*bytes));
    if (!view) return view.status();
    std::vector<SealedBlock> out;
    if (view->rows() <= 1) {
        if (Status s = refuse(view->json(0), answer); !s.ok()) return s;
        return out;
    }
    parts = std::min(parts, view->rows());
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t begin = view->rows() * part / parts, end = view->rows() * (part + 1) / parts;
        out.push_back(sealed(block.token + "-" + std::to_string(part), block.sql, end - begin,
                             [&](Output &to) { view->write(to, begin, end); }));
    }
    return out;
}

Status Sink::refuse(const std::string &row, const Answer &answer) {
    const std::string where = "table `" + found_.table.name.text() + "`";
    if (++refused_ > options_.max_refused)
        return Status::fatal(where + " has refused more than " + std::to_string(options_.max_refused) +
                             " rows of one epoch (max_refused); the last: " + answer.message);
    context_.metric_add(refused_metric_, 1);
    const RowError error{0, "insert", "", where + ": " + answer.message};
    context_.fail(make_refused_row(row), {&error, 1});
    return {};
}

}  // namespace weir::clickhouse
