// What pair_match does row by row: matching, refusal, names of columns, projection, time to live.
#include <gtest/gtest.h>

#include "support.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;
using Failed = std::vector<FailedRow>;

Schema plain() { return schema_of({{"n", "int64"}}); }
Schema from_kafka() {
    return schema_of({{"n", "int64"}, {"_topic", "string"}, {"_partition", "int32"}, {"_offset", "int64"}});
}
Harness make(const std::string &config, Schema input, HarnessOptions options = {}) {
    return Harness(plugin(), "pair_match", config, {std::move(input)}, std::move(options));
}
// Why an instance cannot be made.
Status refused(const std::string &config, Schema input) {
    Harness h = make(config, std::move(input));
    return h.start();
}

TEST(PairMatch, GivesAPairWithBothOriginsOnceTheComplementArrives) {
    Harness h = make(R"({"value":"n","sum":12,"min":0,"max":12})", from_kafka());
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process(R"([[5,"raw",0,12]])").done());
    EXPECT_EQ(h.take(), Rows{});
    EXPECT_EQ(h.metric("waiting"), 1);
    ASSERT_TRUE(h.process(R"([[7,"raw",1,40]])").done());
    EXPECT_EQ(h.take(),
              Rows{R"({"left":5,"right":7,"left_partition":0,"left_offset":12,"right_partition":1,"right_offset":40})"});
    EXPECT_EQ(h.metric("waiting"), 0);
}

TEST(PairMatch, MatchesFirstInFirstOut) {
    Harness h = make(R"({"value":"n","sum":12})", schema_of({{"n", "int64"}, {"id", "int32"}}));
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process(R"([[5,1],[5,2],[7,3],[5,4],[7,5],[7,6],[7,7]])").done());
    EXPECT_EQ(h.take(), (Rows{R"({"left":5,"right":7,"left_id":1,"right_id":3})",
                              R"({"left":5,"right":7,"left_id":2,"right_id":5})",
                              R"({"left":5,"right":7,"left_id":4,"right_id":6})"}));
    EXPECT_EQ(h.metric("waiting"), 1);
}

TEST(PairMatch, MatchesHalfOfTheSumWithItself) {
    Harness h = make(R"({"value":"n","sum":12})", schema_of({{"n", "int64"}, {"id", "int32"}}));
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process("[[6,1],[6,2],[6,3]]").done());
    EXPECT_EQ(h.take(), Rows{R"({"left":6,"right":6,"left_id":1,"right_id":2})"});
    EXPECT_EQ(h.metric("waiting"), 1);
}

TEST(PairMatch, RefusesWhatIsOutOfRangeOrNull) {
    Harness h = make(R"({"value":"n","sum":12,"min":0,"max":12})", schema_of({{"n", "int64?"}}));
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process("[[13],[-1],[null],[12],[0]]").done());
    EXPECT_EQ(h.take(), Rows{R"({"left":12,"right":0})"});
    EXPECT_EQ(h.take_failed(), (Failed{{"out-of-range", "n", "n: 13 is outside of 0..12", R"({"n":13})"},
                                       {"out-of-range", "n", "n: -1 is outside of 0..12", R"({"n":-1})"},
                                       {"null", "n", "n is null: there is nothing to match", R"({"n":null})"}}));
    EXPECT_EQ(h.metric("waiting"), 0);
}

TEST(PairMatch, RefusesWhatCanNeverPairInsteadOfKeepingItForEver) {
    Harness h = make(R"({"value":"n","sum":12,"min":0,"max":100})", plain());
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process("[[50]]").done());
    Harness wide = make(R"({"value":"n","sum":12})", plain());
    ASSERT_EQ(wide.start().message(), "");
    EXPECT_TRUE(wide.process("[[-9223372036854775808],[9223372036854775807]]").done());
    EXPECT_EQ(h.take_failed(),
              (Failed{{"out-of-range", "n", "n: 50 can never pair: its complement to 12 is outside of 0..100",
                       R"({"n":50})"}}));
    EXPECT_EQ(wide.take_failed(),
              (Failed{{"out-of-range", "n",
                       "n: -9223372036854775808 can never pair: its complement to 12 is outside of "
                       "-9223372036854775808..9223372036854775807",
                       R"({"n":-9223372036854775808})"}}));
    EXPECT_EQ(wide.metric("waiting"), 1);
}

TEST(PairMatch, TakesEveryIntegerTypeAndDecimals) {
    for (const char *type : {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}) {
        Harness h = make(R"({"value":"n","sum":100})", schema_of({{"n", type}}));
        ASSERT_EQ(h.start().message(), "") << type;
        EXPECT_TRUE(h.process("[[1],[99],[100],[0]]").done());
        EXPECT_EQ(h.take(), (Rows{R"({"left":1,"right":99})", R"({"left":100,"right":0})"})) << type;
        EXPECT_EQ(to_string(h.output_schema()), std::string("{ left: ") + type + ", right: " + type + " }");
    }
    for (const char *type : {"decimal(10,2)", "decimal(38,2)"}) {
        Harness h = make(R"({"value":"n","sum":"12.50","min":-1})", schema_of({{"n", type}}));
        ASSERT_EQ(h.start().message(), "") << type;
        EXPECT_TRUE(h.process(R"([["5.25"],["7.25"],["-1.00"],["13.50"],["-1.01"]])").done());
        EXPECT_EQ(h.take(), (Rows{R"({"left":5.25,"right":7.25})", R"({"left":-1.00,"right":13.50})"})) << type;
        ASSERT_EQ(h.take_failed().size(), 1u) << type;
    }
}

