// Tumbling, sliding, cumulative and calendar windows; lateness and outputs.
#include <map>

#include "window_fixture.hpp"

namespace weir::testing {
namespace {

TEST_F(WindowTest, TumblesAtTheWatermark) {
    make(R"~("tumbling":10000000)~" + kSum);
    send(R"~([["a",1,5],["b",2,7],["a",9.999999,null],["a",10,1]])~");
    watermark(9.999998);
    EXPECT_EQ(out(), Lines());
    watermark(9.999999);
    EXPECT_EQ(out(), (Lines{"a 0 10 2 5", "b 0 10 1 7"}));
    EXPECT_EQ(h_->metric("groups"), 1);
    watermark(30);
    EXPECT_EQ(out(), (Lines{"a 10 20 1 1"}));
    EXPECT_EQ(h_->metric("groups"), 0);
    EXPECT_EQ(h_->metric("results"), 3);
}

TEST_F(WindowTest, EndsWithTheInput) {
    make(R"~("tumbling":10000000,"offset":3000000)~" + kSum);
    send(R"~([["a",1,5],["a",3,6]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 1969-12-31T23:59:53Z 3 1 5", "a 3 13 1 6"}));
}

TEST_F(WindowTest, LetsLateRowsGoWithTheirLateness) {
    make(R"~("tumbling":10000000)~" + kSum);
    send(R"~([["a",1,5]])~");
    watermark(12);
    out();
    send(R"~([["a",2,5],["b",11,6],["c",9.5,7]])~");
    EXPECT_EQ(out(1), (Lines{"a 2 5 10000", "c 9 7 2500"}));
    EXPECT_EQ(h_->metric("late"), 2);
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"b 10 20 1 6"}));
}

TEST_F(WindowTest, SendsAResultAgainForARowThatIsNotTooLate) {
    make(R"~("tumbling":10000000,"allowed_lateness":5000000,"columns":{"n":"count()","p":"pane"})~");
    send(R"~([["a",1,5]])~");
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 1 on time"}));
    send(R"~([["a",2,5],["a",3,5],["b",3,1]])~");
    EXPECT_EQ(out(), (Lines{"a 0 10 2 late", "a 0 10 3 late", "b 0 10 1 late"}));
    watermark(14.999999);
    send(R"~([["a",2,5]])~");
    EXPECT_EQ(out(), Lines());
    EXPECT_EQ(out(1), (Lines{"a 2 5 12999"}));
}

TEST_F(WindowTest, SlidesOverSlices) {
    make(R"~("sliding":{"size":10000000,"every":4000000})~" + kSum);
    send(R"~([["a",1,1],["a",5,10],["b",9,100]])~");
    watermark(5.999999);
    EXPECT_EQ(out(), (Lines{"a 1969-12-31T23:59:52Z 2 1 1", "a 1969-12-31T23:59:56Z 6 2 11"}));
    watermark(9.999999);
    EXPECT_EQ(out(), (Lines{"a 0 10 2 11", "b 0 10 1 100"}));
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 4 14 1 10", "b 4 14 1 100", "b 8 18 1 100"}));
    EXPECT_EQ(h_->metric("groups"), 0);
}

TEST_F(WindowTest, SlidingAndTumblingAreTheSameWhereTheyMeet) {
    const std::string rows = R"~([["a",1,1],["b",2,4],["a",11,2],["a",19,3],["b",25,5]])~";
    make(R"~("sliding":{"size":10000000,"every":10000000})~" + kSum);
    send(rows);
    ASSERT_TRUE(h_->finish().done());
    const Lines sliding = out();
    make(R"~("tumbling":10000000)~" + kSum);
    send(rows);
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), sliding);
}

