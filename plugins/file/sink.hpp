// file.sink: rows as lines of files.
//
// At least once: lines are added to the file, or, where it rolls, to files with a time in their names; a barrier waits
// until they are on the disk. Exactly once: each epoch's rows go into hidden files of their own. At the barrier these
// are on the disk and their names are handed over; commit gives them the names under which readers find them.
//
//   orders.jsonl                                            the path, and what is added to
//   orders-20240523T123456.789Z-0-1.jsonl                   a file with worker and number
//   .orders-20240523T123456.789Z-0-1.jsonl.RUN.writing      exactly once: while it is written; deleted by the next start
//   .orders-20240523T123456.789Z-0-1.jsonl.RUN.ready-EPOCH  prepared; of an epoch that was given up, deleted as well
//
// One instance, one user at a time; instances on several workers share a file under a lock. Two processes must not write
// to one path with exactly-once: each would take the other's files for what a crash left.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <weir/codec_call.hpp>
#include <weir/operator.hpp>
#include <weir/shared.hpp>

#include "part.hpp"

namespace weir::file {

struct SinkOptions {
    std::string path;  // absolute
    std::string format;
    bool header = false;      // the codec writes a header and a row; a file gets the header once
    bool line_breaks = false; // payloads may have them, in quotes
    uint64_t max_bytes = 0;   // of a file; 0: none
    int64_t max_age = 0;      // microseconds; 0: none
};

// What all instances that write to a path have in common, be they of one node or of several.
struct SinkShared {
    SinkShared();
    std::mutex mutex;
    std::string run;             // tells this run's hidden files from others'
    uint64_t parts = 0;          // begun
    std::optional<Part> file;    // all add to it
};

class Sink final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Sink(Context context, SinkOptions options);
    ~Sink() override;

    Status bind(const Binding &binding) override;
    Status open() override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status prepare(uint64_t epoch, const weir_bytes_out &committables) override;
    Status commit(uint64_t epoch, std::string_view committable, const weir_bytes_out &) override;

private:
    struct Input {
        weir_codec codec{};
        std::vector<size_t> columns;
    };
    bool rolls() const { return context_.exactly_once() || options_.max_bytes || options_.max_age; }
    Status encode(const BatchView &batch, const Input &input, std::string *header, std::string *lines);
    // Empty, or why the payload is no line.
    std::string fault_of(std::string_view payload) const;
    Status write(const std::string &header, const std::string &lines);
    Status write_shared(const std::string &header, const std::string &lines);
    Status next_part();
    Status hand_over(uint64_t epoch, const weir_bytes_out &committables);
    // Hidden files that a run before left: those that were being written, and those of epochs from `given_up` on.
    Status remove_leftovers(std::optional<uint64_t> given_up);
    std::string part_name();
    std::string hidden(const std::string &name, const std::string &suffix) const;

    const SinkOptions options_;
    std::shared_ptr<SinkShared> shared_;
    std::vector<Input> inputs_;
    std::optional<Part> part_;        // of this instance alone
    std::string part_name_;           // that it will have
    std::vector<std::string> full_;   // names of this epoch's files that are written
    int64_t part_since_ = 0;
    bool first_prepare_ = true;
    uint32_t bytes_metric_ = 0, files_metric_ = 0;
};

extern const OperatorSpec kSinkSpec;

}  // namespace weir::file
