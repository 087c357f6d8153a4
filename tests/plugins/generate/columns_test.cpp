// What the columns hold.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <regex>

#include "support.hpp"

namespace weir::testing {
namespace {

// The values of one column `v`, as JSON.
std::vector<Json> values(const std::string &spec, int count, std::string *type = nullptr) {
    auto h = generate(R"({"columns":{"v":)" + spec + R"(},"count":)" + std::to_string(count) + "}");
    Status status = h->start();
    EXPECT_EQ(status.message(), "") << spec;
    if (!status.ok()) return {};
    if (type) *type = to_string(h->output_schema());
    EXPECT_TRUE(h->assign(0, "0/1").ok());
    while (h->poll(0).is_more()) continue;
    std::vector<Json> out;
    for (const std::string &row : h->take()) out.push_back(Json::parse(row)["v"]);
    return out;
}

std::string refusal(const std::string &columns) { return all_rows(R"({"columns":)" + columns + "}").at(0); }

TEST(GenerateColumns, RangesOfMoreThanHalfOfAllIntegersAreUniform) {
    int lower = 0;
    for (const Json &v : values(R"({"range":[-9223372036854775808,1000]})", 10'000)) {
        ASSERT_LE(v.get<int64_t>(), 1000);
        lower += v.get<int64_t>() < INT64_MIN / 2;
    }
    EXPECT_NEAR(lower, 5000, 300);
}

TEST(GenerateColumns, RangesAreUniformAndIncludeBothEnds) {
    std::map<int64_t, int> seen;
    for (const Json &v : values(R"({"range":[0,12]})", 13'000)) ++seen[v.get<int64_t>()];
    ASSERT_EQ(seen.size(), 13u);
    for (auto [value, count] : seen) EXPECT_NEAR(count, 1000, 150) << value;
    std::string type;
    for (const Json &v : values(R"({"range":[0.5,1.5]})", 100, &type)) EXPECT_TRUE(v >= 0.5 && v < 1.5);
    EXPECT_EQ(type, "{ v: float64 }");
    for (const Json &v : values(R"j({"range":[0.01,0.03],"type":"decimal(9,2)"})j", 100, &type))
        EXPECT_TRUE(v == 0.01 || v == 0.02 || v == 0.03) << v;
    for (const Json &v : values(R"({"range":[-9223372036854775808,9223372036854775807]})", 100)) EXPECT_TRUE(v.is_number());
    EXPECT_EQ(values(R"({"range":[200,200],"type":"uint8"})", 2), (std::vector<Json>{200, 200}));
}

TEST(GenerateColumns, ListsGiveTheirValuesByWeight) {
    std::map<std::string, int> seen;
    std::string type;
    for (const Json &v : values(R"({"list":["a","b",null],"weights":[3,1,1]})", 5000, &type)) ++seen[v.dump()];
    EXPECT_NEAR(seen["\"a\""], 3000, 200);
    EXPECT_NEAR(seen["\"b\""], 1000, 150);
    EXPECT_NEAR(seen["null"], 1000, 150);
    EXPECT_EQ(type, "{ v: string? }");
    EXPECT_EQ(values(R"({"list":["b"],"weights":[1]})", 1), std::vector<Json>{"b"});
    EXPECT_EQ(values(R"({"constant":1.5})", 2), (std::vector<Json>{1.5, 1.5}));
    values(R"({"constant":true,"type":"bool"})", 1, &type);
    EXPECT_EQ(type, "{ v: bool }");
}

TEST(GenerateColumns, DistributionsHaveTheirShape) {
    double sum = 0, squares = 0;
    for (const Json &v : values(R"({"normal":{"mean":10,"stddev":2}})", 20'000)) {
        sum += v.get<double>();
        squares += v.get<double>() * v.get<double>();
    }
    double mean = sum / 20'000;
    EXPECT_NEAR(mean, 10, 0.1);
    EXPECT_NEAR(std::sqrt(squares / 20'000 - mean * mean), 2, 0.1);
    for (const Json &v : values(R"({"normal":{"mean":120,"stddev":50},"type":"int8"})", 500))
        EXPECT_TRUE(v >= -128 && v <= 127);
    std::map<int64_t, int> seen;
    for (const Json &v : values(R"({"zipf":{"n":100,"s":1}})", 50'000)) ++seen[v.get<int64_t>()];
    double harmonic = 0;
    for (int k = 1; k <= 100; ++k) harmonic += 1.0 / k;
    for (int k : {1, 2, 3, 10, 50}) EXPECT_NEAR(seen[k], 50'000 / harmonic / k, 50'000 / harmonic / k * 0.2 + 30) << k;
    EXPECT_EQ(seen.begin()->first, 1);
    EXPECT_LE(seen.rbegin()->first, 100);
}

TEST(GenerateColumns, SequencesAndTimestampsAdvance) {
    EXPECT_EQ(values(R"({"sequence":{"start":5,"step":-2}})", 3), (std::vector<Json>{5, 3, 1}));
    EXPECT_EQ(values(R"({"timestamp":{"start":"2024-05-23T12:34:56Z","step":1500000}})", 2),
              (std::vector<Json>{"2024-05-23T12:34:56Z", "2024-05-23T12:34:57.500000Z"}));
    EXPECT_EQ(values(R"({"timestamp":{"start":"2024-05-23"}})", 2),
              (std::vector<Json>{"2024-05-23T00:00:00Z", "2024-05-23T00:00:00.001000Z"}));
    bool early = false;
    for (const Json &v : values(R"({"timestamp":{"start":"2024-05-23T00:00:10Z","step":0,"jitter":10000000}})", 50)) {
        EXPECT_GE(v.get<std::string>(), "2024-05-23T00:00:00");
        EXPECT_LE(v.get<std::string>(), "2024-05-23T00:00:10Z");
        early |= v.get<std::string>() < "2024-05-23T00:00:05";
    }
    EXPECT_TRUE(early);
}

TEST(GenerateColumns, TemplatesReferToWhatStandsBeforeThem) {
    EXPECT_EQ(all_rows(R"j({"columns":{"a":{"sequence":{"start":7}},"d":{"constant":1.25,"type":"decimal(9,2)"},)j"
                       R"("t":{"timestamp":{"start":"2024-05-23T00:00:00Z"}},"s":{"constant":"x\"y"},)"
                       R"("v":{"template":"{{{row}}} {a}-{d}-{t}-{s}"}},"count":1})"),
              Rows{R"({"a":7,"d":1.25,"t":"2024-05-23T00:00:00Z","s":"x\"y",)"
                   R"("v":"{0} 7-1.25-2024-05-23T00:00:00Z-x\"y"})"});
}

TEST(GenerateColumns, MakeTextsThatLookReal) {
    const std::pair<const char *, const char *> kinds[] = {
        {"first_name", "[^ ]+"},
        {"last_name", "[^ ]+"},
        {"name", "[^ ]+ [^ ]+"},
        {"email", "[a-z]+\\.[a-z]+[0-9]{1,3}@example\\.com"},
        {"city", "[^ ]+"},
        {"country", "[A-Z]{2}"},
        {"company", "[^ ]+ [A-Z][a-z]+"},
        {"word", "[a-z]+"},
        {"sentence", "[A-Z][a-z]*( [a-z]+){3,10}\\."},
        {"uuid", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"},
        {"ipv4", "10(\\.[0-9]{1,3}){3}"},
    };
    for (auto [kind, pattern] : kinds) {
        const std::string config = R"({"columns":{"v":{"fake":")" + std::string(kind) + R"("}},"count":500})";
        const Rows rows = all_rows(config);
        ASSERT_EQ(rows.size(), 500u) << rows[0];
        EXPECT_EQ(rows, all_rows(config));
        std::map<std::string, int> counts;
        for (const auto &row : rows) {
            const auto value = Json::parse(row)["v"].get<std::string>();
            EXPECT_TRUE(std::regex_match(value, std::regex(pattern))) << kind << ": " << value;
            ++counts[value];
        }
        EXPECT_GT(counts.size(), 15u) << kind;
    }
    EXPECT_EQ(refusal(R"({"v":{"fake":"name","type":"int64"}})"), "columns.v.type: a name or a word is string");
}

TEST(GenerateColumns, SayWhatIsWrong) {
    EXPECT_EQ(refusal(R"({"v":{}})"),
              "columns.v: column `v` needs exactly one of range, list, normal, zipf, sequence, timestamp, template, "
              "fake, constant");
    EXPECT_EQ(refusal(R"({"v":{"range":[1,2],"list":[1]}})").substr(0, 37), "columns.v: column `v` needs exactly o");
    EXPECT_EQ(refusal(R"({"v":{"range":[2,1]}})"),
              "columns.v.range: the lowest value of the range is above the highest");
    EXPECT_EQ(refusal(R"({"v":{"range":[0,300],"type":"int8"}})"), "columns.v.range: the range does not fit int8");
    EXPECT_EQ(refusal(R"({"v":{"range":[0,18446744073709551615]}})"),
              "columns.v.range: a range of whole numbers has two whole bounds within int64");
    EXPECT_EQ(refusal(R"({"v":{"range":[0,1],"type":"string"}})"), "columns.v.type: a range makes numbers, not string");
    EXPECT_EQ(refusal(R"({"v":{"list":[1,"a"],"type":"int64"}})"), "columns.v.list: `\"a\"` is no int64");
    EXPECT_EQ(refusal(R"({"v":{"list":[1,2],"weights":[1]}})"),
              "columns.v.weights: weights go with list: one for each of its 2 values");
    EXPECT_EQ(refusal(R"({"v":{"template":"{x}"}})"),
              "columns.v.template: `{x}` is neither {row} nor a column that stands before this one");
    EXPECT_EQ(refusal(R"({"v":{"template":"a{b"}})"),
              "columns.v.template: `a{b` has a brace without its other one; {{ and }} stand for braces");
    EXPECT_EQ(refusal(R"({"v":{"timestamp":{"start":"soon"}}})"),
              "columns.v.timestamp.start: `soon` is neither `now` nor a time such as 2024-05-23T12:34:56Z");
    EXPECT_EQ(refusal(R"({"v":{"zipf":{"n":0}}})"), "columns.v.zipf.n: zipf needs n from 1 to 2^50, within int64");
    EXPECT_EQ(refusal(R"({"v":{"constant":1,"type":"list<int64>"}})"),
              "columns.v.type: generate makes no lists, structs or maps");
}

}  // namespace
}  // namespace weir::testing
