// The operators of texts: || LIKE ILIKE ~ ~*.
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/like.hpp"
#include "host/expression/regex.hpp"
#include "host/expression/text_functions.hpp"
#include "host/expression/utf8.hpp"

namespace weir::host::expression {
namespace {

std::string_view join(Row& row, std::string_view a, std::string_view b) {
    char* to = row.room(a.size() + b.size());
    if (!to) return {};
    a.copy(to, a.size());
    b.copy(to + a.size(), b.size());
    return {to, a.size() + b.size()};
}

struct LikeMemo {
    bool compiled = false, valid = false;
    std::string pattern, escape;
    LikePattern like;
};

template <bool AnyCase>
bool like_with(Row& row, std::string_view text, std::string_view pattern, std::string_view escape) {
    auto& memo = row.memo<LikeMemo>();
    if (!memo.compiled || memo.pattern != pattern || memo.escape != escape) {
        memo.compiled = true;
        memo.pattern = pattern;
        memo.escape = escape;
        memo.valid =
            memo.like.compile(AnyCase ? lower_text(pattern) : memo.pattern, AnyCase ? lower_text(escape) : memo.escape);
    }
    if (count_characters(escape) > 1) {
        row.fail(ErrorCode::kBadArgument, "the escape `{}` is more than one character", shown(escape));
        return false;
    }
    if (!memo.valid) {
        row.fail(ErrorCode::kBadArgument, "the pattern `{}` ends with its escape character", shown(pattern));
        return false;
    }
    if constexpr (AnyCase)
        return memo.like.matches(lower_text(text));
    else
        return memo.like.matches(text);
}
template <bool AnyCase>
bool like(Row& row, std::string_view text, std::string_view pattern) {
    return like_with<AnyCase>(row, text, pattern, "\\");
}

Refusal check_like(Arguments args) {
    const Constant* pattern = args[1].constant;
    if (!pattern || pattern->is_null() || args.size() > 2) return std::nullopt;
    if (LikePattern compiled; compiled.compile(pattern->text(), "\\")) return std::nullopt;
    return Problem{args[1].span, "the pattern ends with its escape character", R"(`\\` for a backslash)", "", ""};
}

template <bool AnyCase>
bool regex_match(Row& row, std::string_view text, std::string_view pattern) {
    const CompiledRegex* regex = regex_of(row, pattern, AnyCase ? "i" : "");
    return regex && RE2::PartialMatch(piece(text), *regex->re2);
}

constexpr Overload kConcat[] = {
    {"string, string -> string", map<&join>},
    {"string, any -> string", map<&join>, false, false, all_as_text},
    {"any, string -> string", map<&join>, false, false, all_as_text},
    {"binary, binary -> binary", map<&join>},
};
constexpr Overload kLike[] = {{"string, string -> bool", map<&like<false>>},
                              {"string, string, string -> bool", map<&like_with<false>>}};
constexpr Overload kIlike[] = {{"string, string -> bool", map<&like<true>>},
                               {"string, string, string -> bool", map<&like_with<true>>}};
constexpr Overload kMatch[] = {{"string, string -> bool", map<&regex_match<false>>}};
constexpr Overload kMatchAnyCase[] = {{"string, string -> bool", map<&regex_match<true>>}};

constexpr Example kConcatExamples[] = {{"'a' || 'b'", "ab"}, {"'n=' || 42", "n=42"}, {"'a' || NULL", "null"}};
constexpr Example kLikeExamples[] = {
    {"'weir' LIKE 'w%r'", "true"}, {"'weir' NOT LIKE '_e'", "true"}, {"'10%' LIKE '10!%' ESCAPE '!'", "true"}};
constexpr Example kIlikeExamples[] = {{"'Weir' ILIKE 'WE%'", "true"}};
constexpr Example kMatchExamples[] = {{"'weir' ~ '^w.*r$'", "true"}, {"'weir' !~ 'x'", "true"}};
constexpr Example kMatchAnyCaseExamples[] = {{"'Weir' ~* 'WEIR'", "true"}};

constexpr Function kFunctions[] = {
    {"||", kConcat, "Both one behind the other. One side may be of another type, whose text is taken.",
     kConcatExamples},
    {"like", kLike,
     "Whether the whole text fits the pattern: `%` for any characters, `_` for one, `\\` before one that stands for "
     "itself.",
     kLikeExamples, Nulls::kStrict, false, check_like},
    {"ilike", kIlike, "As LIKE, in upper or lower case.", kIlikeExamples, Nulls::kStrict, false, check_like},
    {"~", kMatch, "Whether the regular expression (RE2) occurs in the text; `!~` for the opposite.", kMatchExamples,
     Nulls::kStrict, false, check_regex},
    {"~*", kMatchAnyCase, "The same in upper or lower case; `!~*` for the opposite.", kMatchAnyCaseExamples,
     Nulls::kStrict, false, check_regex},
};

}  // namespace

constinit const FunctionGroup kTextOperators = {"Text operators", "", true, kFunctions};

}  // namespace weir::host::expression
