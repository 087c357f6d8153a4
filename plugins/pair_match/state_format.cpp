#include "state_format.hpp"

#include <algorithm>
#include <cstring>

#include <weir/memory.hpp>

#include "matcher.hpp"

namespace weir::pair_match {
namespace {

template <class T>
void put(std::string &to, T value) {
    to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

void put_text(std::string &to, const std::string &text) {
    put(to, static_cast<uint16_t>(text.size()));
    to += text;
}

template <class T>
bool take(std::string_view &from, T *value) {
    if (from.size() < sizeof *value) return false;
    std::memcpy(value, from.data(), sizeof *value);
    from.remove_prefix(sizeof *value);
    return true;
}

bool take_text(std::string_view &from, size_t size, std::string_view *text) {
    if (from.size() < size) return false;
    *text = from.substr(0, size);
    from.remove_prefix(size);
    return true;
}

bool take_text(std::string_view &from, std::string_view *text) {
    uint16_t size = 0;
    return take(from, &size) && take_text(from, size, text);
}

Status damaged() { return Status::state_version("an entry of the state is damaged"); }

}  // namespace

StateFormat::StateFormat(uint8_t scale, const PayloadLayout &layout) : scale_(scale), layout_(layout) {
    std::string body;
    put(body, scale);
    for (const StoredColumn &c : layout.columns) {
        put(body, static_cast<uint8_t>(c.field.nullable));
        put_text(body, c.field.name);
        put_text(body, to_string(c.field.type));
    }
    put(head_, static_cast<uint16_t>(body.size()));
    head_ += body;
}

void StateFormat::add_item(std::string &to, int64_t since, std::string_view payload) {
    put(to, since);
    put(to, static_cast<uint32_t>(payload.size()));
    to += payload;
}

Result<std::vector<StateFormat::Item>> StateFormat::parse(std::string_view value) {
    std::string_view head, rest = value;
    if (!take_text(rest, &head)) return damaged();
    const bool same = value.starts_with(head_);
    auto from = same ? Result<PayloadLayout>(layout_) : parse_head(head);
    if (!from) return from.status();
    std::vector<Item> items;
    converted_.clear();
    while (!rest.empty()) {
        Item item{};
        uint32_t size = 0;
        if (!take(rest, &item.since) || !take(rest, &size) || !take_text(rest, size, &item.payload)) return damaged();
        if (!from->is_sound(item.payload)) return damaged();
        items.push_back(item);
    }
    if (same) return items;
    converted_.resize(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
        if (Status s = convert(*from, items[i].payload, &converted_[i]); !s.ok()) return s;
        items[i].payload = converted_[i];
    }
    return items;
}

Result<PayloadLayout> StateFormat::parse_head(std::string_view head) const {
    uint8_t scale = 0, nullable = 0;
    if (!take(head, &scale)) return damaged();
    if (scale != scale_)
        return Status::state_version("the waiting values have " + std::to_string(scale) + " decimals, the column has " +
                                     std::to_string(scale_));
    std::vector<StoredColumn> columns;
    while (!head.empty()) {
        std::string_view name, text;
        if (!take(head, &nullable) || !take_text(head, &name) || !take_text(head, &text)) return damaged();
        auto type = parse_type(text);
        if (!type) return damaged();
        columns.push_back({0, Field{std::string(name), std::move(*type), nullable != 0}, 0, 0});
    }
    return PayloadLayout(std::move(columns));
}

Status StateFormat::convert(const PayloadLayout &from, std::string_view payload, std::string *to) const {
    auto *old = reinterpret_cast<const uint8_t *>(payload.data());
    std::string fixed(layout_.fixed_bytes, '\0'), variable;
    auto *out = reinterpret_cast<uint8_t *>(fixed.data());
    for (size_t i = 0; i < layout_.columns.size(); ++i) {
        const StoredColumn &c = layout_.columns[i];
        auto found = std::find_if(from.columns.begin(), from.columns.end(), [&](const StoredColumn &o) {
            return o.field.name == c.field.name && o.field.type == c.field.type;
        });
        bool null = found == from.columns.end() ||
                    from.is_null(old, static_cast<size_t>(found - from.columns.begin()));
        if (null && !c.field.nullable)
            return Status::state_version("waiting values have no column " + c.field.name + ": " +
                                         to_string(c.field.type));
        std::string_view bytes = null ? std::string_view() : from.bytes(old, *found);
        if (null) layout_.set_null(out, i);
        if (c.width) {
            if (!null) std::memcpy(out + c.offset, bytes.data(), bytes.size());
            continue;
        }
        variable += bytes;
        auto end = static_cast<uint32_t>(fixed.size() + variable.size());
        std::memcpy(out + c.offset, &end, sizeof end);
    }
    *to = fixed + variable;
    return {};
}

std::string key_bytes(Int128 value) {
    std::string bytes;
    if (value == static_cast<int64_t>(value))
        put(bytes, static_cast<int64_t>(value));
    else
        put(bytes, value);
    return bytes;
}

bool parse_key(std::string_view bytes, Int128 *value) {
    int64_t narrow = 0;
    if (bytes.size() == sizeof *value) return take(bytes, value);
    if (bytes.size() != sizeof narrow || !take(bytes, &narrow)) return false;
    *value = narrow;
    return true;
}

Status StateWriter::flush(const weir_snapshot &out) {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Piece &a, const Piece &b) { return a.group < b.group; });
    std::vector<weir_str> keys, values;
    for (size_t begin = 0; begin < entries_.size();) {
        size_t end = begin;
        keys.clear();
        values.clear();
        for (; end < entries_.size() && entries_[end].group == entries_[begin].group; ++end) {
            keys.push_back(to_abi(entries_[end].key));
            values.push_back(entries_[end].deleted ? weir_str{nullptr, 0} : to_abi(entries_[end].value));
        }
        weir_state_block block{};
        block.size = sizeof block;
        block.kind = WEIR_STATE_KEYED;
        block.group = entries_[begin].group;
        block.version = kStateVersion;
        block.n = keys.size();
        block.keys = keys.data();
        block.values = values.data();
        if (int32_t code = out.put(&out, &block); code < 0) return Status::fatal("the host did not take the state");
        begin = end;
    }
    entries_.clear();
    return {};
}

}  // namespace weir::pair_match
