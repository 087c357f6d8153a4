// Reading a store: restore, look-up and summaries.
#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "host/state/merge.hpp"
#include "host/state/store_impl.hpp"

namespace weir::host {
namespace {

constexpr size_t kBlockEntries = 4096;
constexpr size_t kBlockBytes = 1u << 20;
constexpr size_t kRunTail = 16;

// The database as it is now, and the epoch that is committed in it. Folding and later epochs do not show.
class Snapshot {
public:
    // `is_fixed`: the database does not change while it is open, and has no snapshots.
    Snapshot(rocksdb::DB& db, bool is_fixed) : db_(db) {
        if (!is_fixed) how_.snapshot = db.GetSnapshot();
        how_.fill_cache = false;
    }
    ~Snapshot() {
        if (how_.snapshot) db_.ReleaseSnapshot(how_.snapshot);
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    const rocksdb::ReadOptions& how() const { return how_; }

    // False where there is none, or it cannot be read: `status` tells.
    bool committed(uint64_t& epoch, rocksdb::Status& status) const {
        std::string text;
        status = db_.Get(how_, slice(kCommittedKey), &text);
        const auto parsed = status.ok() ? parse_committed(text) : std::nullopt;
        if (status.ok() && !parsed) status = rocksdb::Status::Corruption("the committed epoch does not parse");
        if (status.IsNotFound()) status = rocksdb::Status::OK();
        if (parsed) epoch = parsed->epoch;
        return parsed.has_value();
    }

private:
    rocksdb::DB& db_;
    rocksdb::ReadOptions how_;
};

// Collects the entries of one id and one version, and gives them on block by block.
class BlockBuilder {
public:
    explicit BlockBuilder(uint32_t version) : version_(version) {
        keys_.reserve(kBlockEntries);
        values_.reserve(kBlockEntries);
    }
    uint32_t version() const { return version_; }
    bool full() const { return keys_.size() >= kBlockEntries || bytes_ >= kBlockBytes; }
    void add(const Entry& entry) {
        keys_.push_back({entry.key.data(), entry.key.size()});
        values_.push_back({entry.value.data(), entry.value.size()});
        bytes_ += entry.key.size() + entry.value.size();
    }
    Status give(const IdParts& id, const std::function<Status(const weir_state_block&)>& fn) {
        if (keys_.empty()) return {};
        weir_state_block block{};
        block.size = sizeof block;
        block.state = id.state;
        block.kind = id.kind;
        block.group = id.group;
        block.version = version_;
        if (id.kind == WEIR_STATE_SPLIT) block.split = {id.split.data(), id.split.size()};
        block.n = keys_.size();
        block.keys = keys_.data();
        block.values = values_.data();
        Status s = fn(block);
        keys_.clear();
        values_.clear();
        bytes_ = 0;
        return s;
    }

private:
    uint32_t version_;
    std::vector<weir_str> keys_;
    std::vector<weir_str> values_;
    size_t bytes_ = 0;
};

// What a merge gives, as blocks; its ok() tells whether the pages were right.
Status give_all(Merge& merged, const IdParts& id, std::vector<BlockBuilder>& builders,
                const std::function<Status(const weir_state_block&)>& fn) {
    BlockBuilder* to = nullptr;
    for (Entry entry; merged.next(entry);) {
        if (entry.deleted) continue;
        if (!to || to->version() != merged.version()) {
            const auto found = std::find_if(builders.begin(), builders.end(),
                                            [&](const auto& b) { return b.version() == merged.version(); });
            to = found != builders.end() ? &*found : &builders.emplace_back(merged.version());
        }
        to->add(entry);
        if (!to->full()) continue;
        if (Status s = to->give(id, fn); !s.ok()) return s;
    }
    if (!merged.ok()) return {};
    for (BlockBuilder& builder : builders)
        if (Status s = builder.give(id, fn); !s.ok()) return s;
    return {};
}

// The committed runs whose keys begin with `prefix`, by id, down to each id's newest full one.
rocksdb::Status live_runs(rocksdb::Iterator& at, const std::string& prefix, uint64_t committed,
                          std::vector<std::pair<std::string, std::vector<Run>>>& ids) {
    for (at.Seek(prefix); at.Valid() && at.key().starts_with(prefix); at.Next()) {
        const std::string_view key = view(at.key());
        Run run;
        if (key.size() < 1 + kRunTail || !parse_run(key.substr(key.size() - kRunTail), view(at.value()), run, nullptr))
            return rocksdb::Status::Corruption("a run does not parse");
        if (run.newest > committed) continue;
        const std::string_view id = key.substr(1, key.size() - 1 - kRunTail);
        if (ids.empty() || ids.back().first != id) ids.emplace_back(id, std::vector<Run>());
        auto& runs = ids.back().second;
        if (runs.empty() || !runs.back().full) runs.push_back(run);
    }
    return at.status();
}

}  // namespace

bool LoadedRuns::load(rocksdb::Iterator& at, std::string_view id, std::span<const Run> wanted) {
    size_t used = 0;
    runs_.clear();
    for (const Run& run : wanted) {
        auto& pages = runs_.emplace_back();
        for (uint32_t page = 0; page < run.pages; ++page) {
            const std::string key = page_key(id, run, page);
            if (!at.Valid() || at.key() != key) at.Seek(key);
            if (!at.Valid() || at.key() != key) return false;
            if (used == pages_.size()) pages_.emplace_back();
            std::string& copy = pages_[used++];
            copy.assign(at.value().data(), at.value().size());
            pages.push_back(copy);
            at.Next();
        }
    }
    return true;
}

StoredRun::StoredRun(rocksdb::DB& db, const rocksdb::ReadOptions& how, std::string_view id, const Run& run, size_t large_bytes)
    : db_(db), how_(how), id_(id), run_(run), large_bytes_(large_bytes) {}

bool StoredRun::read(std::string_view& page) {
    const std::string key = page_key(id_, run_, page_ - 1);
    if (at_) {
        at_->Next();
    } else {
        at_.reset(db_.NewIterator(how_));
        at_->Seek(key);
    }
    is_missing_ = !at_->Valid() || at_->key() != key;
    status_ = at_->status();
    if (!ok()) return false;
    page = view(at_->value());
    return true;
}

bool StoredRun::next(std::string_view& page) {
    if (page_ == run_.pages || !ok()) return false;
    ++page_;
    return read(page);
}

bool StoredRun::again(std::string_view& page) {
    at_.reset();
    return ok() && read(page);
}

std::string StateStore::Impl::node_name(uint32_t number) const {
    for (const auto& [name, other] : nodes)
        if (other == number) return name;
    return "?";
}

std::string StateStore::Impl::describe(std::string_view id) const {
    const std::lock_guard lock(index_mutex);
    return describe_id(id, id.size() < 4 ? "?" : node_name(load_u32(id.data())));
}

Status StateStore::read(std::string_view node, const std::function<Status(const weir_state_block&)>& fn,
                        const std::function<bool(uint32_t state)>& wants) const {
    const Impl& impl = *impl_;
    const auto failed = [&](const rocksdb::Status& s) {
        return rocks_failure(impl.database(), fmt::format("reading the state of node `{}`", node), s).status;
    };
    std::string prefix = "i";
    {
        const std::lock_guard lock(impl.index_mutex);
        const auto found = impl.nodes.find(node);
        if (found == impl.nodes.end()) return {};
        append_u32(prefix, found->second);
    }
    const Snapshot snapshot(*impl.db, impl.options.beside_owner);
    uint64_t committed = 0;
    rocksdb::Status status;
    if (!snapshot.committed(committed, status)) return status.ok() ? Status() : failed(status);
    std::vector<std::pair<std::string, std::vector<Run>>> ids;
    const std::unique_ptr<rocksdb::Iterator> at(impl.db->NewIterator(snapshot.how()));
    if (status = live_runs(*at, prefix, committed, ids); !status.ok()) return failed(status);

    LoadedRuns loaded;
    Merge merged;
    std::vector<BlockBuilder> builders;
    for (const auto& [id, runs] : ids) {
        const auto parts = parse_id(id);
        if (!parts) return failed(rocksdb::Status::Corruption("an id does not parse"));
        if (wants && !wants(parts->state)) continue;
        if (!loaded.load(*at, id, runs)) {
            if (!at->status().ok()) return failed(at->status());
            return corrupt(impl.database(), describe_id(id, node) + ": a page is missing").status;
        }
        if (impl.has_lookups(id) && !impl_->index_runs(id, runs, loaded))
            return corrupt(impl.database(), describe_id(id, node) + ": a page does not parse").status;
        merged.reset();
        for (const auto& run : loaded.runs()) merged.add(run);
        if (Status s = give_all(merged, *parts, builders, fn); !s.ok()) return s;
        if (!merged.ok()) return corrupt(impl.database(), describe_id(id, node) + ": a page does not parse").status;
    }
    return {};
}

Result<std::optional<std::string>> StateStore::get(std::string_view node, uint32_t state, uint32_t kind, uint32_t group,
                                                   std::string_view split, std::string_view key) const {
    using Value = std::optional<std::string>;
    const Impl& impl = *impl_;
    const auto failed = [&](const rocksdb::Status& s) {
        return rocks_failure(impl.database(), fmt::format("reading a key of node `{}`", node), s).status;
    };
    std::string id;
    {
        const std::lock_guard lock(impl.index_mutex);
        const auto found = impl.nodes.find(node);
        if (found == impl.nodes.end()) return Value();
        append_u32(id, found->second);
    }
    append_id_tail(id, state, kind, group, split);
    if (!parse_id(id) || group > UINT8_MAX) return Value();
    const Snapshot snapshot(*impl.db, impl.options.beside_owner);
    uint64_t committed = 0;
    rocksdb::Status status;
    if (!snapshot.committed(committed, status)) return status.ok() ? Result(Value()) : failed(status);

    const std::unique_ptr<rocksdb::Iterator> at(impl.db->NewIterator(snapshot.how()));
    const std::string prefix = id_prefix('i', id);
    std::vector<std::string> first_keys;
    for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) {
        Run run;
        if (!parse_run(view(at->key()).substr(prefix.size()), view(at->value()), run, &first_keys))
            return failed(rocksdb::Status::Corruption("a run does not parse"));
        if (run.newest > committed) continue;
        if (run.pages > 0) {
            // The last page that begins at or before the key; what stands for the first one's key is before all.
            const auto behind = std::upper_bound(first_keys.begin() + 1, first_keys.end(), key);
            const auto page = static_cast<uint32_t>(behind - first_keys.begin()) - 1;
            rocksdb::ReadOptions cached = snapshot.how();
            cached.fill_cache = true;
            rocksdb::PinnableSlice content;
            status = impl.db->Get(cached, impl.db->DefaultColumnFamily(), page_key(id, run, page), &content);
            if (!status.ok()) return failed(status);
            std::optional<Entry> found;
            PageReader reader(view(content));
            if (!find_entry(reader, key, found))
                return corrupt(impl.database(), describe_id(id, node) + ": a page does not parse").status;
            if (found) return found->deleted ? Value() : Value(found->value);
        }
        if (run.full) break;
    }
    if (!at->status().ok()) return failed(at->status());
    return Value();
}

std::vector<std::string> StateStore::nodes() const {
    const std::lock_guard lock(impl_->index_mutex);
    std::set<uint32_t> numbers;
    for (const auto& [id, runs] : impl_->index) {
        uint64_t begin = 0;  // what is older was replaced
        for (const Run& run : runs)
            if (run.full) begin = std::max(begin, run.newest);
        for (const Run& run : runs)
            if (run.newest >= begin && run.entries > run.deletions) numbers.insert(parse_id(id)->node);
    }
    std::vector<std::string> names;
    for (const auto& [name, number] : impl_->nodes)
        if (numbers.contains(number)) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<StateSummary> StateStore::summaries() const {
    const std::lock_guard lock(impl_->index_mutex);
    std::map<uint32_t, std::string_view> names;
    for (const auto& [name, number] : impl_->nodes) names[number] = name;
    struct Sum {
        StateSummary summary;
        uint64_t newest = 0;
    };
    std::map<std::tuple<std::string, uint32_t, uint32_t>, Sum> sums;  // by node, state and kind
    for (const auto& [id, runs] : impl_->index) {
        const auto parts = parse_id(id);
        const std::string name(names[parts->node]);
        for (const Run& run : runs) {
            if (run.entries > run.deletions) {
                Sum& sum = sums[{name, parts->state, parts->kind}];
                if (run.newest >= sum.newest) sum.summary.version = run.version;
                sum.newest = std::max(sum.newest, run.newest);
                sum.summary.entries += run.entries;
                sum.summary.bytes += run.bytes;
            }
            if (run.full) break;
        }
    }
    std::vector<StateSummary> all;
    for (auto& [key, sum] : sums) {
        std::tie(sum.summary.node, sum.summary.state, sum.summary.kind) = key;
        all.push_back(std::move(sum.summary));
    }
    return all;
}

}  // namespace weir::host
