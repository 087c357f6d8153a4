#include "start.hpp"

#include <gtest/gtest.h>

namespace weir::kafka {
namespace {

Start parse(const char *json) {
    auto start = Start::parse(Config::Json::parse(json));
    EXPECT_TRUE(start) << start.status().message();
    return start ? *start : Start{};
}
std::string refusal(const char *json) {
    auto start = Start::parse(Config::Json::parse(json));
    return start ? "taken" : start.status().path();
}

TEST(KafkaStart, TakesEveryForm) {
    EXPECT_EQ(parse("null"), (Start{Start::Kind::kEarliest, 0}));
    EXPECT_EQ(parse(R"("earliest")"), (Start{Start::Kind::kEarliest, 0}));
    EXPECT_EQ(parse(R"("latest")"), (Start{Start::Kind::kLatest, 0}));
    EXPECT_EQ(parse(R"("1970-01-02T00:00:01Z")"), (Start{Start::Kind::kTimestamp, 86'401'000}));
    EXPECT_EQ(parse(R"("1970-01-02T01:00:01.25+01:00")"), (Start{Start::Kind::kTimestamp, 86'401'250}));
    EXPECT_EQ(parse(R"({"timestamp":1500})"), (Start{Start::Kind::kTimestamp, 1500}));
    EXPECT_EQ(parse(R"({"timestamp":"1970-01-02T00:00:01Z"})"), (Start{Start::Kind::kTimestamp, 86'401'000}));
    EXPECT_EQ(parse(R"({"offset":5})"), (Start{Start::Kind::kOffset, 5}));
}

TEST(KafkaStart, NamesWhatIsWrong) {
    EXPECT_EQ(refusal(R"("soon")"), "start");
    EXPECT_EQ(refusal(R"("2024-05-23T12:34:56")"), "start");  // no zone
    EXPECT_EQ(refusal(R"("2024-02-30T12:34:56Z")"), "start");
    EXPECT_EQ(refusal(R"("2024-05-23T12:34:56Zx")"), "start");
    EXPECT_EQ(refusal(R"({"offset":-1})"), "start.offset");
    EXPECT_EQ(refusal(R"({"timestamp":"x"})"), "start.timestamp");
    EXPECT_EQ(refusal(R"({"offset":1,"timestamp":2})"), "start");
    EXPECT_EQ(refusal("7"), "start");
}

}  // namespace
}  // namespace weir::kafka
