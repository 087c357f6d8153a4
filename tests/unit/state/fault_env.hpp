// A file system that fails, or ends the process, at the n-th time RocksDB changes something in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/io_status.h>

namespace weir::host {

// Appends, syncs, new files, renames and removals count. Any thread.
class FaultPlan {
public:
    enum class Act {
        kNoSpace,     // this and every later change fails with ENOSPC
        kIoError,     // the same with EIO
        kSyncError,   // this and every later sync fails with EIO
        kExit,        // the process ends before the change
        kTornExit,    // the process ends when half of what is appended is written
    };

    // `at` counts from 1; 0 is never.
    FaultPlan(Act act, uint64_t at) : act_(act), at_(at) {}
    // From now on, instead of what was planned.
    void fail_now() { at_ = changes_ + 1; }
    void mend() { at_ = 0; }
    uint64_t changes() const { return changes_; }

    // Counts a change; an error where it is to fail. May end the process. `half`: does half of it.
    template <class Half>
    rocksdb::IOStatus change(bool sync, Half half);

private:
    rocksdb::IOStatus fail(bool sync) const;

    Act act_;
    std::atomic<uint64_t> at_;
    std::atomic<uint64_t> changes_{0};
};

// An Env over the system's that follows the plan, which must outlive it.
std::unique_ptr<rocksdb::Env> fault_env(FaultPlan& plan);

}  // namespace weir::host
