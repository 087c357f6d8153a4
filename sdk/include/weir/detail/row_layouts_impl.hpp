// Definitions for weir/row_layouts.hpp.
#pragma once

#include <cstring>

#include <weir/detail/linkage.hpp>
#include <weir/ext/start.h>
#include <weir/row_layouts.hpp>

namespace weir {
namespace detail {

inline std::string type_text(const Field &field) { return to_string(field.type) + (field.nullable ? "?" : ""); }

inline bool is_signed_int(TypeId id) { return id >= TypeId::kInt8 && id <= TypeId::kInt64; }
inline bool is_unsigned_int(TypeId id) { return id >= TypeId::kUint8 && id <= TypeId::kUint64; }

// Whether `to` holds every value of `from`.
inline bool widens(const Type &from, const Type &to) {
    if (from == to) return true;
    if (is_signed_int(from.id)) return is_signed_int(to.id) && from.id < to.id;
    if (is_unsigned_int(from.id))
        return (is_unsigned_int(to.id) || is_signed_int(to.id)) && value_width(from.id) < value_width(to.id);
    if (from.id == TypeId::kFloat32) return to.id == TypeId::kFloat64;
    return from.id == TypeId::kDecimal128 && to.id == TypeId::kDecimal128 && from.scale == to.scale && from.precision < to.precision;
}

// REQUIRES: widens(from, to). The value's bytes as those of `to`: the same, or made in `out`.
inline std::string_view widen(std::string_view bytes, const Type &from, const Type &to, std::array<char, 8> &out) {
    if (from == to || from.id == TypeId::kDecimal128) return bytes;
    const size_t width = value_width(to.id);
    if (from.id == TypeId::kFloat32) {
        float value = 0;
        std::memcpy(&value, bytes.data(), sizeof value);
        const double wide = value;
        std::memcpy(out.data(), &wide, sizeof wide);
    } else {  // little-endian: what is added is the sign
        const bool negative = is_signed_int(from.id) && (static_cast<unsigned char>(bytes.back()) & 0x80) != 0;
        out.fill(negative ? '\xff' : '\0');
        std::memcpy(out.data(), bytes.data(), bytes.size());
    }
    return {out.data(), width};
}

inline std::string layout_text(const Schema &columns) {
    Config::Json out = Config::Json::array();
    for (const Field &field : columns.fields) out.push_back({field.name, type_text(field)});
    return out.dump();
}

inline Result<Schema> layout_columns(std::string_view text) {
    const auto damaged = [] { return Status::state_version("the columns of the state cannot be read"); };
    const Config::Json json = Config::Json::parse(text, nullptr, false);
    if (!json.is_array()) return damaged();
    Schema out;
    for (const Config::Json &one : json) {
        if (!one.is_array() || one.size() != 2 || !one[0].is_string() || !one[1].is_string()) return damaged();
        auto field = parse_field(one[0].get<std::string>(), one[1].get<std::string>());
        if (!field) return damaged();
        out.fields.push_back(std::move(*field));
    }
    return out;
}

}  // namespace detail

WEIR_INLINE Result<Schema> RowLayouts::columns_of(std::string_view layout) { return detail::layout_columns(layout); }

WEIR_INLINE void RowLayouts::bind(Schema columns) {
    text_ = detail::layout_text(columns);
    codec_ = RowCodec(std::move(columns));
    layouts_.clear();
    saved_ = false;
}

WEIR_INLINE Status RowLayouts::add(uint16_t number, std::string_view text) {
    auto columns = detail::layout_columns(text);
    if (!columns) return columns.status();
    Layout layout{RowCodec(*columns), {}, std::string(text)};
    for (const Field &field : codec_.schema().fields) {
        const auto found = columns->find(field.name);
        layout.places.push_back(found ? static_cast<int>(*found) : -1);
        if (!found) continue;
        const Field &old = columns->fields[*found];
        if (!detail::widens(old.type, field.type) || (old.nullable && !field.nullable))
            return Status::state_version("column `" + field.name + "` is " + detail::type_text(old) + " in the state, and " +
                                         detail::type_text(field) + " now. Give it another name, cast it to the old type, or "
                                         "begin anew (--reset)");
    }
    layouts_.insert_or_assign(number, std::move(layout));
    return {};
}

WEIR_INLINE Status RowLayouts::restore(const weir_state_block &block) {
    for (uint64_t i = 0; i < block.n; ++i) {
        uint16_t number = 0;
        if (block.keys[i].size != sizeof number) return Status::state_version("an entry of the state is damaged");
        std::memcpy(&number, block.keys[i].data, sizeof number);
        if (Status s = add(number, view(block.values[i])); !s.ok()) return s;
    }
    return {};
}

WEIR_INLINE Status RowLayouts::check(Context context, std::string_view says) const {
    const std::string lost = this->lost();
    const weir_host &host = *context.raw()->host;
    const auto *start = host.extension ? static_cast<const weir_start_api *>(host.extension(&host, WEIR_EXT_START)) : nullptr;
    if (!lost.empty() && !(start && start->may_lose && start->may_lose(context.raw())))
        return Status::state_version("the state has " + lost + ", which " + std::string(says) + " has not any more: its values would be lost, and a "
                                     "column under another name begins anew. Call it so again, or give it up: --allow-loss " +
                                     std::string(context.node()));
    return {};
}

WEIR_INLINE Status RowLayouts::open() {
    number_ = 0;
    if (!layouts_.empty()) {
        const auto &[last, layout] = *layouts_.rbegin();  // the one that was in use: columns that come back are another layout
        saved_ = layout.text == text_;
        number_ = saved_ ? last : static_cast<uint16_t>(last + 1);
        if (saved_) return {};
    }
    return add(number_, text_);
}

WEIR_INLINE std::string RowLayouts::lost() const {
    std::string out;
    if (layouts_.empty()) return out;
    for (const Field &field : layouts_.rbegin()->second.codec.schema().fields)
        if (!codec_.schema().find(field.name)) out += (out.empty() ? "`" : ", `") + field.name + "`";
    return out;
}

WEIR_INLINE Status RowLayouts::snapshot(const weir_snapshot &out) {
    if (saved_ && out.mode != WEIR_SNAPSHOT_FULL) return {};
    std::vector<weir_str> keys, values;
    for (const auto &[number, layout] : layouts_) {
        keys.push_back({reinterpret_cast<const char *>(&number), sizeof number});
        values.push_back(to_abi(layout.text));
    }
    weir_state_block block{};
    block.size = sizeof block;
    block.kind = WEIR_STATE_BROADCAST;
    block.version = 1;
    block.n = keys.size();
    block.keys = keys.data();
    block.values = values.data();
    if (out.put(&out, &block) < 0) return Status::fatal("the host did not take the state");
    saved_ = true;
    return {};
}

WEIR_INLINE bool RowLayouts::is_present(std::string_view &row) const {
    uint16_t number = 0;
    if (row.size() < sizeof number) return false;
    std::memcpy(&number, row.data(), sizeof number);
    if (number != number_) return false;
    row.remove_prefix(sizeof number);
    return true;
}

WEIR_INLINE bool RowLayouts::split(std::string_view row, std::vector<Value> &out) const {
    uint16_t number = 0;
    if (row.size() < sizeof number) return false;
    std::memcpy(&number, row.data(), sizeof number);
    row.remove_prefix(sizeof number);
    const auto found = layouts_.find(number);
    std::vector<std::optional<std::string_view>> values;
    if (found == layouts_.end() || !found->second.codec.split(row, values)) return false;
    out.assign(codec_.schema().size(), {});
    widened_.resize(out.size());
    for (size_t c = 0; c < out.size(); ++c) {
        if (found->second.places[c] < 0) continue;
        const auto place = static_cast<size_t>(found->second.places[c]);
        std::optional<std::string_view> &bytes = values[place];
        if (bytes) bytes = detail::widen(*bytes, found->second.codec.schema().fields[place].type, codec_.schema().fields[c].type, widened_[c]);
        out[c] = {place, bytes};
    }
    return true;
}

}  // namespace weir