TEST_F(WindowTest, TakesALateRowIntoThoseSlidingWindowsThatStillTakeIt) {
    make(R"~("sliding":{"size":10000000,"every":5000000},"allowed_lateness":3000000,"columns":{"n":"count()","p":"pane"})~");
    send(R"~([["a",6,1]])~");
    watermark(12.5);
    EXPECT_EQ(out(), (Lines{"a 0 10 1 on time"}));
    send(R"~([["a",7,1]])~");
    EXPECT_EQ(out(), (Lines{"a 0 10 2 late"}));
    watermark(13);  // [0, 10) is gone, [5, 15) is not
    send(R"~([["a",8,1]])~");
    EXPECT_EQ(out(), Lines());
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 5 15 3 on time"}));
    EXPECT_EQ(h_->metric("late"), 0);
}

TEST_F(WindowTest, Accumulates) {
    make(R"~("cumulative":{"size":12000000,"every":4000000})~" + kSum);
    send(R"~([["a",1,1],["a",5,10],["a",13,100]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 0 4 1 1", "a 0 8 2 11", "a 0 12 2 11", "a 12 16 1 100", "a 12 20 1 100", "a 12 24 1 100"}));
}

TEST_F(WindowTest, KnowsTheCalendar) {
    make(R"~("calendar":{"every":"day","zone":"Europe/Berlin"},"columns":{"n":"count()"})~");
    // The clocks go forward on the 31st of March 2024 at 1:00 UTC: that day has 23 hours.
    send(R"~([["a","2024-03-30T22:59:59Z",1],["a","2024-03-30T23:00:00Z",1],["a","2024-03-31T21:59:59Z",1],
                                ["a","2024-03-31T22:00:00Z",1]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 2024-03-29T23:00:00Z 2024-03-30T23:00:00Z 1", "a 2024-03-30T23:00:00Z 2024-03-31T22:00:00Z 2",
                            "a 2024-03-31T22:00:00Z 2024-04-01T22:00:00Z 1"}));
    make(R"~("calendar":{"every":"month"},"columns":{"n":"count()"})~");
    send(R"~([["a","2024-02-29T23:59:59Z",1],["a","1969-12-31T00:00:00Z",1]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 1969-12-01T00:00:00Z 0 1", "a 2024-02-01T00:00:00Z 2024-03-01T00:00:00Z 1"}));
    make(R"~("calendar":{"every":"week"},"columns":{"n":"count()"})~");
    send(R"~([["a","2024-05-26T12:00:00Z",1],["a","2024-05-27T00:00:00Z",1]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 2024-05-20T00:00:00Z 2024-05-27T00:00:00Z 1", "a 2024-05-27T00:00:00Z 2024-06-03T00:00:00Z 1"}));
}

TEST_F(WindowTest, DiscardsWhatItHasSent) {
    make(R"~("tumbling":10000000,"allowed_lateness":10000000,"early":{"rows":2},"output":"discard")~" + kSum);
    send(R"~([["a",1,1],["a",2,2],["a",3,4]])~");
    EXPECT_EQ(out(), (Lines{"a 0 10 2 3"}));
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 1 4"}));
    send(R"~([["a",4,8]])~");
    EXPECT_EQ(out(), (Lines{"a 0 10 1 8"}));
    watermark(30);
    EXPECT_EQ(out(), Lines());
}

TEST_F(WindowTest, TellsChanges) {
    HarnessOptions options;
    options.wanted[0] = {"k", "window_end", "n", "_op"};
    make(R"~("tumbling":10000000,"allowed_lateness":10000000,"early":{"rows":1},"output":"changelog","columns":{"n":"count()"})~", options);
    send(R"~([["a",1,1],["a",2,2]])~");
    EXPECT_EQ(out(), (Lines{"a 10 1 0", "a 10 1 1", "a 10 2 2"}));
    watermark(10);
    EXPECT_EQ(out(), Lines());  // nothing has changed
    crash_and_restore();
    send(R"~([["a",4,8]])~");
    watermark(11);
    EXPECT_EQ(out(), (Lines{"a 10 2 1", "a 10 3 2"}));
}

