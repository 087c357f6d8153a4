// Places in YAML, and texts that are no topology at all.
#include "host/topology/yaml_tree.hpp"

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

struct Parsed {
    std::optional<YamlNode> root;
    Diagnostics diagnostics;
};

Parsed parse(std::string text) {
    Parsed out;
    out.root = parse_yaml(SourceFile::create("t.yaml", std::move(text)), out.diagnostics);
    return out;
}

// Each value as `line:column+length text`, keys before their values.
void describe(const YamlNode& node, std::string& out) {
    auto add = [&](const Place& place, const std::string& text) {
        out += fmt::format("{}:{}+{} {}\n", place.line, place.column, place.length, text);
    };
    if (node.is_scalar()) add(node.place, node.text + (node.quoted ? " (quoted)" : ""));
    if (node.is_map() || node.is_sequence()) add(node.place, kind_text(node));
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (node.is_map()) add(node.keys[i].place, node.keys[i].text + ":");
        describe(node.items[i], out);
    }
}

std::string places(std::string text) {
    const Parsed parsed = parse(std::move(text));
    std::string out;
    if (parsed.root) describe(*parsed.root, out);
    return out + parsed.diagnostics.text();
}

TEST(YamlTree, KnowsThePlaceOfKeysAndValues) {
    EXPECT_EQ(places("a: b\n\"c d\":\n  - 'e'\n  - { f: [g, \"h\"] , i: }\n"),
              "1:1+4 a mapping\n1:1+1 a:\n1:4+1 b\n"
              "2:1+5 c d:\n3:3+5 a list\n3:5+3 e (quoted)\n4:5+20 a mapping\n"
              "4:7+1 f:\n4:10+8 a list\n4:11+1 g\n4:14+3 h (quoted)\n4:21+1 i:\n");
}

TEST(YamlTree, CountsColumnsInCodePoints) {
    EXPECT_EQ(places("größe: { ä: \"→→\", b: c }\n"),
              "1:1+24 a mapping\n1:1+5 größe:\n1:8+17 a mapping\n1:10+1 ä:\n1:13+4 →→ (quoted)\n1:19+1 "
              "b:\n1:22+1 c\n");
}

TEST(YamlTree, ReadsByteOrderMarksAndCarriageReturns) {
    EXPECT_EQ(places("\xEF\xBB\xBF"
                     "a: b\r\nc: d\r\n"),
              "1:2+4 a mapping\n1:2+1 a:\n1:5+1 b\n2:1+1 c:\n2:4+1 d\n");
}

TEST(YamlTree, FindsPlacesWithinAText) {
    const Parsed parsed = parse("a: \"x ${y}\"\nb: 'it''s ${y}'\nc: x ${y}\n");
    ASSERT_TRUE(parsed.root);
    EXPECT_EQ(place_within(parsed.root->items[0], 2, 4).text(), "t.yaml:1:7");
    EXPECT_EQ(place_within(parsed.root->items[1], 5, 4).text(), "t.yaml:2:11");
    EXPECT_EQ(place_within(parsed.root->items[2], 2, 4).text(), "t.yaml:3:6");
}

// Each character of the text, looked for in the file by its place.
std::string places_of_each(const std::string& yaml) {
    const Parsed parsed = parse("a: " + yaml + "\nb: c\n");
    if (!parsed.root) return parsed.diagnostics.text();
    const YamlNode& scalar = parsed.root->items[0];
    std::string out;
    for (std::size_t i = 0; i < scalar.text.size(); ++i) {
        const Place place = place_within(scalar, i, 1);
        if (scalar.text[i] == '\n' || scalar.text[i] == ' ') continue;
        const std::string_view line = place.file->line(place.line);
        const auto column = static_cast<std::size_t>(place.column - 1);
        out += column < line.size() ? line[column] : '?';
    }
    return out;
}

TEST(YamlTree, FindsEachCharacterOfATextHoweverItIsWritten) {
    const std::pair<const char*, const char*> texts[] = {
        {"n > 1 AND m", "n>1ANDm"},
        {"n >\n   1\n  AND m", "n>1ANDm"},
        {"'n > 1\n\n\n  AND m'", "n>1ANDm"},
        {"\"n > 1\\\n   AND m\"", "n>1ANDm"},
        {"|\n  n > 1\n    AND m\n\n  OR x", "n>1ANDmORx"},
        {"|-\n\n  n > 1\n  AND m\n\n", "n>1ANDm"},
        {"|2\n    n > 1\n  AND m", "n>1ANDm"},
        {">\n  n > 1\n  AND m\n\n  OR x\n    more\n  less", "n>1ANDmORxmoreless"},
        {">+\n  n > 1\n\n", "n>1"},
        {"&anchor !!str n > 1", "n>1"},
        {"| # a comment\n  n > 1\n", "n>1"},
        {"|\r\n  n > 1\r\n  AND m\r\n", "n>1ANDm"},
    };
    for (const auto& [yaml, characters] : texts) EXPECT_EQ(places_of_each(yaml), characters) << yaml;
}

