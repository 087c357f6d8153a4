// The operator behind the clauses of nodes: what becomes of rows and columns, what is read of the input, what fails.
#include <gtest/gtest.h>

#include <random>

#include "host/expression/expression_api.hpp"
#include "tests/plugins/built_plugin.hpp"

namespace weir::clauses {
namespace {

using weir::testing::FailedRow;
using weir::testing::Harness;
using Texts = std::vector<std::string>;

const weir::testing::Plugin& clauses_plugin() {
    static const weir::testing::Plugin plugin = [] {
        weir::testing::TestHost::get().add_extension(WEIR_EXT_EXPRESSION, &host::expression::expression_api());
        return weir::testing::built_plugin("clauses");
    }();
    return plugin;
}

Schema raw() { return weir::testing::schema_of({{"value", "string?"}, {"kind", "string"}, {"n", "int64"}}); }

std::string steps(const std::string& list) { return R"({"steps": [)" + list + "]}"; }

constexpr const char* kRawRows = R"([["1","a",10],["x","b",20],[null,"a",30],["40","b",40]])";

TEST(Clauses, LeavesOutRows) {
    Harness h(clauses_plugin(), "clauses", steps(R"({"where": "kind = 'a'"})"), {raw()});
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process(kRawRows).ok());
    EXPECT_EQ(h.take(), (Texts{R"({"value":"1","kind":"a","n":10})", R"({"value":null,"kind":"a","n":30})"}));
    ASSERT_TRUE(h.process(R"([["1","b",10]])").ok());
    EXPECT_EQ(h.take(), Texts{});
    EXPECT_EQ(h.take_failed(), std::vector<FailedRow>{});
}

TEST(Clauses, LeavesOutRowsOfWhichNothingIsKnown) {
    Harness h(clauses_plugin(), "clauses", steps(R"({"where": "value <> '1'"})"), {raw()});
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process(kRawRows).ok());
    EXPECT_EQ(h.take(), (Texts{R"({"value":"x","kind":"b","n":20})", R"({"value":"40","kind":"b","n":40})"}));
}

TEST(Clauses, AddsAndReplacesColumns) {
    Harness h(clauses_plugin(), "clauses", steps(R"({"set": {"n": "n * 2", "m": "n + 1", "five": "5", "same": "kind"}})"), {raw()});
    ASSERT_EQ(h.start().message(), "");
    EXPECT_EQ(to_string(h.output_schema()),
              "{ value: string?, kind: string, n: int64, m: int64, five: int32, same: string }");
    ASSERT_TRUE(h.process(R"([["1","a",10]])").ok());
    EXPECT_EQ(h.take(), (Texts{R"({"value":"1","kind":"a","n":20,"m":11,"five":5,"same":"a"})"}));
}

TEST(Clauses, SelectsColumns) {
    Harness list(clauses_plugin(), "clauses", steps(R"({"columns": ["n", "value"]})"), {raw()});
    ASSERT_EQ(list.start().message(), "");
    ASSERT_TRUE(list.process(R"([["1","a",10]])").ok());
    EXPECT_EQ(list.take(), (Texts{R"({"n":10,"value":"1"})"}));
    EXPECT_EQ(list.reads(), (Texts{"value", "n"}));

    Harness map(clauses_plugin(), "clauses", steps(R"x({"select": {"k": "kind", "up": "upper(kind)"}})x"), {raw()});
    ASSERT_EQ(map.start().message(), "");
    ASSERT_TRUE(map.process(R"([["1","a",10]])").ok());
    EXPECT_EQ(map.take(), (Texts{R"({"k":"a","up":"A"})"}));
    EXPECT_EQ(map.reads(), (Texts{"kind"}));
}