TEST_F(WindowTest, KeepsTheWatermarkOfAKeyThatCameWhileItStoodStill) {
    make(R"~("sliding":{"size":10000000,"every":5000000},"allowed_lateness":3000000)~" + kSum);
    send(R"~([["a",3,1]])~");
    watermark(10);
    out();
    for (const StateBlock &block : h_->snapshot(WEIR_SNAPSHOT_CHANGES))
        for (const auto &[key, value] : block.entries) kept_[{block.state, block.group, key}] = *value;
    send(R"~([["b",8,1]])~");
    EXPECT_EQ(out(), (Lines{"b 0 10 1 1"}));
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    watermark(10);
    EXPECT_EQ(out(), Lines());
}

TEST_F(WindowTest, GoesByTheClock) {
    HarnessOptions options;
    options.now = at(3);
    make(R"~("tumbling":10000000,"time":"processing")~" + kSum, options);
    send(R"~([["a",500,1],["a",null,2]])~");
    ASSERT_TRUE(h_->advance_to(at(9.999999)).done());
    EXPECT_EQ(out(), Lines());
    ASSERT_TRUE(h_->advance_to(at(10)).done());
    EXPECT_EQ(out(), (Lines{"a 0 10 2 3"}));
    EXPECT_EQ(out(1), Lines());
}

TEST_F(WindowTest, ByAClockThatIsPutBackNothingIsLate) {
    HarnessOptions options;
    options.now = at(23);
    make(R"~("tumbling":10000000,"time":"processing")~" + kSum, options);
    send(R"~([["a",0,1]])~");
    ASSERT_TRUE(h_->advance_to(at(30)).done());
    EXPECT_EQ(out(), (Lines{"a 20 30 1 1"}));
    crash_and_restore();  // at 23 s again
    send(R"~([["a",0,2]])~");
    ASSERT_TRUE(h_->advance_to(at(40)).done());
    EXPECT_EQ(out(), (Lines{"a 30 40 1 2"}));
    EXPECT_EQ(out(1), Lines());
}

TEST_F(WindowTest, FindsTheWindowsThatAreOpenAmongMany) {
    make(R"~("sliding":{"size":1000000000000,"every":1000000})~" + kSum);
    send(R"~([["a",0,1]])~");
    watermark(0.5);
    EXPECT_EQ(out(), Lines());
    watermark(2);
    EXPECT_EQ(out(), (Lines{"a 1969-12-20T10:13:21Z 1 1 1", "a 1969-12-20T10:13:22Z 2 1 1"}));
    make(R"~("cumulative":{"size":1000000000000,"every":1000000})~" + kSum);
    send(R"~([["a",0,1]])~");
    watermark(2);
    EXPECT_EQ(out(), (Lines{"a 0 1 1 1", "a 0 2 1 1"}));
}

TEST_F(WindowTest, RefusesRowsWithoutTimeAndThoseThatOverflow) {
    make(R"~("tumbling":10000000,"columns":{"s":"sum(v * 4611686018427387904)"})~");
    send(R"~([["a",null,1],["a",1,1],["a",2,2],["b",3,2]])~");
    std::vector<std::string> failed;
    for (const FailedRow &row : h_->take_failed()) failed.push_back(row.code);
    EXPECT_EQ(failed, (std::vector<std::string>{"event-time-missing", "overflow", "overflow"}));
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 0 10 4611686018427387904"}));  // and of b there is nothing
}

TEST_F(WindowTest, SendsAGroupWithoutResultToErrors) {
    make(R"~("tumbling":10000000,"columns":{"q":"10 / sum(v)"})~");
    send(R"~([["a",1,0],["b",1,5]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out().size(), 1u);
    const auto failed = h_->take_failed();
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].code + " " + failed[0].field, "division-by-zero q");
}

TEST_F(WindowTest, RenamesItsBoundsAndLeavesOutWhatNobodyReads) {
    make(R"~("tumbling":10000000,"columns":{"count":"count()","windowStart":"window_start","windowEnd":"window_end"})~");
    send(R"~([["a",1,0],[null,1,5]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 1 0 10", "null 1 0 10"}));
    EXPECT_EQ(h_->output_schema().fields[3].event_time, std::optional<int64_t>(-1));
    HarnessOptions options;
    options.wanted[0] = {"count"};
    options.wanted[1] = {"v"};
    make(R"~("tumbling":10000000,"columns":{"count":"count()","sum":"sum(v)"})~", options);
    send(R"~([["a",1,0]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"1"}));
}

