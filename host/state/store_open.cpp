// Opening a store: whose it is, what is in it, and whether all of it is there.
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/state/store_impl.hpp"

namespace weir::host {
namespace {

constexpr int kOpenAttempts = 10;  // beside an owner

}  // namespace

StateStore::Impl::~Impl() {
    if (folder.joinable()) {
        {
            const std::lock_guard lock(index_mutex);
            stop = true;
        }
        wake.notify_all();
        folder.join();
    }
    if (db) (void)db->Close();  // epochs were synced when they were prepared and decided; what folding wrote is read from the log
    db.reset();
    std::error_code ignored;
    if (!secondary.empty()) std::filesystem::remove_all(secondary, ignored);
}

// The owner may replace files between our looking at their names and opening them; then there are others.
StoreFailure StateStore::Impl::open_database(bool is_new) {
    rocksdb::Options rocks = rocks_options(options, is_new);
    rocksdb::DB* opened = nullptr;
    rocksdb::Status s;
    if (!options.beside_owner) {
        s = options.read_only ? rocksdb::DB::OpenForReadOnly(rocks, database().native(), &opened)
                              : rocksdb::DB::Open(rocks, database().native(), &opened);
    } else {
        std::error_code error;
        std::string name = std::filesystem::temp_directory_path(error).native() + "/weir-reader-XXXXXX";
        if (error || ::mkdtemp(name.data()) == nullptr)
            return system_failure(name, "cannot be made", error ? error.value() : errno);
        secondary = name;
        rocks.max_open_files = -1;  // what the owner removes stays readable while it is open
        for (int attempt = 0; attempt < kOpenAttempts && (attempt == 0 || !s.ok()); ++attempt)
            s = rocksdb::DB::OpenAsSecondary(rocks, database().native(), secondary.native(), &opened);
    }
    if (!s.ok()) return rocks_failure(database(), "opening it", s);
    db.reset(opened);
    return {};
}

StoreFailure StateStore::Impl::open() {
    if (StoreFailure f = options.beside_owner ? files.look_at(dir) : files.open(dir, options.read_only); !f.ok()) return f;
    std::optional<Identity> found;
    if (StoreFailure f = files.read_identity(found); !f.ok()) return f;
    if (found && !options.topology.empty() && found->topology != options.topology)
        return store_failure(StoreError::kForeign, dir,
                             fmt::format("holds the state of topology `{}`, not of `{}`; name another folder",
                                         found->topology, options.topology));
    if (!found && (options.read_only || options.topology.empty()))
        return store_failure(StoreError::kForeign, dir, "is no state store; name a folder that is one");
    // A folder without identity is one that was never finished: nothing was committed in it.
    if (StoreFailure f = open_database(!found); !f.ok()) return f;
    WEIR_FAILPOINT("store.open.database");
    if (StoreFailure f = create(found); !f.ok()) return f;
    WEIR_FAILPOINT("store.open.identity");
    if (StoreFailure f = load(); !f.ok()) return f;
    // Its owner may be further than what we see.
    if (StoreFailure f = options.beside_owner ? StoreFailure() : check_progress(); !f.ok()) return f;
    WEIR_FAILPOINT("store.open.loaded");
    start_folding();
    return {};
}

// Both the file and the database say whose the state is: the file for whoever looks, and before anything is opened;
// the database so that it cannot be taken for another's.
StoreFailure StateStore::Impl::create(const std::optional<Identity>& found) {
    std::string text;
    const rocksdb::Status s = db->Get({}, slice(kIdentityKey), &text);
    if (!s.ok() && !s.IsNotFound()) return rocks_failure(database(), "reading whose it is", s);
    if (s.IsNotFound() && found) return corrupt(database(), "it does not say whose it is");
    Identity identity{kStoreFormat, options.topology};
    if (s.ok()) {
        if (StoreFailure f = parse_identity(database(), text, identity); !f.ok()) return f;
        const std::string& wanted = found ? found->topology : options.topology;
        if (identity.topology != wanted)
            return store_failure(StoreError::kForeign, dir,
                                 fmt::format("the database holds the state of topology `{}`, not of `{}`; name another "
                                             "folder",
                                             identity.topology, wanted));
    } else {
        rocksdb::WriteBatch batch;
        batch.Put(slice(kIdentityKey), encode_identity(identity));
        rocksdb::WriteOptions synced;
        synced.sync = true;
        if (const rocksdb::Status put = db->Write(synced, &batch); !put.ok())
            return rocks_failure(database(), "writing whose it is", put);
    }
    topology = identity.topology;
    return found ? StoreFailure() : StoreDir::write_identity(dir, identity);
}

StoreFailure StateStore::Impl::load() {
    std::string text;
    const rocksdb::Status s = db->Get({}, slice(kCommittedKey), &text);
    if (s.ok()) {
        const auto parsed = parse_committed(text);
        if (!parsed) return corrupt(database(), "the committed epoch does not parse");
        committed = *parsed;
    } else if (!s.IsNotFound()) {
        return rocks_failure(database(), "reading the committed epoch", s);
    }
    Committed sum;
    rocksdb::ReadOptions scan;
    scan.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(scan));
    // Pages stand before the runs in order of keys, and are not looked at.
    for (at->Seek("f"); at->Valid(); at->Next())
        if (StoreFailure f = load_key(view(at->key()), view(at->value()), sum); !f.ok()) return f;
    if (!at->status().ok()) return rocks_failure(database(), "reading what is stored", at->status());
    if (sum.runs != committed.runs || sum.fingerprint != committed.fingerprint)
        return corrupt(database(), fmt::format("epoch {} was committed with {} runs, and {} {} there", committed.epoch,
                                               committed.runs, sum.runs,
                                               sum.runs == committed.runs ? "others are" : "are"));
    if (!records.empty() && records.back() > committed.epoch) prepared = records.back();
    if (records.size() > 1 && records[records.size() - 2] > committed.epoch)
        return corrupt(database(), "two epochs are prepared");
    if (!pending.empty() && !prepared) return corrupt(database(), "an epoch without a record is prepared");
    if (options.read_only) {
        prepared.reset();
        pending.clear();
    }
    return {};
}

