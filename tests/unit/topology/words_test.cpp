// The small parts: units, names, versions, substitution.
#include <gtest/gtest.h>

#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/substitution.hpp"
#include "host/topology/versions.hpp"
#include "host/topology/yaml_unquoted.hpp"

namespace weir::host {
namespace {

std::string text_of(const std::variant<int64_t, ScalarError>& parsed) {
    if (const auto* error = std::get_if<ScalarError>(&parsed)) return error->what + "|" + error->hint;
    return std::to_string(std::get<int64_t>(parsed));
}

TEST(Duration, IsReadInMicroseconds) {
    EXPECT_EQ(text_of(parse_duration("200ms")), "200000");
    EXPECT_EQ(text_of(parse_duration("5us")), "5");
    EXPECT_EQ(text_of(parse_duration("30s")), "30000000");
    EXPECT_EQ(text_of(parse_duration("5m")), "300000000");
    EXPECT_EQ(text_of(parse_duration("2d")), "172800000000");
    EXPECT_EQ(text_of(parse_duration("1h30m")), "5400000000");
    EXPECT_EQ(text_of(parse_duration("1.5 s")), "1500000");
    EXPECT_EQ(text_of(parse_duration("0")), "0");
}

TEST(Duration, NeedsAUnitThatThereIs) {
    EXPECT_EQ(text_of(parse_duration("30")), "has no unit: `30`|units are written out, such as `30s`");
    EXPECT_EQ(text_of(parse_duration("5min")), "has the unknown unit `min`: `5min`|write `5m`");
    EXPECT_EQ(text_of(parse_duration("5S")), "has the unknown unit `S`: `5S`|write `5s`");
    EXPECT_EQ(text_of(parse_duration("5x")), "has the unknown unit `x`: `5x`|");
    EXPECT_EQ(text_of(parse_duration("")), "is not a duration: ``|");
    EXPECT_EQ(text_of(parse_duration("-5s")), "is not a duration: `-5s`|");
    EXPECT_EQ(text_of(parse_duration("1.s")), "is not a duration: `1.s`|");
    EXPECT_EQ(text_of(parse_duration("1.2.3s")), "is not a duration: `1.2.3s`|");
    EXPECT_EQ(text_of(parse_duration("0.1us")), "does not fit: `0.1us`|");
    EXPECT_EQ(text_of(parse_duration("99999999999999999999s")), "does not fit: `99999999999999999999s`|");
    EXPECT_EQ(text_of(parse_duration("9223372036854775807us1us")),
              "does not fit: `9223372036854775807us1us`|");
}

TEST(Bytes, AreReadWithTheirUnit) {
    EXPECT_EQ(text_of(parse_bytes("512B")), "512");
    EXPECT_EQ(text_of(parse_bytes("10KB")), "10000");
    EXPECT_EQ(text_of(parse_bytes("64MiB")), "67108864");
    EXPECT_EQ(text_of(parse_bytes("1.5GiB")), "1610612736");
    EXPECT_EQ(text_of(parse_bytes("0")), "0");
    EXPECT_EQ(text_of(parse_bytes("64")), "has no unit: `64`|units are written out, such as `64B`");
    EXPECT_EQ(text_of(parse_bytes("1G")), "has the unknown unit `G`: `1G`|write `1GiB`");
    EXPECT_EQ(text_of(parse_bytes("1GiB2B")), "is not a size in bytes: `1GiB2B`|");
}

TEST(Quantities, AreWrittenWithTheLargestUnit) {
    EXPECT_EQ(duration_text(90'000'000), "90s");
    EXPECT_EQ(duration_text(3'600'000'000), "1h");
    EXPECT_EQ(duration_text(0), "0");
    EXPECT_EQ(bytes_text(262144), "256KiB");
    EXPECT_EQ(bytes_text(1000), "1KB");
    EXPECT_EQ(bytes_text(1001), "1001B");
}

TEST(NearestName, FindsSlipsOfTheFinger) {
    const std::vector<std::string> names = {"kafka.source", "kafka.sink", "pair_match",
                                            "top",          "int16",      "int64"};
    EXPECT_EQ(nearest_name("pair_mach", names), "pair_match");
    EXPECT_EQ(nearest_name("PAIR_MATCH", names), "pair_match");
    EXPECT_EQ(nearest_name("kafka.snik", names), "kafka.sink");
    EXPECT_EQ(nearest_name("kafka", names), "kafka.source");
    EXPECT_EQ(nearest_name("match", names), "pair_match");
    EXPECT_EQ(nearest_name("tpo", names), "top");
    EXPECT_EQ(nearest_name("int46", names), "int64");
    EXPECT_EQ(nearest_name("entirely", names), "");
    EXPECT_EQ(nearest_name("", names), "");
    EXPECT_EQ(nearest_name(std::string(100'000, 'x'), names), "");
}

TEST(EditDistance, CountsNeighboursThatAreSwappedAsOne) {
    EXPECT_EQ(edit_distance("abcd", "abdc", 4), 1U);
    EXPECT_EQ(edit_distance("abc", "", 4), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting", 4), 3U);
    EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 2), 3U);
}

TEST(Versions, AreComparedByNumbers) {
    EXPECT_TRUE(satisfies("1.10.0", ">=1.9"));
    EXPECT_TRUE(satisfies("1.2.0-rc1", "=1.2"));
    EXPECT_TRUE(satisfies("1.5", ">=1.2, <2"));
    EXPECT_FALSE(satisfies("2.0", ">=1.2, <2"));
    EXPECT_FALSE(satisfies("1.2", ">1.2.0"));
    EXPECT_TRUE(satisfies("1.2", "<=1.2.0"));
    EXPECT_FALSE(satisfies("unknown", ">=0"));
    for (const char* text : {"1.2", "", ">=", ">=x", "=>1", ">=1.2,", ">=1..2", ">=1.2.3.4.5", ">=-1"}) {
        EXPECT_FALSE(is_version_requirement(text)) << text;
    }
}

std::string unquoted(const std::string& line) {
    const auto found = find_unquoted(line, line.size());
    return found ? line.substr(found->offset, found->length) : "";
}

TEST(Unquoted, FindsTextThatYamlCannotReadWithoutQuotes) {
    EXPECT_EQ(unquoted("  title: x = 'a: b'"), "x = 'a: b'");
    EXPECT_EQ(unquoted("  title: don't: x"), "don't: x");
    EXPECT_EQ(unquoted("  title: a AND (b = 'c: d' OR e)"), "a AND (b = 'c: d' OR e)");
    EXPECT_EQ(unquoted("  title: 'a' = b  # comment"), "'a' = b");
    EXPECT_EQ(unquoted("  title: [1, 2] = x"), "[1, 2] = x");
    EXPECT_EQ(unquoted("b: { from: a, console: { title: x = '}' } }"), "x = '}'");
    EXPECT_EQ(unquoted("b: { from: a, console: { title: x[1] } }"), "x[1]");
    EXPECT_EQ(unquoted("{ a: f(x, 'y'), b: c }"), "f(x, 'y')");
    EXPECT_EQ(unquoted("first line: { a: [b] }\n  title: 'a' || b"), "'a' || b");
}

TEST(Unquoted, LeavesYamlAlone) {
    for (const char* line : {"  title: x[1]", "  a: { b: [c, d], e: \"x, y\", f: 'it' }", "  - a: b", "key: value  # comment: 'x'",
                             "a: { b: c } # it's", "x: { a: 1, \"b c\": 2 }", "- 'a': b", "title: a ? b", "s: ${env:X}", "", "# a: 'b",
                             "x: {", "x: 'open", "x: f(a"}) {
        EXPECT_EQ(unquoted(line), "") << line;
    }
}

TEST(Incomplete, AreTextsWithinParenthesesOrQuotes) {
    for (const char* text : {"f(a", "LIKE '% ", "x = 'a", "((a)", "(it's", "\"a"}) EXPECT_TRUE(is_incomplete(text)) << text;
    for (const char* text : {"it's", "a) b", "'a' b", "(it's)", "", "f(a, 'b(')"}) EXPECT_FALSE(is_incomplete(text)) << text;
}

TEST(InQuotes, IsWhatYamlReadsAsTheText) {
    EXPECT_EQ(in_quotes("x = 'a: b'"), "\"x = 'a: b'\"");
    EXPECT_EQ(in_quotes("\"my column\" = 'x'"), R"('"my column" = ''x''')");
}

TEST(Texts, AreSplitAtDollarSigns) {
    using Kind = TextPart::Kind;
    const auto parts = split_text("a ${b}$$c ${env:D:-e:-f}");
    ASSERT_EQ(parts.size(), 4U);
    EXPECT_EQ(parts[0].text, "a ");
    EXPECT_EQ(parts[1].kind, Kind::kParameter);
    EXPECT_EQ(parts[1].text, "b");
    EXPECT_EQ(parts[1].index, 2U);
    EXPECT_EQ(parts[1].length, 4U);
    EXPECT_EQ(parts[2].text, "$c ");
    EXPECT_EQ(parts[3].kind, Kind::kEnvironment);
    EXPECT_EQ(parts[3].fallback, "e:-f");
    EXPECT_EQ(split_text("$a")[0].kind, Kind::kWhole);
    EXPECT_EQ(split_text("$a ")[0].kind, Kind::kInvalid);
    EXPECT_EQ(split_text("${a")[0].kind, Kind::kInvalid);
    EXPECT_EQ(split_text("$5 $")[0].text, "$5 $");
    EXPECT_TRUE(split_text("").empty());
}

}  // namespace
}  // namespace weir::host