TEST_F(WindowTest, GoesOnBehindARestart) {
    for (const uint32_t mode : {WEIR_SNAPSHOT_FULL, WEIR_SNAPSHOT_CHANGES}) {
        kept_.clear();
        make(R"~("tumbling":10000000,"allowed_lateness":5000000,"columns":{"n":"count()","d":"count(distinct v)"})~");
        send(R"~([["a",1,1],["a",2,1],["b",3,2],["a",11,3]])~");
        crash_and_restore(mode);
        watermark(10);
        EXPECT_EQ(out(), (Lines{"a 0 10 2 1", "b 0 10 1 1"}));
        crash_and_restore(mode);
        watermark(9);  // less than before: what was late stays late, what was sent is not sent again
        EXPECT_EQ(out(), Lines());
        send(R"~([["a",4,9]])~");
        EXPECT_EQ(out(), (Lines{"a 0 10 3 2"}));
        watermark(16);
        crash_and_restore(mode);
        send(R"~([["a",5,9]])~");
        EXPECT_EQ(out(), Lines());
        EXPECT_EQ(out(1), (Lines{"a 5 9 11000"}));
        ASSERT_TRUE(h_->finish().done());
        EXPECT_EQ(out(), (Lines{"a 10 20 1 1"}));
        for (const StateBlock &block : h_->snapshot()) EXPECT_EQ(block.state, 0u);  // watermarks alone
    }
}

TEST_F(WindowTest, SendsSlidingWindowsOnceOverARestart) {
    make(R"~("sliding":{"size":10000000,"every":5000000})~" + kSum);
    send(R"~([["a",1,1],["a",6,2]])~");
    watermark(5);
    EXPECT_EQ(out(), (Lines{"a 1969-12-31T23:59:55Z 5 1 1"}));
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 2 3"}));
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    watermark(20);
    EXPECT_EQ(out(), (Lines{"a 5 15 1 2"}));
}

TEST_F(WindowTest, TakesRowsBehindTheEndOfAnEarlierRun) {
    make(R"~("tumbling":10000000)~" + kSum);
    send(R"~([["a",11,1]])~");
    watermark(10);
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 10 20 1 1"}));
    crash_and_restore();
    send(R"~([["a",12,2],["a",9,4]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 10 20 1 2"}));
    EXPECT_EQ(out(1).size(), 1u);
}

TEST_F(WindowTest, RefusesStateOfOtherWindows) {
    make(R"~("tumbling":10000000)~" + kSum);
    send(R"~([["a",1,1]])~");
    const auto blocks = h_->snapshot();
    ASSERT_TRUE(start(R"~("tumbling":20000000)~" + kSum).ok());
    EXPECT_EQ(h_->restore(blocks).message(), "the windows in the state are of another kind or size, or have other aggregates. Run it as it was, or begin anew (weir apply --allow-loss, or "
              "--reset)");
}

TEST_F(WindowTest, SendsMoreResultsThanThereIsRoomFor) {
    HarnessOptions options;
    options.full_outbox = true;
    make(R"~("sliding":{"size":10000000,"every":5000000},"columns":{"n":"count()"})~", options);
    Json rows = Json::array();
    for (int batch = 0; batch < 3; ++batch) {
        rows.clear();
        for (int i = 0; i < 1000; ++i) rows.push_back({std::to_string(batch * 1000 + i), 7, i});
        send(rows.dump());
    }
    watermark(20);
    EXPECT_EQ(out().size(), 6000u);
    EXPECT_GE(h_->batches(), 6u);
}

