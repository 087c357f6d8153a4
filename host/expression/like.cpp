#include "host/expression/like.hpp"

#include "host/expression/utf8.hpp"

namespace weir::host::expression {

bool LikePattern::compile(std::string_view pattern, std::string_view escape) {
    runs_.assign(1, Run(1));
    auto last = [this]() -> Piece& { return runs_.back().back(); };
    while (!pattern.empty()) {
        const size_t bytes = bytes_of_characters(pattern, 1);
        std::string_view c = pattern.substr(0, bytes);
        pattern.remove_prefix(bytes);
        if (!escape.empty() && c == escape) {
            if (pattern.empty()) return false;
            c = pattern.substr(0, bytes_of_characters(pattern, 1));
            pattern.remove_prefix(c.size());
            last().text += c;
        } else if (c == "%") {
            // Several are as one.
            if (runs_.size() == 1 || !is_empty(runs_.back())) runs_.push_back(Run(1));
        } else if (c == "_") {
            if (!last().text.empty()) runs_.back().emplace_back();
            ++last().skipped;
        } else {
            last().text += c;
        }
    }
    kind_ = kind_of_runs();
    return true;
}

LikePattern::Kind LikePattern::kind_of_runs() const {
    for (const Run& run : runs_)
        if (run.size() > 1 || run[0].skipped > 0) return Kind::kOther;
    const bool opens = is_empty(runs_.front()), closes = is_empty(runs_.back());
    if (runs_.size() == 1) return Kind::kExact;
    if (runs_.size() == 2 && closes) return Kind::kPrefix;
    if (runs_.size() == 2 && opens) return Kind::kSuffix;
    return runs_.size() == 3 && opens && closes ? Kind::kPart : Kind::kOther;
}

const std::string& LikePattern::literal() const {
    const size_t run = kind_ == Kind::kSuffix || kind_ == Kind::kPart ? 1 : 0;
    return runs_[run][0].text;
}

bool LikePattern::matches(std::string_view text) const {
    switch (kind_) {
        case Kind::kExact: return text == literal();
        case Kind::kPrefix: return text.starts_with(literal());
        case Kind::kSuffix: return text.ends_with(literal());
        case Kind::kPart: return find_text(text, literal()) != std::string_view::npos;
        case Kind::kOther: return matches_runs(text);
    }
    return false;
}

bool LikePattern::match_at(const Run& run, std::string_view text, size_t& bytes) {
    size_t at = 0;
    for (const Piece& piece : run) {
        for (int i = 0; i < piece.skipped; ++i) {
            if (at >= text.size()) return false;
            at += bytes_of_characters(text.substr(at), 1);
        }
        if (!text.substr(at).starts_with(piece.text)) return false;
        at += piece.text.size();
    }
    bytes = at;
    return true;
}

size_t LikePattern::least_bytes(const Run& run) {
    size_t out = 0;
    for (const Piece& piece : run) out += piece.text.size() + static_cast<size_t>(piece.skipped);
    return out;
}

bool LikePattern::matches_runs(std::string_view text) const {
    size_t bytes = 0;
    if (!match_at(runs_.front(), text, bytes)) return false;
    if (runs_.size() == 1) return bytes == text.size();
    text.remove_prefix(bytes);
    // Each run at the first place where it fits; the last one at the end.
    for (size_t i = 1; i + 1 < runs_.size(); ++i) {
        const Run& run = runs_[i];
        for (;;) {
            if (run[0].skipped == 0 && !run[0].text.empty()) {
                const size_t next = find_text(text, run[0].text);
                if (next == std::string_view::npos) return false;
                text.remove_prefix(next);
            }
            if (match_at(run, text, bytes)) break;
            if (text.empty()) return false;
            text.remove_prefix(bytes_of_characters(text, 1));
        }
        text.remove_prefix(bytes);
    }
    const Run& run = runs_.back();
    const size_t least = least_bytes(run);
    if (least > text.size()) return false;
    // A run without _ has one place; with it, characters of several bytes may begin earlier.
    if (run.size() == 1 && run[0].skipped == 0) return text.ends_with(run[0].text);
    for (; text.size() >= least; text.remove_prefix(bytes_of_characters(text, 1))) {
        if (match_at(run, text, bytes) && bytes == text.size()) return true;
        if (text.empty()) break;
    }
    return false;
}

}  // namespace weir::host::expression
