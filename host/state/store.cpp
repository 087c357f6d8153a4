#include "host/state/store.hpp"

#include <utility>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/state/epoch_batch.hpp"
#include "host/state/store_impl.hpp"

namespace weir::host {
namespace {

// The database's limit of a batch is 4 GiB.
constexpr size_t kMaxEpochBytes = size_t{2} << 30;

}  // namespace

StateStore::StateStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StateStore::~StateStore() = default;

Result<std::unique_ptr<StateStore>> StateStore::open(const std::filesystem::path& dir, StoreOptions options,
                                                     StoreError* why) {
    auto impl = std::make_unique<Impl>();
    impl->dir = dir;
    impl->options = std::move(options);
    const StoreFailure failure = impl->open();
    if (why) *why = failure.kind;
    if (!failure.ok()) return failure.status;
    return std::unique_ptr<StateStore>(new StateStore(std::move(impl)));
}

const std::string& StateStore::topology() const { return impl_->topology; }

uint64_t StateStore::committed() const {
    const std::lock_guard lock(impl_->index_mutex);
    return impl_->committed.epoch;
}

std::optional<uint64_t> StateStore::prepared() const {
    const std::lock_guard lock(impl_->index_mutex);
    return impl_->prepared;
}

Result<std::optional<std::string>> StateStore::record(uint64_t epoch) const {
    {
        const std::lock_guard lock(impl_->index_mutex);
        if (epoch > impl_->committed.epoch && epoch != impl_->prepared) return std::optional<std::string>();
    }
    std::string record;
    const rocksdb::Status s = impl_->db->Get({}, record_key(epoch), &record);
    if (s.IsNotFound()) return std::optional<std::string>();
    if (s.ok()) return std::optional(std::move(record));
    return rocks_failure(impl_->database(), fmt::format("reading the record of epoch {}", epoch), s).status;
}

Status StateStore::Impl::writable() const {
    if (options.read_only) return Status::fatal(fmt::format("{}: the state is open read-only", dir.native()));
    const std::lock_guard lock(index_mutex);
    return write_failed ? failure.status : Status();
}

Status StateStore::Impl::failed(StoreFailure what, bool of_a_write) {
    const std::lock_guard lock(index_mutex);
    if (failure.ok() || (of_a_write && !write_failed)) failure = what;
    write_failed |= of_a_write;
    return what.status;
}

Status StateStore::Impl::write(rocksdb::WriteBatch& batch, bool sync, const std::string& doing) {
    rocksdb::WriteOptions how;
    how.sync = sync;
    rocksdb::Status s = db->Write(how, &batch);
    if (WEIR_FAILS("store.write.no_space")) s = rocksdb::Status::NoSpace("No space left on device");
    if (WEIR_FAILS("store.write.io_error")) s = rocksdb::Status::IOError("Input/output error");
    if (!s.ok()) return failed(rocks_failure(database(), doing, s), true);
    return {};
}

void delete_run(rocksdb::WriteBatch& batch, std::string_view id, const Run& run) {
    batch.Delete(run_key(id, run));
    for (uint32_t page = 0; page < run.pages; ++page) batch.Delete(page_key(id, run, page));
}

void put_run(rocksdb::WriteBatch& batch, std::string_view id, Run& run, const std::vector<std::string>& first_keys) {
    const std::string key = run_key(id, run);
    const std::string value = encode_run(run, first_keys);
    run.fingerprint = run_fingerprint(key, value);
    batch.Put(key, value);
}

Status StateStore::prepare(uint64_t epoch, std::span<EpochPart> parts, std::string_view record) {
    Impl& impl = *impl_;
    const std::lock_guard writing(impl.write_mutex);
    if (Status s = impl.writable(); !s.ok()) return s;
    uint64_t committed = 0;
    std::map<std::string, uint32_t, std::less<>> new_nodes;
    uint32_t next_node = impl.next_node;
    EpochBatch content(epoch, [&](std::string_view node) {
        if (const auto found = impl.nodes.find(node); found != impl.nodes.end()) return found->second;
        if (const auto found = new_nodes.find(node); found != new_nodes.end()) return found->second;
        return new_nodes.emplace(node, next_node++).first->second;
    });
    {
        const std::lock_guard lock(impl.index_mutex);
        committed = impl.committed.epoch;
        if (impl.prepared)
            return Status::fatal(fmt::format("epoch {} cannot be prepared: epoch {} is, and is not decided", epoch,
                                             *impl.prepared));
        if (epoch <= committed)
            return Status::fatal(
                fmt::format("epoch {} cannot be prepared: epoch {} is committed already", epoch, committed));
    }
    content.add(parts);  // reads the nodes, which only writing calls change
    if (!content.replaced().empty()) {
        const std::lock_guard lock(impl.index_mutex);
        for (const auto& [id, runs] : impl.index)
            if (content.replaced().contains(load_u32(id.data()))) content.add_replaced(id);
    }
    if (content.bytes() + record.size() > kMaxEpochBytes)
        return Status::fatal(fmt::format("epoch {} has {} bytes of changes, at most {} can be written at once; make "
                                         "checkpoints more often",
                                         epoch, content.bytes() + record.size(), kMaxEpochBytes));
    rocksdb::WriteBatch batch(content.bytes() + record.size() + 4096);
    std::vector<PlacedRun> runs;
    if (Status s = content.write(batch, runs, [&](std::string_view id) { return impl.has_lookups(id); }); !s.ok())
        return s;
    for (const auto& [name, number] : new_nodes) batch.Put(node_key(number), name);
    batch.Put(record_key(epoch), slice(record));
    for (size_t i = 0; i + kKeptRecords < impl.records.size(); ++i) batch.Delete(record_key(impl.records[i]));
    WEIR_FAILPOINT("store.prepare.built");
    if (WEIR_FAILS("store.prepare.refused")) return Status::retryable("failpoint store.prepare.refused");
    if (Status s = impl.write(batch, true, fmt::format("preparing epoch {}", epoch)); !s.ok()) return s;
    WEIR_FAILPOINT("store.prepare.written");
    while (impl.records.size() > kKeptRecords) impl.records.pop_front();
    impl.records.push_back(epoch);
    impl.next_node = next_node;
    {
        const std::lock_guard lock(impl.index_mutex);
        impl.nodes.merge(new_nodes);
        impl.prepared = epoch;
        impl.pending = std::move(runs);
    }
    (void)impl.files.write_progress({committed, epoch});  // a claim that is not made guards less, and harms nothing
    WEIR_FAILPOINT("store.prepare.noted");
    return {};
}

Status StateStore::commit(uint64_t epoch) {
    Impl& impl = *impl_;
    const std::lock_guard writing(impl.write_mutex);
    if (Status s = impl.writable(); !s.ok()) return s;
    Committed next;
    rocksdb::WriteBatch batch;
    {
        const std::lock_guard lock(impl.index_mutex);
        if (epoch == impl.committed.epoch && epoch != 0) return {};
        if (epoch != impl.prepared)
            return Status::fatal(fmt::format("epoch {} cannot be committed: {}", epoch,
                                             impl.prepared ? fmt::format("epoch {} is prepared", *impl.prepared)
                                                           : std::string("no epoch is prepared")));
        next = impl.committed;
        next.epoch = epoch;
        for (const PlacedRun& placed : impl.pending) {
            ++next.runs;
            next.fingerprint += placed.run.fingerprint;
        }
        Impl::write_names(batch, impl.renamed);
    }
    batch.Put(slice(kCommittedKey), encode_committed(next));
    WEIR_FAILPOINT("store.commit.begin");
    if (Status s = impl.write(batch, true, fmt::format("committing epoch {}", epoch)); !s.ok()) return s;
    WEIR_FAILPOINT("store.commit.written");
    {
        const std::lock_guard changing(impl.readers);
        const std::lock_guard lock(impl.index_mutex);
        impl.committed = next;
        impl.prepared.reset();
        impl.renamed.clear();
        for (PlacedRun& placed : impl.pending) {
            impl.count_lookups(placed.run, true);
            auto& runs = impl.index[placed.id];
            runs.insert(runs.begin(), placed.run);
            impl.suggest(placed.id);
        }
        impl.pending.clear();
    }
    (void)impl.files.write_progress({epoch, 0});  // as in prepare: without it less is guarded
    WEIR_FAILPOINT("store.commit.noted");
    return {};
}

Status StateStore::abort(uint64_t epoch) {
    Impl& impl = *impl_;
    const std::lock_guard writing(impl.write_mutex);
    if (Status s = impl.writable(); !s.ok()) return s;
    uint64_t committed = 0;
    rocksdb::WriteBatch batch;
    {
        const std::lock_guard lock(impl.index_mutex);
        committed = impl.committed.epoch;
        if (epoch <= committed)
            return Status::fatal(fmt::format("epoch {} cannot be aborted: epoch {} is committed", epoch, committed));
        if (!impl.prepared) return {};
        if (epoch != *impl.prepared)
            return Status::fatal(
                fmt::format("epoch {} cannot be aborted: epoch {} is prepared", epoch, *impl.prepared));
        for (const PlacedRun& placed : impl.pending) delete_run(batch, placed.id, placed.run);
    }
    batch.Delete(record_key(epoch));
    WEIR_FAILPOINT("store.abort.begin");
    // Before, since the file may never claim an epoch that is gone.
    if (StoreFailure f = impl.files.write_progress({committed, 0}); !f.ok()) return impl.failed(std::move(f), true);
    WEIR_FAILPOINT("store.abort.noted");
    if (Status s = impl.write(batch, true, fmt::format("aborting epoch {}", epoch)); !s.ok()) return s;
    WEIR_FAILPOINT("store.abort.written");
    impl.records.pop_back();
    const std::lock_guard lock(impl.index_mutex);
    impl.prepared.reset();
    impl.pending.clear();
    return {};
}

Status StateStore::health() const {
    const std::lock_guard lock(impl_->index_mutex);
    return impl_->failure.status;
}

StoreError StateStore::last_error() const {
    const std::lock_guard lock(impl_->index_mutex);
    return impl_->failure.kind;
}

}  // namespace weir::host
