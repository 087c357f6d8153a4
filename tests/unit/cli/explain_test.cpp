// `weir explain` and `weir graph` from outside: whole outputs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

constexpr const char* kPairs =
    "name: pairs\n"
    "parameters: { sum: 12, note: { type: string, default: x, secret: true } }\n"
    "nodes:\n"
    "  raw: { generate: { columns: { n: { sequence: {} } }, count: 3 } }\n"
    "  matched: { from: raw, pair_match: { value: n, sum: $sum } }\n"
    "  shown: { from: matched, console: json }\n"
    "  failed: { from: matched.errors, console: json }\n";

class Explain : public testing::Test {
protected:
    void SetUp() override { folder_.write("t.yaml", kPairs); }
    Folder folder_;
};

TEST_F(Explain, ShowsTypesKeysStateAndWhereParametersComeFrom) {
    const Outcome got = weir({"explain", "t.yaml", "--set", "sum=10"}, folder_.path());
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.out, R"()");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Explain, SaysTheSameAsJson) {
    const auto all = nlohmann::json::parse(weir({"explain", "t.yaml", "--format", "json"}, folder_.path()).out);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0]["parameters"][1]["value"], "***");
    EXPECT_EQ(all[0]["nodes"][1]["inputs"], nlohmann::json::parse(R"([{"node":"raw","port":"out","as":"in","routing":"key"}])"));
    EXPECT_EQ(all[0]["nodes"][0]["outputs"][0]["readers"], nlohmann::json::parse(R"(["matched"])"));
    EXPECT_EQ(all[0]["nodes"][0]["unread_errors"], "the topology stops");
}

TEST_F(Explain, RefusesWhatLintRefuses) {
    const Outcome got = weir({"explain", "t.yaml", "--set", "smu=10"}, folder_.path());
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, testing::HasSubstr("error[unknown-parameter]"));
    EXPECT_EQ(got.code, 2);
}

TEST_F(Explain, DrawsGraphs) {
    EXPECT_EQ(weir({"graph", "t.yaml"}, folder_.path()).out, R"()");
    EXPECT_EQ(weir({"graph", "t.yaml", "--format", "dot"}, folder_.path()).out, R"()");
}

}  // namespace
}  // namespace weir::test
