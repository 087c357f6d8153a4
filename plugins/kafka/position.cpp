#include "position.hpp"

#include <charconv>

namespace weir::kafka {
namespace {

constexpr int kHexBase = 16;

template <class T>
bool read_number(std::string_view text, T &value, int base = 10) {
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return code == std::errc() && end == text.data() + text.size();
}

std::string hex(uint64_t value) {
    char text[16];
    return {text, std::to_chars(text, text + sizeof text, value, kHexBase).ptr};
}

std::optional<LastRecord> parse_last(std::string_view text) {
    LastRecord last;
    const size_t colon = text.find(':');
    if (colon == text.npos || !read_number(text.substr(0, colon), last.offset) || last.offset < 0) return std::nullopt;
    if (!read_number(text.substr(colon + 1), last.fingerprint, kHexBase)) return std::nullopt;
    return last;
}

}  // namespace

std::string Position::text() const {
    std::string out = std::to_string(next);
    if (!cluster.empty()) out += '@' + cluster;
    if (last) out += '#' + std::to_string(last->offset) + ':' + hex(last->fingerprint);
    return out;
}

std::optional<Position> Position::parse(std::string_view text) {
    Position out;
    const size_t mark = text.find('#');
    if (mark != text.npos) {
        out.last = parse_last(text.substr(mark + 1));
        if (!out.last) return std::nullopt;
        text = text.substr(0, mark);
    }
    const size_t at = text.find('@');
    if (at != text.npos) out.cluster = text.substr(at + 1);
    if (!read_number(text.substr(0, at), out.next) || out.next < 0) return std::nullopt;
    return out;
}

}  // namespace weir::kafka
