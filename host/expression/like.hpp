// LIKE patterns: % for any characters, _ for one, and an escape character.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::host::expression {

// A compiled pattern. Const use from any thread.
class LikePattern {
public:
    LikePattern() = default;
    // An escape of no characters switches escaping off. False: the pattern ends with its escape character.
    bool compile(std::string_view pattern, std::string_view escape);
    bool matches(std::string_view text) const;

    // What it amounts to, and of all but kOther the literal that the text is, begins with, ends with or contains.
    enum class Kind : uint8_t { kExact, kPrefix, kSuffix, kPart, kOther };
    Kind kind() const { return kind_; }
    const std::string& literal() const;

private:
    struct Piece {
        std::string text;
        int skipped = 0;  // characters (_) before the text
    };
    // A run of pieces between two %, matched one behind the other.
    using Run = std::vector<Piece>;
    static bool match_at(const Run& run, std::string_view text, size_t& bytes);
    static size_t least_bytes(const Run& run);
    static bool is_empty(const Run& run) { return run.size() == 1 && run[0].skipped == 0 && run[0].text.empty(); }

    bool matches_runs(std::string_view text) const;
    Kind kind_of_runs() const;

    std::vector<Run> runs_;  // separated by %
    Kind kind_ = Kind::kOther;
};

}  // namespace weir::host::expression
