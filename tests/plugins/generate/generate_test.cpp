// The source itself: rate, end, splits, positions, payloads.
#include <gtest/gtest.h>

#include <set>

#include "support.hpp"

namespace weir::testing {
namespace {

constexpr int64_t kSecond = 1'000'000;
const std::string kNumbers = R"("columns":{"n":{"range":[0,12]}})";

Rows last(const Rows &rows, size_t n) { return {rows.end() - static_cast<std::ptrdiff_t>(n), rows.end()}; }

TEST(Generate, GivesTheSameRowsForTheSameSeed) {
    Rows first = all_rows("{" + kNumbers + R"(,"count":3000})");
    EXPECT_EQ(first.size(), 3000u);
    EXPECT_EQ(first, all_rows("{" + kNumbers + R"(,"count":3000})"));
    EXPECT_NE(first, all_rows("{" + kNumbers + R"(,"count":3000,"seed":2})"));
    Rows ten(first.begin(), first.begin() + 10);
    EXPECT_EQ(ten, all_rows("{" + kNumbers + R"(,"count":10})"));
}

TEST(Generate, GoesOnFromAnyPositionWithTheSameRows) {
    const std::string config = R"({"columns":{"n":{"range":[0,12]},"t":{"timestamp":{"step":1000}}},"count":100})";
    HarnessOptions options;
    options.now = 5 * kSecond;
    auto h = generate(config, options);
    ASSERT_EQ(h->start().message(), "");
    ASSERT_TRUE(h->assign(0, "0/1").ok());
    EXPECT_EQ(h->position(0), "0");
    ASSERT_TRUE(h->poll(0, 60).is_more());
    Rows head = h->take();
    std::string position = h->position(0);
    EXPECT_EQ(position, "60@5000000");
    ASSERT_TRUE(h->poll(0, 60).is_end());
    Rows rest = h->take();
    EXPECT_EQ(rest.size(), 40u);

    options.now = 9 * kSecond;  // a later start changes nothing
    auto again = generate(config, options);
    ASSERT_EQ(again->start().message(), "");
    ASSERT_TRUE(again->assign(3, "0/1", position).ok());
    ASSERT_TRUE(again->poll(3).is_end());
    EXPECT_EQ(again->take(), rest);
    EXPECT_EQ(again->position(3), "");
    EXPECT_EQ(again->assign(4, "0/1", "x").message(), "x is no position of generate");
    EXPECT_EQ(again->assign(4, "0/2").message(), "0/2 is no split of 1");
}

TEST(Generate, SharesTheSameRowsAmongSplits) {
    const std::string columns = R"("columns":{"i":{"sequence":{}},"n":{"range":[0,1000000]}},"count":1001)";
    Rows whole = all_rows("{" + columns + "}");
    auto h = generate("{" + columns + R"(,"splits":3})");
    ASSERT_EQ(h->start().message(), "");
    auto ids = h->discover();
    EXPECT_EQ(ids, (std::vector<std::string>{"0/3", "1/3", "2/3"}));
    Rows shared;
    for (uint64_t k = 0; k < ids.size(); ++k) {
        ASSERT_TRUE(h->assign(k, ids[k]).ok());
        ASSERT_TRUE(h->poll(k).is_end());
        Rows part = h->take();
        EXPECT_EQ(part.size(), k < 2 ? 334u : 333u);
        shared.insert(shared.end(), part.begin(), part.end());
    }
    EXPECT_EQ(std::set(shared.begin(), shared.end()), std::set(whole.begin(), whole.end()));
}

TEST(Generate, KeepsToItsRateByTheEnginesClock) {
    HarnessOptions options;
    options.now = 100 * kSecond;
    auto h = generate("{" + kNumbers + R"(,"rate":4})", options);
    ASSERT_EQ(h->start().message(), "");
    ASSERT_TRUE(h->assign(0, "0/1").ok());
    EXPECT_TRUE(h->poll(0).done());
    EXPECT_EQ(h->take().size(), 1u);
    EXPECT_EQ(h->wake_time(), 100 * kSecond + kSecond / 4);
    EXPECT_TRUE(h->poll(0).done());
    EXPECT_EQ(h->take().size(), 0u);
    h->options().now = 101 * kSecond;
    EXPECT_TRUE(h->poll(0, 2).is_more());
    EXPECT_TRUE(h->poll(0, 100).done());
    EXPECT_EQ(h->take().size(), 4u);
    h->options().now = 111 * kSecond;
    EXPECT_TRUE(h->poll(0).done());
    EXPECT_EQ(h->take().size(), 40u);
}

TEST(Generate, MakesRowsOfAHighRateInSteps) {
    HarnessOptions options;
    auto h = generate("{" + kNumbers + R"(,"rate":100000})", options);
    ASSERT_EQ(h->start().message(), "");
    ASSERT_TRUE(h->assign(0, "0/1").ok());
    EXPECT_TRUE(h->poll(0).done());
    EXPECT_EQ(h->wake_time(), 10'000);
    h->options().now = 10'000;
    EXPECT_TRUE(h->poll(0).done());
    EXPECT_EQ(h->take().size(), 1001u);
}

TEST(Generate, EndsAfterItsCountOrTime) {
    EXPECT_EQ(all_rows("{" + kNumbers + R"(,"count":0})").size(), 0u);
    EXPECT_EQ(all_rows("{" + kNumbers + R"(,"count":2500})").size(), 2500u);
    auto timed = generate("{" + kNumbers + R"(,"for":1000000})");
    ASSERT_EQ(timed->start().message(), "");
    ASSERT_TRUE(timed->assign(0, "0/1").ok());
    EXPECT_TRUE(timed->poll(0).is_more());
    timed->options().now = kSecond;
    EXPECT_TRUE(timed->poll(0).is_end());
    auto paced = generate("{" + kNumbers + R"(,"for":1000000,"rate":10})");
    ASSERT_EQ(paced->start().message(), "");
    ASSERT_TRUE(paced->assign(0, "0/1").ok());
    EXPECT_TRUE(paced->poll(0).done());
    paced->options().now = 60 * kSecond;
    EXPECT_TRUE(paced->poll(0).is_end());
    EXPECT_EQ(paced->take().size(), 10u);
}

TEST(Generate, EmitsPayloadsWithAShareOfCorruptOnes) {
    const std::string config =
        "{" + kNumbers + R"(,"count":10000,"format":{"codec":"text"},"corrupt":{"share":0.1,"payloads":["abc","99",""]}})";
    Rows rows = all_rows(config);
    ASSERT_EQ(rows.size(), 10'000u);
    size_t corrupt = 0;
    for (const std::string &row : rows)
        corrupt += row == R"({"payload":"abc"})" || row == R"({"payload":"99"})" || row == R"({"payload":""})";
    EXPECT_GT(corrupt, 900u);
    EXPECT_LT(corrupt, 1100u);
    EXPECT_EQ(rows, all_rows(config));
    Rows json = all_rows(R"({"columns":{"_i":{"sequence":{}},"id":{"template":"user-{_i}"},"ok":{"constant":true}},)"
                         R"("count":2,"format":{"codec":"json"}})");
    EXPECT_EQ(json, (Rows{R"({"payload":"{\"id\":\"user-0\",\"ok\":true}"})",
                          R"({"payload":"{\"id\":\"user-1\",\"ok\":true}"})"}));
}

TEST(Generate, MakesOnlyWhatIsWanted) {
    HarnessOptions options;
    options.wanted[0] = {"id"};
    auto h = generate(R"({"columns":{"a":{"sequence":{}},"id":{"template":"{a}!"},"b":{"constant":1}},"count":2})", options);
    ASSERT_EQ(h->start().message(), "");
    ASSERT_TRUE(h->assign(0, "0/1").ok());
    ASSERT_TRUE(h->poll(0).is_end());
    EXPECT_EQ(h->take(), (Rows{R"({"id":"0!"})", R"({"id":"1!"})"}));
}

TEST(Generate, KeepsBatchesOfLongTextsSmall) {
    std::string config = Json{{"columns", {{"s", {{"constant", std::string(1'000'000, 'x')}}}}}, {"count", 10}}.dump();
    auto h = generate(config);
    ASSERT_EQ(h->start().message(), "");
    ASSERT_TRUE(h->assign(0, "0/1").ok());
    ASSERT_TRUE(h->poll(0).is_more());
    EXPECT_EQ(h->take().size(), 4u);
}

TEST(Generate, SaysWhichParameterIsWrong) {
    auto error = [](const std::string &more) {
        Rows rows = all_rows("{" + kNumbers + more + "}");
        return rows.empty() ? "" : last(rows, 1)[0];
    };
    EXPECT_EQ(error(R"(,"rate":0)"), "rate: rate is rows per second: above 0, at most 1e9");
    EXPECT_EQ(error(R"(,"count":-1)"), "count: count is 0 or more");
    EXPECT_EQ(error(R"(,"splits":0)"), "splits: splits is 1 to 1024");
    EXPECT_EQ(error(R"(,"corrupt":{"share":0.1,"payloads":["x"]})"),
              "corrupt: corrupt payloads need `format`: without it, generate emits typed columns");
    EXPECT_EQ(error(R"(,"format":{"codec":"text"},"corrupt":{"share":2,"payloads":["x"]})"),
              "corrupt.share: share is 0 to 1");
    EXPECT_EQ(all_rows(R"({"columns":{"a":{"constant":1},"b":{"constant":2}},"format":{"codec":"text"}})"),
              Rows{"format: format text writes exactly one column, here are 2: { a: int64, b: int64 }"});
    EXPECT_EQ(all_rows(R"({"columns":{}})"), Rows{"columns: generate needs at least one column"});
}

}  // namespace
}  // namespace weir::testing
