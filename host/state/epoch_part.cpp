#include "host/state/epoch_part.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "host/state/keys.hpp"
#include "host/state/page.hpp"

namespace weir::host {
namespace {

constexpr uint32_t kDeleted = UINT32_MAX;
constexpr size_t kChunkBytes = 1u << 20;
constexpr size_t kKeptChunks = 8;
constexpr uint32_t kGroups = 256;

Status refuse(std::string_view node, const weir_state_block& block, std::string what) {
    return Status::fatal(fmt::format("state {} of node `{}`: {}", block.state, node, what));
}

Status check(std::string_view node, const weir_state_block& block, uint32_t mode) {
    switch (block.kind) {
        case WEIR_STATE_KEYED:
            if (block.group >= kGroups)
                return refuse(node, block, fmt::format("key group {} is not below {}", block.group, kGroups));
            break;
        case WEIR_STATE_SPLIT:
        case WEIR_STATE_LIST:
        case WEIR_STATE_BROADCAST: break;
        default: return refuse(node, block, fmt::format("there is no kind of state {}", block.kind));
    }
    if (mode != WEIR_SNAPSHOT_CHANGES && mode != WEIR_SNAPSHOT_FULL)
        return refuse(node, block, fmt::format("there is no mode of snapshot {}", mode));
    if (block.n > 0 && (!block.keys || !block.values))
        return refuse(node, block, "a block with entries has no keys or no values");
    return {};
}

}  // namespace

bool EpochPart::before(const Item& a, const Item& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const size_t common = std::min(a.key_bytes, b.key_bytes);
    if (common > 8)
        if (const int order = std::memcmp(a.data + 8, b.data + 8, common - 8)) return order < 0;
    if (a.key_bytes != b.key_bytes) return a.key_bytes < b.key_bytes;
    return a.order < b.order;
}

bool EpochPart::same_key(const Item& a, const Item& b) {
    return a.prefix == b.prefix && a.key_bytes == b.key_bytes && std::memcmp(a.data, b.data, a.key_bytes) == 0;
}

Status EpochPart::put(std::string_view node, const weir_state_block& block, uint32_t mode) {
    if (Status s = check(node, block, mode); !s.ok()) return s;
    if (sealed_) return refuse(node, block, "entries come after the part of the epoch was sealed");
    Id& id = find(node, block);
    if (id.items.empty()) id.version = block.version;
    if (id.version != block.version)
        return refuse(node, block, fmt::format("blocks of one epoch have the state versions {} and {}", id.version,
                                               block.version));
    if (id.items.size() + block.n >= UINT32_MAX) return refuse(node, block, "more than 2^32 entries in an epoch");
    id.full |= mode == WEIR_SNAPSHOT_FULL;
    if (id.items.capacity() < id.items.size() + block.n)
        id.items.reserve(std::max(id.items.size() + block.n, 2 * id.items.capacity()));
    for (uint64_t i = 0; i < block.n; ++i) {
        const weir_str &key = block.keys[i], &value = block.values[i];
        if (key.size > kMaxEntryBytes || value.size > kMaxEntryBytes)
            return refuse(node, block, fmt::format("an entry has a key of {} and a value of {} bytes; at most {}",
                                                   key.size, value.size, kMaxEntryBytes));
        const char* data = copy(key, value);
        const Item item{key_prefix(data, key.size), data, static_cast<uint32_t>(key.size),
                        value.data ? static_cast<uint32_t>(value.size) : kDeleted,
                        static_cast<uint32_t>(id.items.size())};
        // Equal keys are in order too, but have to be looked at.
        if (id.sorted && !id.items.empty())
            id.sorted = before(id.items.back(), item) && !same_key(id.items.back(), item);
        id.items.push_back(item);
    }
    return {};
}

EpochPart::Id& EpochPart::find(std::string_view node, const weir_state_block& block) {
    scratch_.clear();
    append_id_tail(scratch_, block.state, block.kind, block.group, {block.split.data, block.split.size});
    const size_t tail = scratch_.size();
    scratch_.append(node);
    append_u32(scratch_, static_cast<uint32_t>(tail));  // or a tail and a node could be cut in two ways
    const auto [found, is_new] = by_name_.try_emplace(scratch_, ids_.size());
    if (is_new) {
        ids_.emplace_back();
        ids_.back().node = node;
        ids_.back().tail = scratch_.substr(0, tail);
    }
    return ids_[found->second];
}

const char* EpochPart::copy(const weir_str& key, const weir_str& value) {
    const size_t value_bytes = value.data ? value.size : 0;
    const size_t bytes = key.size + value_bytes;
    if (free_bytes_ < bytes || !free_) {
        if (used_chunks_ == chunks_.size() || chunks_[used_chunks_].second < bytes) {
            const size_t chunk = std::max(bytes, kChunkBytes);
            chunks_.emplace_back(std::make_unique_for_overwrite<char[]>(chunk), chunk);
            std::swap(chunks_.back(), chunks_[used_chunks_]);
        }
        free_ = chunks_[used_chunks_].first.get();
        free_bytes_ = chunks_[used_chunks_++].second;
    }
    char* data = free_;
    if (key.size > 0) std::memcpy(data, key.data, key.size);
    if (value_bytes > 0) std::memcpy(data + key.size, value.data, value_bytes);
    free_ += bytes;
    free_bytes_ -= bytes;
    bytes_ += bytes;
    return data;
}

void EpochPart::replace(std::string_view node) {
    if (std::find(replaced_.begin(), replaced_.end(), node) == replaced_.end()) replaced_.emplace_back(node);
}

void EpochPart::seal() {
    if (sealed_) return;
    sealed_ = true;
    size_t most = 0;
    for (const Id& id : ids_) most += kPageHeaderBytes + id.items.size() * kMaxEntryHeaderBytes;
    encoded_.reserve(most + bytes_);
    for (Id& id : ids_) encode(id);
}

void EpochPart::encode(Id& id) {
    if (!id.sorted) std::sort(id.items.begin(), id.items.end(), before);
    const size_t n = id.items.size();
    for (size_t i = 0; i < n;) {
        const size_t start = encoded_.size();
        size_t most = kPageHeaderBytes;
        size_t end = i;
        for (; end < n; ++end) {
            const Item& item = id.items[end];
            const size_t more = kMaxEntryHeaderBytes + item.key_bytes + (item.value_bytes == kDeleted ? 0 : item.value_bytes);
            if (end > i && most + more > kPageBytes) break;
            most += more;
        }
        encoded_.resize(start + most);
        char* const page = encoded_.data() + start;
        char* to = page + kPageHeaderBytes;
        uint32_t entries = 0;
        Page about{start, 0, {}};
        for (; i < end; ++i) {
            const Item& item = id.items[i];
            const bool deleted = item.value_bytes == kDeleted;
            if (i + 1 < n && !id.sorted && same_key(item, id.items[i + 1])) continue;
            id.deletions += deleted;
            if (entries++ == 0) about.first_key.assign(item.data, item.key_bytes);
            to = put_entry(to, item.data, item.key_bytes, item.data + item.key_bytes, item.value_bytes, deleted);
        }
        put_page_header(page, id.version, entries);
        about.bytes = static_cast<size_t>(to - page);
        encoded_.resize(start + (entries > 0 ? about.bytes : 0));
        if (entries > 0) id.pages.push_back(std::move(about));
        id.entries += entries;
    }
}

void EpochPart::clear() {
    ids_.clear();
    by_name_.clear();
    replaced_.clear();
    std::erase_if(chunks_, [](const auto& chunk) { return chunk.second != kChunkBytes; });
    if (chunks_.size() > kKeptChunks) chunks_.resize(kKeptChunks);
    used_chunks_ = 0;
    free_ = nullptr;
    free_bytes_ = 0;
    bytes_ = 0;
    encoded_.clear();
    if (encoded_.capacity() > kKeptChunks * kChunkBytes) encoded_.shrink_to_fit();
    sealed_ = false;
}

}  // namespace weir::host
