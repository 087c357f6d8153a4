#include "host/cli/dead_letters.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/topology/scalar.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

std::optional<std::string> copied(const weir_str& text) {
    if (text.data == nullptr) return std::nullopt;
    return std::string(view(text));
}

constexpr int64_t kMostOffset = INT64_MAX / 4;  // so that a base, a first and a length never overflow together

// Takes a number off the front.
bool take_number(std::string_view& text, int64_t& value) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || value < 0 || value > kMostOffset) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return true;
}

}  // namespace

Letter Letter::of(const weir_origin_record& record) {
    Letter out{record.partition, record.offset, record.timestamp, copied(record.key), copied(record.payload), {}};
    for (uint64_t i = 0; i < record.n_headers; ++i)
        out.headers.push_back({std::string(view(record.headers[i].name)), copied(record.headers[i].value)});
    return out;
}

std::string_view letter_header(const weir_origin_record& record, std::string_view name) {
    // The sink's own stand behind those that the record came with.
    for (uint64_t i = record.n_headers; i-- > 0;) {
        const std::string_view full = view(record.headers[i].name);
        if (full.starts_with(kLetterHeader) && full.substr(kLetterHeader.size()) == name) return view(record.headers[i].value);
    }
    return {};
}

bool is_letter(const weir_origin_record& record) {
    return !letter_header(record, "node").empty() && !letter_header(record, "code").empty();
}

bool LetterChoice::has(const weir_origin_record& record) const {
    if (at && (at->first != record.partition || at->second != record.offset)) return false;
    return (node.empty() || letter_header(record, "node") == node) && (code.empty() || letter_header(record, "code") == code);
}

Result<std::optional<std::pair<int32_t, int64_t>>> parse_letter_place(const std::string& text) {
    if (text.empty()) return std::optional<std::pair<int32_t, int64_t>>();
    const size_t slash = text.find('/');
    const auto partition = parse_int64(text.substr(0, slash));
    std::optional<int64_t> offset;
    if (slash != std::string::npos) offset = parse_int64(text.substr(slash + 1));
    if (!partition || !offset || *partition < 0 || *partition > INT32_MAX || *offset < 0)
        return Status::config("", fmt::format("--at {} names no letter; expected: PARTITION/OFFSET, such as 0/12", ticked(text)));
    return std::optional(std::pair(static_cast<int32_t>(*partition), *offset));
}

Result<Replayed> Replayed::parse(int64_t base, std::string_view note) {
    Replayed out;
    if (base < 0 || base > kMostOffset) return Status::fatal("its offset cannot be one");
    out.base_ = base;
    while (!note.empty()) {
        int64_t first = 0, length = 0;
        if (!take_number(note, first)) return Status::fatal("its note cannot be read");
        if (note.starts_with('+')) {
            note.remove_prefix(1);
            if (!take_number(note, length)) return Status::fatal("its note cannot be read");
        }
        if (!note.empty() && note.front() != ' ') return Status::fatal("its note cannot be read");
        note.remove_prefix(std::min<size_t>(note.size(), 1));
        out.ranges_[base + first] = base + first + length;
    }
    return out;
}

bool Replayed::has(int64_t offset) const {
    if (offset < base_) return true;
    auto behind = ranges_.upper_bound(offset);
    return behind != ranges_.begin() && std::prev(behind)->second >= offset;
}

void Replayed::add(int64_t offset, std::optional<int64_t> before) {
    if (!before || *before < base_) {
        base_ = std::max(base_, offset + 1);
        return settle();
    }
    int64_t first = offset, last = offset;
    if (auto own = ranges_.upper_bound(offset); own != ranges_.begin() && std::prev(own)->second >= offset) last = std::prev(own)->second;
    if (has(*before)) first = std::prev(ranges_.upper_bound(*before))->first;
    ranges_.erase(ranges_.lower_bound(first), ranges_.upper_bound(offset));
    ranges_[first] = last;
}

// Ranges that begin before the base are part of it.
void Replayed::settle() {
    while (!ranges_.empty() && ranges_.begin()->first <= base_) {
        base_ = std::max(base_, ranges_.begin()->second + 1);
        ranges_.erase(ranges_.begin());
    }
}

std::string Replayed::note() const {
    std::string out;
    for (const auto& [first, last] : ranges_) {
        out += fmt::format("{}{}", out.empty() ? "" : " ", first - base_);
        if (last > first) out += fmt::format("+{}", last - first);
    }
    return out;
}

std::optional<std::string> readable(std::string_view bytes) {
    if (find_invalid_utf8(bytes) != std::string_view::npos || printable(bytes) != bytes) return std::nullopt;
    return std::string(bytes);
}

std::string hexadecimal(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return out;
}

}  // namespace weir::host
