// The operators of texts: || LIKE ILIKE ~ ~*.
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/like.hpp"
#include "host/expression/regex.hpp"
#include "host/expression/text_functions.hpp"
#include "host/expression/text_scan.hpp"
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
    enum class State : uint8_t { kNone, kValid, kLongEscape, kOpenEscape };
    State state = State::kNone;
    std::string pattern, escape;
    LikePattern like;
};

// The memo, made for that pattern.
template <bool AnyCase>
const LikeMemo& like_of(Row& row, std::string_view pattern, std::string_view escape) {
    auto& memo = row.memo<LikeMemo>();
    if (memo.state != LikeMemo::State::kNone && memo.pattern == pattern && memo.escape == escape) return memo;
    memo.pattern = pattern;
    memo.escape = escape;
    const bool valid =
        memo.like.compile(AnyCase ? lower_text(pattern) : memo.pattern, AnyCase ? lower_text(escape) : memo.escape);
    memo.state = count_characters(escape) > 1 ? LikeMemo::State::kLongEscape
                 : valid                      ? LikeMemo::State::kValid
                                              : LikeMemo::State::kOpenEscape;
    return memo;
}

template <bool AnyCase>
bool like_row(Row& row, const LikeMemo& memo, std::string_view text) {
    switch (memo.state) {
        case LikeMemo::State::kLongEscape:
            row.fail(ErrorCode::kBadArgument, "the escape `{}` is more than one character", shown(memo.escape));
            return false;
        case LikeMemo::State::kOpenEscape:
            row.fail(ErrorCode::kBadArgument, "the pattern `{}` ends with its escape character", shown(memo.pattern));
            return false;
        default: return memo.like.matches(AnyCase ? std::string_view(lower_text(text)) : text);
    }
}

// False: the pattern is none that a scan finds.
bool scan_like(const LikePattern& like, const Vector& texts, int n, uint8_t* out) {
    switch (like.kind()) {
        case LikePattern::Kind::kExact: mark_equal(texts, like.literal(), n, out); return true;
        case LikePattern::Kind::kPrefix: mark_starting(texts, like.literal(), n, out); return true;
        case LikePattern::Kind::kSuffix: mark_ending(texts, like.literal(), n, out); return true;
        case LikePattern::Kind::kPart: mark_containing(texts, like.literal(), n, out); return true;
        case LikePattern::Kind::kOther: return false;
    }
    return false;
}

template <bool AnyCase>
void like(const Call& call) {
    static constexpr std::string_view kBackslash = "\\";
    const bool with_escape = call.args.size() > 2, one_pattern = call.args[1]->is_constant();
    auto* out = call.out.mutable_values<uint8_t>();
    if (const bool one_escape = !with_escape || call.args[2]->is_constant(); one_pattern && one_escape) {
        Row first(call, call.rows[0]);
        const LikeMemo& memo = like_of<AnyCase>(first, call.args[1]->at<std::string_view>(0),
                                                with_escape ? call.args[2]->at<std::string_view>(0) : kBackslash);
        if (!AnyCase && memo.state == LikeMemo::State::kValid && can_scan(*call.args[0], call.rows) &&
            scan_like(memo.like, *call.args[0], dense_rows(call.rows), out))
            return;
    }
    const Texts texts(*call.args[0]), patterns(*call.args[1]), escapes(*call.args.back());
    call.rows.for_each([&](int at) {
        if (call.out.is_null(at)) return;
        Row row(call, at);
        const LikeMemo& memo = like_of<AnyCase>(row, patterns[at], with_escape ? escapes[at] : kBackslash);
        out[at] = like_row<AnyCase>(row, memo, texts[at]);
    });
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
constexpr Overload kLike[] = {{"string, string -> bool", like<false>, false, false, nullptr, true},
                              {"string, string, string -> bool", like<false>, false, false, nullptr, true}};
constexpr Overload kIlike[] = {{"string, string -> bool", like<true>, false, false, nullptr, true},
                               {"string, string, string -> bool", like<true>, false, false, nullptr, true}};
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
