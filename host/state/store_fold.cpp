// Folding: runs of committed epochs become fewer and larger ones.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/state/folding.hpp"
#include "host/state/run_writer.hpp"
#include "host/state/store_impl.hpp"

namespace weir::host {
namespace {

constexpr int kFoldNice = 10;

uint64_t bytes_of(std::span<const Run> runs) {
    uint64_t sum = 0;
    for (const Run& run : runs) sum += run.bytes;
    return sum;
}

// At most, of what folding them leaves.
uint64_t entries_of(std::span<const Run> runs) {
    uint64_t most = 0, sum = 0;
    for (const Run& run : runs) {
        most = std::max(most, run.entries);
        sum += run.entries;
    }
    return std::min(sum, 2 * most);
}

}  // namespace

void StateStore::Impl::start_folding() {
    if (options.read_only || !options.background_folding) return;
    {
        const std::lock_guard lock(index_mutex);
        for (const auto& [id, runs] : index) suggest(id);
    }
    folder = std::thread([this] { fold_in_background(); });
}

void StateStore::Impl::suggest(const std::string& id) {
    if (!options.background_folding) return;
    const auto found = index.find(id);
    FoldPlan plan;
    if (found == index.end() || !choose_fold(found->second, false, plan)) return;
    if (queued.insert(id).second) queue.push_back(id);
    wake.notify_one();
}

void StateStore::Impl::fold_in_background() {
    // Where keys are looked up, records wait for what is not folded yet. Of this thread alone:
    if (!options.lookups) (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kFoldNice);
    for (;;) {
        std::string id;
        {
            std::unique_lock lock(index_mutex);
            wake.wait(lock, [&] { return stop || (!queue.empty() && failure.ok()); });
            if (stop) return;
            id = std::move(queue.front());
            queue.pop_front();
            queued.erase(id);
        }
        const std::lock_guard folding(fold_mutex);
        bool done = false;
        if (!fold_once(id, false, done).ok() || !done) continue;
        const std::lock_guard lock(index_mutex);
        suggest(id);
    }
}

Status StateStore::Impl::fold_once(const std::string& id, bool all, bool& done) {
    done = false;
    std::vector<Run> runs;
    FoldPlan plan;
    std::function<bool(std::string_view)> is_expired;
    {
        const std::lock_guard lock(index_mutex);
        const auto found = index.find(id);
        if (found == index.end() || !choose_fold(found->second, all, plan)) return {};
        runs = found->second;
        if (const auto upto = expired.find(id); upto != expired.end() && options.expired_by)
            is_expired = [by = options.expired_by, time = upto->second](std::string_view value) { return by(value, time); };
    }
    // Committed runs change under fold_mutex alone: what is loaded now is what the index said.
    const auto folded = std::span(runs).subspan(plan.first, plan.last - plan.first);
    rocksdb::ReadOptions scan;
    scan.fill_cache = false;
    const auto unread = [&](const rocksdb::Status& s) {
        return failed(s.ok() ? corrupt(database(), describe(id) + ": a page is missing") : rocks_failure(database(), "folding " + describe(id), s),
                      false);
    };
    LoadedRuns loaded;
    std::deque<StoredRun> stored;
    Merge merged;
    if (bytes_of(folded) <= options.fold_memory) {
        const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(scan));
        if (!loaded.load(*at, id, folded)) return unread(at->status());
        for (const auto& pages : loaded.runs()) merged.add(pages);
    } else {
        for (const Run& run : folded) merged.add(stored.emplace_back(*db, scan, id, run, options.fold_memory / 4));
    }

    rocksdb::WriteBatch batch;
    std::vector<Run> gone(folded.begin(), folded.end());
    gone.insert(gone.end(), runs.begin() + static_cast<ptrdiff_t>(plan.visible), runs.end());
    for (const Run& run : gone) delete_run(batch, id, run);
    Run made;
    if (!folded.empty()) {
        made.newest = folded.front().newest;
        made.oldest = folded.back().oldest;
        made.version = folded.front().version;
        std::vector<std::string> first_keys;
        std::shared_ptr<RunIndex> content;
        if (has_lookups(id)) content = std::make_shared<RunIndex>(entries_of(folded));
        bool lose = WEIR_BUG("fold-loses-key");
        const auto keep = [&, keeps_deletions = !plan.to_the_end()](Entry& entry) {
            if (std::exchange(lose, false)) return false;
            if (!entry.deleted && is_expired && is_expired(entry.value)) entry = {entry.key, "", true};
            return keeps_deletions || !entry.deleted;
        };
        write_run(merged, id, keep, batch, made, first_keys, content.get());
        for (const StoredRun& run : stored)
            if (!run.ok()) return unread(run.status());
        if (!merged.ok()) return failed(corrupt(database(), describe(id) + ": a page does not parse"), false);
        if (made.pages > 0) put_run(batch, id, made, first_keys);
        made.content = std::move(content);
    }

    const std::lock_guard writing(write_mutex);
    if (Status s = writable(); !s.ok()) return s;
    Committed next;
    {
        const std::lock_guard lock(index_mutex);
        next = committed;
    }
    for (const Run& run : gone) next.fingerprint -= run.fingerprint;
    next.fingerprint += made.fingerprint;
    next.runs = next.runs - gone.size() + (made.pages > 0 ? 1 : 0);
    batch.Put(slice(kCommittedKey), encode_committed(next));
    WEIR_FAILPOINT("store.fold.built");
    const std::lock_guard changing(readers);
    // Not synced: until a later write is, a crash leaves all of the old or all of the new.
    if (Status s = write(batch, false, "folding " + describe(id)); !s.ok()) return s;
    WEIR_FAILPOINT("store.fold.written");
    done = true;
    const std::lock_guard lock(index_mutex);
    committed = next;
    auto& now = index[id];  // may have newer runs in front by now
    for (const Run& run : now)
        if (std::any_of(gone.begin(), gone.end(), [&](const Run& r) { return r.same_place(run); })) count_lookups(run, false);
    if (made.pages > 0) count_lookups(made, true);
    const auto first = std::find_if(now.begin(), now.end(), [&](const Run& r) { return r.same_place(gone.front()); });
    now.resize(now.size() - (runs.size() - plan.visible));
    if (!folded.empty()) {
        const auto place = now.erase(first, first + static_cast<ptrdiff_t>(folded.size()));
        if (made.pages > 0) now.insert(place, made);
    }
    if (now.empty()) index.erase(id);
    return {};
}

Status StateStore::fold() {
    Impl& impl = *impl_;
    if (Status s = impl.writable(); !s.ok()) return s;
    std::vector<std::string> ids;
    {
        const std::lock_guard lock(impl.index_mutex);
        for (const auto& [id, runs] : impl.index) ids.push_back(id);
    }
    for (const std::string& id : ids) {
        for (bool done = true; done;) {
            const std::lock_guard folding(impl.fold_mutex);
            if (Status s = impl.fold_once(id, true, done); !s.ok()) return s;
        }
    }
    return {};
}

}  // namespace weir::host
