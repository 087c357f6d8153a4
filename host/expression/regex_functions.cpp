// Functions of regular expressions.
#include <algorithm>
#include <vector>

#include "host/expression/functions.hpp"
#include "host/expression/regex.hpp"
#include "host/expression/utf8.hpp"

namespace weir::host::expression {
namespace {

using Text = std::string_view;
using MaybeText = std::optional<std::string_view>;

bool like_with(Row& row, Text text, Text pattern, Text flags) {
    const CompiledRegex* regex = regex_of(row, pattern, flags);
    return regex && RE2::PartialMatch(piece(text), *regex->re2);
}
bool regexp_like(Row& row, Text text, Text pattern) { return like_with(row, text, pattern, ""); }

MaybeText extract_group(Row& row, Text text, Text pattern, int32_t group) {
    constexpr int kMostGroups = 64;
    const CompiledRegex* regex = regex_of(row, pattern);
    if (!regex) return std::nullopt;
    if (group < 0 || group > std::min(regex->re2->NumberOfCapturingGroups(), kMostGroups)) {
        row.fail(ErrorCode::kBadArgument, "regexp_extract: there is no group {} in `{}`", group, shown(pattern));
        return std::nullopt;
    }
    std::vector<re2::StringPiece> groups(static_cast<size_t>(group) + 1);
    if (!regex->re2->Match(piece(text), 0, text.size(), RE2::UNANCHORED, groups.data(), group + 1)) return std::nullopt;
    const re2::StringPiece& found = groups.back();
    if (!found.data()) return std::nullopt;
    return Text(found.data(), found.size());
}
MaybeText extract_first(Row& row, Text text, Text pattern) { return extract_group(row, text, pattern, 0); }

// \1 to \9 and \& as in PostgreSQL are RE2's \1 to \9 and \0.
std::string rewrite_of(Text replacement, int groups) {
    std::string out;
    for (size_t i = 0; i < replacement.size(); ++i) {
        if (replacement[i] != '\\' || i + 1 == replacement.size()) {
            out += replacement[i] == '\\' ? "\\\\" : std::string(1, replacement[i]);
            continue;
        }
        const char next = replacement[++i];
        if (next == '&')
            out += "\\0";
        else if (next >= '1' && next <= '9')
            out += next - '0' <= groups ? std::string{'\\', next} : "";
        else if (next == '\\')
            out += "\\\\";
        else
            out += std::string("\\\\") + next;
    }
    return out;
}

Text replace_with(Row& row, Text text, Text pattern, Text replacement, Text flags) {
    const CompiledRegex* regex = regex_of(row, pattern, flags);
    if (!regex) return {};
    const std::string rewrite = rewrite_of(replacement, regex->re2->NumberOfCapturingGroups());
    std::string out(text);
    const bool changed =
        regex->global ? RE2::GlobalReplace(&out, *regex->re2, rewrite) > 0 : RE2::Replace(&out, *regex->re2, rewrite);
    return changed ? row.text(out) : text;
}
Text regexp_replace(Row& row, Text text, Text pattern, Text replacement) {
    return replace_with(row, text, pattern, replacement, "");
}

int32_t regexp_count(Row& row, Text text, Text pattern) {
    const CompiledRegex* regex = regex_of(row, pattern);
    if (!regex) return 0;
    int32_t count = 0;
    for (size_t at = 0; at <= text.size();) {
        re2::StringPiece found;
        if (!regex->re2->Match(piece(text), at, text.size(), RE2::UNANCHORED, &found, 1)) break;
        ++count;
        const auto end = static_cast<size_t>(found.data() + found.size() - text.data());
        at = !found.empty() ? end : end < text.size() ? end + bytes_of_characters(text.substr(end), 1) : end + 1;
    }
    return count;
}

constexpr Overload kLike[] = {{"string, string -> bool", map<&regexp_like>},
                              {"string, string, string -> bool", map<&like_with>}};
constexpr Overload kExtract[] = {{"string, string -> string", map<&extract_first>},
                                 {"string, string, int32 -> string", map<&extract_group>}};
constexpr Overload kSubstr[] = {{"string, string -> string", map<&extract_first>}};
constexpr Overload kReplace[] = {{"string, string, string -> string", map<&regexp_replace>},
                                 {"string, string, string, string -> string", map<&replace_with>}};
constexpr Overload kCount[] = {{"string, string -> int32", map<&regexp_count>}};

constexpr Example kLikeExamples[] = {{"regexp_like('order-42', '[0-9]+')", "true"},
                                     {"regexp_like('ABC', 'b', 'i')", "true"}};
constexpr Example kExtractExamples[] = {{"regexp_extract('order-42', '[0-9]+')", "42"},
                                        {"regexp_extract('a=1,b=2', 'b=([0-9])', 1)", "2"},
                                        {"regexp_extract('abc', '[0-9]')", "null"}};
constexpr Example kSubstrExamples[] = {{"regexp_substr('order-42', '[0-9]+')", "42"}};
constexpr Example kReplaceExamples[] = {{"regexp_replace('a1b2', '[0-9]', '#')", "a#b2"},
                                        {"regexp_replace('a1b2', '[0-9]', '#', 'g')", "a#b#"},
                                        {R"(regexp_replace('john smith', '(\w+) (\w+)', '\2 \1'))", "smith john"}};
constexpr Example kCountExamples[] = {{"regexp_count('a1b2', '[0-9]')", "2"}};

constexpr Function kFunctions[] = {
    {"regexp_like", kLike, "Whether the expression occurs in the text.", kLikeExamples, Nulls::kStrict, false,
     check_regex},
    {"regexp_extract", kExtract, "The first match, or of it the group with that number; null where there is none.",
     kExtractExamples, Nulls::kStrict, true, check_regex},
    {"regexp_substr", kSubstr, "The first match; null where there is none.", kSubstrExamples, Nulls::kStrict, true,
     check_regex},
    {"regexp_replace", kReplace,
     "The text with the first match replaced, or with the flag `g` all. In the replacement `\\1` is the first group, "
     "`\\&` the match.",
     kReplaceExamples, Nulls::kStrict, false, check_regex},
    {"regexp_count", kCount, "The number of matches.", kCountExamples, Nulls::kStrict, false, check_regex},
};

}  // namespace

constinit const FunctionGroup kRegexFunctions = {"Regular expressions",
                                                 "In the syntax of RE2. Flags: `i` any case, `g` all matches, `n` or "
                                                 "`m` lines (`^` and `$` at each, `.` not across), "
                                                 "`s` the default, that `.` matches a newline.",
                                                 false, kFunctions};

}  // namespace weir::host::expression
