#include <gtest/gtest.h>

#include "../built_plugin.hpp"
#include "../kept_blocks.hpp"

namespace weir::testing {
namespace {

using Lines = std::vector<std::string>;

Schema sales() {
    Schema schema = schema_of({{"shop", "string"}, {"product", "string?"}, {"sold", "int64?"}, {"window_end", "timestamp?"}});
    schema.fields[3].event_time = -1;
    return schema;
}

class TopTest : public ::testing::Test {
protected:
    static constexpr int64_t kTopSecond = 1'000'000;

    Status start(const std::string &config, HarnessOptions options = {}, Schema input = sales()) {
        static const Plugin plugin = built_plugin("top");
        config_ = config;
        key_ = options.key;
        h_ = std::make_unique<Harness>(plugin, "top", "{" + config + "}", std::vector<Schema>{std::move(input)}, std::move(options));
        if (Status s = h_->create(); !s.ok()) return s;
        if (Status s = h_->bind(); !s.ok()) return s;
        if (Status s = h_->restore(kept_.blocks()); !s.ok()) return s;
        return h_->open();
    }
    void make(const std::string &config, std::vector<std::string> key = {"shop"}, bool full_outbox = false) {
        HarnessOptions options;
        options.key = std::move(key);
        options.full_outbox = full_outbox;
        ASSERT_EQ(start(config, options).message(), "");
    }
    void restart() {
        kept_.take(h_->snapshot(WEIR_SNAPSHOT_CHANGES));
        HarnessOptions options;
        options.key = key_;
        options.now = h_->options().now;
        ASSERT_EQ(start(config_, options).message(), "");
        ASSERT_TRUE(h_->wake().done());  // as the host does, since open asks for it
    }
    // Rows of (shop, product, sold, window's end in seconds).
    void send(const std::string &rows) {
        Json given = Json::parse(rows);
        for (Json &row : given)
            if (row[3].is_number()) row[3] = row[3].get<int64_t>() * kTopSecond;
        const Status status = h_->process(given.dump());
        ASSERT_TRUE(status.done()) << status.message();
    }
    void watermark(double seconds) { ASSERT_TRUE(h_->watermark(static_cast<int64_t>(seconds * kTopSecond)).done()); }
    // Values alone, the window's end in seconds.
    Lines out(uint32_t port = 0) {
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

    std::unique_ptr<Harness> h_;
    KeptBlocks kept_;
    std::string config_;
    std::vector<std::string> key_;
};

const std::string kPerWindow = R"("n":2,"by":"sold","per":"window_end")";

TEST_F(TopTest, SendsTheFirstOfEachWindowOnceItHasEnded) {
    make(kPerWindow);
    send(R"([["x","pen",3,10],["x","ink",9,10],["y","pen",1,10],["x","cup",5,10],["x","pen",4,20]])");
    EXPECT_EQ(out(), Lines());
    watermark(9.999998);
    EXPECT_EQ(out(), Lines());
    watermark(9.999999);
    EXPECT_EQ(out(), (Lines{"x ink 9 10 1", "x cup 5 10 2", "y pen 1 10 1"}));
    EXPECT_EQ(h_->metric("rows"), 1);
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"x pen 4 20 1"}));
    EXPECT_EQ(h_->metric("rows"), 0);
}

TEST_F(TopTest, RanksAllRowsTogetherWithoutAKey) {
    make(kPerWindow, {});
    send(R"([["x","pen",3,10],["y","ink",9,10],["z","cup",5,10]])");
    watermark(10);
    EXPECT_EQ(out(), (Lines{"y ink 9 10 1", "z cup 5 10 2"}));
}

TEST_F(TopTest, RanksTheSmallestFirstWhereItIsTold) {
    make(kPerWindow + R"(,"order":"asc","rank":"place")");
    send(R"([["x","pen",3,10],["x","ink",-9,10],["x","cup",5,10]])");
    watermark(10);
    EXPECT_EQ(h_->output_schema().fields.back().name, "place");
    EXPECT_EQ(out(), (Lines{"x ink -9 10 1", "x pen 3 10 2"}));
}

TEST_F(TopTest, KeepsTiesOrTheFirstOfThem) {
    const std::string rows = R"([["x","a",3,10],["x","b",7,10],["x","c",3,10],["x","d",1,10],["x","e",3,10]])";
    make(kPerWindow);
    send(rows);
    watermark(10);
    EXPECT_EQ(out(), (Lines{"x b 7 10 1", "x a 3 10 2"}));
    make(kPerWindow + R"(,"ties":"keep")");
    send(rows);
    watermark(10);
    EXPECT_EQ(out(), (Lines{"x b 7 10 1", "x a 3 10 2", "x c 3 10 2", "x e 3 10 2"}));
}

