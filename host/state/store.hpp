// The durable state of one topology: entries of its nodes by epoch, on RocksDB.
//
// An epoch is prepared (all of its changes and its record in one synced write) and then committed or aborted (one
// synced key). Readers see what is committed and nothing else. Between prepare and commit, and after a crash there,
// the epoch is `prepared`: whoever opens the store next decides it.
//
// The folder holds `identity` (format, name of the topology), `lock` (the process that has it open), `epochs` (how
// far it has come, to notice a log that lost its end) and `db/`, which is RocksDB's. ARCHITECTURE.md, "State store",
// has keys, order of writes and crash points.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

#include "host/state/epoch_part.hpp"

namespace rocksdb {
class Env;
}

namespace weir::host {

// What is wrong with a store. The first three are WEIR_E_CONFIG: refuse to start; the others WEIR_E_FATAL.
enum class StoreError {
    kNone,
    kInUse,    // another process, or this one, has it open
    kForeign,  // it belongs to another topology, or the folder is something else
    kFormat,   // written by a newer weir
    kCorrupt,  // what is there is not what was written
    kIo,
    kNoSpace,
};

struct StoreOptions {
    // Its name is written into a new store, and must be that of an existing one. Empty: any, an existing one only.
    std::string topology;
    // Nothing is written, not even a lock; for savepoints and for looking at a store that nobody has open.
    bool read_only = false;
    // With read_only: also while another process has the store open and writes it. What is seen is the epoch that was
    // committed when it was opened. Keeps a folder of its own under the system's temporary one.
    bool beside_owner = false;
    // Off: runs are folded by fold() alone.
    bool background_folding = true;
    // Of RocksDB's write buffers, by 1 to 2; its cache takes an eighth of it. At least 1 MiB.
    size_t memory_bytes = size_t{64} << 20;
    // Runs of more bytes than that are not loaded to be folded, but read page by page.
    size_t fold_memory = size_t{4} << 20;
    // What find needs is kept in memory: about twelve bits an entry of keyed state that the host holds. `read` of the
    // whole node makes it for what is there already.
    bool lookups = false;
    // Whether a value of keyed state that the host holds has expired by then. Null: none ever does.
    bool (*expired_by)(std::string_view value, int64_t time) = nullptr;
    // Where RocksDB's files are, for tests; must outlive the store. Null: the system's.
    rocksdb::Env* env = nullptr;
};

// One state of one node, for `weir state ls`. Entries and bytes are those stored: what was replaced or deleted and
// is not folded away yet counts too, so that they are at least what read gives.
struct StateSummary {
    std::string node;
    uint32_t state = 0;
    uint32_t kind = 0;     // WEIR_STATE_*
    uint32_t version = 0;  // of the newest entries
    uint64_t entries = 0;
    uint64_t bytes = 0;
};

// A key of keyed state, in its group.
struct GroupKey {
    uint32_t group = 0;
    std::string_view key;
};

// Threads: prepare, commit, abort, drop, rename, save and fold wait for each other, but the order of epochs is the
// caller's: one thread coordinates. Everything else is from any thread at any time. A thread of the store's own, of
// low priority, folds committed epochs.
//
// Errors: a call that cannot be carried out as asked (an epoch out of order, a node that is not there) is
// WEIR_E_FATAL and changes nothing. After a write that failed nobody knows what is on the disk: from then on every
// writing call returns that error, the last committed epoch stays readable, and opening the store anew decides.
// A commit that failed may then turn out to be done. Messages name the folder, what was found and what to do.
class StateStore {
public:
    // Opens the store in `dir`, or makes one there (mode 0700) when the folder is absent or empty. Where it fails
    // and `why` is given, that says which of the errors it is.
    static Result<std::unique_ptr<StateStore>> open(const std::filesystem::path& dir, StoreOptions options,
                                                    StoreError* why = nullptr);
    // Ends folding, after the id it is at, and closes. What is prepared stays prepared.
    ~StateStore();
    StateStore(const StateStore&) = delete;
    StateStore& operator=(const StateStore&) = delete;

