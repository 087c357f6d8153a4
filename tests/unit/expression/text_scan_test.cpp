// Texts of a chunk looked at all together: each row has what it would have alone, whatever lies beside it.
#include <functional>
#include <optional>

#include "expression_fixture.hpp"
#include "host/expression/utf8.hpp"

namespace weir::host::expression {
namespace {

using Text = std::string_view;
using TextRows = std::vector<std::optional<std::string>>;
using Names = std::vector<std::string>;

const Schema kTexts{{{"s", type_of(TypeId::kString), true}}};

// What is looked for lies at the beginning, in the middle and at the end of rows, and across two of them.
TextRows texts_of(int n, bool nulls) {
    const std::string long_part(40, 'L');
    const TextRows some = {"", "77@", "Customer-77@Example.com", "77", "@77", "7", "7@", "", "abcdefgh", "abcdefghi",
                           "abcdefg", "abcdefghijklmnopqrstuvwxyz", "Abcdefgh", "ÄÖ77@ß", "日本語のテキスト",
                           "x" + long_part, long_part, long_part.substr(1), "L", "777777@@", std::string("a\0b\0", 4),
                           "x", "%77@%", "7_@"};
    TextRows out;
    for (int i = 0; i < n; ++i) {
        // In runs of ASCII alone, and in another order each time round.
        const auto k = static_cast<size_t>(i) + static_cast<size_t>(i) / some.size() * 5;
        out.push_back(i % 256 < 130 && !is_ascii(*some[k % some.size()]) ? "ascii" : some[k % some.size()]);
        if (nulls && i % 5 == 3) out.back().reset();
    }
    return out;
}

ArrowArray batch_of(const TextRows& rows) {
    testing::TestHost::get();
    BatchBuilder builder(kTexts);
    for (const auto& row : rows) row ? builder.column(0).append_text(*row) : builder.column(0).append_null();
    ArrowArray out;
    builder.finish(&out);
    return out;
}

int64_t characters(Text text) {
    return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

bool is_like(Text text, Text pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '%' && is_like(text, pattern.substr(1))) return true;
    if (text.empty()) return false;
    if (pattern[0] == '%') return is_like(text.substr(1), pattern);
    if (pattern[0] != '_') return text[0] == pattern[0] && is_like(text.substr(1), pattern.substr(1));
    size_t bytes = 1;
    while (bytes < text.size() && (text[bytes] & 0xC0) == 0x80) ++bytes;
    return is_like(text.substr(bytes), pattern.substr(1));
}

struct ScanCase {
    std::string expression;
    std::function<std::string(Text)> meaning;
    bool is_bool = true;
};

std::string truth(bool value) { return value ? "1" : "0"; }

std::vector<ScanCase> scan_cases() {
    std::vector<ScanCase> out = {
        {"length(s)", [](Text s) { return std::to_string(characters(s)); }, false},
        {"octet_length(s)", [](Text s) { return std::to_string(s.size()); }, false},
        {"length(s::binary)", [](Text s) { return std::to_string(s.size()); }, false},
        {"s = s", [](Text) { return truth(true); }},
        {"s LIKE s", [](Text s) { return truth(is_like(s, s)); }},
        {"s LIKE '%' || '77@' || '%'", [](Text s) { return truth(s.find("77@") != Text::npos); }},
        {"s LIKE '%!%%' ESCAPE '!'", [](Text s) { return truth(s.find('%') != Text::npos); }},
        {"s ILIKE 'ABC%'", [](Text s) { return truth(s.starts_with("abc") || s.starts_with("Abc")); }},
        {"contains(s, '77@')", [](Text s) { return truth(s.find("77@") != Text::npos); }},
        {"upper(s) = 'ABCDEFGH'", [](Text s) { return truth(s == "abcdefgh" || s == "Abcdefgh"); }},
    };
    const Names constants = {"", "x", "77", "abcdefgh", "abcdefghi", "abcdefghijklmnopqrstuvwxyz", "日本語のテキスト"};
    for (const std::string& wanted : constants) {
        const std::string quoted = "'" + wanted + "'";
        out.push_back({"s = " + quoted, [=](Text s) { return truth(s == wanted); }});
        out.push_back({quoted + " <> s", [=](Text s) { return truth(s != wanted); }});
    }
    const std::string long_part(40, 'L');
    const Names patterns = {"%77@%", "%7%", "%%77@%%", "%" + long_part + "%", "%x" + long_part + "%",
                            "", "%", "%%", "x", "abcdefgh", "abc%", "abcdefghi%", "%@", "%語の%", "%abc", "%fghi",
                            "a%h", "%7%@%", "_7@", "%_ß", "_%"};
    for (const std::string& pattern : patterns) {
        out.push_back({"s LIKE '" + pattern + "'", [=](Text s) { return truth(is_like(s, pattern)); }});
        out.push_back({"s NOT LIKE '" + pattern + "'", [=](Text s) { return truth(!is_like(s, pattern)); }});
    }
    return out;
}

Names chunk_of(const ScanCase& c, const ArrowArray& batch, int64_t from, int n, const Selection* rows = nullptr) {
    return c.is_bool ? evaluate_chunk<uint8_t>(c.expression, kTexts, batch, from, n, rows)
                     : evaluate_chunk<int32_t>(c.expression, kTexts, batch, from, n, rows);
}

std::string meaning_of(const ScanCase& c, const std::optional<std::string>& row) {
    return row ? c.meaning(*row) : "null";
}

TEST(TextScan, GivesEachRowWhatItHasAlone) {
    for (const bool nulls : {false, true}) {
        for (const int n : kChunkSizes) {
            for (const int from : {0, 1, 8, 13}) {
                const TextRows rows = texts_of(from + n + 2, nulls);
                ArrowArray batch = batch_of(rows);
                for (const ScanCase& c : scan_cases()) {
                    Names expected;
                    for (auto row = static_cast<size_t>(from); expected.size() < static_cast<size_t>(n); ++row)
                        expected.push_back(meaning_of(c, rows[row]));
                    ASSERT_EQ(chunk_of(c, batch, from, n), expected) << c.expression << " of " << n << " from " << from;
                }
                batch.release(&batch);
            }
        }
    }
}

TEST(TextScan, GivesChosenRowsTheSame) {
    const int n = 900;
    const TextRows rows = texts_of(n, true);
    ArrowArray batch = batch_of(rows);
    for (const int step : {1, 2, 3, 50, 899}) {
        RowList list;
        for (int row = step == 1 ? 1 : 0; row < n; row += step) list.add(row);
        const Selection selection = list.selection();
        for (const ScanCase& c : scan_cases()) {
            Names expected(static_cast<size_t>(n));
            selection.for_each([&](int row) {
                expected[static_cast<size_t>(row)] = meaning_of(c, rows[static_cast<size_t>(row)]);
            });
            ASSERT_EQ(chunk_of(c, batch, 0, n, &selection), expected) << c.expression << " every " << step;
        }
    }
    batch.release(&batch);
}

// Nothing is read of rows behind the chunk, nor where all texts are empty and the batch may have no bytes at all.
TEST(TextScan, TakesColumnsOfEmptyTexts) {
    const TextRows rows(65, std::string());
    ArrowArray batch = batch_of(rows);
    for (const ScanCase& c : scan_cases())
        EXPECT_EQ(chunk_of(c, batch, 0, 65), Names(65, c.meaning(""))) << c.expression;
    batch.release(&batch);
}

TEST(TextScan, FailsForPatternsOfRowsThatHaveOne) {
    const Schema schema{{{"s", type_of(TypeId::kString), true}, {"p", type_of(TypeId::kString), true}}};
    EXPECT_EQ(evaluate("s LIKE p", schema, R"([["a","a%"],["a","a\\"],[null,"a\\"],["a",null],["b","_"]])"),
              (Names{"true", "error: bad-argument: the pattern `a\\` ends with its escape character", "null", "null",
                     "true"}));
    EXPECT_EQ(evaluate("s LIKE 'a%' ESCAPE p", schema, R"([["a","!"],["a","xx"],[null,"xx"]])"),
              (Names{"true", "error: bad-argument: the escape `xx` is more than one character", "null"}));
    EXPECT_EQ(evaluate("p IS NOT NULL AND s LIKE p", schema, R"([["a","a"],["a",null]])"), (Names{"true", "false"}));
}

// A column that is looked at in place and as views, and is a result.
TEST(TextScan, LeavesColumnsToOthers) {
    const Schema schema{{{"s", type_of(TypeId::kString), true}}};
    EXPECT_EQ(evaluate("CASE WHEN s = 'a' THEN upper(s) WHEN length(s) > 1 THEN s ELSE '-' END", schema,
                       R"([["a"],["bb"],["c"],[null]])"),
              (Names{"A", "bb", "-", "-"}));
    EXPECT_EQ(evaluate("coalesce(s, 'none')", schema, R"([["a"],[null]])"), (Names{"a", "none"}));
}

TEST(TextScan, FindsAPartWhereverItIs) {
    for (size_t size = 0; size <= 70; ++size) {
        for (const size_t part_size : {0, 1, 2, 3, 15, 16, 17, 32, 33, 40}) {
            std::string part(part_size, 'a');
            if (part_size > 2) part[part_size / 2] = 'b';
            for (size_t at = 0; at + part_size <= size; ++at) {
                std::string text(size, 'a');
                text.replace(at, part_size, part);
                for (const size_t from : {size_t{0}, at, at + 1})
                    ASSERT_EQ(find_text(text, part, from), text.find(part, from)) << text << " " << part << " " << from;
            }
            ASSERT_EQ(find_text(std::string(size, 'x'), part), part.empty() ? 0 : Text::npos);
        }
    }
    EXPECT_EQ(find_text("abc", "a", 4), Text::npos);
}

}  // namespace
}  // namespace weir::host::expression
