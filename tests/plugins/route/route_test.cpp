#include <gtest/gtest.h>

#include <weir/ext/expression.h>

#include "host/expression/expression_api.hpp"

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

using Ports = std::vector<std::vector<std::string>>;

const Schema kRouted = schema_of({{"n", "int64?"}, {"s", "string"}});

std::unique_ptr<Harness> route(const std::string &config, HarnessOptions options = {}) {
    static const Plugin plugin = built_plugin("route");
    TestHost::get().add_extension(WEIR_EXT_EXPRESSION, &host::expression::expression_api());
    return std::make_unique<Harness>(plugin, "route", config, std::vector<Schema>{kRouted}, std::move(options));
}

// Column n of what came to each port.
Ports numbers_of(Harness &h, uint32_t ports) {
    Ports out(ports);
    for (uint32_t port = 0; port < ports; ++port)
        for (const auto &row : h.take(port)) out[port].push_back(Json::parse(row)["n"].dump());
    return out;
}

const std::string kTo = R"("to":{"large":"n > 100","even":"n % 2 = 0","odd":"10 / (n - 7) IS NOT NULL AND n % 2 = 1"})";

TEST(Route, SendsARowToTheFirstPortWhoseConditionIsTrue) {
    auto h = route("{" + kTo + R"(,"match":"first"})");
    ASSERT_EQ(h->start().message(), "");
    EXPECT_TRUE(h->process(R"([[102,"a"],[2,"b"],[3,"c"],[null,"d"],[7,"e"],[-1,"f"]])").done());
    EXPECT_EQ(numbers_of(*h, 4), (Ports{{"102"}, {"2"}, {"3"}, {"null", "-1"}}));
    const auto failed = h->take_failed();
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].code, "division-by-zero");
    EXPECT_EQ(failed[0].field, "odd");
    EXPECT_EQ(failed[0].payload, R"({"n":7,"s":"e"})");
    EXPECT_TRUE(h->process(R"([[4,"a"],[6,"b"]])").done());
    EXPECT_EQ(numbers_of(*h, 4), (Ports{{}, {"4", "6"}, {}, {}}));
}

TEST(Route, SendsARowToAllPortsWhoseConditionsAreTrue) {
    auto h = route(R"({"to":{"large":"n > 100","even":"n % 2 = 0","any":"10 / (n - 107) IS NOT NULL"},"match":"all"})");
    ASSERT_EQ(h->start().message(), "");
    EXPECT_TRUE(h->process(R"([[102,"a"],[103,"b"],[107,"e"],[null,"d"],[2,"f"]])").done());
    EXPECT_EQ(numbers_of(*h, 4), (Ports{{"102", "103"}, {"102", "2"}, {"102", "103", "2"}, {"null"}}));
    EXPECT_EQ(h->take_failed().size(), 1u);  // 107, which was large
}

TEST(Route, ReadsWhatItsConditionsAndReadersRead) {
    HarnessOptions options;
    options.wanted = {{0, {"s"}}, {1, {}}};
    auto h = route(R"({"to":{"large":"n > 100"}})", std::move(options));
    ASSERT_EQ(h->start().message(), "");
    EXPECT_EQ(to_string(h->output_schema(0)), "{ s: string }");
    EXPECT_EQ(to_string(h->output_schema(1)), "{ }");
    auto reads = *h->reads();
    std::sort(reads.begin(), reads.end());
    EXPECT_EQ(reads, (std::vector<std::string>{"n", "s"}));
}

TEST(Route, RefusesWhatIsNoCondition) {
    const auto fault = [](const std::string &config) {
        const Status status = route(config)->start();
        return status.path() + ": " + status.message();
    };
    EXPECT_EQ(fault(R"({"to":{"a":"n > 1","b":"m > 1","c":"x"}})"), "to.b: there is no column `m`");
    EXPECT_EQ(fault(R"({"to":{"a":"n"}})"), "to.a: this is int64, and a condition is true or false");
}

}  // namespace
}  // namespace weir::testing
