// String, FixedString, JSON, and what texts are parsed as: UUID, Enum, IPv4, IPv6.
#include <arpa/inet.h>

#include <array>
#include <unordered_map>

#include <weir/row_json.hpp>

#include "fixed_writers.hpp"

namespace weir::clickhouse {
namespace {

constexpr size_t kShort = 16;       // texts up to this are copied by two moves of a register
constexpr size_t kShownBytes = 80;  // of a value in a message

std::string shown(std::string_view text) {
    std::string out;
    append_json_string(out, is_utf8(text) ? text.substr(0, kShownBytes) : "base64:" + base64(text.substr(0, kShownBytes)));
    return out;
}

// Each text behind its length.
class TextWriter final : public ColumnWriter {
public:
    explicit TextWriter(std::string type) : type_(std::move(type)) {}

    void append(const Column &column, int64_t begin, int64_t end) override {
        const auto *offsets = column.values<int32_t>();
        const auto *bytes = static_cast<const uint8_t *>(column.array().buffers[2]);
        const auto *const last = bytes + offsets[column.size()];  // behind it nothing may be read
        constexpr size_t kMaxVarint = 5;
        const size_t most = static_cast<size_t>(offsets[end] - offsets[begin]) + static_cast<size_t>(end - begin) * kMaxVarint + kShort;
        if (values_.size() + most > values_.capacity()) values_.reserve(std::max(values_.size() + most, 2 * values_.capacity()));
        uint8_t *to = values_.data() + values_.size();
        for (int64_t row = begin; row < end; ++row) {
            const auto size = static_cast<uint32_t>(offsets[row + 1] - offsets[row]);
            const uint8_t *from = bytes + offsets[row];
            uint32_t n = size;
            for (; n >= 0x80; n >>= 7) *to++ = static_cast<uint8_t>(n | 0x80);
            *to++ = static_cast<uint8_t>(n);
            if (size <= kShort && last - from >= static_cast<ptrdiff_t>(kShort))
                std::memcpy(to, from, kShort);
            else if (size > 0)
                std::memcpy(to, from, size);
            to += size;
        }
        values_.resize(static_cast<size_t>(to - values_.data()));
    }
    void append_defaults(int64_t n) override {
        const size_t before = values_.size();
        values_.reserve(before + static_cast<size_t>(n));
        values_.resize(before + static_cast<size_t>(n));
        std::memset(values_.data() + before, 0, static_cast<size_t>(n));
    }
    void write(Output &out) const override { out.put(values_.data(), values_.size()); }
    size_t bytes() const override { return values_.size(); }
    void clear() override { values_.resize(0); }
    std::string type() const override { return type_; }

private:
    const std::string type_;
    Buffer values_;
};

// Texts of at most so many bytes, filled up with zeros.
class FixedStringWriter final : public FixedWriter {
public:
    using FixedWriter::FixedWriter;
    bool can_fail() const override { return true; }
    void check(const Column &column, int64_t begin, int64_t end, const Fault &fault) const override {
        for (int64_t row = begin; row < end; ++row)
            if (const std::string_view text = column.text(row); text.size() > width())
                fault(row, shown(text) + " has " + std::to_string(text.size()) + " bytes, and " + type() + " takes " + std::to_string(width()));
    }
    void append(const Column &column, int64_t begin, int64_t end) override {
        for (int64_t row = begin; row < end; ++row) {
            const std::string_view text = column.text(row);
            uint8_t *to = grow(width());
            std::memset(to, 0, width());
            text.copy(reinterpret_cast<char *>(to), text.size());
        }
    }
};

// Texts that a function turns into bytes of fixed width; false: it is none.
using ParseInto = bool (*)(std::string_view text, uint8_t *to);

class ParsedWriter final : public FixedWriter {
public:
    ParsedWriter(const DataType &to, ParseInto parse, std::string expected)
        : FixedWriter(to.text, to.width), parse_(parse), expected_(std::move(expected)) {}
    bool can_fail() const override { return true; }
    void check(const Column &column, int64_t begin, int64_t end, const Fault &fault) const override {
        std::array<uint8_t, 16> ignored;
        for (int64_t row = begin; row < end; ++row)
            if (!parse_(column.text(row), ignored.data())) fault(row, shown(column.text(row)) + " is not " + expected_);
    }
    void append(const Column &column, int64_t begin, int64_t end) override {
        for (int64_t row = begin; row < end; ++row) parse_(column.text(row), grow(width()));
    }

private:
    const ParseInto parse_;
    const std::string expected_;
};

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

// Two numbers of 64 bits, each with its lowest byte first.
bool parse_uuid(std::string_view text, uint8_t *to) {
    constexpr size_t kLength = 36;
    if (text.size() != kLength) return false;
    size_t n = 0;
    for (size_t i = 0; i < kLength;) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i++] != '-') return false;
            continue;
        }
        const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return false;
        to[n < 8 ? 7 - n : 23 - n] = static_cast<uint8_t>(high << 4 | low);
        ++n;
        i += 2;
    }
    return true;
}

