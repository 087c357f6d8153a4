// Savepoints: a store beside the store, by hard links or as a copy.
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/utilities/checkpoint.h>

#include "host/state/store_impl.hpp"

namespace weir::host {
namespace {

constexpr size_t kCopyBatchBytes = 4u << 20;
constexpr size_t kPageTail = 20, kCopiedRunTail = 16;  // behind the id: ~newest, oldest and, of a page, its number

// Whether a key belongs to an epoch above the committed one.
bool is_above(std::string_view key, uint64_t committed) {
    if (key.front() == 'r' && key.size() == 9) return load_u64(key.data() + 1) > committed;
    const size_t tail = key.front() == 'i' ? kCopiedRunTail : key.front() == 'd' ? kPageTail : 0;
    return tail > 0 && key.size() > tail && ~load_u64(key.data() + key.size() - tail) > committed;
}

StoreFailure link_to(rocksdb::DB& db, const std::filesystem::path& to) {
    rocksdb::Checkpoint* made = nullptr;
    rocksdb::Status s = rocksdb::Checkpoint::Create(&db, &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    if (s.ok()) s = checkpoint->CreateCheckpoint(to.native());
    return s.ok() ? StoreFailure() : rocks_failure(to, "making a savepoint", s);
}

}  // namespace

StoreFailure StateStore::Impl::copy_to(const std::filesystem::path& to) const {
    const auto failed = [&](const rocksdb::Status& s) { return rocks_failure(to, "copying the state", s); };
    StoreOptions as_new = options;
    as_new.read_only = as_new.beside_owner = false;
    rocksdb::DB* opened = nullptr;
    if (const rocksdb::Status s = rocksdb::DB::Open(rocks_options(as_new, true), to.native(), &opened); !s.ok())
        return failed(s);
    const std::unique_ptr<rocksdb::DB> copy(opened);
    rocksdb::ReadOptions scan;
    scan.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(scan));
    rocksdb::WriteOptions unlogged;
    unlogged.disableWAL = true;
    rocksdb::WriteBatch batch;
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
        if (is_above(view(at->key()), committed.epoch)) continue;
        batch.Put(at->key(), at->value());
        if (batch.GetDataSize() < kCopyBatchBytes) continue;
        if (const rocksdb::Status s = copy->Write(unlogged, &batch); !s.ok()) return failed(s);
        batch.Clear();
    }
    if (!at->status().ok()) return rocks_failure(database(), "reading what is stored", at->status());
    rocksdb::Status s = copy->Write(unlogged, &batch);
    if (s.ok()) s = copy->Flush({});
    if (s.ok()) s = copy->Close();
    return s.ok() ? StoreFailure() : failed(s);
}

Status StateStore::verify() const {
    const rocksdb::Status s = impl_->db->VerifyChecksum();
    return s.ok() ? Status() : rocks_failure(impl_->database(), "comparing it with its checksums", s).status;
}

Status StateStore::save(const std::filesystem::path& to) {
    Impl& impl = *impl_;
    const std::lock_guard writing(impl.write_mutex);
    const bool is_copied = impl.options.read_only || prepared();
    if (Status s = impl.options.read_only ? Status() : impl.writable(); !s.ok()) return s;
    std::error_code error;
    const auto absolute = std::filesystem::absolute(to, error);
    if (!error && absolute.has_parent_path()) std::filesystem::create_directories(absolute.parent_path(), error);
    if (error) return system_failure(to, "cannot be made, for a savepoint", error.value()).status;
    if (::mkdir(absolute.c_str(), 0700) != 0)
        return system_failure(to, "cannot be made, for a savepoint", errno).status;
    StoreFailure f = is_copied ? impl.copy_to(absolute / "db") : link_to(*impl.db, absolute / "db");
    // Last: a savepoint without it is none.
    if (f.ok()) f = StoreDir::write_identity(absolute, {kStoreFormat, impl.topology});
    if (f.ok()) return {};
    std::filesystem::remove_all(absolute, error);
    return f.status;
}

}  // namespace weir::host
