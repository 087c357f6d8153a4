#include <gtest/gtest.h>

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;
constexpr int64_t kMinute = 60'000'000;
const Schema kKeyed = schema_of({{"k", "string?"}, {"n", "int64"}});
const Schema kTimed = schema_of({{"k", "string"}, {"t", "timestamp"}});

std::unique_ptr<Harness> dedup(const std::string &config, Schema input, HarnessOptions options = {}) {
    static const Plugin plugin = built_plugin("dedup");
    if (options.key.empty()) options.key = {"k"};
    return std::make_unique<Harness>(plugin, "dedup", config, std::vector<Schema>{std::move(input)}, options);
}

TEST(Dedup, LetsTheFirstRowOfAKeyPassUntilItsTimeIsOver) {
    auto h = dedup(R"({"within":60000000})", kKeyed);
    ASSERT_EQ(h->start().message(), "");
    EXPECT_TRUE(h->process(R"([["a",1],["b",2],["a",3],[null,4],[null,5]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"k":"a","n":1})", R"({"k":"b","n":2})", R"({"k":null,"n":4})"}));
    h->options().now = kMinute - 1;
    EXPECT_TRUE(h->process(R"([["a",6]])").done());
    EXPECT_EQ(h->take(), Rows());
    h->options().now = kMinute;  // since the row that passed, whatever came meanwhile
    EXPECT_TRUE(h->process(R"([["a",7],["a",8]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"k":"a","n":7})"}));
    EXPECT_TRUE(h->process("[]").done());
    EXPECT_EQ(h->metric("duplicates"), 4);
}

TEST(Dedup, GoesByTheRowsTimeWhereAColumnHasIt) {
    auto h = dedup(R"({"within":60000000,"time":"t"})", kTimed);
    ASSERT_EQ(h->start().message(), "");
    EXPECT_TRUE(h->process(R"([["a",100000000],["a",159999999],["a",90000000],["a",160000000]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"k":"a","t":"1970-01-01T00:01:40Z"})", R"({"k":"a","t":"1970-01-01T00:02:40Z"})"}));
}

TEST(Dedup, RemembersOverARestart) {
    HarnessOptions options;
    auto first = dedup(R"({"within":60000000})", kKeyed, options);
    options.state = first->options().state;
    ASSERT_TRUE(first->start().ok());
    EXPECT_TRUE(first->process(R"([["a",1]])").done());
    first.reset();
    auto h = dedup(R"({"within":60000000})", kKeyed, options);
    ASSERT_TRUE(h->start().ok());
    EXPECT_TRUE(h->process(R"([["a",2],["b",3]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"k":"b","n":3})"}));
}

TEST(Dedup, RefusesATimeThatIsNone) {
    EXPECT_EQ(dedup(R"({"within":0})", kKeyed)->start().message(), "is a time above 0");
    EXPECT_EQ(dedup(R"({"within":1,"time":"x"})", kKeyed)->start().message(), "the input has no column `x`; it has { k: string?, n: int64 }");
    EXPECT_EQ(dedup(R"({"within":1,"time":"n"})", kKeyed)->start().message(), "`n` is int64, and a time is a timestamp that is never null");
    EXPECT_EQ(dedup(R"({"within":1,"time":"t"})", schema_of({{"k", "string"}, {"t", "timestamp?"}}))->start().message(),
              "`t` is timestamp?, and a time is a timestamp that is never null");
}

}  // namespace
}  // namespace weir::testing