bool parse_address(int family, std::string_view text, void *to) {
    char with_end[INET6_ADDRSTRLEN + 1];
    if (text.size() >= sizeof with_end) return false;
    with_end[text.copy(with_end, text.size())] = '\0';
    return text.find('\0') == text.npos && inet_pton(family, with_end, to) == 1;
}

bool parse_ipv4(std::string_view text, uint8_t *to) {
    if (!parse_address(AF_INET, text, to)) return false;
    std::swap(to[0], to[3]);
    std::swap(to[1], to[2]);
    return true;
}

// An IPv4 address is mapped, as ClickHouse does.
bool parse_ipv6(std::string_view text, uint8_t *to) {
    if (parse_address(AF_INET6, text, to)) return true;
    if (!parse_address(AF_INET, text, to + 12)) return false;
    std::memset(to, 0, 10);
    to[10] = to[11] = 0xff;
    return true;
}

// The numbers of the names.
class EnumWriter final : public FixedWriter {
public:
    explicit EnumWriter(const DataType &to) : FixedWriter(to.text, to.width) {
        for (const auto &[name, value] : to.elements) values_.emplace(name, static_cast<int16_t>(value));
        first_ = to.elements.empty() ? 0 : static_cast<int16_t>(to.elements.front().second);
    }
    bool can_fail() const override { return true; }
    void check(const Column &column, int64_t begin, int64_t end, const Fault &fault) const override {
        for (int64_t row = begin; row < end; ++row)
            if (!values_.contains(std::string(column.text(row)))) fault(row, shown(column.text(row)) + " is no element of " + type());
    }
    void append(const Column &column, int64_t begin, int64_t end) override {
        for (int64_t row = begin; row < end; ++row) put(values_.find(std::string(column.text(row)))->second);
    }
    void append_defaults(int64_t n) override {
        for (int64_t i = 0; i < n; ++i) put(first_);
    }

private:
    void put(int16_t value) { std::memcpy(grow(width()), &value, width()); }

    std::unordered_map<std::string, int16_t> values_;
    int16_t first_ = 0;
};

}  // namespace

Fit fit_text(const Type &from, const DataType &to) {
    if (!from.is_text()) {
        const bool fits_bytes = to.is(Kind::kIpv4) && from.id == TypeId::kUint32;
        if (fits_bytes) return {make_copy(to), {}};
        return {nullptr, {"", weir_type(to)}};
    }
    switch (to.kind) {
        case Kind::kString: return {std::make_unique<TextWriter>(to.text), {}};
        case Kind::kJson: return {std::make_unique<TextWriter>("String"), {}};
        case Kind::kFixedString: return {std::make_unique<FixedStringWriter>(to.text, to.width), {}};
        case Kind::kUuid: return {std::make_unique<ParsedWriter>(to, parse_uuid, "a UUID, such as 61f0c404-5cb3-11e7-907b-a6006ad3dba0"), {}};
        case Kind::kIpv4: return {std::make_unique<ParsedWriter>(to, parse_ipv4, "an IPv4 address"), {}};
        case Kind::kIpv6: return {std::make_unique<ParsedWriter>(to, parse_ipv6, "an IPv6 address"), {}};
        default: return {std::make_unique<EnumWriter>(to), {}};
    }
}

}  // namespace weir::clickhouse