TEST_F(TopTest, TakesALaterRowOfTheSameInPlaceOfTheOneBefore) {
    make(kPerWindow + R"(,"of":"product")");
    send(R"([["x","a",9,10],["x","b",7,10],["x","c",3,10]])");
    send(R"([["x","a",1,10],["x","c",4,10]])");
    watermark(10);
    EXPECT_EQ(out(), (Lines{"x b 7 10 1", "x c 4 10 2"}));
}

TEST_F(TopTest, LetsRowsGoWhoseRankingWasSent) {
    make(kPerWindow);
    send(R"([["x","a",9,10]])");
    watermark(12);
    out();
    send(R"([["x","b",8,10],["x","c",1,20]])");
    EXPECT_EQ(out(1), (Lines{"x b 8 10 2000"}));
    EXPECT_EQ(h_->metric("late"), 1);
    restart();
    watermark(12);  // as the host does first
    send(R"([["x","b",7,10]])");
    EXPECT_EQ(out(1), (Lines{"x b 7 10 2000"}));
    watermark(20);
    EXPECT_EQ(out(), (Lines{"x c 1 20 1"}));
}

TEST_F(TopTest, TellsOfRowsThatCannotBeRanked) {
    make(kPerWindow);
    send(R"([["x","a",null,10],["x","b",1,null]])");
    const auto failed = h_->take_failed();
    ASSERT_EQ(failed.size(), 2u);
    EXPECT_EQ(failed[0].code + " " + failed[0].field + ": " + failed[0].message, "no-value sold: the row has no value to rank it by");
    EXPECT_EQ(failed[1].code + " " + failed[1].field + ": " + failed[1].message, "no-value window_end: the row does not say which ranking it is of");
}

TEST_F(TopTest, GoesOnAfterARestartAndKeepsNothingThatWasSent) {
    make(kPerWindow);
    send(R"([["x","a",9,10],["x","b",7,10],["y","c",3,20]])");
    restart();
    EXPECT_EQ(kept_.count(0), 3u);
    send(R"([["x","c",8,10]])");
    kept_.take(h_->snapshot(WEIR_SNAPSHOT_CHANGES));
    EXPECT_EQ(kept_.count(0), 3u);  // the third leaves
    watermark(10);
    EXPECT_EQ(out(), (Lines{"x a 9 10 1", "x c 8 10 2"}));
    restart();
    EXPECT_EQ(kept_.count(0), 1u);
    watermark(20);
    EXPECT_EQ(out(), (Lines{"y c 3 20 1"}));
    kept_.take(h_->snapshot(WEIR_SNAPSHOT_CHANGES));
    EXPECT_EQ(kept_.count(0), 0u);
}

TEST_F(TopTest, IsTheSameWithAFullOutbox) {
    make(R"("n":2000,"by":"sold","per":"window_end")", {"shop"}, true);
    Json rows = Json::array();
    for (int i = 0; i < 1000; ++i) rows.push_back({"x", "p", i, 10});
    send(rows.dump());
    send(rows.dump());
    watermark(10);
    const Lines all = out();
    ASSERT_EQ(all.size(), 2000u);
    EXPECT_EQ(all.front(), "x p 999 10 1");
    EXPECT_EQ(all.back(), "x p 0 10 2000");
}

const std::string kOfAll = R"("n":2,"by":"sold","of":"product")";

TEST_F(TopTest, SendsEachPlaceThatChanged) {
    make(kOfAll);
    send(R"([["x","a",1,1]])");
    EXPECT_EQ(out(), (Lines{"x a 1 1 1"}));
    send(R"([["x","b",2,1],["x","c",0,1],["x","a",5,2]])");
    EXPECT_EQ(out(), (Lines{"x b 2 1 1", "x a 1 1 2", "x a 5 2 1", "x b 2 1 2"}));
    send(R"([["x","b",-1,3],["x","d",-2,3]])");  // what was third comes back
    EXPECT_EQ(out(), (Lines{"x c 0 1 2"}));
    restart();
    send(R"([["x","e",-3,4]])");
    EXPECT_EQ(out(), Lines());
    send(R"([["x","c",6,4]])");
    EXPECT_EQ(out(), (Lines{"x c 6 4 1", "x a 5 2 2"}));
}

