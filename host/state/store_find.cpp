// Many keys of one state at once: what evicted entries are read back by.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/state/page.hpp"
#include "host/state/store_impl.hpp"

namespace weir::host {
namespace {

constexpr size_t kPagesARead = 64;
constexpr size_t kAhead = 4;  // keys

}  // namespace

// Each round reads one page for each key that is left; most keys need one.
class KeySearch {
public:
    KeySearch(const StateStore::Impl& impl, std::span<const GroupKey> keys, const StateStore::Found& fn)
        : impl_(impl), keys_(keys), fn_(fn) {}

    void begin(size_t key, const std::string* id, const std::vector<Run>* runs) {
        left_.push_back({key, RunIndex::hash(keys_[key].key), id, runs});
    }
    // Those behind a full one need not be.
    static bool is_ready(const std::vector<Run>& runs) {
        for (const Run& run : runs) {
            if (!run.content) return false;
            if (run.full) return true;
        }
        return true;
    }
    Status run() {
        keep_those_that_advance();
        while (!left_.empty()) {
            next_.clear();
            for (size_t at = 0; at < left_.size();)
                if (Status s = read_some(at); !s.ok()) return s;
            left_.swap(next_);
            keep_those_that_advance();
        }
        return {};
    }

private:
    // A key on its way through the runs of its id, newest first.
    struct Search {
        size_t key;  // of those asked for
        uint64_t hash;
        const std::string* id;
        const std::vector<Run>* runs;
        size_t run = 0;
        uint32_t page = 0;

        // To the next run from `run` on that may have it; false if there is none.
        bool advance(std::string_view name) {
            for (; run < runs->size(); ++run) {
                const Run& at = (*runs)[run];
                if (at.pages > 0 && at.content->may_have(hash)) {
                    page = at.content->page_of(name);
                    return true;
                }
                if (at.full) return false;
            }
            return false;
        }
        void prefetch() const {
            for (size_t i = run; i < runs->size(); ++i) {
                (*runs)[i].content->prefetch(hash);
                if ((*runs)[i].full) return;
            }
        }
        bool same_page(const Search& other) const { return runs == other.runs && run == other.run && page == other.page; }
    };

    // Filters are large: those of the next keys come from memory while one is looked at.
    void keep_those_that_advance() {
        size_t kept = 0;
        for (size_t i = 0; i < left_.size(); ++i) {
            if (i + kAhead < left_.size()) left_[i + kAhead].prefetch();
            if (left_[i].advance(keys_[left_[i].key].key)) left_[kept++] = left_[i];
        }
        left_.erase(left_.begin() + static_cast<ptrdiff_t>(kept), left_.end());
    }
    // The searches from `at` on that some pages answer.
    Status read_some(size_t& at) {
        const size_t first = at;
        names_.clear();
        for (; at < left_.size(); ++at) {
            if (at > first && left_[at].same_page(left_[at - 1])) continue;
            if (names_.size() == kPagesARead) break;
            names_.push_back(page_key(*left_[at].id, (*left_[at].runs)[left_[at].run], left_[at].page));
        }
        const size_t n = names_.size();
        std::vector<rocksdb::Slice> slices(names_.begin(), names_.end());
        std::vector<rocksdb::PinnableSlice> pages(n);
        std::vector<rocksdb::Status> statuses(n);
        impl_.db->MultiGet({}, impl_.db->DefaultColumnFamily(), n, slices.data(), pages.data(), statuses.data());
        size_t page = 0;
        for (size_t i = first; i < at; ++i) {
            if (i > first && !left_[i].same_page(left_[i - 1])) ++page;
            if (!statuses[page].ok())
                return rocks_failure(impl_.database(), "reading evicted entries of " + impl_.describe(*left_[i].id), statuses[page])
                    .status;
            if (Status s = look_into(left_[i], view(pages[page])); !s.ok()) return s;
        }
        return {};
    }
    Status look_into(const Search& search, std::string_view page) {
        PageReader reader(page);
        std::optional<Entry> found;
        if (!find_entry(reader, keys_[search.key].key, found))
            return corrupt(impl_.database(), impl_.describe(*search.id) + ": a page does not parse").status;
        if (found) return found->deleted ? Status() : fn_(search.key, found->value, reader.version());
        if ((*search.runs)[search.run].full) return {};
        next_.push_back(search);
        ++next_.back().run;
        return {};
    }

    const StateStore::Impl& impl_;
    std::span<const GroupKey> keys_;
    const StateStore::Found& fn_;
    std::vector<Search> left_, next_;
    std::vector<std::string> names_;
};

Status StateStore::find(std::string_view node, uint32_t state, std::span<const GroupKey> keys, const Found& fn) const {
    const Impl& impl = *impl_;
    const ReadersLock::Reader reading(impl.readers);  // neither folding nor a commit changes the runs meanwhile
    std::string prefix;
    {
        const std::lock_guard lock(impl.index_mutex);
        const auto found = impl.nodes.find(node);
        if (found == impl.nodes.end()) return {};
        append_u32(prefix, found->second);
    }
    KeySearch search(impl, keys, fn);
    const std::pair<const std::string, std::vector<Run>>* id = nullptr;
    for (size_t i = 0; i < keys.size(); ++i) {
        if (i == 0 || keys[i].group != keys[i - 1].group) {
            std::string name = prefix;
            append_id_tail(name, state, WEIR_STATE_KEYED, keys[i].group, {});
            const auto found = impl.index.find(name);
            id = found == impl.index.end() ? nullptr : &*found;
            if (id && !search.is_ready(id->second))
                return Status::fatal(fmt::format("{}: {} was not made ready for look-ups", impl.dir.native(), impl.describe(name)));
        }
        if (id) search.begin(i, &id->first, &id->second);
    }
    return search.run();
}

size_t StateStore::lookup_bytes() const { return impl_->lookup_bytes.load(std::memory_order_relaxed); }

void StateStore::expire(std::string_view node, uint32_t state, uint32_t group, int64_t upto) {
    const std::lock_guard lock(impl_->index_mutex);
    const auto found = impl_->nodes.find(node);
    if (found == impl_->nodes.end()) return;
    std::string id;
    append_u32(id, found->second);
    append_id_tail(id, state, WEIR_STATE_KEYED, group, {});
    impl_->expired[id] = upto;
}

bool StateStore::Impl::index_runs(const std::string& id, std::span<const Run> wanted, const LoadedRuns& loaded) {
    std::vector<std::shared_ptr<RunIndex>> made;
    for (size_t i = 0; i < wanted.size(); ++i) {
        made.push_back(std::make_shared<RunIndex>(wanted[i].entries));
        for (std::string_view page : loaded.runs()[i])
            if (!made.back()->add(page)) return false;
    }
    const std::lock_guard changing(readers);
    const std::lock_guard lock(index_mutex);
    for (Run& run : index[id]) {
        for (size_t i = 0; i < wanted.size(); ++i) {
            if (run.content || !run.same_place(wanted[i])) continue;
            run.content = made[i];
            count_lookups(run, true);
        }
    }
    return true;
}

void StateStore::Impl::count_lookups(const Run& run, bool comes) {
    if (!run.content) return;
    if (comes)
        lookup_bytes += run.content->bytes();
    else
        lookup_bytes -= run.content->bytes();
}

bool StateStore::Impl::has_lookups(std::string_view id) const {
    if (!options.lookups) return false;
    const auto parts = parse_id(id);
    return parts && parts->kind == WEIR_STATE_KEYED && parts->state >= WEIR_HOST_STATES;
}

}  // namespace weir::host