TEST_F(WindowTest, MakesResultsOfTheRowsThatAreKept) {
    const std::string rows = R"~([["a",1,1],["a",9,2],["a",5,4],["a",7,8],["b",2,16]])~";
    make(R"~("tumbling":10000000,"keep":{"rows":2})~" + kSum);
    send(rows);
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 2 12", "b 0 10 1 16"}));
    make(R"~("tumbling":10000000,"keep":{"last":4000000})~" + kSum);
    send(rows);
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 2 10", "b 0 10 1 16"}));
    make(R"~("sliding":{"size":10000000,"every":10000000},"keep":{"when":"rows_behind = 0 OR v = 2 OR seconds_behind > 7"})~" + kSum);
    send(rows);
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 3 11", "b 0 10 1 16"}));
    EXPECT_EQ(h_->metric("groups"), 0);
    make(R"~("tumbling":10000000,"keep":{"when":"v < 2 * avg(v)"})~" + kSum);
    send(rows);
    watermark(10);
    EXPECT_EQ(out(), (Lines{"a 0 10 3 7", "b 0 10 1 16"}));
    EXPECT_EQ(start(R"~("tumbling":1,"keep":{"when":"v + 1"},"columns":{"n":"count()"})~").message(),
              "is int64, and a condition is true or false");
}

TEST_F(WindowTest, ForgetsRowsThatAreLeftOut) {
    make(R"~("global":true,"early":{"rows":2},"keep":{"rows":3})~" + kSum);
    send(R"~([["a",1,1],["a",2,2],["a",3,4],["a",4,8],["a",5,16],["a",6,32]])~");
    EXPECT_EQ(out(), (Lines{"a 2 3", "a 3 14", "a 3 56"}));
}

TEST_F(WindowTest, SaysWhatDoesNotFit) {
    const std::map<std::string, std::string> messages{
        {R"~("columns":{"n":"count()"})~",
         "a window needs a bound: one of tumbling, sliding, cumulative, calendar, session, session_gap, rows, or `global: true`"},
        {R"~("tumbling":1,"rows":2,"columns":{"n":"count()"})~", "a window is of one kind: `tumbling` or `rows`, not both"},
        {R"~("tumbling":0,"columns":{"n":"count()"})~", "`tumbling` is a time above 0, such as 30s"},
        {R"~("sliding":{"size":1,"every":2},"columns":{"n":"count()"})~",
         "windows that end less often than they are long leave rows out: `every` is at most `size`; for windows side by side use `tumbling`"},
        {R"~("cumulative":{"size":10,"every":3},"columns":{"n":"count()"})~", "`every` must divide `size`, so that the last step ends with it"},
        {R"~("calendar":{"every":"day","zone":"Mars/Olympus"},"columns":{"n":"count()"})~",
         "there is no time zone `Mars/Olympus`: a name such as Europe/Berlin or UTC"},
        {R"~("global":true,"columns":{"n":"count()"})~", "a window without end needs `early` to say when there are results"},
        {R"~("tumbling":1,"late":{"every":5},"columns":{"n":"count()"})~", "without `allowed_lateness` closed windows take no rows"},
        {R"~("sliding":{"size":1000001,"every":1},"columns":{"n":"count()"})~",
         "each row would be in 1000001 windows, and 1000000 is the most: give a longer `every`, or a shorter `size`"},
        {R"~("cumulative":{"size":10001,"every":1},"early":{"rows":1},"columns":{"n":"count()"})~",
         "each row would be in 10001 windows, and 10000 is the most with `early`, `late.every`, `keep` or `output`: give a longer "
         "`every`, or a shorter `size`"},
        {R"~("rows":1,"allowed_lateness":5,"columns":{"n":"count()"})~",
         "nothing is late where rows belong to windows by their number"},
        {R"~("tumbling":1,"keep":{},"columns":{"n":"count()"})~", "says which rows: `rows`, `last` or `when`"},
        {R"~("tumbling":1,"columns":{"k":"count()"})~",
         "the result has a column `k` already: the key and the window's bounds are in it by themselves"},
        {R"~("tumbling":1,"time_column":"v","columns":{"n":"count()"})~", "column `v` is int64, and a time is a timestamp"},
    };
    for (const auto &[config, message] : messages) EXPECT_EQ(start(config).message(), message) << config;
}

}  // namespace
}  // namespace weir::testing
