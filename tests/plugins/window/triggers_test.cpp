// Early and late results: by the clock, by rows, by conditions; and what becomes of what was gathered.
#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "window_fixture.hpp"

namespace weir::testing {
namespace {

TEST_F(WindowTest, HasEarlyResultsByTheClockWhereSomethingChanged) {
    make(R"~("tumbling":60000000,"early":{"every":5000000},"columns":{"n":"count()","p":"pane"})~");
    send(R"~([["a",1,1],["b",1,1]])~");
    ASSERT_TRUE(h_->advance_to(at(5)).done());
    EXPECT_EQ(out(), (Lines{"a 0 60 1 early", "b 0 60 1 early"}));
    send(R"~([["a",2,1]])~");
    ASSERT_TRUE(h_->advance_to(at(10)).done());
    EXPECT_EQ(out(), (Lines{"a 0 60 2 early"}));
    ASSERT_TRUE(h_->advance_to(at(15)).done());
    EXPECT_EQ(out(), Lines());
    watermark(60);
    EXPECT_EQ(out(), (Lines{"a 0 60 2 on time", "b 0 60 1 on time"}));
}

TEST_F(WindowTest, HasEarlyResultsByRowsHoweverTheyAreBatched) {
    const std::string config = R"~("tumbling":60000000,"early":{"rows":2},"columns":{"n":"count()","s":"sum(v)"})~";
    make(config);
    send(R"~([["a",1,1],["a",2,2],["b",3,3],["a",4,4],["a",5,5],["a",6,6]])~");
    const Lines whole = out();
    EXPECT_EQ(whole, (Lines{"a 0 60 2 3", "a 0 60 4 12"}));
    make(config);
    for (const char *row : {R"~([["a",1,1]])~", R"~([["a",2,2]])~", R"~([["b",3,3]])~", R"~([["a",4,4]])~", R"~([["a",5,5]])~", R"~([["a",6,6]])~"}) send(row);
    EXPECT_EQ(out(), whole);
}

TEST_F(WindowTest, HasEarlyResultsWhenARowSaysSo) {
    make(R"~("sliding":{"size":10000000,"every":5000000},"early":{"when":"v > 9"},"columns":{"s":"sum(v)","p":"pane"})~");
    send(R"~([["a",6,1],["a",7,10],["a",8,2]])~");
    EXPECT_EQ(out(), (Lines{"a 0 10 11 early", "a 5 15 11 early"}));
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 0 10 13 on time", "a 5 15 13 on time"}));
}

TEST_F(WindowTest, HasEarlyResultsWhenItsAggregatesSaySo) {
    const std::string rows = R"~([["a",1,3],["a",2,2],["b",2,9],["a",3,1],["a",4,1],["b",4,1]])~";
    for (const char *window : {R"~("tumbling":10000000)~", R"~("session":10000000)~", R"~("global":true)~"}) {
        make(std::string(window) + R"~(,"early":{"when":"sum(v) > 5"},"columns":{"p":"pane","n":"count()","sum":"sum(v)"})~");
        send(rows);
        Lines found;
        for (const std::string &line : out()) found.push_back(line.substr(0, 1) + line.substr(line.find("early")));
        EXPECT_EQ(found, (Lines{"bearly 1 9", "aearly 3 6", "aearly 4 7", "bearly 2 10"})) << window;
        make(std::string(window) + R"~(,"early":{"when":"sum(v) > 5"},"output":"discard","columns":{"n":"count()","sum":"sum(v)"})~");
        send(rows);
        crash_and_restore();
        send(R"~([["a",5,5],["a",6,1]])~");
        EXPECT_EQ(out().size(), 1U) << window;  // those before the crash are gone with it
        ASSERT_TRUE(h_->finish().done());
        Lines rest;
        for (const std::string &line : out()) rest.push_back(line.substr(0, 1) + line.substr(line.size() - 4));
        std::sort(rest.begin(), rest.end());
        EXPECT_EQ(rest, (Lines{"a 1 1", "b 1 1"})) << window;
    }
    EXPECT_EQ(start(R"~("tumbling":1,"early":{"when":"count()"},"columns":{"n":"count()"})~").message(),
              "is int64, and a condition is true or false");
}

TEST_F(WindowTest, PanesThatDiscardAddUpToOneThatAccumulates) {
    std::mt19937 random(7);
    std::string rows;
    for (int i = 0; i < 400; ++i)
        rows += (i ? ",[\"" : "[\"") + std::string(1, static_cast<char>('a' + random() % 3)) + "\"," + std::to_string(random() % 60) + "," +
                std::to_string(random() % 100) + "]";
    const auto sums = [&](const std::string &output) {
        std::map<std::string, std::pair<int, int>> found;  // of each window: the count, and the sum
        make(R"~("tumbling":10000000,"early":{"rows":3},"output":")~" + output + "\"" + kSum);
        send("[" + rows + "]");
        EXPECT_TRUE(h_->finish().done());
        for (const std::string &line : out()) {
            std::istringstream words(line);
            std::string key, start, end;
            int n = 0, sum = 0;
            words >> key >> start >> end >> n >> sum;
            auto &[count, total] = found[key + start];
            count = output == "discard" ? count + n : n;
            total = output == "discard" ? total + sum : sum;
        }
        return found;
    };
    const auto all = sums("accumulate");
    EXPECT_EQ(all.size(), 18U);
    EXPECT_EQ(sums("discard"), all);
}

TEST_F(WindowTest, BatchesLateResults) {
    make(R"~("tumbling":10000000,"allowed_lateness":20000000,"late":{"every":5000000},"columns":{"n":"count()","p":"pane"})~");
    send(R"~([["a",1,1]])~");
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 1 on time"}));
    send(R"~([["a",2,1],["a",3,1],["b",3,1]])~");
    EXPECT_EQ(out(), Lines());
    ASSERT_TRUE(h_->advance_to(at(5)).done());
    EXPECT_EQ(out(), (Lines{"a 0 10 3 late", "b 0 10 1 late"}));
}

TEST_F(WindowTest, SendsGatheredLateRowsBeforeTheirWindowGoes) {
    for (const char *window : {R"~("tumbling":10000000)~", R"~("session":10000000)~"}) {
        make(std::string(window) + R"~(,"allowed_lateness":20000000,"late":{"every":5000000},"columns":{"p":"pane","n":"count()"})~");
        send(R"~([["a",0,1]])~");
        watermark(10);
        EXPECT_EQ(out(), (Lines{"a 0 10 on time 1"}));
        send(R"~([["a",0,1],["b",0,1]])~");  // a window of its own, behind its end
        EXPECT_EQ(out(), Lines());
        watermark(30);
        Lines late = out();
        std::sort(late.begin(), late.end());
        EXPECT_EQ(late, (Lines{"a 0 10 late 2", "b 0 10 late 1"})) << window;
        EXPECT_EQ(h_->metric("groups"), 0);
    }
    make(R"~("tumbling":10000000,"allowed_lateness":20000000,"late":{"every":5000000})~" + kSum);
    send(R"~([["a",0,1]])~");
    watermark(10);
    send(R"~([["a",0,1]])~");
    out();
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 0 10 2 2"}));
}

TEST_F(WindowTest, ATriggerThatFailsTakesNoResultAway) {
    make(R"~("tumbling":10000000,"early":{"when":"count() / sum(v) > 2"},"columns":{"n":"count()"})~");
    send(R"~([["a",1,0],["a",2,0]])~");
    std::vector<std::string> failed;
    for (const FailedRow &row : h_->take_failed()) failed.push_back(row.code + " " + row.field);
    EXPECT_EQ(failed, (std::vector<std::string>{"division-by-zero early.when", "division-by-zero early.when"}));
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 2"}));
    EXPECT_TRUE(h_->take_failed().empty());
}

TEST_F(WindowTest, ATriggerThatIsTestedForgetsNoRows) {
    const std::string rows = R"~([["a",1,1],["a",2,1],["a",3,1],["a",4,9],["a",5,9],["a",6,9]])~";
    make(R"~("tumbling":10000000,"keep":{"when":"v < 3 * avg(v)"},"early":{"when":"count() >= 100"})~" + kSum);
    send(rows);
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 6 30"}));
}

}  // namespace
}  // namespace weir::testing