TEST(YamlTree, FindsPlacesBehindEscapes) {
    const Parsed parsed = parse("a: \"x\\t\\\"\\u00e9 é ${y}\"\nb: |\n  x\n  ${y}\nc: >\n  x\n  y ${y}  \nd: ''\n");
    ASSERT_TRUE(parsed.root);
    const auto& items = parsed.root->items;
    EXPECT_EQ(place_within(items[0], items[0].text.find('$'), 4).text(), "t.yaml:1:19");
    EXPECT_EQ(place_within(items[1], 2, 4).text(), "t.yaml:4:3");
    EXPECT_EQ(place_within(items[2], 4, 4).text(), "t.yaml:7:5");
    EXPECT_EQ(place_within(items[2], 4, 4).length, 4);
    EXPECT_EQ(place_within(items[1], items[1].text.size(), 0).text(), "t.yaml:4:7");  // behind the end
    EXPECT_EQ(place_within(items[3], 0, 0).text(), "t.yaml:8:5");
}

TEST(YamlTree, SkipsAnchorsAndTags) {
    EXPECT_EQ(places("a: &x !!str 12\nb: *x\n"),
              "1:1+14 a mapping\n1:1+1 a:\n1:13+2 12 (quoted)\n2:1+1 b:\n1:13+2 12 (quoted)\n");
}

TEST(YamlTree, TakesAnEmptyTextForNothing) {
    for (const char* text : {"", "\n\n", "# comment", "---\n", "\xEF\xBB\xBF"}) {
        const Parsed parsed = parse(text);
        ASSERT_TRUE(parsed.root) << text;
        EXPECT_TRUE(parsed.root->is_null());
        EXPECT_EQ(parsed.diagnostics.text(), "");
    }
}

TEST(YamlTree, RefusesDeepNesting) {
    for (const char bracket : {'[', '{'}) {
        const Parsed parsed = parse(std::string(100'000, bracket));
        EXPECT_FALSE(parsed.root);
        EXPECT_EQ(parsed.diagnostics.sorted().at(0)->message, "nested deeper than 64 levels");
    }
    std::string lines;
    for (int i = 0; i < 500; ++i) lines += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    EXPECT_FALSE(parse(lines).root);
}

TEST(YamlTree, RefusesAnAliasBomb) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        text += fmt::format("a{0}: &a{0} [", i);
        for (int j = 0; j < 10; ++j) text += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
        text += "]\n";
    }
    const Parsed parsed = parse(text);
    EXPECT_FALSE(parsed.root);
    EXPECT_EQ(parsed.diagnostics.sorted().at(0)->message,
              "more than 50000 values, aliases counted with what they stand for");
}

TEST(YamlTree, RefusesAliasesThatNestDeeply) {
    std::string text = "a0: &a0 [x]\n";
    for (int i = 1; i < 100; ++i) text += fmt::format("a{0}: &a{0} [*a{1}]\n", i, i - 1);
    const Parsed parsed = parse(text);
    EXPECT_FALSE(parsed.root);
    EXPECT_EQ(parsed.diagnostics.sorted().at(0)->message, "nested deeper than 64 levels");
}

TEST(YamlTree, RefusesAFileThatIsTooLarge) {
    const Parsed parsed = parse(std::string("a: ").append(10'000'000, 'x'));
    EXPECT_FALSE(parsed.root);
    EXPECT_EQ(parsed.diagnostics.text(),
              "t.yaml: error[yaml-too-large]: the file has more than 4194304 bytes\n");
}

TEST(YamlTree, ShowsLittleOfALongValue) {
    const std::string text = fmt::format("nodes: {{ a: {{ generate: {{ rate: {:x>4000000} }} }} }}\n", "");
    const Loaded loaded = load(text);
    EXPECT_FALSE(loaded.topology);
    EXPECT_LT(loaded.text().size(), 1000U) << loaded.text().substr(0, 2000);
}

TEST(YamlTree, SurvivesBinaryGarbage) {
    std::mt19937 random(12);
    for (int round = 0; round < 200; ++round) {
        std::string text(random() % 300, '\0');
        for (char& c : text) c = static_cast<char>(random());
        const Loaded loaded = load(text);
        EXPECT_FALSE(loaded.topology);
        EXPECT_FALSE(loaded.text().empty());
    }
}

// Mutations of a good file: whatever comes out, it is a topology or a message, never a crash.
TEST(YamlTree, SurvivesMutations) {
    const std::string good = R"(name: t
parameters: { a: 1, b: { type: list, default: [x, y], one_of: [1s] }, c: "${a}-${env:X:-y}" }
connections: { kafka: &k { brokers: $c } }
records: { r: { n: int64, d: "decimal(4,2)?" } }
dead_letters: { kafka.sink: dlq }
nodes:
  raw: { kafka.source: { topic: $b, record: r, format: { json: { unknown: keep } } } }
  pairs: { from: [raw, raw.errors], pair_match: { value: n, sum: $a, ttl: 5m } }
  out: { from: { in: pairs }, kafka.sink: *k }
)";
    const std::string alphabet = "{}[]:,#&*!|>'\"%@`$?-\n\t \\\r()<>=~.0aé";
    std::mt19937 random(12);
    for (int round = 0; round < 3000; ++round) {
        std::string text = good;
        for (unsigned i = 0; i < 1 + random() % 4; ++i) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0: text[at] = alphabet[random() % alphabet.size()]; break;
                case 1: text.insert(at, 1, alphabet[random() % alphabet.size()]); break;
                case 2: text.erase(at, 1 + random() % 5); break;
                default: text.insert(at, text.substr(random() % text.size(), random() % 30)); break;
            }
        }
        const Loaded loaded = load(text);
        EXPECT_EQ(loaded.topology.has_value(), !loaded.diagnostics.has_errors()) << text;
    }
}

}  // namespace
}  // namespace weir::host