TEST(PairMatch, TakesUnsignedValuesBeyondInt64) {
    Harness h = make(R"({"value":"n","sum":"18446744073709551615"})", schema_of({{"n", "uint64"}}));
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process("[[18446744073709551615],[0]]").done());
    EXPECT_EQ(h.take(), Rows{R"({"left":18446744073709551615,"right":0})"});
}

TEST(PairMatch, TakesAllValuesOfTheWidestDecimal) {
    Harness h = make(R"({"value":"n","sum":0})", schema_of({{"n", "decimal(38,0)"}}));
    ASSERT_EQ(h.start().message(), "");
    const std::string nines(38, '9');
    EXPECT_TRUE(h.process("[[\"" + nines + "\"],[\"5\"],[\"-5\"],[\"-" + nines + "\"]]").done());
    EXPECT_EQ(h.take(), (Rows{R"({"left":5,"right":-5})", "{\"left\":" + nines + ",\"right\":-" + nines + "}"}));
}

TEST(PairMatch, CarriesColumnsOfEveryTypeFromBothSides) {
    Schema input = schema_of({{"n", "int64"},
                              {"b", "bool?"},
                              {"s", "string?"},
                              {"d", "decimal(12,2)"},
                              {"l", "list<string?>"},
                              {"st", "struct<x: int8, y: string?>?"},
                              {"m", "map<string, int32?>"},
                              {"t", "timestamp?"}});
    Harness h = make(R"({"value":"n","sum":12})", input);
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process(R"([[5,true,"a","1.50",["x",null],{"x":1,"y":null},{"k":1},0]])").done());
    EXPECT_TRUE(h.process(R"([[7,null,null,"-2.00",[],null,{"k":null,"j":2},null]])").done());
    EXPECT_EQ(h.take(),
              Rows{R"({"left":5,"right":7,"left_b":true,"left_s":"a","left_d":1.50,"left_l":["x",null],)"
                   R"("left_st":{"x":1,"y":null},"left_m":{"k":1},"left_t":"1970-01-01T00:00:00Z",)"
                   R"("right_b":null,"right_s":null,"right_d":-2.00,"right_l":[],"right_st":null,)"
                   R"("right_m":{"k":null,"j":2},"right_t":null})"});
}

TEST(PairMatch, ReadsAndStoresOnlyWhatIsWanted) {
    HarnessOptions options;
    options.wanted[0] = {"left", "right", "right_offset"};
    options.wanted[1] = {};
    Harness h = make(R"({"value":"n","sum":12})", from_kafka(), options);
    ASSERT_EQ(h.start().message(), "");
    EXPECT_EQ(h.reads(), (std::vector<std::string>{"n", "_offset"}));
    EXPECT_TRUE(h.process(R"([[5,"raw",0,12],[7,"raw",1,40]])").done());
    EXPECT_EQ(h.take(), Rows{R"({"left":5,"right":7,"right_offset":40})"});
}

TEST(PairMatch, NamesItsColumnsAsToldAndRefusesTwoOfOneName) {
    Harness h = make(R"({"value":"n","sum":12,"left":"first","right":"second","origin":["topic","offset"]})",
                     from_kafka());
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process(R"([[5,"raw",0,12],[7,"raw",1,40]])").done());
    EXPECT_EQ(h.take(), Rows{R"({"first":5,"second":7,"first_topic":"raw","first_offset":12,)"
                             R"("second_topic":"raw","second_offset":40})"});
    Status twice = refused(R"({"value":"n","sum":12})",
                           schema_of({{"n", "int64"}, {"partition", "int32"}, {"_partition", "int32"}}));
    EXPECT_EQ(twice.path(), "carry");
    EXPECT_EQ(twice.message(), "two output columns would be called `left_partition`: choose other columns, or other "
                               "names with left and right");
}

TEST(PairMatch, RefusesAConfigurationThatCannotWork) {
    EXPECT_EQ(refused(R"({"value":"m","sum":12})", plain()).message(),
              "the input has no column `m`: it is { n: int64 }");
    EXPECT_EQ(refused(R"({"value":"n","sum":12})", schema_of({{"n", "float64"}})).message(),
              "column `n` is float64: numbers that add up exactly are integers or decimals");
    EXPECT_EQ(refused(R"({"value":"n","sum":12.5})", plain()).message(),
              "`12.5` is not a number that fits the value column's type, int64");
    EXPECT_EQ(refused(R"({"value":"n","sum":12,"min":0,"max":5})", plain()).message(),
              "no two values within 0..5 add up to 12");
    EXPECT_EQ(refused(R"({"value":"n","sum":12,"ttl":0})", plain()).path(), "ttl");
    EXPECT_EQ(refused(R"({"value":"n","sum":12,"carry":["x"]})", plain()).path(), "carry");
}

