// The outside of a topology under test: what its sources find to read, and what its sinks and taps have got. It
// outlives a crash, as brokers and files do.
//
// Threads: one at a time: whoever makes the run, and the run's own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/types.hpp>

namespace weir::host::test {

// What stands in a partition of a source.
struct Message {
    std::optional<std::string> payload;  // none: a tombstone
    bool is_row = false;                 // the payload is a row as JSON, and no codec's business
    std::optional<std::string> key;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;
    std::optional<int64_t> timestamp;
    std::optional<int64_t> watermark;  // no record: event time has come so far
    int64_t offset = -1;               // of a record, among those of its partition; -1: the next one
    std::optional<std::string> topic;  // that it is of; none: the source's
};

struct Partition {
    std::vector<Message> log;
    int64_t records = 0;
};

// A row that came to an output: by column the value as JSON text.
struct Row {
    size_t input = 0;  // whose schema it has
    std::vector<std::string> values;
    bool has_payload = false;            // of a sink; of others there is none to compare
    std::optional<std::string> payload;  // none: a tombstone
};

// A sink, or a tapped port.
struct Output {
    std::vector<Schema> schemas;  // by input
    std::vector<Row> rows;        // in order of arrival
    std::vector<Row> open;        // exactly_once: of an epoch that is not committed
};

class World {
public:
    // As things are at the beginning of a run of a case. `most`: rows that a source gives at once; of several, drawn.
    void begin(uint64_t seed, uint64_t most, bool exactly_once);

    Partition& partition(const std::string& source, int32_t number) { return sources_[source].partitions[number]; }
    const std::map<int32_t, Partition>& partitions(const std::string& source) { return sources_[source].partitions; }
    // Appends, and wakes those who read the source.
    void send(const std::string& source, int32_t partition, Message message);

    void add_reader(const std::string& source, weir_context* reader) { sources_[source].readers.insert(reader); }
    void remove_reader(const std::string& source, weir_context* reader) { sources_[source].readers.erase(reader); }
    // What a source's records are, as its plugin was bound last.
    struct Shape {
        Schema record;
        bool has_codec = false;
    };
    Shape& shape(const std::string& source) { return shapes_[source]; }
    // How many rows the next batch of a source has at most.
    uint64_t draw_rows();

    Output& output(const std::string& name) { return outputs_[name]; }
    void add(const std::string& output, Row row);
    // An epoch was committed: what was written in it is there to stay, or is gone after a crash.
    void commit();
    void crash();

    // Of a connection that decides epochs: what it committed last.
    std::string& marker(const std::string& connection) { return markers_[connection]; }

private:
    struct Source {
        std::map<int32_t, Partition> partitions;
        std::set<weir_context*> readers;
    };
    std::map<std::string, Source> sources_;
    std::map<std::string, Shape> shapes_;
    std::map<std::string, Output> outputs_;
    std::map<std::string, std::string> markers_;
    std::mt19937_64 random_;
    uint64_t most_ = 1;
    bool exactly_once_ = false;
};

}  // namespace weir::host::test