TEST(Clauses, RunInTheOrderInWhichTheyAreWritten) {
    Harness h(clauses_plugin(), "clauses",
              steps(R"({"set": {"n": "value::int64"}}, {"where": "n > 1"}, {"check": {"even": "n % 2 = 0"}},
                       {"select": {"half": "n / 2"}}, {"where": "half < 100"}, {"set": {"more": "half + 1"}})"),
              {raw()});
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process(R"([["1","a",10],["x","a",11],["3","a",12],["8","a",13],["400","a",14]])").ok());
    EXPECT_EQ(h.take(), (Texts{R"({"half":4,"more":5})"}));
    EXPECT_EQ(h.take_failed(),
              (std::vector<FailedRow>{
                  {"bad-cast", "n", "`x` is not int64", R"({"value":"x","kind":"a","n":11})"},
                  {"check", "even", "n % 2 = 0 is false", R"({"value":"3","kind":"a","n":12})"}}));
}

TEST(Clauses, SeeTheColumnsAsTheyWereBefore) {
    const Schema two = weir::testing::schema_of({{"a", "int64"}, {"b", "int64"}});
    Harness h(clauses_plugin(), "clauses", steps(R"({"set": {"a": "b", "b": "a"}})"), {two});
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process("[[1,2]]").ok());
    EXPECT_EQ(h.take(), (Texts{R"({"a":2,"b":1})"}));
}

TEST(Clauses, CountEveryViolationAndSendTheRowOnce) {
    Harness h(clauses_plugin(), "clauses",
              steps(R"x({"check": {"known": "kind IN ('a', 'b')", "given": "value IS NOT NULL", "small": "value::int64 < 30"}})x"),
              {raw()});
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process(R"([["1","a",1],["50","c",2],[null,"a",3],["x","c",4]])").ok());
    EXPECT_EQ(h.take(), (Texts{R"({"value":"1","kind":"a","n":1})"}));
    EXPECT_EQ(h.take_failed(),
              (std::vector<FailedRow>{
                  {"check", "known", "kind IN ('a', 'b') is false, and 1 more", R"({"value":"50","kind":"c","n":2})"},
                  {"check", "given", "value IS NOT NULL is false, and 1 more", R"({"value":null,"kind":"a","n":3})"},
                  {"bad-cast", "small", "`x` is not int64", R"({"value":"x","kind":"c","n":4})"}}));
    EXPECT_EQ(h.metric("check.known"), 2);
    EXPECT_EQ(h.metric("check.given"), 1);
    EXPECT_EQ(h.metric("check.small"), 2);
}

TEST(Clauses, SayWhenARuleIsNull) {
    Harness h(clauses_plugin(), "clauses", steps(R"({"check": {"one": "value = '1'"}})"), {raw()});
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process(R"([[null,"a",1]])").ok());
    EXPECT_EQ(h.take_failed()[0].message, "value = '1' is null");
}

TEST(Clauses, BindParameters) {
    Harness h(clauses_plugin(), "clauses",
              steps(R"({"where": {"text": "n < $max AND $which = 'a'",
                                 "parameters": {"max": {"type": "int64", "value": 25}, "which": {"type": "column", "value": "kind"}}}})"),
              {raw()});
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process(kRawRows).ok());
    EXPECT_EQ(h.take(), (Texts{R"({"value":"1","kind":"a","n":10})"}));
}

TEST(Clauses, ReadAndMakeOnlyWhatIsWanted) {
    weir::testing::HarnessOptions options;
    options.wanted = {{0, {"m"}}};
    Harness h(clauses_plugin(), "clauses", steps(R"({"set": {"m": "n + 1", "other": "value::int64"}}, {"where": "m > 0"})"), {raw()},
              options);
    ASSERT_EQ(h.start().message(), "");
    EXPECT_EQ(h.reads(), (Texts{"n"}));
    ASSERT_TRUE(h.process(kRawRows).ok());
    EXPECT_EQ(h.take(), (Texts{R"({"m":11})", R"({"m":21})", R"({"m":31})", R"({"m":41})"}));
    EXPECT_EQ(h.take_failed(), std::vector<FailedRow>{});  // `other` is nobody's business
}

