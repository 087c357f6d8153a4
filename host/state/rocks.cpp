#include "host/state/rocks.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>

#include "host/state/page.hpp"

namespace weir::host {
namespace {

constexpr size_t kMinMemoryBytes = 1u << 20;
constexpr size_t kTableBlockBytes = kPageBytes;  // what is read for a look-up
constexpr int kOpenFiles = 256;

// RocksDB's own log goes nowhere: it would be a file in the same folder, and where that is full, writing it ends the process (an
// assertion of 7.8). What it would tell of failures comes as statuses.
class SilentLogger : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

}  // namespace

rocksdb::Options rocks_options(const StoreOptions& options, bool create) {
    const size_t memory = std::max(options.memory_bytes, kMinMemoryBytes);
    rocksdb::Options rocks;
    if (options.env) rocks.env = options.env;
    rocks.create_if_missing = create;
    rocks.paranoid_checks = true;
    // A log that ends within a record is what a crash leaves; anything else that is wrong with it is an error. The
    // default would quietly forget whatever stands behind a damaged record.
    rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    rocks.track_and_verify_wals_in_manifest = true;
    // After a failed write the store is opened anew: nobody but recovery knows what is on the disk.
    rocks.max_bgerror_resume_count = 0;
    rocks.write_buffer_size = memory / 4;
    rocks.max_write_buffer_number = 4;
    // What an epoch wrote is often folded away before it leaves memory, and then never written.
    rocks.min_write_buffer_number_to_merge = 2;
    rocks.target_file_size_base = 32u << 20;
    rocks.max_bytes_for_level_base = 128u << 20;
    rocks.level_compaction_dynamic_level_bytes = true;
    rocks.compression = rocksdb::kNoCompression;
    rocks.max_background_jobs = 2;
    rocks.max_open_files = kOpenFiles;
    rocks.max_file_opening_threads = 1;
    rocks.skip_stats_update_on_db_open = true;
    rocks.stats_dump_period_sec = 0;
    rocks.stats_persist_period_sec = 0;
    rocks.info_log = std::make_shared<SilentLogger>();
    rocksdb::BlockBasedTableOptions table;
    table.block_size = kTableBlockBytes;
    table.block_cache = rocksdb::NewLRUCache(memory / 8);
    table.format_version = 5;
    rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return rocks;
}

StoreFailure corrupt(const std::filesystem::path& path, const std::string& what) {
    return store_failure(
        StoreError::kCorrupt, path,
        fmt::format("corrupt: {}; restore a savepoint, or remove the folder to begin without state", what));
}

StoreFailure rocks_failure(const std::filesystem::path& path, const std::string& doing,
                           const rocksdb::Status& status) {
    const std::string what = fmt::format("{}: {}", doing, status.ToString());
    if (status.IsNoSpace()) return store_failure(StoreError::kNoSpace, path, what + "; make room, then start again");
    // A file that the database names and that is not there is no trouble of the disk.
    if (status.IsCorruption() || status.IsPathNotFound() || status.IsInvalidArgument() || status.IsNotFound())
        return corrupt(path, what);
    if (status.IsNotSupported())
        return store_failure(StoreError::kFormat, path, what + "; use the weir that wrote it, or a newer one");
    return store_failure(StoreError::kIo, path, what + "; check the folder, its rights and its disk");
}

}  // namespace weir::host
