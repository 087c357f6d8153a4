// LIKE patterns: % for any characters, _ for one, and an escape character.
#pragma once

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

private:
    struct Piece {
        std::string text;
        int skipped = 0;  // characters (_) before the text
    };
    // A run of pieces between two %, matched one behind the other.
    using Run = std::vector<Piece>;
    static bool match_at(const Run& run, std::string_view text, size_t& bytes);
    static size_t least_bytes(const Run& run);

    std::vector<Run> runs_;  // separated by %
};

}  // namespace weir::host::expression