// As in the last round of binding: what nobody reads is not there any more.
TEST(Clauses, DoWithoutTheColumnsOfWhatNobodyNeeds) {
    weir::testing::HarnessOptions options;
    options.wanted = {{0, {"m"}}};
    Harness h(clauses_plugin(), "clauses", steps(R"({"set": {"m": "n + 1", "other": "value::int64"}}, {"columns": ["m", "other"]})"),
              {weir::testing::schema_of({{"n", "int64"}})}, options);
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process("[[1]]").ok());
    EXPECT_EQ(h.take(), (Texts{R"({"m":2})"}));
}

TEST(Clauses, KeepMetadataForThoseWhoNameIt) {
    weir::testing::HarnessOptions options;
    options.wanted = {{0, {"n", "_offset"}}};
    Harness h(clauses_plugin(), "clauses", steps(R"({"select": {"n": "_offset - n"}})"),
              {weir::testing::schema_of({{"n", "int64"}, {"_offset", "int64"}, {"_partition", "int32"}})}, options);
    ASSERT_EQ(h.start().message(), "");
    EXPECT_EQ(h.reads(), (Texts{"n", "_offset"}));
    ASSERT_TRUE(h.process("[[1,5,0]]").ok());
    EXPECT_EQ(h.take(), (Texts{R"({"n":4,"_offset":5})"}));
}

TEST(Clauses, RefuseWhatDoesNotFit) {
    const auto refusal = [](const std::string& list) {
        Harness h(clauses_plugin(), "clauses", steps(list), {raw()});
        const Status status = h.start();
        return status.path() + ": " + status.message();
    };
    EXPECT_EQ(refusal(R"({"where": "m > 1"})"), "steps[0].where: there is no column `m`");
    EXPECT_EQ(refusal(R"({"set": {"a": "1"}}, {"set": {"b": "kind + 1"}})").substr(0, 14), "steps[1].set.b");
    EXPECT_EQ(refusal(R"({"columns": ["n", "k"]})"), "steps[0].columns[1]: there is no column `k`");
    EXPECT_EQ(refusal(R"({"columns": ["n", "n"]})"), "steps[0].columns[1]: `select` names `n` twice");
    EXPECT_EQ(refusal(R"({"columns": ["n"]}, {"where": "kind = 'a'"})"), "steps[1].where: there is no column `kind`");
    EXPECT_EQ(refusal(R"({"check": {"r": "n + 1"}})"), "steps[0].check.r: this is int64, and a condition is true or false");
}

TEST(Clauses, TellOfEachMistakeOnce) {
    using Places = std::vector<std::pair<std::string, std::string>>;
    static Places told;
    static weir_expression_api api = host::expression::expression_api();
    api.report = [](weir_context*, weir_str path, const weir_expression_problem* problem) {
        told.emplace_back(view(path), problem->message);
    };
    weir::testing::TestHost::get().add_extension(WEIR_EXT_EXPRESSION, &api);
    const auto mistakes = [](const std::string& list) {
        told.clear();
        EXPECT_FALSE(Harness(clauses_plugin(), "clauses", steps(list), {raw()}).start().ok());
        return told;
    };
    const auto no_column = [](const std::string& name) { return "there is no column `" + name + "`"; };
    EXPECT_EQ(mistakes(R"({"where": "m > 1"}, {"set": {"a": "b", "c": "n"}}, {"check": {"r": "c > d", "s": "n > e"}})"),
              (Places{{"steps[0].where", no_column("m")}, {"steps[1].set.a", no_column("b")}, {"steps[2].check.r", no_column("d")},
                      {"steps[2].check.s", no_column("e")}}));
    // What follows from a mistake is none.
    EXPECT_EQ(mistakes(R"({"set": {"a": "m"}}, {"where": "A > 1"}, {"set": {"b": "a + 1"}}, {"select": {"c": "b", "d": "ab"}}, {"where": "c > e"})"),
              (Places{{"steps[0].set.a", no_column("m")}, {"steps[3].select.d", no_column("ab")}}));
    EXPECT_EQ(mistakes(R"({"columns": ["knid", "n"]}, {"where": "kind = 'a' AND n > m"}, {"where": "n > m"}, {"columns": ["kind", "k"]})"),
              (Places{{"steps[0].columns[0]", no_column("knid")}, {"steps[2].where", no_column("m")}, {"steps[3].columns[1]", no_column("k")}}));
    // A column that was there before goes on as it was within the clause that makes it anew.
    EXPECT_EQ(mistakes(R"({"set": {"n": "m", "a": "n + b"}})"),
              (Places{{"steps[0].set.n", no_column("m")}, {"steps[0].set.a", no_column("b")}}));
    weir::testing::TestHost::get().add_extension(WEIR_EXT_EXPRESSION, &host::expression::expression_api());
}

