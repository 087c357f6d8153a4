#include <gtest/gtest.h>

#include <random>

#include <weir/ext/aggregation.h>

#include "../built_plugin.hpp"
#include "../kept_blocks.hpp"
#include "host/aggregation/aggregation_api.hpp"
#include "tests/unit/aggregation/aggregation_fixture.hpp"

namespace weir::testing {
namespace {

using Lines = std::vector<std::string>;

Schema payments() {
    Schema schema = schema_of({{"k", "string?"}, {"t", "timestamp?"}, {"v", "int64?"}});
    schema.fields[1].event_time = 0;
    return schema;
}

class OverTest : public ::testing::Test {
protected:
    static constexpr int64_t kOverSecond = 1'000'000;

    Status start(const std::string &config, HarnessOptions options = {}, Schema input = payments()) {
        static const Plugin plugin = built_plugin("over");
        static const weir_aggregation_api &aggregation =
            host::aggregation::aggregation_api_with(host::aggregation::TestAggregates::get());
        TestHost::get().add_extension(WEIR_EXT_AGGREGATION, &aggregation);
        config_ = config;
        if (options.key.empty()) options.key = {"k"};
        h_ = std::make_unique<Harness>(plugin, "over", "{" + config + "}", std::vector<Schema>{std::move(input)}, std::move(options));
        if (Status s = h_->create(); !s.ok()) return s;
        if (Status s = h_->bind(); !s.ok()) return s;
        if (Status s = h_->restore(kept_.blocks()); !s.ok()) return s;
        return h_->open();
    }
    void make(const std::string &config, HarnessOptions options = {}) {
        kept_ = {};
        ASSERT_EQ(start(config, std::move(options)).message(), "");
    }
    Status restart_as(const std::string &config) {
        kept_.take(h_->snapshot(WEIR_SNAPSHOT_CHANGES));
        HarnessOptions options;
        options.now = h_->options().now;
        options.full_outbox = h_->options().full_outbox;
        return start(config, options);
    }
    void restart() { ASSERT_EQ(restart_as(std::string(config_)).message(), ""); }
    // Rows of (key, seconds, value). What came out: values alone, times in seconds.
    Lines send(const std::string &rows, uint32_t port = 0) {
        Json given = Json::parse(rows);
        for (Json &row : given)
            if (row[1].is_number()) row[1] = static_cast<int64_t>(row[1].get<double>() * kOverSecond);
        const Status status = h_->process(given.dump());
        EXPECT_TRUE(status.done()) << status.message();
        return out(port);
    }
    Lines out(uint32_t port) {
        Lines lines;
        for (const std::string &json : h_->take(port)) {
            std::string line;
            const Json parsed = Json::parse(json);
            for (const auto &[name, value] : parsed.items()) {
                std::string text = value.is_string() ? value.get<std::string>() : value.dump();
                if (text.starts_with("1970-01-01T00:")) text = std::to_string(std::stoi(text.substr(14, 2)) * 60 + std::stoi(text.substr(17, 2)));
                line += (line.empty() ? "" : " ") + text;
            }
            lines.push_back(line);
        }
        return lines;
    }
    void watermark(double seconds) { ASSERT_TRUE(h_->watermark(static_cast<int64_t>(seconds * kOverSecond)).done()); }