    // The name in the store.
    const std::string& topology() const;
    // The last committed epoch; 0: there is none.
    uint64_t committed() const;
    // An epoch above it that was prepared and neither committed nor aborted. None in a read-only store.
    std::optional<uint64_t> prepared() const;
    // The record of an epoch as it was given to prepare; of the prepared one and of the last kKeptRecords committed
    // ones, otherwise none.
    Result<std::optional<std::string>> record(uint64_t epoch) const;
    static constexpr size_t kKeptRecords = 8;

    // Writes an epoch, durably once it returns. `epoch` is above the committed one, and no other is prepared. The
    // parts are sealed by this and otherwise unchanged. Together they have at most 2 GiB.
    Status prepare(uint64_t epoch, std::span<EpochPart> parts, std::string_view record);
    // Decides the prepared epoch, durably once it returns. Of the last committed epoch: does nothing.
    Status commit(uint64_t epoch);
    // Removes the prepared epoch. Where nothing is prepared: does nothing, if `epoch` is not committed.
    Status abort(uint64_t epoch);

    // All live entries of a node as of the committed epoch, each once and never a deleted one. Blocks of the same
    // id follow each other, each with entries of one version, in order of keys, at most 4,096 entries or, beyond
    // the first, 1 MiB; they are borrowed during the call of `fn`. Ends with the first status of `fn` that is not
    // ok, and returns it. No blocks for a node that has none. Memory: about what one id has stored.
    // `wants`: whether a state of the node is wanted, by its number; null: all are.
    Status read(std::string_view node, const std::function<Status(const weir_state_block&)>& fn,
                const std::function<bool(uint32_t state)>& wants = nullptr) const;
    // The value of one key as of the committed epoch. `split`: for split state. WEIR_E_FATAL as read.
    Result<std::optional<std::string>> get(std::string_view node, uint32_t state, uint32_t kind, uint32_t group,
                                           std::string_view split, std::string_view key) const;
    // The same for keyed state.
    Result<std::optional<std::string>> get(std::string_view node, uint32_t state, uint32_t group,
                                           std::string_view key) const {
        return get(node, state, WEIR_STATE_KEYED, group, {}, key);
    }

    // Gives the values of those keys that are there as of the committed epoch to `fn`, in any order, with the version
    // that they were written in; each borrowed during the call. Ends with the first status of `fn` that is not ok.
    // REQUIRES: `lookups`, a state of the host's, keys in order of their groups.
    using Found = std::function<Status(size_t key, std::string_view value, uint32_t version)>;
    Status find(std::string_view node, uint32_t state, std::span<const GroupKey> keys, const Found& fn) const;
    // Memory that look-ups take.
    size_t lookup_bytes() const;
    // From now on folding drops what of a group has expired by `upto`. REQUIRES: nobody wants it as of the committed
    // epoch or later.
    void expire(std::string_view node, uint32_t state, uint32_t group, int64_t upto);

    // Nodes that have something stored as of the committed epoch, in order of their names.
    std::vector<std::string> nodes() const;
    // In order of node and state.
    std::vector<StateSummary> summaries() const;

    // Removes a node with all its state, or gives it another name that no node with state has. At once and durably,
    // not with an epoch; refused while one is prepared. A node that is not there is an error for rename alone.
    Status drop(std::string_view node);
    Status rename(std::string_view from, std::string_view to);
    // Gives a node another name with the epoch that is committed next: whoever reads and writes here calls it so from now on, and a
    // store that is opened before that commit has the old name. Also of a prepared epoch, before it is committed. As rename refuses.
    Status rename_with_epoch(std::string_view from, std::string_view to);

    // Makes a savepoint: a store in the new folder `to`, as of the committed epoch, that shares the files of this
    // one where both are on one file system. It can be opened read-only, or as a store of its own. A read-only store,
    // and one with a prepared epoch, is copied; the prepared epoch is left out.
    Status save(const std::filesystem::path& to);

    // Reads all files and compares them with their checksums, which opening does not.
    Status verify() const;

    // Folds all runs of each id into one, in the caller's thread: afterwards what is stored is what is live.
    Status fold();

    // The first failure of a write or of folding, done if there was none; and which of the errors it is.
    Status health() const;
    StoreError last_error() const;

private:
    friend class KeySearch;
    struct Impl;
    explicit StateStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace weir::host
