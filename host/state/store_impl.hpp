// What the parts of StateStore share. Internal to host/state.
//
// Locks, taken in this order: fold (an id is being folded, or nodes are being removed), write (one batch at a time,
// so that the fingerprint of the live runs is written in the order of the batches), readers (keys are looked up in
// runs), index (what is in memory).
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "host/state/keys.hpp"
#include "host/state/merge.hpp"
#include "host/state/rocks.hpp"
#include "host/state/store.hpp"
#include "host/state/store_dir.hpp"

namespace weir::host {

class LoadedRuns;

// A run of an id; what an epoch writes before it is committed.
struct PlacedRun {
    std::string id;
    Run run;
};

// Keeps runs from changing while keys are looked up in them. Whoever comes later waits for a change that waits.
class ReadersLock {
public:
    class Reader {
    public:
        explicit Reader(ReadersLock& lock) : lock_(lock) {
            const std::lock_guard gate(lock.gate_);
            lock.mutex_.lock_shared();
        }
        ~Reader() { lock_.mutex_.unlock_shared(); }
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;

    private:
        ReadersLock& lock_;
    };
    void lock() {
        gate_.lock();
        mutex_.lock();
    }
    void unlock() {
        mutex_.unlock();
        gate_.unlock();
    }

private:
    std::mutex gate_;
    std::shared_mutex mutex_;
};

struct StateStore::Impl {
    std::filesystem::path dir;
    StoreOptions options;
    std::string topology;
    StoreDir files;
    std::filesystem::path secondary;  // RocksDB's own folder beside an owner; removed at the end
    std::unique_ptr<rocksdb::DB> db;

    std::mutex fold_mutex;
    std::mutex write_mutex;
    std::deque<uint64_t> records;  // epochs that have one, oldest first; under write_mutex
    uint32_t next_node = 1;        // under write_mutex

    mutable ReadersLock readers;  // committed runs change under it, too
    std::atomic<size_t> lookup_bytes{0};

    mutable std::mutex index_mutex;  // what follows is under it
    Committed committed;
    std::optional<uint64_t> prepared;
    std::vector<PlacedRun> pending;                           // of the prepared epoch
    std::map<std::string, uint32_t, std::less<>> nodes;       // numbers by name
    using Renamed = std::map<uint32_t, std::optional<std::string>>;  // names by number; none: there is no such node any more
    Renamed renamed;                                          // that the next commit writes
    std::unordered_map<std::string, std::vector<Run>> index;  // committed runs by id, newest first
    StoreFailure failure;                                     // the first
    bool write_failed = false;
    std::unordered_map<std::string, int64_t> expired;  // by id: up to when values are

    // The folding thread and what it has to look at.
    std::condition_variable wake;
    std::deque<std::string> queue;
    std::unordered_set<std::string> queued;
    bool stop = false;
    std::thread folder;

    ~Impl();

    std::filesystem::path database() const { return files.database(); }
    // Opens everything; on failure the rest of this is of no use.
    StoreFailure open();
    StoreFailure open_database(bool is_new);
    StoreFailure create(const std::optional<Identity>& found);
    StoreFailure load();
    StoreFailure load_key(std::string_view key, std::string_view value, Committed& sum);
    StoreFailure check_progress() const;

    // Whether the store may be written, and the reason why not.
    Status writable() const;
    // Keeps the first failure; returns its own.
    Status failed(StoreFailure what, bool of_a_write);
    // Writes a batch; with write_mutex. `doing`: for the message.
    Status write(rocksdb::WriteBatch& batch, bool sync, const std::string& doing);

    // All that is committed, into a new database. With write_mutex.
    StoreFailure copy_to(const std::filesystem::path& database) const;

    // Whether keys of the id are looked up.
    bool has_lookups(std::string_view id) const;
    // Makes what look-ups need of committed runs of an id. False: a page does not parse.
    bool index_runs(const std::string& id, std::span<const Run> runs, const LoadedRuns& loaded);
    // A run's index comes or goes.
    void count_lookups(const Run& run, bool comes);

    Status check_rename(std::string_view from, std::string_view to, Renamed& out);
    static void write_names(rocksdb::WriteBatch& batch, const Renamed& names);
    void take_names(const Renamed& names);

    std::string node_name(uint32_t number) const;  // with index_mutex; "?" if there is none
    std::string describe(std::string_view id) const;
    void start_folding();
    void fold_in_background();
    // With index_mutex. Asks for an id to be looked at, if there is something to do.
    void suggest(const std::string& id);
    // Does one thing that is worth doing for the id, if there is any. [fold_mutex]
    Status fold_once(const std::string& id, bool all, bool& done);
};

// Pages of runs in memory, and the runs as lists of them.
class LoadedRuns {
public:
    // The runs of an id, of one view of the database; false if one of their pages is not there, or cannot be read.
    bool load(rocksdb::Iterator& at, std::string_view id, std::span<const Run> wanted);
    const std::vector<std::vector<std::string_view>>& runs() const { return runs_; }

private:
    std::deque<std::string> pages_;  // a deque: views of short strings must survive its growth
    std::vector<std::vector<std::string_view>> runs_;
};

// The pages of a committed run, read one by one. With fold_mutex: the run stays as it is.
class StoredRun : public PageSource {
public:
    // `large_bytes`: of a page that is not kept while others are read.
    StoredRun(rocksdb::DB& db, const rocksdb::ReadOptions& how, std::string_view id, const Run& run, size_t large_bytes);
    bool next(std::string_view& page) override;
    bool again(std::string_view& page) override;
    void let_go() override { at_.reset(); }
    size_t large_bytes() const override { return large_bytes_; }
    // Whether all that was asked for was there; if not, why it could not be read: OK where a page is missing.
    bool ok() const { return status_.ok() && !is_missing_; }
    const rocksdb::Status& status() const { return status_; }

private:
    // Page page_ - 1.
    bool read(std::string_view& page);

    rocksdb::DB& db_;
    rocksdb::ReadOptions how_;
    std::unique_ptr<rocksdb::Iterator> at_;
    std::string id_;
    Run run_;
    size_t large_bytes_;
    uint32_t page_ = 0;
    rocksdb::Status status_;
    bool is_missing_ = false;
};

// Adds the deletion of a run and of its pages.
void delete_run(rocksdb::WriteBatch& batch, std::string_view id, const Run& run);
// Adds a run; sets its fingerprint.
void put_run(rocksdb::WriteBatch& batch, std::string_view id, Run& run, const std::vector<std::string>& first_keys);

}  // namespace weir::host