TEST(Clauses, AddsWhereRowsCameFrom) {
    const std::string tag = R"({"tag": {"column": "from_", "value": "it's.errors"}})";
    Harness h(clauses_plugin(), "clauses", steps(tag), {raw()});
    ASSERT_EQ(h.start().message(), "");
    EXPECT_EQ(to_string(h.output_schema()), "{ value: string?, kind: string, n: int64, from_: string }");
    ASSERT_TRUE(h.process(R"([["1","a",10]])").ok());
    EXPECT_EQ(h.take(), (Texts{R"({"value":"1","kind":"a","n":10,"from_":"it's.errors"})"}));
    Harness taken(clauses_plugin(), "clauses", steps(R"({"tag": {"column": "kind", "value": "a"}})"), {raw()});
    EXPECT_EQ(taken.start().message(), "`a` has a column `kind` already, and `tag` adds one");
}

TEST(Clauses, LeaveNoMemoryBehind) {
    const int64_t before = weir::testing::TestHost::get().live_blocks();
    {
        Harness h(clauses_plugin(), "clauses",
                  steps(R"({"set": {"n": "value::int64", "k": "kind || '!'"}}, {"where": "n > 5 OR kind = 'a'"})"), {raw()});
        ASSERT_EQ(h.start().message(), "");
        ASSERT_TRUE(h.process(kRawRows).ok());
        h.take();
        h.take_failed();
    }
    EXPECT_EQ(weir::testing::TestHost::get().live_blocks(), before);
}

// Clauses of any shape, against the same done row by row.
TEST(Clauses, ComeToTheSameAsRowByRow) {
    for (uint32_t seed = 0; seed < 60; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](uint32_t n) { return static_cast<int64_t>(random() % n); };
        const int64_t least = below(50), divisor = below(7) - 1, most = 40 + below(60);
        Harness h(clauses_plugin(), "clauses",
                  steps(R"({"where": "n >= )" + std::to_string(least) + R"("}, {"set": {"q": "n / )" + std::to_string(divisor) +
                        R"( + m"}}, {"check": {"most": "q <= )" + std::to_string(most) + R"("}}, {"where": "m IS NOT NULL"})"),
                  {weir::testing::schema_of({{"n", "int64"}, {"m", "int64?"}})});
        ASSERT_EQ(h.start().message(), "") << seed;
        std::string rows = "[";
        Texts expected;
        size_t failed = 0, violations = 0;
        for (int64_t i = 0, count = 1 + below(1024); i < count; ++i) {
            const int64_t n = below(100), m = below(30);
            const bool null = below(10) == 0;
            rows += (i ? "," : "") + ("[" + std::to_string(n) + "," + (null ? "null" : std::to_string(m)) + "]");
            if (n < least) continue;
            const int64_t q = divisor == 0 ? 0 : n / divisor + m;
            if (divisor == 0 || null || q > most) {
                ++failed;
                violations += divisor != 0;  // also where the rule is null
            } else {
                expected.push_back("{\"n\":" + std::to_string(n) + ",\"m\":" + std::to_string(m) + ",\"q\":" + std::to_string(q) + "}");
            }
        }
        ASSERT_TRUE(h.process(rows + "]").ok()) << seed;
        EXPECT_EQ(h.take(), expected) << seed;
        EXPECT_EQ(h.take_failed().size(), failed) << seed;
        EXPECT_EQ(h.metric("check.most"), static_cast<int64_t>(violations)) << seed;
    }
}

}  // namespace
}  // namespace weir::clauses
