#include "host/keyed/group_table.hpp"

#include <cstring>

namespace weir::host {

namespace {

constexpr uint32_t kVariableKeyRoom = 24;
constexpr uint32_t kFirstCells = 8;

constexpr uint32_t whole_words(uint32_t bytes) { return (bytes + 7) / 8 * 8; }

EntryHeader& header_of(char* entry) { return *reinterpret_cast<EntryHeader*>(entry); }
const EntryHeader& header_of(const char* entry) { return *reinterpret_cast<const EntryHeader*>(entry); }

// A key that has no room in its entry.
const char* in_pool(const void* at) {
    const char* key = nullptr;
    std::memcpy(&key, at, sizeof key);
    return key;
}

}  // namespace

EntryShape::EntryShape(uint32_t slot, bool has_expiry, uint32_t key_bytes) : slot_bytes(slot), expires(has_expiry) {
    uint32_t at = sizeof(EntryHeader);
    if (expires) {
        expiry_at = at;
        at += 8;
    }
    slot_at = at;
    key_at = slot_at + whole_words(slot);
    key_room = key_bytes ? whole_words(key_bytes) : kVariableKeyRoom;
    bytes = key_at + key_room;
}

bool GroupTable::is(const EntryShape& shape, const char* entry, const uint64_t* key, uint32_t key_bytes) const {
    if (header_of(entry).key_bytes != key_bytes) return false;
    const char* const own = entry + shape.key_at;
    if (key_bytes > shape.key_room) return std::memcmp(in_pool(own), key, key_bytes) == 0;
    uint64_t differ = 0;
    for (uint32_t at = 0; at < key_bytes; at += 8, ++key) {
        uint64_t word;
        std::memcpy(&word, own + at, sizeof word);
        differ |= word ^ *key;
    }
    return differ == 0;
}

uint32_t GroupTable::find(const EntryShape& shape, uint64_t hash, const uint64_t* key, uint32_t key_bytes) const {
    if (index_.empty()) return kNone;
    const auto tag = static_cast<uint32_t>(hash);
    for (uint32_t at = tag & mask_;; at = (at + 1) & mask_) {
        const Cell& cell = index_[at];
        if (!cell.number) return kNone;
        if (cell.tag == tag && is(shape, entry(shape, cell.number - 1), key, key_bytes)) return cell.number - 1;
    }
}

void GroupTable::place(std::vector<Cell>& index, uint32_t mask, Cell cell) {
    uint32_t at = cell.tag & mask;
    while (index[at].number) at = (at + 1) & mask;
    index[at] = cell;
}

// At most four of five cells are taken.
void GroupTable::grow() {
    const size_t cells = index_.empty() ? kFirstCells : index_.size() * 2;
    std::vector<Cell> larger(cells, Cell{0, 0});
    for (const Cell& cell : index_)
        if (cell.number) place(larger, static_cast<uint32_t>(cells - 1), cell);
    index_ = std::move(larger);
    mask_ = static_cast<uint32_t>(cells - 1);
}

uint32_t GroupTable::add(const EntryShape& shape, BytesPool& pool, uint64_t hash, const uint64_t* key,
                         uint32_t key_bytes) {
    if ((used_ + 1) * uint64_t{5} > index_.size() * uint64_t{4}) grow();
    uint32_t number = numbers_;
    if (!free_.empty()) {
        number = free_.back();
        free_.pop_back();
    } else {
        if (numbers_ % kPageEntries == 0) pages_.push_back(std::make_unique<char[]>(size_t{kPageEntries} * shape.bytes));
        ++numbers_;
    }
    ++used_;
    char* const to = entry(shape, number);
    const bool in_wheel = header_of(to).in_wheel;
    std::memset(to, 0, shape.bytes);
    EntryHeader& header = header_of(to);
    header.tag = static_cast<uint32_t>(hash);
    header.key_bytes = key_bytes & kMaxKeyBytes;
    header.live = 1;
    header.in_wheel = in_wheel;
    const std::string_view bytes(reinterpret_cast<const char*>(key), key_bytes);
    if (key_bytes > shape.key_room) {
        const char* copy = pool.copy(bytes);
        std::memcpy(to + shape.key_at, &copy, sizeof copy);
    } else {
        std::memcpy(to + shape.key_at, bytes.data(), bytes.size());
    }
    place(index_, mask_, {header.tag, number + 1});
    return number;
}

void GroupTable::drop_last_page() {
    const uint32_t first = (pages() - 1) * kPageEntries;
    std::erase_if(free_, [first](uint32_t number) { return number >= first; });
    pages_.pop_back();
    numbers_ = first;
}

std::string_view GroupTable::key(const EntryShape& shape, const char* entry) const {
    const uint32_t size = header_of(entry).key_bytes;
    const char* const at = entry + shape.key_at;
    return {size > shape.key_room ? in_pool(at) : at, size};
}

// Closes the gap in the index by moving back what a probe would otherwise miss.
void GroupTable::remove(const EntryShape& shape, BytesPool& pool, uint32_t number) {
    char* const gone = entry(shape, number);
    EntryHeader& header = header_of(gone);
    uint32_t gap = header.tag & mask_;
    while (index_[gap].number != number + 1) gap = (gap + 1) & mask_;
    for (uint32_t at = (gap + 1) & mask_; index_[at].number; at = (at + 1) & mask_) {
        const uint32_t home = index_[at].tag & mask_;
        if (((at - home) & mask_) < ((at - gap) & mask_)) continue;
        index_[gap] = index_[at];
        gap = at;
    }
    index_[gap] = {0, 0};
    if (header.key_bytes > shape.key_room) {
        char* copy = nullptr;
        std::memcpy(&copy, gone + shape.key_at, sizeof copy);
        pool.give_back(copy, header.key_bytes);
    }
    const bool in_wheel = header.in_wheel;
    header = EntryHeader{};
    header.in_wheel = in_wheel;
    --used_;
    free_.push_back(number);
}

}  // namespace weir::host
