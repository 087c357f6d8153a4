// Savepoints: named copies of a topology's committed state, in DATA_DIR/.savepoints/TOPOLOGY/NAME. No topology is
// called so, and `--reset` does not touch them.
//
// Threads: the main thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "host/loader/manifest.hpp"
#include "host/state/store.hpp"

namespace weir::host {

struct SavepointInfo {
    std::string topology, name;
    std::string created;  // "2026-01-31T12:00:00Z"
    uint64_t epoch = 0;
    uint64_t bytes = 0;  // of its files; those shared with the state count, too
    std::vector<std::string> nodes;
    std::string fault;  // why it cannot be read; then the rest is empty
};

// What can be a topology's name, and is one a savepoint may have.
bool is_savepoint_name(const std::string& name);
// "20260131-120000", of now.
std::string savepoint_name_of_now();
std::filesystem::path savepoint_path(const std::filesystem::path& data_dir, const std::string& topology,
                                     const std::string& name);

// Of one topology, or of all where it is empty; by topology and time.
std::vector<SavepointInfo> list_savepoints(const std::filesystem::path& data_dir, const std::string& topology);
SavepointInfo describe_savepoint(const std::filesystem::path& data_dir, const std::string& topology,
                                 const std::string& name);

// A topology's committed state, opened for reading, also while a host has it open.
Result<std::unique_ptr<StateStore>> open_for_reading(const std::filesystem::path& dir);

// Why there is nothing to look at or to save: the folder is not there, or nothing was committed in it.
Status no_state(const std::filesystem::path& dir, const std::string& topology);
Status no_epoch(const std::filesystem::path& dir, const std::string& topology);

// Where its sources were at its committed epoch, as the epoch's record has it: an array of { node, split, position }.
Json positions_of(const StateStore& store);

// The states with as many entries as can be read: what was replaced or deleted is stored until it is folded away, and is none. Reads
// all of the state.
Result<std::vector<StateSummary>> live_summaries(const StateStore& store);

// Makes one of the topology's committed state; a host that runs it is not disturbed.
Status create_savepoint(const std::filesystem::path& data_dir, const std::string& topology, const std::string& name);
// Copies the savepoint, for a run to begin from; where the copy is. Refused as below.
Result<std::filesystem::path> copy_savepoint(const std::filesystem::path& data_dir, const std::string& topology,
                                             const std::string& name, bool replace, const std::string& ways_out);
// Makes the savepoint the topology's state, to begin from at the next start. Refused where there is state, unless
// `replace` says that it may go; the message ends with `ways_out`. The savepoint stays.
Status restore_savepoint(const std::filesystem::path& data_dir, const std::string& topology, const std::string& name,
                         bool replace, const std::string& ways_out);

}  // namespace weir::host
