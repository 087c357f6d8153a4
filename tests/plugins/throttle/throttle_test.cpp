#include <gtest/gtest.h>

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

constexpr int64_t kSecond = 1'000'000;
const Schema kNumbered = schema_of({{"n", "int64"}});

std::unique_ptr<Harness> throttle(const std::string &config, HarnessOptions options = {}) {
    static const Plugin plugin = built_plugin("throttle");
    auto h = std::make_unique<Harness>(plugin, "throttle", config, std::vector<Schema>{kNumbered}, options);
    EXPECT_EQ(h->start().message(), "");
    return h;
}

std::string numbers(int first, int n) {
    Json rows = Json::array();
    for (int i = first; i < first + n; ++i) rows.push_back({i});
    return rows.dump();
}

// How many rows pass until it says that it is ready again, by the times at which it asks to be woken.
std::vector<std::pair<int64_t, size_t>> let_pass(Harness &h, Status status) {
    std::vector<std::pair<int64_t, size_t>> passed;
    for (;;) {
        if (size_t n = h.take().size()) passed.emplace_back(h.options().now, n);
        if (!status.is_pending()) return passed;
        h.options().now = h.wake_time().value();
        (void)h.advance_to(h.options().now);  // takes the wake
        status = h.resume();
    }
}

TEST(Throttle, LetsRowsPassAtItsPace) {
    auto h = throttle(R"({"rate":4})");
    EXPECT_EQ(let_pass(*h, h->process(numbers(0, 3))),
              (std::vector<std::pair<int64_t, size_t>>{{0, 1}, {kSecond / 4, 1}, {kSecond / 2, 1}}));
    h->options().now = 10 * kSecond;  // a pause saves nothing up
    EXPECT_EQ(let_pass(*h, h->process(numbers(3, 2))),
              (std::vector<std::pair<int64_t, size_t>>{{10 * kSecond, 1}, {10 * kSecond + kSecond / 4, 1}}));
    EXPECT_EQ(h->metric("waited_ms"), 750);
}

TEST(Throttle, LetsABurstPassBehindAPause) {
    auto h = throttle(R"({"rate":10,"burst":5})");
    auto passed = let_pass(*h, h->process(numbers(0, 7)));
    EXPECT_EQ(passed.front(), (std::pair<int64_t, size_t>{0, 5}));
    EXPECT_EQ(passed.back().first, kSecond / 5);
}

TEST(Throttle, KeepsHighRatesInSteps) {
    auto h = throttle(R"({"rate":100000})");
    size_t rows = 0, steps = 0;
    for (int batch = 0; batch < 10; ++batch)
        for (auto [time, n] : let_pass(*h, h->process(numbers(0, 1000)))) rows += n, ++steps;
    EXPECT_EQ(rows, 10'000u);
    EXPECT_NEAR(static_cast<double>(h->options().now), 90'000, 10'000);  // the first 1,000 are a burst
    EXPECT_LT(steps, 25u);
}

TEST(Throttle, SharesItsPaceAmongWorkers) {
    HarnessOptions second;
    second.worker = 1;
    auto a = throttle(R"({"rate":2})"), b = throttle(R"({"rate":2})", second);
    EXPECT_TRUE(a->process(numbers(0, 1)).done());
    EXPECT_TRUE(b->process(numbers(0, 1)).is_pending());
    EXPECT_EQ(b->wake_time(), kSecond / 2);
}

TEST(Throttle, LosesNothingWhereThereIsNoRoom) {
    HarnessOptions options;
    options.full_outbox = true;
    auto h = throttle(R"({"rate":1000000,"burst":3})", options);
    Status status = h->process(numbers(0, 10));
    std::vector<std::string> rows = h->take();
    while (status.is_pending()) {
        h->options().now = *h->wake_time();
        (void)h->advance_to(h->options().now);
        status = h->resume();
        for (auto &row : h->take()) rows.push_back(row);
    }
    EXPECT_EQ(rows.size(), 10u);
    EXPECT_EQ(rows.back(), R"({"n":9})");
}

}  // namespace
}  // namespace weir::testing
