#include "state_blocks.hpp"

namespace weir::window {
namespace {

constexpr uint8_t kSent = 1, kClosed = 2, kHasLast = 4;

}  // namespace

void put_group(std::string &to, const GroupEntry &group) {
    put(to, group.hash);
    put(to, static_cast<uint8_t>((group.sent ? kSent : 0) | (group.closed ? kClosed : 0) | (group.last.empty() ? 0 : kHasLast)));
    put_number(to, group.rows);
    put_number(to, group.since);
    if (!group.last.empty()) put_text(to, group.last);
}

bool take_group(std::string_view &from, GroupEntry &group) {
    uint8_t flags = 0;
    if (!take(from, group.hash) || !take(from, flags) || !take_number(from, group.rows) || !take_number(from, group.since)) return false;
    group.sent = flags & kSent;
    group.closed = flags & kClosed;
    return !(flags & kHasLast) || take_text(from, group.last);
}

void StateBlocks::add(uint32_t state, uint32_t group, std::string_view key, std::optional<std::string_view> value) {
    if (state != state_ || group != group_) put_block();
    state_ = state;
    group_ = group;
    const size_t at = bytes_.size();
    bytes_.append(key);
    if (value) bytes_.append(*value);
    entries_.push_back({at, at + key.size(), bytes_.size(), !value});
}

void StateBlocks::put_block() {
    if (entries_.empty()) return;
    keys_.clear();
    values_.clear();
    for (const Entry &entry : entries_) {
        keys_.push_back({bytes_.data() + entry.key, entry.value - entry.key});
        values_.push_back(entry.deleted ? weir_str{nullptr, 0} : weir_str{bytes_.data() + entry.value, entry.end - entry.value});
    }
    weir_state_block block{};
    block.size = sizeof block;
    block.state = state_;
    block.kind = WEIR_STATE_KEYED;
    block.group = group_;
    block.version = kStateVersion;
    block.n = keys_.size();
    block.keys = keys_.data();
    block.values = values_.data();
    if (status_.ok() && out_.put(&out_, &block) < 0) status_ = Status::fatal("the host did not take the state");
    entries_.clear();
    bytes_.clear();
}

Status StateBlocks::finish() {
    put_block();
    return status_;
}

}  // namespace weir::window
