// Functions of texts. Positions and lengths count characters, from 1.
#include "host/expression/text_functions.hpp"

#include <algorithm>
#include <limits>

#include <weir/row_json.hpp>

#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/text_scan.hpp"
#include "host/expression/utf8.hpp"

namespace weir::host::expression {
namespace {

using Text = std::string_view;

template <char32_t (*Fold)(char32_t), char First, char Last>
Text fold(Row& row, Text text) {
    char* to = row.room(most_folded_bytes(text.size()));
    if (!to) return {};
    char* const begin = to;
    if (is_ascii(text)) {
        for (size_t i = 0; i < text.size(); ++i)
            to[i] =
                static_cast<char>(text[i] ^ (static_cast<unsigned char>(text[i] - First) <= Last - First ? 0x20 : 0));
        to += text.size();
    } else {
        while (!text.empty()) {
            size_t bytes = 0;
            to = put_character(to, Fold(first_character(text, bytes)));
            text.remove_prefix(bytes);
        }
    }
    return {begin, static_cast<size_t>(to - begin)};
}

Text initcap(Row& row, Text text) {
    char* to = row.room(most_folded_bytes(text.size()));
    if (!to) return {};
    char* const begin = to;
    bool in_word = false;
    while (!text.empty()) {
        size_t bytes = 0;
        const char32_t c = first_character(text, bytes);
        to = put_character(to, in_word ? to_lower(c) : to_upper(c));
        in_word = is_alphanumeric(c);
        text.remove_prefix(bytes);
    }
    return {begin, static_cast<size_t>(to - begin)};
}

enum Side { kLeft = 1, kRight = 2, kBoth = 3 };

// How many bytes at the front, or at the back, belong to one of the characters.
size_t matching_front(Text text, Text characters) {
    const size_t bytes = bytes_of_characters(text, 1);
    return characters.find(text.substr(0, bytes)) != Text::npos ? bytes : 0;
}
size_t matching_back(Text text, Text characters) {
    size_t from = text.size() - 1;
    while (from > 0 && is_continuation(text[from])) --from;
    return characters.find(text.substr(from)) != Text::npos ? text.size() - from : 0;
}

template <Side Sides>
Text trim_of(Row&, Text text, Text characters) {
    while (Sides & kLeft && !text.empty()) {
        const size_t bytes = matching_front(text, characters);
        if (bytes == 0) break;
        text.remove_prefix(bytes);
    }
    while (Sides & kRight && !text.empty()) {
        const size_t bytes = matching_back(text, characters);
        if (bytes == 0) break;
        text.remove_suffix(bytes);
    }
    return text;
}
template <Side Sides>
Text trim_blanks(Row& row, Text text) {
    return trim_of<Sides>(row, text, " ");
}

// Characters [from, to), counted from 0, cut to the text.
Text slice(Text text, int64_t from, int64_t to) {
    from = std::max<int64_t>(from, 0);
    if (to <= from) return {};
    if (is_ascii(text)) {
        const auto size = static_cast<int64_t>(text.size());
        return from >= size ? Text()
                            : text.substr(static_cast<size_t>(from), static_cast<size_t>(std::min(to, size) - from));
    }
    const Text rest = text.substr(bytes_of_characters(text, from));
    return rest.substr(0, bytes_of_characters(rest, to - from));
}

Text substring_from(Row&, Text text, int32_t start) {
    return slice(text, int64_t{start} - 1, std::numeric_limits<int64_t>::max());
}
Text substring_for(Row& row, Text text, int32_t start, int32_t length) {
    if (length < 0) return row.fail(ErrorCode::kBadArgument, "substring: the length {} is negative", length), Text();
    return slice(text, int64_t{start} - 1, int64_t{start} - 1 + length);
}
Text left_of(Row&, Text text, int32_t n) { return slice(text, 0, n >= 0 ? int64_t{n} : count_characters(text) + n); }
Text right_of(Row&, Text text, int32_t n) {
    const int64_t size = count_characters(text);
    return slice(text, n >= 0 ? size - n : -int64_t{n}, size);
}

int32_t position_of(Row&, Text text, Text part) {
    const size_t at = find_text(text, part);
    return at == Text::npos ? 0 : static_cast<int32_t>(count_characters(text.substr(0, at))) + 1;
}

Text replace_in(Row& row, Text text, Text from, Text to) {
    if (from.empty()) return text;
    size_t count = 0;
    for (size_t at = find_text(text, from); at != Text::npos; at = find_text(text, from, at + from.size())) ++count;
    if (count == 0) return text;
    char* out = row.room(text.size() - count * from.size() + count * to.size());
    if (!out) return {};
    char* const begin = out;
    for (size_t at = 0;;) {
        const size_t next = find_text(text, from, at);
        out += text.copy(out, (next == Text::npos ? text.size() : next) - at, at);
        if (next == Text::npos) break;
        out += to.copy(out, to.size());
        at = next + from.size();
    }
    return {begin, static_cast<size_t>(out - begin)};
}

Text split_part(Row& row, Text text, Text by, int32_t n) {
    if (n == 0)
        return row.fail(ErrorCode::kBadArgument, "split_part: parts are counted from 1, or from -1 at the end"), Text();
    if (by.empty()) return n == 1 || n == -1 ? text : Text();
    if (n < 0) {
        int64_t parts = 1;
        for (size_t at = find_text(text, by); at != Text::npos; at = find_text(text, by, at + by.size())) ++parts;
        if (parts + n < 0) return {};
        n = static_cast<int32_t>(parts + n + 1);
    }
    for (size_t at = 0;; --n) {
        const size_t next = find_text(text, by, at);
        if (n == 1) return text.substr(at, next == Text::npos ? Text::npos : next - at);
        if (next == Text::npos) return {};
        at = next + by.size();
    }
}

bool starts_with(Row&, Text text, Text part) { return text.starts_with(part); }
bool ends_with(Row&, Text text, Text part) { return text.ends_with(part); }
bool contains_text(Row&, Text text, Text part) { return find_text(text, part) != Text::npos; }

template <auto Scan, auto Measure>
void length_by(const Call& call) {
    auto* out = call.out.mutable_values<int32_t>();
    if (can_scan(*call.args[0], call.rows)) return Scan(*call.args[0], dense_rows(call.rows), out);
    const Texts texts(*call.args[0]);
    call.rows.for_each([&](int row) { out[row] = static_cast<int32_t>(Measure(texts[row])); });
}
constexpr Kernel kCharacters = length_by<measure_characters, count_characters>;
constexpr Kernel kBytes = length_by<measure_bytes, [](Text text) { return text.size(); }>;
constexpr Overload length_overload(Text signature, Kernel kernel) {
    return {signature, kernel, false, true, nullptr, true};
}

char* fill_with(char* to, Text fill, int64_t characters) {
    Text rest = fill;
    for (; characters > 0; --characters) {
        if (rest.empty()) rest = fill;
        const size_t bytes = bytes_of_characters(rest, 1);
        to += rest.copy(to, bytes);
        rest.remove_prefix(bytes);
    }
    return to;
}

template <Side At>
Text pad_with(Row& row, Text text, int32_t length, Text fill) {
    const int64_t size = count_characters(text), missing = int64_t{length} - size;
    if (missing <= 0 || fill.empty()) return slice(text, 0, length);
    const auto most = static_cast<size_t>(missing) * 4 + text.size();
    char* to = row.room(is_ascii(fill) ? static_cast<size_t>(missing) + text.size() : most);
    if (!to) return {};
    char* const begin = to;
    if (At == kLeft) to = fill_with(to, fill, missing);
    to += text.copy(to, text.size());
    if (At == kRight) to = fill_with(to, fill, missing);
    return {begin, static_cast<size_t>(to - begin)};
}
template <Side At>
Text pad_blank(Row& row, Text text, int32_t length) {
    return pad_with<At>(row, text, length, " ");
}

Text repeat_of(Row& row, Text text, int32_t n) {
    if (n <= 0 || text.empty()) return {};
    char* to = row.room(text.size() * static_cast<size_t>(n));
    if (!to) return {};
    for (int32_t i = 0; i < n; ++i) text.copy(to + static_cast<size_t>(i) * text.size(), text.size());
    return {to, text.size() * static_cast<size_t>(n)};
}

Text reverse_of(Row& row, Text text) {
    char* to = row.room(text.size());
    if (!to) return {};
    const Text all(to, text.size());
    char* end = to + text.size();
    while (!text.empty()) {
        const size_t bytes = bytes_of_characters(text, 1);
        end -= bytes;
        text.copy(end, bytes);
        text.remove_prefix(bytes);
    }
    return all;
}

Text translate_of(Row& row, Text text, Text from, Text to) {
    char* out = row.room(text.size() * 4);
    if (!out) return {};
    char* const begin = out;
    while (!text.empty()) {
        const size_t bytes = bytes_of_characters(text, 1);
        const Text c = text.substr(0, bytes);
        const size_t at = from.find(c);
        if (at == Text::npos) {
            out += c.copy(out, bytes);
        } else if (const Text put =
                       slice(to, count_characters(from.substr(0, at)), count_characters(from.substr(0, at)) + 1);
                   !put.empty()) {
            out += put.copy(out, put.size());
        }
        text.remove_prefix(bytes);
    }
    return {begin, static_cast<size_t>(out - begin)};
}

int32_t ascii_of(Row&, Text text) {
    size_t bytes = 0;
    return text.empty() ? 0 : static_cast<int32_t>(first_character(text, bytes));
}

Text chr_of(Row& row, int32_t code) {
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code <= 0 || code > 0x10FFFF || surrogate)
        return row.fail(ErrorCode::kBadArgument, "chr({}): not the code of a character", code), Text();
    char* to = row.room(4);
    return to ? Text(to, static_cast<size_t>(put_character(to, static_cast<char32_t>(code)) - to)) : Text();
}

// Nulls are left out.
void concat(const Call& call, size_t first, bool separated) {
    auto* out = call.out.mutable_values<Text>();
    call.rows.for_each([&](int at) {
        if (separated && call.args[0]->is_null(at)) return call.out.set_null(at);
        const Text separator = separated ? call.args[0]->at<Text>(at) : Text();
        size_t bytes = 0, parts = 0;
        for (size_t i = first; i < call.args.size(); ++i)
            if (!call.args[i]->is_null(at)) bytes += call.args[i]->at<Text>(at).size(), ++parts;
        Row row(call, at);
        char* to = row.room(bytes + (parts > 1 ? (parts - 1) * separator.size() : 0));
        if (!to) return;
        char* const begin = to;
        for (size_t i = first; i < call.args.size(); ++i) {
            if (call.args[i]->is_null(at)) continue;
            const Text part = call.args[i]->at<Text>(at);
            to += part.copy(to, part.size());
            if (--parts > 0) to += separator.copy(to, separator.size());
        }
        out[at] = {begin, static_cast<size_t>(to - begin)};
    });
}
void concat_all(const Call& call) { concat(call, 0, false); }
void concat_separated(const Call& call) { concat(call, 1, true); }

constexpr Overload kLower[] = {{"string -> string", map<&fold<to_lower, 'A', 'Z'>>}};
constexpr Overload kUpper[] = {{"string -> string", map<&fold<to_upper, 'a', 'z'>>}};
constexpr Overload kInitcap[] = {{"string -> string", map<&initcap>}};
constexpr Overload kTrim[] = {{"string -> string", map<&trim_blanks<kBoth>>, false, true},
                              {"string, string -> string", map<&trim_of<kBoth>>, false, true}};
constexpr Overload kLtrim[] = {{"string -> string", map<&trim_blanks<kLeft>>, false, true},
                               {"string, string -> string", map<&trim_of<kLeft>>, false, true}};
constexpr Overload kRtrim[] = {{"string -> string", map<&trim_blanks<kRight>>, false, true},
                               {"string, string -> string", map<&trim_of<kRight>>, false, true}};
constexpr Overload kSubstring[] = {{"string, int32 -> string", map<&substring_from>, false, true},
                                   {"string, int32, int32 -> string", map<&substring_for>}};
constexpr Overload kLeftOf[] = {{"string, int32 -> string", map<&left_of>, false, true}};
constexpr Overload kRightOf[] = {{"string, int32 -> string", map<&right_of>, false, true}};
constexpr Overload kPosition[] = {{"string, string -> int32", map<&position_of>, false, true}};
constexpr Overload kReplace[] = {{"string, string, string -> string", map<&replace_in>}};
constexpr Overload kSplitPart[] = {{"string, string, int32 -> string", map<&split_part>}};
constexpr Overload kStartsWith[] = {{"string, string -> bool", map<&starts_with>, false, true}};
constexpr Overload kEndsWith[] = {{"string, string -> bool", map<&ends_with>, false, true}};
constexpr Overload kContains[] = {{"string, string -> bool", map<&contains_text>, false, true}};
constexpr Overload kLength[] = {length_overload("string -> int32", kCharacters),
                                length_overload("binary -> int32", kBytes)};
constexpr Overload kCharLength[] = {length_overload("string -> int32", kCharacters)};
constexpr Overload kOctetLength[] = {length_overload("string -> int32", kBytes),
                                     length_overload("binary -> int32", kBytes)};
constexpr Overload kLpad[] = {{"string, int32 -> string", map<&pad_blank<kLeft>>},
                              {"string, int32, string -> string", map<&pad_with<kLeft>>}};
constexpr Overload kRpad[] = {{"string, int32 -> string", map<&pad_blank<kRight>>},
                              {"string, int32, string -> string", map<&pad_with<kRight>>}};
constexpr Overload kRepeat[] = {{"string, int32 -> string", map<&repeat_of>}};
constexpr Overload kReverse[] = {{"string -> string", map<&reverse_of>}};
constexpr Overload kTranslate[] = {{"string, string, string -> string", map<&translate_of>}};
constexpr Overload kAscii[] = {{"string -> int32", map<&ascii_of>, false, true}};
constexpr Overload kChr[] = {{"int32 -> string", map<&chr_of>}};
constexpr Overload kConcat[] = {{"any... -> string", concat_all, false, false, all_as_text}};
constexpr Overload kConcatWs[] = {{"string, any... -> string", concat_separated, false, false, all_as_text}};

constexpr Example kLowerExamples[] = {{"lower('ÄRGER')", "ärger"}};
constexpr Example kUpperExamples[] = {{"upper('shipped')", "SHIPPED"}};
constexpr Example kInitcapExamples[] = {{"initcap('new YORK')", "New York"}};
constexpr Example kTrimExamples[] = {
    {"trim('  a ')", "a"}, {"trim(BOTH 'x' FROM 'xxaxx')", "a"}, {"btrim('xyay', 'xy')", "a"}};
constexpr Example kLtrimExamples[] = {{"ltrim('  a')", "a"}, {"ltrim('007', '0')", "7"}};
constexpr Example kRtrimExamples[] = {{"rtrim('1.500', '0')", "1.5"}};
constexpr Example kSubstringExamples[] = {{"substring('abcdef', 2, 3)", "bcd"},
                                          {"substring('abcdef' FROM 3)", "cdef"},
                                          {"substring('abc', 1, -1)", "error: bad-argument"}};
constexpr Example kLeftExamples[] = {{"left('abcdef', 2)", "ab"}, {"left('abcdef', -2)", "abcd"}};
constexpr Example kRightExamples[] = {{"right('abcdef', 2)", "ef"}};
constexpr Example kPositionExamples[] = {{"position('c' IN 'abc')", "3"}, {"position('x' IN 'abc')", "0"}};
constexpr Example kStrposExamples[] = {{"strpos('abc', 'c')", "3"}};
constexpr Example kReplaceExamples[] = {{"replace('a-b-c', '-', '+')", "a+b+c"}};
constexpr Example kSplitPartExamples[] = {{"split_part('a,b,c', ',', 2)", "b"}, {"split_part('a,b,c', ',', -1)", "c"}};
constexpr Example kStartsWithExamples[] = {{"starts_with('weir', 'we')", "true"}};
constexpr Example kEndsWithExamples[] = {{"ends_with('weir', 'ir')", "true"}};
constexpr Example kContainsExamples[] = {{"contains('weir', 'ei')", "true"}};
constexpr Example kLengthExamples[] = {{"length('Ärger')", "5"}};
constexpr Example kOctetLengthExamples[] = {{"octet_length('Ärger')", "6"}};
constexpr Example kLpadExamples[] = {{"lpad('7', 3, '0')", "007"}, {"lpad('abcd', 2)", "ab"}};
constexpr Example kRpadExamples[] = {{"rpad('7', 3, '.')", "7.."}};
constexpr Example kRepeatExamples[] = {{"repeat('ab', 3)", "ababab"}};
constexpr Example kReverseExamples[] = {{"reverse('abc')", "cba"}};
constexpr Example kTranslateExamples[] = {{"translate('12345', '143', 'ax')", "a2x5"}};
constexpr Example kAsciiExamples[] = {{"ascii('A')", "65"}};
constexpr Example kChrExamples[] = {{"chr(65)", "A"}, {"chr(0)", "error: bad-argument"}};
constexpr Example kConcatExamples[] = {{"concat('a', NULL, 1)", "a1"}};
constexpr Example kConcatWsExamples[] = {{"concat_ws('-', 'a', NULL, 'b')", "a-b"}};

constexpr Function kFunctions[] = {
    {"lower", kLower, "The text in lower case.", kLowerExamples},
    {"upper", kUpper, "The text in upper case.", kUpperExamples},
    {"initcap", kInitcap, "Each word with a capital.", kInitcapExamples},
    {"trim", kTrim, "The text without blanks, or the given characters, at both ends.", kTrimExamples},
    {"btrim", kTrim, "As `trim`.", {}},
    {"ltrim", kLtrim, "The text without blanks, or the given characters, at its beginning.", kLtrimExamples},
    {"rtrim", kRtrim, "The text without blanks, or the given characters, at its end.", kRtrimExamples},
    {"substring", kSubstring, "The text from a position, or so many characters from there.", kSubstringExamples},
    {"substr", kSubstring, "As `substring`.", {}},
    {"left", kLeftOf, "The first characters; all but the last ones where the number is negative.", kLeftExamples},
    {"right", kRightOf, "The last characters; all but the first ones where the number is negative.", kRightExamples},
    {"position", kPosition, "Where the part begins in the text; 0 where it is not in it.", kPositionExamples},
    {"strpos", kPosition, "`strpos(text, part)`: as `position(part IN text)`.", kStrposExamples},
    {"replace", kReplace, "The text with each occurrence of the second text replaced by the third.", kReplaceExamples},
    {"split_part", kSplitPart,
     "Part n of a text that is separated by another; counted from the end where n is negative.", kSplitPartExamples},
    {"starts_with", kStartsWith, "Whether the text begins with the other.", kStartsWithExamples},
    {"ends_with", kEndsWith, "Whether the text ends with the other.", kEndsWithExamples},
    {"contains", kContains, "Whether the other is part of the text.", kContainsExamples},
    {"length", kLength, "The number of characters; of bytes for binary.", kLengthExamples},
    {"char_length", kCharLength, "The number of characters.", {}},
    {"octet_length", kOctetLength, "The number of bytes.", kOctetLengthExamples},
    {"lpad", kLpad, "The text, filled at its beginning, or cut, to so many characters.", kLpadExamples},
    {"rpad", kRpad, "The text, filled at its end, or cut, to so many characters.", kRpadExamples},
    {"repeat", kRepeat, "The text so many times.", kRepeatExamples},
    {"reverse", kReverse, "The characters from the last to the first.", kReverseExamples},
    {"translate", kTranslate, "Each character that is in the second text replaced by that at its place in the third.",
     kTranslateExamples},
    {"ascii", kAscii, "The code of the first character; 0 for an empty text.", kAsciiExamples},
    {"chr", kChr, "The character of that code.", kChrExamples},
    {"concat", kConcat, "All values as one text; nulls are left out.", kConcatExamples, Nulls::kNever},
    {"concat_ws", kConcatWs, "As `concat`, with the first text between the values.", kConcatWsExamples, Nulls::kOwn},
};

}  // namespace

Refusal all_as_text(Arguments args, std::vector<Type>& params, Type&) {
    for (size_t i = 0; i < args.size(); ++i)
        if (args[i].type.is_nested() && args[i].type.id <= TypeId::kMap)
            return Problem{args[i].span, fmt::format("{} has no text", type_name(args[i].type)), "", "",
                           "take a member of it"};
    params.assign(params.size(), type_of(TypeId::kString));
    return std::nullopt;
}

std::string shown(std::string_view text) {
    constexpr size_t kMost = 60;
    std::string out(text.substr(0, text.size() > kMost ? bytes_of_characters(text, kMost) : text.size()));
    if (out.size() < text.size()) out += "…";
    return is_utf8(out) ? out : "base64:" + base64(out);
}

constinit const FunctionGroup kTextFunctions = {"Texts", "Positions and lengths count characters, from 1.", false,
                                                kFunctions};

}  // namespace weir::host::expression
