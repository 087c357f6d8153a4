#include "host/topology/yaml_unquoted.hpp"

#include <algorithm>
#include <vector>

namespace weir::host {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_quote(char c) { return c == '\'' || c == '"'; }
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}

// A quote within a text, not the apostrophe of a word.
bool opens_quote(std::string_view text, std::size_t at) {
    return is_quote(text[at]) && (at == 0 || !is_word(text[at - 1]));
}

// The byte behind the closing quote of that at `at`; npos: there is none.
std::size_t behind_quote(std::string_view text, std::size_t at) {
    const std::size_t end = text.find(text[at], at + 1);
    return end == kNone ? kNone : end + 1;
}

// One line as somebody who thinks of expressions has written it: mappings and lists in braces, and between them values
// with parentheses, brackets and quotes of their own.
class LineReader {
public:
    explicit LineReader(std::string_view line) : line_(line) {}

    std::optional<TextSpan> find() {
        while (at_ < line_.size() && (is_space(line_[at_]) || (line_[at_] == '-' && at_ + 1 < line_.size() && line_[at_ + 1] == ' ')))
            ++at_;
        while (at_ < line_.size() && line_[at_] != '#') {
            if (auto odd = read_one()) return odd;
        }
        return std::nullopt;
    }

private:
    bool in_flow() const { return depth_ > 0; }
    bool ends_value(std::size_t at) const {
        return in_flow() && (line_[at] == ',' || line_[at] == '}' || line_[at] == ']');
    }

    // What begins here: white space, a bracket of YAML's, a key or a value.
    std::optional<TextSpan> read_one() {
        const char c = line_[at_];
        if (is_space(c) || (in_flow() && c == ',')) {
            ++at_;
        } else if (in_flow() && (c == '}' || c == ']')) {
            ++at_;
            --depth_;
        } else if ((c == '{' || c == '[') && !goes_on_behind(at_)) {
            ++at_;
            ++depth_;
        } else {
            return read_text();
        }
        return std::nullopt;
    }

    // Whether text follows the bracket that closes the one at `at`.
    bool goes_on_behind(std::size_t at) const {
        std::size_t end = skip_bracket(at);
        if (end == kNone) return false;
        while (end < line_.size() && is_space(line_[end])) ++end;
        return end < line_.size() && line_[end] != '#' && line_[end] != ':' && !ends_value(end);
    }

    std::size_t skip_bracket(std::size_t at) const {
        int open = 0;
        for (std::size_t i = at; i < line_.size(); ++i) {
            if (opens_quote(line_, i)) {
                i = behind_quote(line_, i);
                if (i == kNone) return kNone;
                --i;
            } else if (line_[i] == '(' || line_[i] == '[' || line_[i] == '{') {
                ++open;
            } else if ((line_[i] == ')' || line_[i] == ']' || line_[i] == '}') && --open == 0) {
                return i + 1;
            }
        }
        return kNone;
    }

    // A key with its colon, or a value; a span if YAML cannot read it so.
    std::optional<TextSpan> read_text() {
        const std::size_t begin = at_;
        bool odd = false, plain = true;  // plain: nothing but words so far, so that `: ` makes it a key
        bool quoted = is_quote(line_[begin]);
        while (at_ < line_.size() && !ends_value(at_)) {
            const char c = line_[at_];
            const bool is_colon = c == ':' && (at_ + 1 == line_.size() || is_space(line_[at_ + 1]));
            if (is_colon && plain) {
                ++at_;
                return std::nullopt;
            }
            if (is_colon) odd = true;
            if (c == '#' && is_space(line_[at_ - 1]) && !in_flow()) break;
            if (opens_quote(line_, at_)) {
                const std::size_t end = behind_quote(line_, at_);
                if (end == kNone) return give_up();
                odd = odd || (at_ != begin && line_.substr(at_, end - at_).find_first_of(",:{}[]#") != kNone);
                at_ = end;
                plain = plain && at_ - begin == end - begin && quoted;
                continue;
            }
            if (c == '[' || c == '{' || c == '(') {
                const std::size_t end = skip_bracket(at_);
                if (end == kNone) return give_up();
                const std::string_view inner = line_.substr(at_, end - at_);
                const bool cuts = inner.find(": ") != kNone || (in_flow() && (c != '(' || inner.find_first_of(",{}[]") != kNone));
                odd = odd || cuts || at_ == begin;
                at_ = end;
                plain = false;
                continue;
            }
            if (quoted && !is_space(c)) odd = true;
            if (!is_word(c) && c != '.' && c != '-' && c != '$') plain = false;
            ++at_;
        }
        std::size_t end = at_;
        while (end > begin && is_space(line_[end - 1])) --end;
        if (odd) return TextSpan{begin, end - begin};
        return std::nullopt;
    }

    // Of what is open at the end of the line nothing can be said.
    std::optional<TextSpan> give_up() {
        at_ = line_.size();
        return std::nullopt;
    }

    std::string_view line_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

bool is_incomplete(std::string_view text) {
    int open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (opens_quote(text, i)) {
            const std::size_t end = behind_quote(text, i);
            if (end == kNone) return true;
            i = end - 1;
        } else if (text[i] == '(') {
            ++open;
        } else if (text[i] == ')') {
            --open;
        }
    }
    return open > 0;
}

std::string in_quotes(std::string_view text) {
    if (text.find_first_of("\"\\") == kNone) return "\"" + std::string(text) + "\"";
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

std::optional<TextSpan> find_unquoted(std::string_view text, std::size_t offset) {
    offset = std::min(offset, text.size());
    const std::size_t before = offset == 0 ? kNone : text.rfind('\n', offset - 1);
    const std::size_t start = before == kNone ? 0 : before + 1;
    std::size_t end = std::min(text.find('\n', start), text.size());
    if (end > start && text[end - 1] == '\r') --end;
    auto found = LineReader(text.substr(start, end - start)).find();
    if (found) found->offset += start;
    return found;
}

std::optional<TextSpan> comment_behind(std::string_view text, std::size_t end) {
    std::size_t at = end;
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == end || at >= text.size() || text[at] != '#') return std::nullopt;
    std::size_t line_end = std::min(text.find('\n', at), text.size());
    while (line_end > at && (text[line_end - 1] == '\r' || is_space(text[line_end - 1]))) --line_end;
    return TextSpan{end, line_end - end};
}

}  // namespace weir::host
