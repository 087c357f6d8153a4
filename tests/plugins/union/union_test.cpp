#include <gtest/gtest.h>

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;

TEST(Union, PutsColumnsOfTheSameNamesTogether) {
    static const Plugin plugin = built_plugin("union");
    Harness h(plugin, "union", "{}", {schema_of({{"n", "int64"}, {"s", "string"}, {"_a", "int64"}}), schema_of({{"_b", "bool"}, {"s", "string?"}, {"n", "int64"}})});
    ASSERT_EQ(h.start().message(), "");
    EXPECT_EQ(to_string(h.output_schema()), "{ n: int64, s: string? }");
    EXPECT_TRUE(h.process(R"([[1,"x",0]])", 0).done());
    EXPECT_TRUE(h.process(R"([[true,null,2],[false,"y",3]])", 1).done());
    EXPECT_TRUE(h.process("[]", 1).done());
    EXPECT_EQ(h.take(), (Rows{R"({"n":1,"s":"x"})", R"({"n":2,"s":null})", R"({"n":3,"s":"y"})"}));
}

TEST(Union, RefusesUnlikeColumns) {
    static const Plugin plugin = built_plugin("union");
    auto fault = [&](Schema a, Schema b) { return Harness(plugin, "union", "{}", {std::move(a), std::move(b)}).start().message(); };
    const Schema n = schema_of({{"n", "int64"}});
    EXPECT_EQ(fault(n, schema_of({{"n", "int32"}})), "its inputs must have the same columns, and `n` is int64 in ``, and int32 in ``");
    EXPECT_EQ(fault(n, schema_of({{"m", "int64"}})), "its inputs must have the same columns, and `n` is int64 in ``, and missing in ``");
    EXPECT_EQ(fault(n, schema_of({{"n", "int64"}, {"m", "int64"}})), "its inputs must have the same columns, and `m` of `` is missing in ``");
}

}  // namespace
}  // namespace weir::testing
