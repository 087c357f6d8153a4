// Access to structs, lists, maps, and JSON in strings.
#include "expression_fixture.hpp"

namespace weir::host::expression {
namespace {

using Texts = std::vector<std::string>;

Schema nested_schema() {
    Schema out;
    for (const auto& [name, type] :
         std::vector<std::pair<std::string, std::string>>{{"user", "struct<name: string?, age: int32>?"},
                                                          {"tags", "list<string?>?"},
                                                          {"counts", "map<string, int64>"}})
        out.fields.push_back(*parse_field(name, type));
    return out;
}
constexpr const char* kNestedRows =
    R"([[{"name":"Ann","age":41},["a","b",null],{"x":1,"y":2}],[{"name":null,"age":7},[],{}],[null,null,{"x":3}]])";

TEST(Nested, MembersElementsAndValues) {
    EXPECT_EQ(evaluate("user.name", nested_schema(), kNestedRows), (Texts{"Ann", "null", "null"}));
    EXPECT_EQ(evaluate("user.age + 1", nested_schema(), kNestedRows), (Texts{"42", "8", "null"}));
    EXPECT_EQ(evaluate("tags[2]", nested_schema(), kNestedRows), (Texts{"b", "null", "null"}));
    EXPECT_EQ(evaluate("tags[0]", nested_schema(), kNestedRows), (Texts{"null", "null", "null"}));
    EXPECT_EQ(evaluate("counts['x']", nested_schema(), kNestedRows), (Texts{"1", "null", "3"}));
}

TEST(Nested, LengthsAndContents) {
    EXPECT_EQ(evaluate("cardinality(tags)", nested_schema(), kNestedRows), (Texts{"3", "0", "null"}));
    EXPECT_EQ(evaluate("length(counts)", nested_schema(), kNestedRows), (Texts{"2", "0", "1"}));
    EXPECT_EQ(evaluate("contains(tags, 'b')", nested_schema(), kNestedRows), (Texts{"true", "false", "null"}));
    EXPECT_EQ(evaluate("'a' = ANY(tags)", nested_schema(), kNestedRows), (Texts{"true", "false", "null"}));
    EXPECT_EQ(evaluate("contains(counts, 'y')", nested_schema(), kNestedRows), (Texts{"true", "false", "false"}));
    EXPECT_EQ(evaluate("array_position(tags, 'b')", nested_schema(), kNestedRows), (Texts{"2", "null", "null"}));
}

TEST(Nested, WholeValuesPass) {
    EXPECT_EQ(evaluate("user", nested_schema(), kNestedRows),
              (Texts{R"({"name":"Ann","age":41})", R"({"name":null,"age":7})", "null"}));
    EXPECT_EQ(evaluate("coalesce(user, user).age", nested_schema(), kNestedRows), (Texts{"41", "7", "null"}));
    EXPECT_EQ(evaluate("CASE WHEN user.age > 10 THEN tags END", nested_schema(), kNestedRows),
              (Texts{R"(["a","b",null])", "null", "null"}));
}

TEST(Nested, RefusesWhatHasNoParts) {
    EXPECT_EQ(evaluate("tags.name", nested_schema(), "[]")[0], "problem at `name`: list<string?> has no members");
    EXPECT_EQ(evaluate("user = user", nested_schema(), "[]")[0].substr(0, 31), "problem at `user = user`: `=` i");
    EXPECT_EQ(evaluate("counts[5]", nested_schema(), "[]")[0], "problem at `5`: this is int32");
}

TEST(Nested, ReadsJsonInStrings) {
    const Schema schema{{{"j", type_of(TypeId::kString), true}}};
    const char* rows = R"([["{\"a\": {\"b\": [1, 2.50, \"x\\u00e4\"]}, \"n\": null}"],["[]"],[null],["{\"a\":"]])";
    const std::string bad = "error: bad-cast: `{\"a\":` is not JSON: ";
    auto got = evaluate("j -> 'a'", schema, rows);
    EXPECT_EQ(got[0], R"({"b": [1, 2.50, "x\u00e4"]})");
    EXPECT_EQ(got[1], "null");
    EXPECT_EQ(got[2], "null");
    EXPECT_EQ(got[3].substr(0, bad.size()), bad);
    EXPECT_EQ(evaluate("j -> 'a' -> 'b' ->> 2", schema, rows)[0], "xä");
    EXPECT_EQ(evaluate("j -> 'a' -> 'b' ->> -2", schema, rows)[0], "2.50");
    EXPECT_EQ(evaluate("j ->> 'n'", schema, rows)[0], "null");
    EXPECT_EQ(evaluate("(j -> 'n') IS NULL", schema, rows)[0], "false");
}

}  // namespace
}  // namespace weir::host::expression
