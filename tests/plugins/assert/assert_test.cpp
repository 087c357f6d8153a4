#include <gtest/gtest.h>

#include <weir/ext/expression.h>

#include "host/expression/expression_api.hpp"

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

const Schema kAsserted = schema_of({{"n", "int64?"}, {"x", "float64"}, {"d", "decimal(9,2)?"}, {"u", "uint64"}, {"s", "string?"}});

std::string outcome(const std::string &config, const std::string &rows) {
    static const Plugin plugin = built_plugin("assert");
    TestHost::get().add_extension(WEIR_EXT_EXPRESSION, &host::expression::expression_api());
    Harness h(plugin, "assert", config, {kAsserted});
    if (Status s = h.start(); !s.ok()) return s.path() + ": " + s.message();
    Status status = h.process(rows);
    return status.ok() ? std::to_string(h.take().size()) + " passed" : status.message();
}

TEST(Assert, LetsRowsPassThatAreAsTheyMustBe) {
    EXPECT_EQ(outcome(R"({"not_null":["s","n"],"in_range":{"n":{"min":0,"max":10},"d":{"max":1.5}}})",
                      R"([[0,1,"1.50",1,"a"],[10,1,null,1,""]])"), "2 passed");
    EXPECT_EQ(outcome(R"({"not_null":"s"})", "[]"), "0 passed");
}

TEST(Assert, EndsTheRunWithTheRow) {
    EXPECT_EQ(outcome(R"({"not_null":["s"]})", R"([[0,1,null,1,"a"],[1,1,null,1,null]])"),
              "a row breaks what is asserted: `s` is null. The row, as far as it is read: {\"n\":1,\"x\":1,\"d\":null,\"u\":1,\"s\":null}");
    auto why = [](const std::string &ranges, const std::string &rows) {
        std::string text = outcome("{\"in_range\":" + ranges + "}", rows);
        return text.substr(0, text.find(". The row"));
    };
    const std::string is = "a row breaks what is asserted: ";
    EXPECT_EQ(why(R"({"n":{"min":0,"max":10}})", R"([[11,1,null,1,null]])"), is + "`n` is 11, and must be from 0 to 10");
    EXPECT_EQ(why(R"({"d":{"min":1.5}})", R"([[0,1,"1.49",1,null]])"), is + "`d` is 1.49, and must be at least 1.5");
    EXPECT_EQ(why(R"({"u":{"max":1000}})", R"([[0,1,null,18446744073709551615,null]])"), is + "`u` is 18446744073709551615, and must be at most 1000");
    const std::string long_row = outcome(R"({"not_null":"n"})", Json{{nullptr, 1, nullptr, 1, std::string(2000, 'y')}}.dump());
    EXPECT_LT(long_row.size(), 700u);
}

TEST(Assert, LooksAtConditionsByName) {
    auto why = [](const std::string &that, const std::string &rows) {
        std::string text = outcome("{\"that\":" + that + "}", rows);
        return text.substr(0, text.find(". The row"));
    };
    const std::string is = "a row breaks what is asserted: ";
    const std::string both = R"({"small":"n < u","known":"s IS NOT NULL AND 10 / (x - 1) > 0"})";
    EXPECT_EQ(why(both, R"([[0,2,null,1,"a"],[1,2,null,7,"b"]])"), "2 passed");
    EXPECT_EQ(why(both, R"([[0,2,null,1,"a"],[7,2,null,7,"b"],[9,2,null,7,"c"]])"), is + "`small` (n < u) is false");
    EXPECT_EQ(why(both, R"([[null,2,null,1,"a"]])"), is + "`small` (n < u) is null");
    EXPECT_EQ(why(both, R"([[0,2,null,1,null]])"), is + "`known` (s IS NOT NULL AND 10 / (x - 1) > 0) is false");
    EXPECT_EQ(why(both, R"([[0,1,null,1,"a"]])"), is + "`known` (s IS NOT NULL AND 10 / (x - 1) > 0) fails: division-by-zero: 10 / 0");
    EXPECT_EQ(why(R"({"limit":{"text":"n < $max","parameters":{"max":{"type":"int64","value":5}}}})", R"([[5,2,null,1,"a"]])"),
              is + "`limit` (n < $max) is false");
    EXPECT_EQ(why(R"({"small":"m < 1"})", "[]"), "that.small: there is no column `m`");
}

TEST(Assert, RefusesWhatAssertsNothing) {
    EXPECT_EQ(outcome("{}", "[]"), ": asserts nothing: it needs `that`, `not_null` or `in_range`");
    EXPECT_EQ(outcome(R"({"in_range":{"n":{}}})", "[]"), "in_range.n: needs `min`, `max` or both");
    EXPECT_EQ(outcome(R"({"in_range":{"s":{"min":1}}})", "[]"), "in_range.s: `s` is string, and no number");
}

}  // namespace
}  // namespace weir::testing
