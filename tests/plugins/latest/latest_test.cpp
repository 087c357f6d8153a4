#include <gtest/gtest.h>

#include "../built_plugin.hpp"
#include "../kept_blocks.hpp"

namespace weir::testing {
namespace {

using Lines = std::vector<std::string>;
const Schema kDevices = schema_of({{"id", "string"}, {"temp", "float64?"}, {"place", "string?"}, {"ts", "timestamp"}});

class LatestTest : public ::testing::Test {
protected:
    Status start(const std::string &config, const Schema &input = kDevices, HarnessOptions options = {}) {
        static const Plugin plugin = built_plugin("latest");
        options.key = {"id"};
        h_ = std::make_unique<Harness>(plugin, "latest", "{" + config + "}", std::vector<Schema>{input}, std::move(options));
        if (Status s = h_->create(); !s.ok()) return s;
        if (Status s = h_->bind(); !s.ok()) return s;
        if (Status s = h_->restore(kept_.blocks()); !s.ok()) return s;
        return h_->open();
    }
    Status start_again(const std::string &config, const Schema &input = kDevices) {
        kept_.take(h_->snapshot(WEIR_SNAPSHOT_CHANGES));
        HarnessOptions options;
        options.state = h_->options().state;
        return start(config, input, options);
    }
    Lines send(const std::string &rows) {
        const Status status = h_->process(rows);
        EXPECT_TRUE(status.done()) << status.message();
        return h_->take();
    }

    std::unique_ptr<Harness> h_;
    KeptBlocks kept_;
};

TEST_F(LatestTest, KeepsTheLastValueOfEachColumnThatWasNotNull) {
    ASSERT_EQ(start(R"("columns":["temp","place"])").message(), "");
    EXPECT_EQ(send(R"([["a",20.5,null,1],["b",null,null,1],["a",null,"roof",2],["a",20.5,null,3],["a",21,"roof",4]])"),
              (Lines{R"({"id":"a","temp":20.5,"place":null})", R"({"id":"b","temp":null,"place":null})",
                     R"({"id":"a","temp":20.5,"place":"roof"})", R"({"id":"a","temp":21,"place":"roof"})"}));
    EXPECT_EQ(send(R"([["a",21,"roof",5],["b",1,null,5]])"), (Lines{R"({"id":"b","temp":1,"place":null})"}));
}

TEST_F(LatestTest, GoesByTheTimeOfAColumn) {
    ASSERT_EQ(start(R"("columns":["temp","place"],"by":"ts")").message(), "");
    EXPECT_EQ(send(R"([["a",20,"roof",10],["a",19,null,5],["a",null,"cellar",11],["a",18,"roof",10]])"),
              (Lines{R"({"id":"a","temp":20,"place":"roof"})", R"({"id":"a","temp":20,"place":"cellar"})",
                     R"({"id":"a","temp":18,"place":"cellar"})"}));
    ASSERT_EQ(start_again(R"("columns":["place","temp"],"by":"ts")").message(), "");
    EXPECT_EQ(send(R"([["a",1,"x",10],["a",2,"y",9]])"), (Lines{R"({"id":"a","place":"cellar","temp":1})"}));
}

TEST_F(LatestTest, HasAllColumnsAndEveryRowWhereItIsTold) {
    ASSERT_EQ(start(R"("emit":"every")").message(), "");
    EXPECT_EQ(to_string(h_->output_schema()), "{ id: string, temp: float64?, place: string?, ts: timestamp }");
    EXPECT_EQ(send(R"([["a",1,"x",1000000],["a",null,null,1000000]])"),
              (Lines{R"({"id":"a","temp":1,"place":"x","ts":"1970-01-01T00:00:01Z"})",
                     R"({"id":"a","temp":1,"place":"x","ts":"1970-01-01T00:00:01Z"})"}));
}

TEST_F(LatestTest, SendsOnlyWhatIsWanted) {
    HarnessOptions options;
    options.wanted = {{0, {"place"}}};
    ASSERT_EQ(start(R"("columns":["temp","place"])", kDevices, options).message(), "");
    EXPECT_EQ(send(R"([["a",1,"x",1]])"), (Lines{R"({"place":"x"})"}));
}

TEST_F(LatestTest, ForgetsAKeyAfterItsTime) {
    ASSERT_EQ(start(R"("columns":["temp","place"],"ttl":60000000)").message(), "");
    send(R"([["a",1,"x",1]])");
    h_->options().now = 61'000'000;
    EXPECT_EQ(send(R"([["a",2,null,1]])"), (Lines{R"({"id":"a","temp":2,"place":null})"}));
}

TEST_F(LatestTest, GoesOnAfterARestartWithOtherColumns) {
    ASSERT_EQ(start(R"("columns":["temp"])").message(), "");
    send(R"([["a",1,"x",1],["b",2,"y",1]])");
    ASSERT_EQ(start_again(R"("columns":["place","temp"],"emit":"every")").message(), "");
    EXPECT_EQ(send(R"([["a",null,null,1],["b",null,"z",1]])"),
              (Lines{R"({"id":"a","place":null,"temp":1})", R"({"id":"b","place":"z","temp":2})"}));
    const Schema other = schema_of({{"id", "string"}, {"temp", "string?"}});
    EXPECT_EQ(start_again(R"("columns":["temp"])", other).message(),
              "column `temp` is float64? in the state, and string? now. Give it another name, cast it to the old type, or begin anew (--reset)");
}

TEST_F(LatestTest, LosesNoColumnThatNobodyGaveUp) {
    ASSERT_EQ(start(R"("columns":["temp","place"])").message(), "");
    send(R"([["a",1,"x",1]])");
    const Status refused = start_again(R"("columns":["temp"])");
    EXPECT_EQ(refused.code(), WEIR_E_STATE_VERSION);
    EXPECT_EQ(refused.message(), "the state has `place`, which `columns` has not any more: its values would be lost, and a column under another name "
                                 "begins anew. Call it so again, or give it up: --allow-loss node");
}

TEST_F(LatestTest, KeepsListsAndStructs) {
    const Schema input = schema_of({{"id", "string"}, {"l", "list<int64>?"}, {"s", "struct<a: string?, b: bool>?"}});
    ASSERT_EQ(start("", input).message(), "");
    EXPECT_EQ(send(R"([["a",[1,2],null],["a",null,{"a":null,"b":true}],["a",[1,2],{"a":null,"b":true}]])"),
              (Lines{R"({"id":"a","l":[1,2],"s":null})", R"({"id":"a","l":[1,2],"s":{"a":null,"b":true}})"}));
}

TEST_F(LatestTest, SaysWhatIsWrong) {
    EXPECT_EQ(start(R"("ttl":0)").message(), "is a time above 0, such as 30d");
    EXPECT_EQ(start(R"("columns":["x"])").message(),
              "the input has no column `x`; it has { id: string, temp: float64?, place: string?, ts: timestamp }");
    EXPECT_EQ(start(R"("columns":["id"])").message(), "`id` is a column of the key, which goes out by itself: leave it out");
    EXPECT_EQ(start(R"("columns":["temp","temp"])").message(), "`temp` is there twice");
    EXPECT_EQ(start(R"("by":"temp")").message(), "`temp` is float64?, and a time is a timestamp that is never null");
}

}  // namespace
}  // namespace weir::testing
