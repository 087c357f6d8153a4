#include <gtest/gtest.h>

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;
const Schema kNested = schema_of({{"id", "int64"}, {"items", "list<string?>?"}, {"s", "string"}});
const Schema kStructs = schema_of({{"id", "int64"}, {"items", "list<struct<sku: string, n: int64?>>"}});

std::unique_ptr<Harness> unnest(const std::string &config, Schema input = kNested, HarnessOptions options = {}) {
    static const Plugin plugin = built_plugin("unnest");
    return std::make_unique<Harness>(plugin, "unnest", config, std::vector<Schema>{std::move(input)}, options);
}

TEST(Unnest, GivesARowForEachElement) {
    auto h = unnest(R"({"column":"items"})");
    ASSERT_EQ(h->start().message(), "");
    EXPECT_EQ(to_string(h->output_schema()), "{ id: int64, items: string?, s: string }");
    EXPECT_TRUE(h->process(R"([[1,["a",null],"x"],[2,[],"y"],[3,null,"z"],[4,["b"],"w"]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"id":1,"items":"a","s":"x"})", R"({"id":1,"items":null,"s":"x"})", R"({"id":4,"items":"b","s":"w"})"}));
    EXPECT_EQ(h->metric("empty"), 2);
}

TEST(Unnest, KeepsRowsWithoutElementsWhereToldSo) {
    auto h = unnest(R"({"column":"items","as":"item","position":"at","keep_empty":true})");
    ASSERT_EQ(h->start().message(), "");
    EXPECT_TRUE(h->process(R"([[1,["a","b"],"x"],[2,[],"y"],[3,null,"z"]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"id":1,"item":"a","s":"x","at":1})", R"({"id":1,"item":"b","s":"x","at":2})",
                               R"({"id":2,"item":null,"s":"y","at":null})", R"({"id":3,"item":null,"s":"z","at":null})"}));
}

TEST(Unnest, MakesColumnsOfMembers) {
    auto h = unnest(R"({"column":"items","flatten":true})", kStructs);
    ASSERT_EQ(h->start().message(), "");
    EXPECT_TRUE(h->process(R"([[1,[{"sku":"a","n":1},{"sku":"b","n":null}]]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"id":1,"sku":"a","n":1})", R"({"id":1,"sku":"b","n":null})"}));
}

TEST(Unnest, GivesManyElementsInBatchesAndLosesNoneWhereThereIsNoRoom) {
    for (bool full : {false, true}) {
        HarnessOptions options;
        options.full_outbox = full;
        auto h = unnest(R"({"column":"items"})", kNested, options);
        ASSERT_TRUE(h->start().ok());
        Json items = Json::array();
        for (int i = 0; i < 2500; ++i) items.push_back(std::to_string(i));
        EXPECT_TRUE(h->process(Json{{1, items, "x"}, {2, {"last"}, "y"}}.dump()).done());
        const Rows rows = h->take();
        EXPECT_EQ(rows.size(), 2501u);
        EXPECT_EQ(rows[2499], R"({"id":1,"items":"2499","s":"x"})");
        EXPECT_EQ(rows[2500], R"({"id":2,"items":"last","s":"y"})");
        EXPECT_EQ(h->batches(), 3u);
    }
}

TEST(Unnest, ReadsOnlyWhatIsRead) {
    HarnessOptions options;
    options.wanted = {{0, {"s"}}};
    auto h = unnest(R"({"column":"items"})", kNested, options);
    ASSERT_TRUE(h->start().ok());
    EXPECT_EQ(h->reads(), (Rows{"items", "s"}));
    EXPECT_TRUE(h->process(R"([[1,["a","b"],"x"]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"s":"x"})", R"({"s":"x"})"}));
}

TEST(Unnest, RefusesWhatIsNoList) {
    EXPECT_EQ(unnest(R"({"column":"x"})")->start().message(), "the input has no column `x`; it has { id: int64, items: list<string?>?, s: string }");
    EXPECT_EQ(unnest(R"({"column":"id"})")->start().message(), "`id` is int64, and must be a list");
    EXPECT_EQ(unnest(R"({"column":"items","as":"id"})")->start().message(), "there are two columns `id`");
    EXPECT_EQ(unnest(R"({"column":"items","flatten":true})")->start().message(), "the elements of `items` are string, and only structs have members");
}

}  // namespace
}  // namespace weir::testing