TEST_F(TopTest, SendsWholeRankingsEverySoOften) {
    make(kOfAll + R"(,"every":10000000)", {});
    send(R"([["x","a",1,1],["y","b",2,1],["z","c",3,1]])");
    EXPECT_EQ(out(), Lines());
    ASSERT_EQ(h_->wake_time(), 10 * kTopSecond);
    ASSERT_TRUE(h_->advance_to(10 * kTopSecond).done());
    EXPECT_EQ(out(), (Lines{"z c 3 1 1", "y b 2 1 2"}));
    ASSERT_TRUE(h_->advance_to(20 * kTopSecond).done());
    EXPECT_EQ(out(), Lines());
    send(R"([["x","a",9,1]])");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"x a 9 1 1", "z c 3 1 2"}));
}

TEST_F(TopTest, ForgetsWhatHadNoRowsForLong) {
    make(kOfAll + R"(,"ttl":32000000)");
    send(R"([["x","a",9,1],["x","b",8,1],["x","c",7,1]])");
    ASSERT_TRUE(h_->advance_to(20 * kTopSecond).done());
    send(R"([["x","b",8,1],["x","c",7,1]])");
    out();
    restart();
    ASSERT_TRUE(h_->advance_to(40 * kTopSecond).done());
    EXPECT_EQ(out(), (Lines{"x b 8 1 1", "x c 7 1 2"}));
    ASSERT_TRUE(h_->advance_to(60 * kTopSecond).done());
    EXPECT_EQ(h_->metric("rows"), 0);
    kept_.take(h_->snapshot(WEIR_SNAPSHOT_CHANGES));
    EXPECT_EQ(kept_.count(0), 0u);
}

TEST_F(TopTest, RanksNumbersOfAllTypes) {
    const auto first = [&](const std::string &type, const std::string &values) {
        HarnessOptions options;
        EXPECT_EQ(start(R"("n":9,"by":"v","of":"id","every":1)", options, schema_of({{"id", "int64"}, {"v", type.c_str()}})).message(), "");
        Json rows = Json::array();
        const Json list = Json::parse(values);
        for (const Json &value : list) rows.push_back({rows.size(), value});
        EXPECT_TRUE(h_->process(rows.dump()).done());
        EXPECT_TRUE(h_->finish().done());
        std::string ids;
        for (const std::string &row : h_->take()) ids += Json::parse(row)["id"].dump();
        return ids;
    };
    EXPECT_EQ(first("int8", "[-1, 127, 0, -128]"), "1203");
    EXPECT_EQ(first("uint64", "[1, 18446744073709551615, 0]"), "102");
    EXPECT_EQ(first("float64", "[-0.5, 1e300, 0, -1e300]"), "1203");
    EXPECT_EQ(first("decimal(20,2)", R"(["-0.50", "100000.00", "0.00", "-7000.00"])"), "1203");
    EXPECT_EQ(first("bool", "[false, true]"), "10");
    EXPECT_EQ(first("timestamp", "[-5, 5]"), "10");
}

TEST_F(TopTest, SaysWhatIsWrong) {
    const auto message = [&](const std::string &config) {
        const Status status = start(config);
        return status.path() + ": " + status.message();
    };
    EXPECT_EQ(message(R"("n":0,"by":"sold")"), "n: a ranking has 1 row at least");
    EXPECT_EQ(message(R"("n":1,"by":"sold")"),
              ": `per` or `of` is needed: `per: window_end` for a ranking of each window, `of: product` for one of all rows, in which a "
              "product's last row counts");
    EXPECT_EQ(message(kPerWindow + R"(,"every":1)"), "every: `every` belongs to a ranking without `per`");
    EXPECT_EQ(message(kOfAll + R"(,"ttl":0)"), "ttl: `ttl` is a time above 0, such as 10s");
    EXPECT_EQ(message(R"("n":1,"by":"product","of":"shop")"), "by: `product` is string, and rows are ranked by a number, a time or a bool");
    EXPECT_EQ(message(R"("n":1,"by":"sold","per":"sold")"),
              "per: `sold` is not the event time of its rows, as the `window_end` of a window on event time is, so that nothing tells when a "
              "ranking is complete");
    EXPECT_EQ(message(kOfAll + R"(,"rank":"sold")"), "rank: the input has a column `sold`: give the rank another name, `rank: place`");
}

}  // namespace
}  // namespace weir::testing
