#include <gtest/gtest.h>

#include <set>

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;
const Schema kSampled = schema_of({{"n", "int64"}, {"s", "string?"}, {"l", "list<int64>"}, {"_offset", "int64"}});

Rows sampled(const std::string &config, int64_t first, int64_t n, bool one_by_one = false) {
    static const Plugin plugin = built_plugin("sample");
    Harness h(plugin, "sample", config, {kSampled});
    if (Status s = h.start(); !s.ok()) return {s.path() + ": " + s.message()};
    Json rows = Json::array();
    for (int64_t i = first; i < first + n; ++i) {
        rows.push_back({i, i % 3 ? Json("s" + std::to_string(i % 10)) : Json(), {i}, i % 7});
        if (!one_by_one) continue;
        EXPECT_TRUE(h.process(rows.dump()).done());
        rows = Json::array();
    }
    if (!one_by_one) {
        EXPECT_TRUE(h.process(rows.dump()).done());
    }
    Rows out = h.take();
    EXPECT_EQ(h.metric("left_out"), n - static_cast<int64_t>(out.size()));
    return out;
}

TEST(Sample, ChoosesAShareByTheRowAndAlwaysTheSame) {
    const Rows all = sampled(R"({"share":0.1})", 0, 10'000);
    EXPECT_GT(all.size(), 900u);
    EXPECT_LT(all.size(), 1'100u);
    EXPECT_EQ(all, sampled(R"({"share":0.1})", 0, 10'000, true));
    Rows halves = sampled(R"({"share":0.1})", 0, 5'000);
    for (auto &row : sampled(R"({"share":0.1})", 5'000, 5'000)) halves.push_back(row);
    EXPECT_EQ(all, halves);
    EXPECT_NE(all, sampled(R"({"share":0.1,"seed":2})", 0, 10'000));
    EXPECT_EQ(sampled(R"({"share":1})", 0, 100).size(), 100u);
}

TEST(Sample, ChoosesValuesOfColumns) {
    const Rows rows = sampled(R"({"share":0.5,"by":["s"]})", 0, 1'000);
    std::set<std::string> values;
    for (const auto &row : rows) values.insert(Json::parse(row)["s"].dump());
    EXPECT_GT(values.size(), 1u);
    EXPECT_LT(values.size(), 11u);
    size_t expected = 0;
    for (int64_t i = 0; i < 1'000; ++i) expected += values.contains(i % 3 ? "\"s" + std::to_string(i % 10) + "\"" : "null");
    EXPECT_EQ(rows.size(), expected);
}

TEST(Sample, ChoosesEveryNth) {
    EXPECT_EQ(sampled(R"({"every":4})", 0, 10, true),
              (Rows{R"({"n":0,"s":null,"l":[0]})", R"({"n":4,"s":"s4","l":[4]})", R"({"n":8,"s":"s8","l":[8]})"}));
    EXPECT_EQ(sampled(R"({"every":1})", 0, 10).size(), 10u);
}

TEST(Sample, RefusesWhatSaysNothing) {
    EXPECT_EQ(sampled("{}", 0, 0), Rows{"share: or `every` says which rows pass: one of the two"});
    EXPECT_EQ(sampled(R"({"share":0})", 0, 0), Rows{"share: is above 0 and at most 1"});
    EXPECT_EQ(sampled(R"({"every":0})", 0, 0), Rows{"every: is 1 or more"});
    EXPECT_EQ(sampled(R"({"every":2,"by":["n"]})", 0, 0), Rows{"by: goes with `share`"});
    EXPECT_EQ(sampled(R"({"share":0.5,"by":["x"]})", 0, 0)[0].substr(0, 34), "by: the input has no column `x`; i");
}

}  // namespace
}  // namespace weir::testing
