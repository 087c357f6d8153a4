#include "host/topology/scalar_place.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace weir::host {
namespace {

constexpr std::string_view kEscapes = "0abtnvfre\"/\\ ";
constexpr std::string_view kEscaped{"\0\a\b\t\n\v\f\r\x1b\"/\\ ", 13};

void append_utf8(std::string& out, uint32_t code) {
    const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
        put(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            put(0xE0 | code >> 12);
        } else {
            put(0xF0 | code >> 18);
            put(0x80 | (code >> 12 & 0x3F));
        }
        put(0x80 | (code >> 6 & 0x3F));
    }
    put(0x80 | (code & 0x3F));
}

// Walks along what is written and its value at once. What YAML makes of line breaks is not worked out but read off the value:
// it is a blank, or some line breaks, or nothing.
class Walk {
public:
    Walk(std::string_view written, std::size_t offset, std::string_view value)
        : written_(written), value_(value), at_(offset) {}

    // The offset of each byte of the value, and of what follows its last one.
    std::optional<std::vector<std::size_t>> offsets() {
        begin();
        while (places_.size() < value_.size()) {
            if (at_ >= written_.size()) break;
            if (!(is_line_end() ? line_break() : character())) break;
        }
        // The last line breaks of a block, which its value may have more or fewer of.
        if (value_.find_first_not_of('\n', places_.size()) != std::string_view::npos) return std::nullopt;
        const std::size_t end = at_;
        places_.resize(value_.size() + 1, end);
        return std::move(places_);
    }

private:
    void begin() {
        const char first = at_ < written_.size() ? written_[at_] : ' ';
        if (first == '"' || first == '\'') {
            quote_ = first;
            ++at_;
        } else if (first == '|' || first == '>') {
            block_ = true;
            begin_block();
        }
    }

    // The first line that is not empty says how far the block is indented.
    void begin_block() {
        at_ = std::min(written_.find('\n', at_), written_.size() - 1) + 1;
        std::size_t line = at_;
        while (line < written_.size() && blank_line(line)) line = next_line(line);
        const std::size_t spaces = spaces_at(line);
        const std::size_t own = value_.find_first_not_of('\n');
        std::size_t kept = 0;
        while (own != std::string_view::npos && own + kept < value_.size() && value_[own + kept] == ' ') ++kept;
        indent_ = spaces - std::min(kept, spaces);
        while (at_ < line && places_.size() < value_.size() && value_[places_.size()] == '\n') {
            places_.push_back(at_);
            at_ = next_line(at_);
        }
        at_ = line + indent_;
    }

    std::size_t next_line(std::size_t from) const {
        return std::min(written_.find('\n', from), written_.size() - 1) + 1;
    }
    std::size_t spaces_at(std::size_t from) const {
        return std::min(written_.find_first_not_of(' ', from), written_.size()) - from;
    }
    bool blank_line(std::size_t from) const {
        const std::size_t solid = written_.find_first_not_of(block_ ? " \r" : " \t\r", from);
        return solid == std::string_view::npos || written_[solid] == '\n';
    }

    // Before a line break: in a block at once, elsewhere also behind blanks, which count for nothing there.
    bool is_line_end() const {
        std::size_t at = at_;
        while (!block_ && at < written_.size() && (written_[at] == ' ' || written_[at] == '\t')) ++at;
        return at < written_.size() && (written_[at] == '\n' || written_.substr(at, 2) == "\r\n");
    }

    bool line_break() {
        const std::size_t from = at_;
        std::size_t line = next_line(at_);
        std::size_t breaks = 1;
        for (; line < written_.size() && blank_line(line); line = next_line(line)) ++breaks;
        std::size_t content = line;
        if (block_)
            content += std::min(indent_, spaces_at(line));
        else
            content = std::min(written_.find_first_not_of(" \t", line), written_.size());
        if (value_[places_.size()] == '\n') {
            for (; breaks > 0 && places_.size() < value_.size() && value_[places_.size()] == '\n'; --breaks)
                places_.push_back(from);
        } else if (value_[places_.size()] == ' ' && !joins_) {
            places_.push_back(from);
        }
        joins_ = false;
        at_ = content;
        return content > from;
    }

    bool character() {
        const char c = written_[at_];
        if (quote_ == '"' && c == '\\') return escape();
        if (c != value_[places_.size()]) return false;
        places_.push_back(at_);
        at_ += quote_ == '\'' && c == '\'' ? 2 : 1;
        return true;
    }

    bool escape() {
        const char c = at_ + 1 < written_.size() ? written_[at_ + 1] : '\0';
        if (c == '\n' || c == '\r') {  // the line goes on without a blank
            ++at_;
            joins_ = true;
            return true;
        }
        std::string made;
        std::size_t length = 2;
        if (const std::size_t known = kEscapes.find(c); known != std::string_view::npos) {
            made = kEscaped[known];
        } else {
            const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
            uint32_t code = 0;
            const std::string_view hex = written_.substr(at_ + 2, digits);
            if (digits == 0 || std::from_chars(hex.data(), hex.data() + hex.size(), code, 16).ec != std::errc())
                return false;
            append_utf8(made, code);
            length += digits;
        }
        if (value_.substr(places_.size(), made.size()) != made) return false;
        places_.resize(places_.size() + made.size(), at_);
        at_ += length;
        return true;
    }

    std::string_view written_, value_;
    std::size_t at_;
    char quote_ = '\0';
    bool block_ = false;
    bool joins_ = false;
    std::size_t indent_ = 0;
    std::vector<std::size_t> places_;
};

}  // namespace

Place place_within(const Place& scalar, std::string_view text, std::size_t index, std::size_t length) {
    if (!scalar.known()) return scalar;
    const auto offsets = Walk(scalar.file->text(), scalar.offset, text).offsets();
    if (!offsets) return scalar;
    const std::size_t solid = text.find_last_not_of(" \n") + 1;
    if (index >= solid) return scalar.file->place(solid == 0 ? (*offsets)[0] : (*offsets)[solid - 1] + 1, 1);
    const std::size_t last = std::min(std::max(index + length, index + 1), text.size()) - 1;
    const std::size_t from = (*offsets)[index];
    return scalar.file->place(from, std::max((*offsets)[last + 1], from + 1) - from);
}

}  // namespace weir::host