StoreFailure StateStore::Impl::load_key(std::string_view key, std::string_view value, Committed& sum) {
    constexpr size_t kRunTail = 16;
    switch (key.front()) {
        case 'n':
            if (key.size() != 5) break;
            next_node = std::max(next_node, load_u32(key.data() + 1) + 1);
            nodes.emplace(value, load_u32(key.data() + 1));
            return {};
        case 'r':
            if (key.size() != 9) break;
            records.push_back(load_u64(key.data() + 1));
            return {};
        case 'i': {
            Run run;
            if (key.size() < 1 + kRunTail) break;
            const std::string id(key.substr(1, key.size() - 1 - kRunTail));
            if (!parse_id(id) || !parse_run(key.substr(key.size() - kRunTail), value, run, nullptr)) break;
            run.fingerprint = run_fingerprint(key, value);
            if (run.newest > committed.epoch) {
                pending.push_back({id, run});
            } else {
                ++sum.runs;
                sum.fingerprint += run.fingerprint;
                index[id].push_back(run);  // newest first, as they stand
            }
            return {};
        }
        case 'f': return {};
        default: break;
    }
    return corrupt(database(), fmt::format("a key of {} bytes that begins with byte {} is of no known kind", key.size(),
                                           static_cast<unsigned char>(key.front())));
}

// A log whose end is gone looks like one that a crash cut short. What was told to be durable must be there.
StoreFailure StateStore::Impl::check_progress() const {
    const auto witness = files.read_progress();
    if (!witness) return {};
    if (witness->committed > committed.epoch)
        return corrupt(database(), fmt::format("epoch {} was committed, and the last one there is {}",
                                               witness->committed, committed.epoch));
    if (witness->prepared > committed.epoch && prepared != witness->prepared && !options.read_only)
        return corrupt(database(), fmt::format("epoch {} was prepared, and is not there", witness->prepared));
    return {};
}

}  // namespace weir::host
