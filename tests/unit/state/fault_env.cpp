#include "tests/unit/state/fault_env.hpp"

#include <unistd.h>

#include <string>
#include <utility>

namespace weir::host {
namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr int kExitCode = 77;

void nothing() {}

class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
public:
    FaultFile(std::unique_ptr<FSWritableFile> file, FaultPlan& plan)
        : FSWritableFileOwnerWrapper(std::move(file)), plan_(plan) {}

    IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
        const auto half = [&] { append(Slice(data.data(), data.size() / 2), options, debug); };
        if (IOStatus s = plan_.change(false, half); !s.ok()) return s;
        return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                    IODebugContext* debug) override {
        return Append(data, options, debug);
    }
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
        if (IOStatus s = plan_.change(true, nothing); !s.ok()) return s;
        return FSWritableFileOwnerWrapper::Sync(options, debug);
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
        if (IOStatus s = plan_.change(true, nothing); !s.ok()) return s;
        return FSWritableFileOwnerWrapper::Fsync(options, debug);
    }

private:
    void append(const Slice& data, const IOOptions& options, IODebugContext* debug) {
        FSWritableFileOwnerWrapper::Append(data, options, debug).PermitUncheckedError();
        FSWritableFileOwnerWrapper::Flush(options, debug).PermitUncheckedError();
    }

    FaultPlan& plan_;
};

class FaultFileSystem : public rocksdb::FileSystemWrapper {
public:
    explicit FaultFileSystem(FaultPlan& plan) : FileSystemWrapper(rocksdb::FileSystem::Default()), plan_(plan) {}
    const char* Name() const override { return "FaultFileSystem"; }

    IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                             std::unique_ptr<FSWritableFile>* result, IODebugContext* debug) override {
        if (IOStatus s = plan_.change(false, nothing); !s.ok()) return s;
        IOStatus s = FileSystemWrapper::NewWritableFile(name, options, result, debug);
        if (s.ok()) *result = std::make_unique<FaultFile>(std::move(*result), plan_);
        return s;
    }
    IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                        IODebugContext* debug) override {
        if (IOStatus s = plan_.change(false, nothing); !s.ok()) return s;
        return FileSystemWrapper::RenameFile(from, to, options, debug);
    }
    IOStatus DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) override {
        if (IOStatus s = plan_.change(false, nothing); !s.ok()) return s;
        return FileSystemWrapper::DeleteFile(name, options, debug);
    }

private:
    FaultPlan& plan_;
};

}  // namespace

IOStatus FaultPlan::fail(bool sync) const {
    if (act_ == Act::kSyncError && !sync) return IOStatus::OK();
    if (act_ == Act::kNoSpace) return IOStatus::NoSpace("No space left on device");
    return IOStatus::IOError("Input/output error");
}

template <class Half>
IOStatus FaultPlan::change(bool sync, Half half) {
    const uint64_t n = ++changes_;
    const uint64_t at = at_;
    if (at == 0 || n < at) return IOStatus::OK();
    if (act_ != Act::kExit && act_ != Act::kTornExit) return fail(sync);
    if (act_ == Act::kTornExit) half();
    _exit(kExitCode);
}

std::unique_ptr<rocksdb::Env> fault_env(FaultPlan& plan) {
    return rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(plan));
}

}  // namespace weir::host
