// The entries of a merge as the pages of one run.
//
// Internal to host/state.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/write_batch.h>

#include "host/state/keys.hpp"
#include "host/state/merge.hpp"
#include "host/state/run_index.hpp"

namespace weir::host {

// `keep` may change an entry, and tells whether it is written at all; empty: all are, as they are. Adds pages to the batch and to
// `run`, whose epochs and version are set, their first keys to `first_keys`, and what they hold to `content`, unless that is NULL.
// The merge's ok() tells whether the pages it read were right.
void write_run(Merge& merged, std::string_view id, const std::function<bool(Entry&)>& keep, rocksdb::WriteBatch& batch, Run& run,
               std::vector<std::string>& first_keys, RunIndex* content);

}  // namespace weir::host