TEST(PairMatch, LetsWhatWaitedTooLongLeaveByExpired) {
    Harness h = make(R"({"value":"n","sum":12,"ttl":1000})",
                     schema_of({{"n", "int64"}, {"id", "int32"}, {"_offset", "int64"}}));
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process("[[5,1,100]]").done());
    EXPECT_EQ(h.wake_time(), 1000);
    h.options().now = 400;
    EXPECT_TRUE(h.process("[[5,2,101],[1,3,102]]").done());
    ASSERT_TRUE(h.advance_to(1000).done());
    EXPECT_EQ(h.take(1), Rows{R"({"n":5,"id":1,"offset":100})"});
    EXPECT_EQ(h.metric("waiting"), 2);
    EXPECT_TRUE(h.process("[[7,4,103]]").done());  // the older 5 is gone, the younger waits
    EXPECT_EQ(h.take(0), Rows{R"({"left":5,"right":7,"left_id":2,"left_offset":101,"right_id":4,"right_offset":103})"});
    h.options().now = 1400;
    EXPECT_TRUE(h.process("[[11,5,104]]").done());  // late wake: what is too old does not match
    EXPECT_EQ(h.take(1), Rows{R"({"n":1,"id":3,"offset":102})"});
    EXPECT_EQ(h.take(0), Rows{});
    EXPECT_EQ(h.metric("waiting"), 1);
}

TEST(PairMatch, LetsWhatWaitedTooLongLeaveAlsoWhereItIsResumedInPlaceOfAWake) {
    Harness h = make(R"({"value":"n","sum":12,"ttl":1000})", schema_of({{"n", "int64"}}));
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process("[[5]]").done());
    h.options().now = 300;
    EXPECT_TRUE(h.process("[[4]]").done());
    h.options().now = 1000;
    ASSERT_TRUE(h.resume().done());
    EXPECT_EQ(h.take(1), Rows{R"({"n":5})"});
    ASSERT_TRUE(h.advance_to(1300).done()) << "and it asks to be woken for what is left";
    EXPECT_EQ(h.take(1), Rows{R"({"n":4})"});
}

TEST(PairMatch, SplitsPairsThatAreTooLargeForOneBatchAndWaitsForRoom) {
    HarnessOptions options;
    options.full_outbox = true;
    Harness h = make(R"({"value":"n","sum":12})", schema_of({{"n", "int64"}, {"s", "string"}}), options);
    ASSERT_EQ(h.start().message(), "");
    std::string big(1'500'000, 'x');
    std::string left, right;
    for (int i = 0; i < 5; ++i) {
        left += (i ? "," : "[") + ("[5,\"" + big + "\"]");
        right += (i ? "," : "[") + ("[7,\"" + big + "\"]");
    }
    EXPECT_TRUE(h.process(left + "]").done());
    ASSERT_TRUE(h.process(right + "]").done());
    EXPECT_EQ(h.take().size(), 5u);
    EXPECT_EQ(h.batches(), 5u);
}

TEST(PairMatch, GivesBothNumbersOfAPairTheSameKey) {
    Harness h = make(R"({"value":"n","sum":12})", schema_of({{"n", "int64?"}}));
    ASSERT_EQ(h.start().message(), "");
    ArrowArray rows = make_rows(schema_of({{"n", "int64?"}}), Json::parse("[[5],[7],[6],[1],[11],[null]]"));
    weir_batch batch{};
    batch.size = sizeof batch;
    batch.rows = rows.length;
    batch.array = &rows;
    uint64_t hashes[6];
    weir_error error{};
    ASSERT_EQ(h.api().compute_key(h.self(), &batch, 0, hashes, &error), WEIR_OK);
    rows.release(&rows);
    EXPECT_EQ(hashes[0], hashes[1]);
    EXPECT_EQ(hashes[3], hashes[4]);
    EXPECT_NE(hashes[0], hashes[2]);
    EXPECT_NE(hashes[0], hashes[3]);
    EXPECT_EQ(hashes[5], 0u);
    EXPECT_EQ(hashes[0], 0xd66ad737d54c5575u) << "the hash is part of the state's format: do not change it";
}

TEST(PairMatch, GivesAllMemoryBack) {
    int64_t before = TestHost::get().live_blocks();
    {
        Harness h = make(R"({"value":"n","sum":12})", schema_of({{"n", "int64"}, {"s", "string"}}));
        ASSERT_EQ(h.start().message(), "");
        EXPECT_TRUE(h.process(R"([[5,"a"],[5,"b"],[7,"c"],[1,")" + std::string(5000, 'y') + R"("]])").done());
    }
    EXPECT_EQ(TestHost::get().live_blocks(), before);
}

}  // namespace
}  // namespace weir::testing
