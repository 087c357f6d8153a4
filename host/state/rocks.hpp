// RocksDB as this library uses it: its options, and its errors in our words.
//
// Internal to host/state.
#pragma once

#include <filesystem>
#include <string>

#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include "host/state/store_dir.hpp"

namespace weir::host {

rocksdb::Options rocks_options(const StoreOptions& options, bool create);
// What went wrong with the database in `path` while `doing`, and what to do. `status` is not ok.
StoreFailure rocks_failure(const std::filesystem::path& path, const std::string& doing,
                           const rocksdb::Status& status);
// The same for what we find wrong ourselves.
StoreFailure corrupt(const std::filesystem::path& path, const std::string& what);

inline std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
inline rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace weir::host
