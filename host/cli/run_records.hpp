// The notes of a data directory (run_record.hpp): a file for each topology, `.running/NAME.json`, which only the user can read, and
// beside it a lock that is held by the host which runs it, as long as its process lives.
//
// A note is written whole or not at all, and is durable once write has returned.
// Threads: any; those of one topology one at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "host/cli/run_record.hpp"

namespace weir::host {

// That no other process runs a topology of that name from this data directory.
class RunLock {
public:
    explicit RunLock(int fd) : fd_(fd) {}
    ~RunLock();
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;

private:
    const int fd_;
};

class RunRecords {
public:
    explicit RunRecords(const std::filesystem::path& data_dir) : dir_(data_dir / ".running") {}

    // Makes the folder where it is missing. WEIR_E_CONFIG: another host has it; WEIR_E_FATAL: what went wrong.
    Result<std::unique_ptr<RunLock>> lock(const std::string& topology) const;
    Status write(const RunRecord& record) const;
    // Of one that is not there: nothing.
    Status remove(const std::string& topology) const;
    // WEIR_E_CONFIG: it cannot be read, and why; the path is in the message.
    Result<RunRecord> read(const std::string& topology) const;
    // The topologies that have a note, sorted.
    std::vector<std::string> names() const;

private:
    std::filesystem::path path_of(const std::string& topology, const char* suffix) const { return dir_ / (topology + suffix); }
    Status make_folder() const;

    std::filesystem::path dir_;
};

// Which of the two graphs of a topology that was on trial its last epoch is of.
struct TrialEnd {
    enum class Kind {
        kNotTaken,
        kTaken,
        kAskNew,  // the new graph's is prepared, and its connections know whether it is decided
    };
    Kind kind = Kind::kNotTaken;
    uint64_t epoch = 0;  // of kAskNew
};

// `state`: the folder of the topology's state. REQUIRES: the record has a trial, and nobody has the state open. As StateStore::open
// where that fails.
Result<TrialEnd> end_of_trial(const std::filesystem::path& state, const RunRecord& record);

}  // namespace weir::host
