// Sessions, windows of rows, and the window without end.
#include "window_fixture.hpp"

namespace weir::testing {
namespace {

TEST_F(WindowTest, EndsASessionWhenNothingCameForTheGap) {
    make(R"~("session":10000000)~" + kSum);
    send(R"~([["a",1,1],["b",3,5],["a",8,2],["a",30,4]])~");
    watermark(12.999999);
    EXPECT_EQ(out(), (Lines{"b 3 13 1 5"}));
    watermark(17.999999);
    EXPECT_EQ(out(), (Lines{"a 1 18 2 3"}));
    EXPECT_EQ(h_->metric("groups"), 1);
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 30 40 1 4"}));
    EXPECT_EQ(h_->metric("groups"), 0);
}

TEST_F(WindowTest, ARowBetweenTwoSessionsJoinsThem) {
    make(R"~("session":10000000)~" + kSum);
    send(R"~([["a",1,1],["a",15,2],["a",40,9],["a",8,4]])~");
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 1 25 3 7", "a 40 50 1 9"}));
    make(R"~("session":10000000)~" + kSum);
    send(R"~([["a",1,1],["a",11,2]])~");  // [1, 11) and [11, 21) only touch
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 1 11 1 1", "a 11 21 1 2"}));
}

TEST_F(WindowTest, TakesALateRowIntoASessionThatIsKept) {
    make(R"~("session":10000000,"allowed_lateness":20000000,"columns":{"n":"count()","p":"pane"})~");
    send(R"~([["a",1,1]])~");
    watermark(11.5);
    EXPECT_EQ(out(), (Lines{"a 1 11 1 on time"}));
    send(R"~([["a",2,1]])~");
    EXPECT_EQ(out(), Lines());  // it is open again, up to 12
    watermark(13);
    EXPECT_EQ(out(), (Lines{"a 1 12 2 on time"}));
    send(R"~([["a",1.5,1]])~");
    EXPECT_EQ(out(), (Lines{"a 1 12 3 late"}));
    watermark(40);
    send(R"~([["a",3,1]])~");
    EXPECT_EQ(out(1).size(), 1u);
    EXPECT_EQ(h_->metric("groups"), 0);
}

TEST_F(WindowTest, JoinsASessionThatWasReopenedOften) {
    make(R"~("session":10000000,"allowed_lateness":7200000000)~" + kSum);
    send(R"~([["k",0,1],["k",15,1]])~");
    double end = 25;
    for (int i = 0; i < 300; ++i) {  // closed, and reopened by a row that is late and within the gap
        watermark(end + 1);
        end += 7;
        send("[[\"k\"," + std::to_string(end - 10) + ",1]]");
    }
    send(R"~([["k",8,1]])~");
    out();
    watermark(end + 8000);
    EXPECT_EQ(h_->metric("groups"), 0);
}

TEST_F(WindowTest, TakesBackSessionsThatWereJoined) {
    HarnessOptions options;
    options.wanted[0] = {"k", "window_start", "window_end", "n", "_op"};
    make(R"~("session":10000000,"allowed_lateness":60000000,"output":"changelog","columns":{"n":"count()"})~", options);
    send(R"~([["a",1,1],["a",15,1]])~");
    watermark(30);
    EXPECT_EQ(out(), (Lines{"a 1 11 1 0", "a 15 25 1 0"}));
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    watermark(30);
    EXPECT_EQ(out(), Lines());
    send(R"~([["a",8,1]])~");
    EXPECT_EQ(out(), (Lines{"a 15 25 1 3", "a 1 11 1 1", "a 1 25 3 2"}));
}

TEST_F(WindowTest, HasAGapOfTheRows) {
    make(R"~("session_gap":"v","columns":{"n":"count()"})~");
    send(R"~([["a",1,2],["a",2,20],["a",20,1],["a",30,0],["a",31,null]])~");
    EXPECT_EQ(h_->take_failed().size(), 2u);
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 1 22 3"}));
}

TEST_F(WindowTest, KeepsSessionsOverARestart) {
    make(R"~("session":10000000)~" + kSum);
    send(R"~([["a",1,1],["b",3,5]])~");
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    send(R"~([["a",8,2]])~");
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    watermark(13);
    EXPECT_EQ(out(), (Lines{"b 3 13 1 5"}));
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 1 18 2 3"}));
    for (const StateBlock &block : h_->snapshot()) EXPECT_EQ(block.state, 0u);
}

TEST_F(WindowTest, CountsRows) {
    make(R"~("rows":3)~" + kSum);
    send(R"~([["a",1,1],["a",2,2],["b",1,9],["a",3,4],["a",4,8]])~");
    EXPECT_EQ(out(), (Lines{"a 3 7"}));
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    send(R"~([["a",1,16],["a",2,32],["a",2,64]])~");
    EXPECT_EQ(out(), (Lines{"a 3 56"}));
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 1 64", "b 1 9"}));
}

TEST_F(WindowTest, SlidesOverRows) {
    make(R"~("rows":4,"every_rows":2)~" + kSum);
    send(R"~([["a",1,1],["a",2,2],["a",3,4],["a",4,8],["a",5,16]])~");
    EXPECT_EQ(out(), (Lines{"a 2 3", "a 4 15"}));
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    send(R"~([["a",6,32],["a",7,64],["a",8,128]])~");
    EXPECT_EQ(out(), (Lines{"a 4 60", "a 4 240"}));
}

TEST_F(WindowTest, NeverEndsWhereItIsGlobal) {
    make(R"~("global":true,"early":{"rows":2})~" + kSum);
    send(R"~([["a",1,1],["a",2,2],["a",3,4]])~");
    EXPECT_EQ(out(), (Lines{"a 2 3"}));
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    send(R"~([["a",4,8]])~");
    EXPECT_EQ(out(), (Lines{"a 4 15"}));
    make(R"~("global":true,"early":{"when":"v >= 10"},"output":"discard")~" + kSum);
    send(R"~([["a",1,1],["a",2,10],["a",3,4],["a",3,40]])~");
    EXPECT_EQ(out(), (Lines{"a 2 11", "a 2 44"}));
}

}  // namespace
}  // namespace weir::testing
