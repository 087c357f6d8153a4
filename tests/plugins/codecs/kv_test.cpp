#include <gtest/gtest.h>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

const Schema kOrder = schema_of({{"customer", "string"},
                                 {"status", "string"},
                                 {"region", "string?"},
                                 {"amount", "decimal(12,2)"},
                                 {"ts", "timestamp?"}});

TEST(KvCodec, ReadsPairsInAnyOrder) {
    CodecDriver codec("kv");
    ASSERT_TRUE(codec.bind_decode(kOrder).ok());
    EXPECT_EQ(codec.decode({"customer=c1,status=SHIPPED,region=eu,amount=1.00,ts=2024-05-23T12:34:56Z",
                            "amount=2,x=y,status=,customer=a=b"}),
              (Rows{R"({"customer":"c1","status":"SHIPPED","region":"eu","amount":1.00,"ts":"2024-05-23T12:34:56Z"})",
                    R"({"customer":"a=b","status":"","region":null,"amount":2.00,"ts":null})"}));
    EXPECT_EQ(codec.failed(), Failures{});
}

TEST(KvCodec, TellsFieldAndPositionOfWhatIsWrong) {
    CodecDriver codec("kv", R"({"unknown":"refuse"})");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"a", "int64"}, {"b", "string?"}})).ok());
    EXPECT_EQ(codec.decode({"a=1,b=2", "a=x", "b=1", "a=1,", "a=1,b", "a=1,a=2", "a=1,c=2", "", std::nullopt, "a=",
                            "a=9,b=\xff", ",a=1"}),
              Rows{R"({"a":1,"b":"2"})"});
    EXPECT_EQ(codec.failed(),
              (Failures{{1, "a", 2, "`x` is not an int64"},
                        {2, "a", -1, "a is missing, and the column is not nullable"},
                        {3, "", 4, "nothing stands where `name=value` should"},
                        {4, "", 4, "`b` stands where `name=value` should"},
                        {5, "a", 4, "a stands there twice"},
                        {6, "", 4, "the record has no field `c`"},
                        {7, "a", -1, "a is missing, and the column is not nullable"},
                        {8, "", -1, "there is no payload (a tombstone)"},
                        {9, "a", 2, "an empty text is not an int64"},
                        {10, "b", 6, "`\\xff` is not valid UTF-8"},
                        {11, "", 0, "nothing stands where `name=value` should"}}));
}

TEST(KvCodec, LeavesOutWhatNobodyWants) {
    CodecDriver codec("kv");
    ASSERT_TRUE(codec.bind_decode(kOrder).ok());
    EXPECT_EQ(codec.decode({"customer=c1,status=SHIPPED,amount=abc", "status=x,amount=1"}, {0, 1, 0, 0, 0}),
              Rows{R"({"status":"SHIPPED"})"});
    EXPECT_EQ(codec.failed().at(0).message, "customer is missing, and the column is not nullable");
}

TEST(KvCodec, WritesPairsAndLeavesNullsOut) {
    CodecDriver codec("kv");
    ASSERT_TRUE(codec.bind_encode(kOrder).ok());
    EXPECT_EQ(codec.encode(R"([["c1","S","eu","88.40",1716467696000000],["c2","",null,"1.00",null]])"),
              (Rows{"customer=c1,status=S,region=eu,amount=88.40,ts=2024-05-23T12:34:56Z",
                    "customer=c2,status=,amount=1.00"}));
    EXPECT_EQ(codec.encode_all(R"([["c1","S","eu","1.00",null],["c1","S,x","eu","1.00",null],["c2","","","1.00",null]])"),
              (Payloads{"customer=c1,status=S,region=eu,amount=1.00", "customer=c2,status=,region=,amount=1.00"}));
    EXPECT_EQ(codec.refused(), Rows{"1 [status]: `S,x` has the separator `,` in it"});
}

TEST(KvCodec, TakesOtherSeparators) {
    CodecDriver codec("kv", R"({"pair_separator":"|","value_separator":":"})");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"a", "int64"}, {"b", "string"}})).ok());
    EXPECT_EQ(codec.decode({"a:1|b:x,y=z"}), Rows{R"({"a":1,"b":"x,y=z"})"});
    EXPECT_EQ(CodecDriver("kv", R"({"pair_separator":"=="})").created().message(),
              "pair_separator is one ASCII character, not `==`");
    EXPECT_EQ(CodecDriver("kv", R"({"pair_separator":"="})").created().message(), "both separators are `=`");
}

TEST(KvCodec, RefusesWhatHasNoPlace) {
    CodecDriver codec("kv");
    EXPECT_EQ(codec.bind_decode(schema_of({{"a", "list<int64>"}})).message(),
              "format kv has no form for column a: list<int64>");
    EXPECT_EQ(codec.bind_encode(schema_of({{"a,b", "int64"}})).message(),
              "format kv: a separator stands in the column name `a,b`");
}

}  // namespace
}  // namespace weir::testing