    std::unique_ptr<Harness> h_;
    KeptBlocks kept_;
    std::string config_;
};

const std::string kSums = R"j("columns":{"n":"count()","sum":"sum(v)"})j";

TEST_F(OverTest, AddsWhatTheLastDurationHas) {
    make(R"j("last":10000000,)j" + kSums);
    EXPECT_EQ(to_string(h_->output_schema()), "{ k: string?, t: timestamp?, v: int64?, n: int64, sum: decimal(38,0)? }");
    EXPECT_EQ(send(R"j([["a",1,1],["b",2,5],["a",5,10],["a",11,100],["a",11,1000]])j"),
              (Lines{"a 1 1 1 1", "b 2 5 1 5", "a 5 10 2 11", "a 11 100 2 110", "a 11 1000 3 1110"}));
    EXPECT_EQ(send(R"j([["a",14.9,1],["b",20,null]])j"), (Lines{"a 14 1 4 1111", "b 20 null 1 null"}));
    EXPECT_EQ(h_->metric("rows"), 7);
}

TEST_F(OverTest, AddsWhatTheLastRowsHave) {
    make(R"j("rows":3,)j" + kSums);
    EXPECT_EQ(send(R"j([["a",9,1],["a",5,10],["b",1,7],["a",1,100],["a",null,1000],["a",2,null]])j"),
              (Lines{"a 9 1 1 1", "a 5 10 2 11", "b 1 7 1 7", "a 1 100 3 111", "a null 1000 3 1110", "a 2 null 3 1100"}));
    EXPECT_EQ(h_->metric("rows"), 4);  // three of a, one of b
    make(R"j("rows":1,)j" + kSums);
    EXPECT_EQ(send(R"j([["a",9,1],["a",5,10]])j"), (Lines{"a 9 1 1 1", "a 5 10 1 10"}));
    EXPECT_EQ(h_->metric("rows"), 0);
}

TEST_F(OverTest, LeavesTheRowItselfOut) {
    make(R"j("rows":2,"exclude_current":true,)j" + kSums);
    EXPECT_EQ(send(R"j([["a",1,1],["a",1,10],["a",1,100],["a",1,1000]])j"),
              (Lines{"a 1 1 0 null", "a 1 10 1 1", "a 1 100 2 11", "a 1 1000 2 110"}));
    make(R"j("last":10000000,"exclude_current":true,)j" + kSums);
    EXPECT_EQ(send(R"j([["a",1,1],["a",5,10],["a",11,100]])j"), (Lines{"a 1 1 0 null", "a 5 10 1 1", "a 11 100 1 10"}));
}

TEST_F(OverTest, SeesTheRowBesideItsAggregates) {
    make(R"j("rows":10,"exclude_current":true,"columns":{"far_off":"v > 3 * avg(v)","share":"coalesce(v::float64 / sum(v)::float64, 1.0)"})j");
    EXPECT_EQ(send(R"j([["a",1,10],["a",1,20],["a",1,100]])j"), (Lines{"a 1 10 null 1", "a 1 20 false 2", "a 1 100 true 3.3333333333333335"}));
}

TEST_F(OverTest, TakesRowsOutOfOrderByTheirTime) {
    make(R"j("last":10000000,)j" + kSums);
    EXPECT_EQ(send(R"j([["a",5,1],["a",1,10],["a",3,100],["a",12,1000],["a",12.5,10000],["a",4,2]])j"),
              (Lines{"a 5 1 1 1", "a 1 10 1 10", "a 3 100 2 110", "a 12 1000 3 1101", "a 12 10000 4 11101", "a 4 2 3 112"}));
}

TEST_F(OverTest, DropsWhatNoRowSeesAnyMore) {
    make(R"j("last":10000000,)j" + kSums);
    send(R"j([["a",1,1],["a",5,10],["b",2,1]])j");
    watermark(12.4);
    EXPECT_EQ(h_->metric("rows"), 1);
    EXPECT_EQ(send(R"j([["a",13,100],["b",14,1]])j"), (Lines{"a 13 100 2 110", "b 14 1 1 1"}));
    watermark(60);
    EXPECT_EQ(h_->metric("rows"), 0);
    kept_.take(h_->snapshot(WEIR_SNAPSHOT_CHANGES));
    EXPECT_EQ(kept_.count(0), 0u);
}

TEST_F(OverTest, LetsRowsGoThatAreLaterThanAllowed) {
    make(R"j("last":10000000,)j" + kSums);
    send(R"j([["a",20,1]])j");
    watermark(19.9);
    EXPECT_EQ(send(R"j([["a",19.9,2],["a",19.95,4]])j"), (Lines{"a 19 4 1 4"}));
    EXPECT_EQ(out(1), (Lines{"a 19 2 0"}));
    EXPECT_EQ(h_->metric("late"), 1);
    restart();
    watermark(19.9);  // as the host does first
    EXPECT_EQ(send(R"j([["a",19.9,2]])j", 1), (Lines{"a 19 2 0"}));
    make(R"j("last":10000000,"allowed_lateness":5000000,)j" + kSums);
    send(R"j([["a",6,1],["a",20,10]])j");
    watermark(19.9);
    EXPECT_EQ(send(R"j([["a",15,100],["a",14.9,1000]])j"), (Lines{"a 15 100 2 101"}));
    EXPECT_EQ(out(1), (Lines{"a 14 1000 5000"}));
}

TEST_F(OverTest, GoesByTheClock) {
    make(R"j("last":10000000,"time":"processing",)j" + kSums);
    EXPECT_EQ(send(R"j([["a",99,1],["a",1,2]])j"), (Lines{"a 99 1 1 1", "a 1 2 2 3"}));
    h_->options().now = 9 * kOverSecond;
    EXPECT_EQ(send(R"j([["a",1,4]])j"), (Lines{"a 1 4 3 7"}));
    h_->options().now = 10 * kOverSecond;
    EXPECT_EQ(send(R"j([["a",1,8]])j"), (Lines{"a 1 8 2 12"}));
    ASSERT_TRUE(h_->wake_time().has_value());
    ASSERT_TRUE(h_->advance_to(30 * kOverSecond).done());
    EXPECT_EQ(h_->metric("rows"), 0);
}

TEST_F(OverTest, ForgetsKeysWithoutRows) {
    make(R"j("rows":3,"ttl":32000000,)j" + kSums);
    send(R"j([["a",1,1],["b",1,1]])j");
    h_->options().now = 20 * kOverSecond;
    send(R"j([["b",1,2]])j");
    ASSERT_TRUE(h_->advance_to(40 * kOverSecond).done());
    EXPECT_EQ(h_->metric("rows"), 2);
    EXPECT_EQ(send(R"j([["a",1,7],["b",1,4]])j"), (Lines{"a 1 7 1 7", "b 1 4 3 7"}));
}

TEST_F(OverTest, TellsOfRowsWithoutTimeOrResult) {
    make(R"j("last":10000000,"columns":{"r":"100 / sum(v)"})j");
    EXPECT_EQ(send(R"j([["a",1,0],["a",null,1],["a",2,5],["b",1,4]])j"), (Lines{"a 2 5 20.0", "b 1 4 25.0"}));
    const auto failed = h_->take_failed();
    ASSERT_EQ(failed.size(), 2u);
    EXPECT_EQ(failed[0].code + " " + failed[0].field, "division-by-zero r");
    EXPECT_EQ(failed[1].code + " " + failed[1].field, "event-time-missing t");
}

TEST_F(OverTest, LeavesARowOutOfFramesThatAnAggregateDoesNotTake) {
    make(R"j("rows":5,"columns":{"n":"count()","s":"sum(10 / v)"})j");
    EXPECT_EQ(send(R"j([["a",1,5],["a",1,0],["a",1,2]])j"), (Lines{"a 1 5 1 2", "a 1 2 2 7"}));
    EXPECT_EQ(h_->take_failed().at(0).code, "division-by-zero");
}

TEST_F(OverTest, KeepsListsAndWhatCannotBeTakenBack) {
    make(R"j("rows":3,"columns":{"path":"array_agg(v)","first":"first(v)","top":"max(v)"})j");
    EXPECT_EQ(send(R"j([["a",1,9],["a",1,2],["a",1,3],["a",1,4]])j"),
              (Lines{"a 1 9 [9] 9 9", "a 1 2 [9,2] 9 9", "a 1 3 [9,2,3] 9 9", "a 1 4 [2,3,4] 2 4"}));
    restart();
    EXPECT_EQ(send(R"j([["a",1,5]])j"), (Lines{"a 1 5 [3,4,5] 3 5"}));
}

TEST_F(OverTest, GoesOnAfterARestartWithOtherAggregatesOfTheSameColumns) {
    make(R"j("last":10000000,)j" + kSums);
    send(R"j([["a",1,1],["b",2,2],["a",5,10]])j");
    restart();
    EXPECT_EQ(kept_.count(0), 3u);
    EXPECT_EQ(send(R"j([["a",6,100]])j"), (Lines{"a 6 100 3 111"}));
    ASSERT_EQ(restart_as(R"j("last":10000000,"columns":{"most":"max(v)"})j").message(), "");
    EXPECT_EQ(send(R"j([["b",7,1],["a",7,5]])j"), (Lines{"b 7 1 2", "a 7 5 100"}));
    EXPECT_EQ(restart_as(R"j("last":10000000,"columns":{"keys":"count(k)"})j").message(),
              "the rows in the state have the columns { v: int64? } of a time, t, and the aggregates read { k: string? } of a time, t now. Run it as it was, or begin anew "
              "(weir apply --allow-loss, or --reset)");
}

// Beside a model that computes each frame anew.
TEST_F(OverTest, IsWhatItsFramesSay) {
    for (uint32_t seed = 0; seed < 24; ++seed) {
        std::mt19937 random(seed);
        const bool by_rows = seed % 3 == 0, exclude = seed % 2 == 0;
        const int64_t frame_rows = seed < 12 ? 4 : 90, frame_time = seed < 12 ? 20 : 300;
        const std::string aggregates = seed % 4 < 2 ? kSums : R"j("columns":{"n":"count()","sum":"sum(v)","m":"min(v)"})j";
        HarnessOptions options;
        options.full_outbox = seed % 5 == 0;
        const std::string frame = by_rows ? "\"rows\":" + std::to_string(frame_rows) : "\"last\":" + std::to_string(frame_time * kOverSecond);
        make(frame + "," + aggregates + (exclude ? R"j(,"exclude_current":true)j" : ""), options);
        std::map<std::string, std::vector<std::pair<int64_t, int64_t>>> seen;
        int64_t now = 100;
        for (int round = 0; round < 25; ++round) {
            Json rows = Json::array();
            Lines expected;
            for (auto i = random() % 40; i > 0; --i) {
                now += random() % 3;
                const std::string key(1, static_cast<char>('a' + random() % 3));
                const int64_t time = now - static_cast<int64_t>(random() % 8), value = static_cast<int64_t>(random() % 100);
                rows.push_back({key, time, value});
                auto &of_key = seen[key];
                if (!exclude) of_key.emplace_back(time, value);
                std::vector<int64_t> seen_values;
                for (size_t r = 0; r < of_key.size(); ++r)
                    if (by_rows ? r + static_cast<size_t>(frame_rows) >= of_key.size()
                                : of_key[r].first > time - frame_time && of_key[r].first <= time)
                        seen_values.push_back(of_key[r].second);
                if (exclude) of_key.emplace_back(time, value);
                int64_t sum = 0;
                for (const int64_t v : seen_values) sum += v;
                expected.push_back(key + " " + std::to_string(time) + " " + std::to_string(value) + " " + std::to_string(seen_values.size()) + " " +
                                   (seen_values.empty() ? "null" : std::to_string(sum)));
                if (seed % 4 < 2) continue;
                const auto least = std::min_element(seen_values.begin(), seen_values.end());
                expected.back() += " " + (seen_values.empty() ? "null" : std::to_string(*least));
            }
            ASSERT_EQ(send(rows.dump()), expected) << "seed " << seed << ", round " << round;
            if (random() % 3 == 0) watermark(static_cast<double>(now - 8));
            if (random() % 4 == 0) restart();
        }
        ASSERT_TRUE(h_->take_failed().empty());
    }
}

TEST_F(OverTest, SaysWhatIsWrong) {
    const auto message = [&](const std::string &config) {
        const Status status = start(config);
        return status.path() + ": " + status.message();
    };
    EXPECT_EQ(message(kSums), ": the frame is `last`, a time such as 10m, or `rows`, a number of rows: give one of them");
    EXPECT_EQ(message(R"j("last":1,"rows":1,)j" + kSums), ": the frame is `last`, a time such as 10m, or `rows`, a number of rows: give one of them");
    EXPECT_EQ(message(R"j("last":0,)j" + kSums), "last: is a time above 0, such as 10m");
    EXPECT_EQ(message(R"j("rows":0,)j" + kSums), "rows: is a number of rows above 0");
    EXPECT_EQ(message(R"j("rows":1,"allowed_lateness":1,)j" + kSums), "allowed_lateness: is a time above 0 that belongs to `last` on event time");
    EXPECT_EQ(message(R"j("last":1,"ttl":1,)j" + kSums), "ttl: belongs to `rows`: with `last` what is older goes by itself");
    EXPECT_EQ(message(R"j("last":1,"time_column":"v",)j" + kSums), "time_column: `v` is int64, and a time is a timestamp");
    EXPECT_EQ(message(R"j("rows":1,"columns":{"v":"count()"})j"),
              "columns.v: the input has a column `v`, which goes out as well: give it another name");
    EXPECT_EQ(start(R"j("last":1,)j" + kSums, {}, schema_of({{"k", "string"}, {"v", "int64"}})).message(),
              "no column of the input is its event time: it is { k: string, v: int64 }. Give the source `event_time: { column: … }`, or say "
              "`time: processing`");
}

}  // namespace
}  // namespace weir::testing
