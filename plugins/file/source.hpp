// file.source: the lines of files, decoded. A split is a file, by its path.
//
// Instances on several workers read different files; worker 0's finds which there are. One user at a time each.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <weir/operator.hpp>
#include <weir/shared.hpp>

#include "reader.hpp"

namespace weir::file {

struct SourceOptions {
    std::vector<std::string> paths;
    ReaderOptions reader;
    bool at_end = false;        // begin behind what is there
    int64_t poll_interval = 0;  // microseconds
};

// What all instances of a node know: files that came behind the first start begin at their beginning, whatever `start` says.
struct Arrivals {
    std::mutex mutex;
    bool first_look = true;
    bool resumed = false;  // there are positions: it is not the first start
    std::set<std::string> listed, late;
};

class Source final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status discover(const weir_bytes_out &ids) override;
    Status assign(uint64_t number, std::string_view id, const weir_str &position) override;
    Status revoke(uint64_t number) override;
    Status poll(uint64_t number, uint64_t max_rows, uint64_t max_bytes) override;
    Status position(uint64_t number, const weir_bytes_out &out) override;

private:
    enum class Metadata : uint8_t { kPath, kOffset };
    // A file without a position is begun by the first poll, when all that have one are known.
    struct Reading {
        std::unique_ptr<Reader> reader;
        bool begun = false;
    };
    Source(Context context, SourceOptions options);
    Status read_config(const Config &config);
    Status begin(Reading &reading);
    Status find_files(std::set<std::string> *out) const;
    // Rows of the lines that decode, sent on; the others to `errors`. *full: there is no more room.
    Status emit(uint64_t number, Lines &lines, bool *full);
    void fail_long_lines(const Reader &reader, const std::vector<LongLine> &lines);
    ArrowArray metadata_column(Metadata what, const Lines &lines, const std::vector<int32_t> &rows) const;
    void take_note(Reader &reader);

    const SourceOptions options_;
    std::shared_ptr<Arrivals> arrivals_;
    weir_codec codec_{};
    Schema record_;
    std::vector<uint8_t> wanted_;
    std::set<Metadata> ordinary_;     // asked for by `metadata:`
    std::vector<Metadata> emitted_;   // behind the record's columns, as bound
    std::vector<RowError> failures_;
    std::map<uint64_t, Reading> readings_;
    uint32_t bytes_metric_ = 0, blank_metric_ = 0, truncated_metric_ = 0;
};

extern const OperatorSpec kSourceSpec;

}  // namespace weir::file
