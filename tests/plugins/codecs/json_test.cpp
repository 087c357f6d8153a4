#include <gtest/gtest.h>

#include <limits>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

// What `{"v":VALUE}` becomes for a column v: the value as JSON, or `field: message`.
std::string read_json(const char *type, const std::string &value, const std::string &config = "{}") {
    CodecDriver codec("json", config);
    if (Status s = codec.bind_decode(schema_of({{"v", type}})); !s.ok()) return s.message();
    auto rows = codec.decode({R"({"v":)" + value + "}"});
    if (rows.empty()) return codec.failed().at(0).field + ": " + codec.failed().at(0).message;
    return rows[0].substr(5, rows[0].size() - 6);
}

TEST(JsonCodec, ReadsScalarsExactly) {
    EXPECT_EQ(read_json("int64", "-9223372036854775808"), "-9223372036854775808");
    EXPECT_EQ(read_json("int64", " 5.0 "), "5");
    EXPECT_EQ(read_json("int64", "12e2"), "1200");
    EXPECT_EQ(read_json("uint64", "18446744073709551615"), "18446744073709551615");
    EXPECT_EQ(read_json("decimal(38,18)", "12345678901234567890.123456789012345678"),
              "12345678901234567890.123456789012345678");
    EXPECT_EQ(read_json("decimal(12,2)", "\"88.40\""), "88.40");
    EXPECT_EQ(read_json("float64", "0.1"), "0.1");
    EXPECT_EQ(read_json("float64", "123456789012345678901234567890"), "1.2345678901234568e+29");
    EXPECT_EQ(read_json("float32", "0.1"), "0.1");
    EXPECT_EQ(read_json("bool", "false"), "false");
    EXPECT_EQ(read_json("string", R"("a\u00e9\n\"\ud83d\ude00")"), "\"aé\\n\\\"😀\"");
    EXPECT_EQ(read_json("binary", R"("abc")"), "\"abc\"");
    EXPECT_EQ(read_json("date", R"("2024-02-29")"), "\"2024-02-29\"");
    EXPECT_EQ(read_json("timestamp", R"("2024-05-23T12:34:56Z")"), "\"2024-05-23T12:34:56Z\"");
    EXPECT_EQ(read_json("timestamp", "1716467696123", R"({"timestamps":"epoch_ms"})"), "\"2024-05-23T12:34:56.123000Z\"");
    EXPECT_EQ(read_json("int64?", "null"), "null");
}

TEST(JsonCodec, RefusesWhatDoesNotFit) {
    EXPECT_EQ(read_json("int64", "9223372036854775808"), "v: `9223372036854775808` does not fit int64");
    EXPECT_EQ(read_json("int64", "5.5"), "v: `5.5` is not an int64");
    EXPECT_EQ(read_json("int64", "1e30"), "v: `1e30` does not fit int64");
    EXPECT_EQ(read_json("int64", "1e99"), "v: `1e99` is not an int64");
    EXPECT_EQ(read_json("int64", "\"5\""), "v: `\"5\"` is not an int64");
    EXPECT_EQ(read_json("int64", "{\"a\":1}"), "v: `{...}` is not an int64");
    EXPECT_EQ(read_json("int64", "null"), "v: null stands there, and the column is not nullable");
    EXPECT_EQ(read_json("int8", "128"), "v: `128` does not fit int8");
    EXPECT_EQ(read_json("decimal(4,2)", "1.234"), "v: `1.234` does not fit decimal(4,2)");
    EXPECT_EQ(read_json("float64", "1e999"), "v: `1e999` does not fit float64");
    EXPECT_EQ(read_json("string", "5"), "v: `5` is not a string");
    EXPECT_EQ(read_json("bool", "\"true\""), "v: `\"true\"` is not a bool");
    EXPECT_EQ(read_json("timestamp", "\"soon\""), "v: `soon` is not a timestamp");
    EXPECT_EQ(read_json("timestamp", "5"), "v: `5` is not a timestamp");
}

TEST(JsonCodec, ReadsNestedValuesAndNamesTheirPaths) {
    EXPECT_EQ(read_json("list<int64?>", "[1, null,3]"), "[1,null,3]");
    EXPECT_EQ(read_json("list<list<string>>", R"([["a"],[],["b","c"]])"), R"([["a"],[],["b","c"]])");
    EXPECT_EQ(read_json("struct<a: int64, b: struct<c: string?>>", R"({"b":{},"x":[1],"a":2})"), R"({"a":2,"b":{"c":null}})");
    EXPECT_EQ(read_json("map<string, int32?>", R"({"x":1,"y":null})"), R"({"x":1,"y":null})");
    EXPECT_EQ(read_json("map<int32, bool>", R"({"1":true})"), R"({"1":true})");
    EXPECT_EQ(read_json("struct<a: list<struct<b: int8>>>?", R"({"a":[{"b":1},{"b":300}]})"),
              "v.a[1].b: `300` does not fit int8");
    EXPECT_EQ(read_json("struct<a: int64>", "{}"), "v.a: a is missing, and it is not nullable");
    EXPECT_EQ(read_json("struct<a: int64>", R"({"a":1,"a":2})"), "v.a: a stands there twice");
    EXPECT_EQ(read_json("map<int32, bool>", R"({"x":true})"), "v: `x` is not an int32");
    EXPECT_EQ(read_json("map<string, int32>", R"({"x":1,"y":2,"\u0078":3})"), "v.x: x stands there twice");
    EXPECT_EQ(read_json("map<string, int8>", R"({"\n\u001b":300})"), "v.`\\n\\x1b`: `300` does not fit int8");
    EXPECT_EQ(read_json("map<struct<a: int8>, bool>", "{}"),
              "format json has no form for column v: a map's keys are no values of struct<a: int8>");
}

TEST(JsonCodec, TakesBackTheNestedPartsOfARowThatFails) {
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"l", "list<struct<s: string, b: bool?>>"},
                                             {"m", "map<string, list<int8>>?"},
                                             {"n", "int64"}}))
                    .ok());
    EXPECT_EQ(codec.decode({R"({"l":[{"s":"a","b":true},{"s":"b"}],"m":{"x":[1,2]},"n":1})",
                            R"({"l":[{"s":"c","b":null},{"s":5}],"m":{"x":[1]},"n":1})",
                            R"({"l":[{"s":"d"}],"m":{"y":[7],"z":[1,300]},"n":1})", R"({"l":[],"m":{"q":[1]},"n":"x"})",
                            R"({"l":[{"s":"e","b":false}],"n":2})"}),
              (Rows{R"({"l":[{"s":"a","b":true},{"s":"b","b":null}],"m":{"x":[1,2]},"n":1})",
                    R"({"l":[{"s":"e","b":false}],"m":null,"n":2})"}));
    EXPECT_EQ(codec.failed().size(), 3u);
    EXPECT_EQ(codec.failed()[1].field, "m.z[1]");
}

TEST(JsonCodec, TellsWhereAPayloadIsNotJson) {
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"a", "int64?"}})).ok());
    const Payloads bad{"", " ", "abc", "[1]", "5", "null", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}",
                       "{\"a\":01}", "{\"a\":1}x", "{\"a\":1}{}", "{\"a\":+1}", "{\"a\":1.}", "{\"a\":.5}",
                       "{\"a\":tru}", "{\"a\":nul}", "{\"b\":nul}", "{\"b\":tru}", "{\"b\":01}", "{\"b\":\"\\x\"}",
                       "{\"b\":[1,]}", "{\"b\":{\"c\":1,}}", "{\"b\":[1 2]}", "{\"a\":1 \"b\":2}", "{\"\\x\":1}",
                       "\xff", "{\"b\":\"\xff\"}", "{\"b\":\"a\nb\"}", std::string("{\"a\":1\0}", 8), "{\"a\":\"", "{]",
                       "{\"b\":[}", "{\"b\":1}}", "{\"b\":[1]]}", "{\"b\":\"\\ud800\"}", "nullx"};
    EXPECT_EQ(codec.decode(bad), Rows{});
    EXPECT_EQ(codec.failed().size(), bad.size());
    for (const FailedSpan &f : codec.failed())
        EXPECT_LE(f.position, static_cast<int64_t>(bad[f.index]->size())) << *bad[f.index];
    const char *behind = "something stands behind the JSON object";
    EXPECT_EQ(codec.decode({R"({"a":1} trailing)", R"({"a":1}{"a":2})", R"({"b":"}\"{"} 5)", "{\"a\":1}x}"}), Rows{});
    EXPECT_EQ(codec.failed(), (std::vector<FailedSpan>{{0, "", 8, behind}, {1, "", 7, behind}, {2, "", 13, behind},
                                                       {3, "", 7, behind}}));
}

TEST(JsonCodec, ChecksWhatNobodyWantsAsJsonButNotAgainstItsType) {
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"a", "int64"}, {"b", "int64"}})).ok());
    EXPECT_EQ(codec.decode({R"({"a":"x","b":1})", R"({"a":tru,"b":2})", R"({"b":3})"}, {0, 1}), Rows{R"({"b":1})"});
    EXPECT_EQ(codec.failed().size(), 2u);
}

TEST(JsonCodec, IgnoresOrRefusesUnknownMembersAndRefusesTwins) {
    CodecDriver lenient("json"), strict("json", R"({"unknown":"refuse"})");
    const Schema record = schema_of({{"a", "int64"}, {"b", "string?"}});
    ASSERT_TRUE(lenient.bind_decode(record).ok() && strict.bind_decode(record).ok());
    const std::string payload = R"({ "x" : {"y":[1,"2",{"z":null}]} , "\u0061" : 1 })";
    EXPECT_EQ(lenient.decode({payload}), Rows{R"({"a":1,"b":null})"});
    EXPECT_EQ(strict.decode({payload}), Rows{});
    EXPECT_EQ(strict.failed(), (Failures{{0, "", 2, "the record has no field `x`"}}));
    EXPECT_EQ(lenient.decode({R"({"a":1,"b":"x","a":2})"}), Rows{});
    EXPECT_EQ(lenient.failed(), (Failures{{0, "a", 15, "a stands there twice"}}));
}

TEST(JsonCodec, BoundsDepth) {
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"a", "int64?"}})).ok());
    auto nested = [](size_t n) { return "{\"b\":" + std::string(n, '[') + std::string(n, ']') + "}"; };
    EXPECT_EQ(codec.decode({nested(60)}).size(), 1u);
    EXPECT_EQ(codec.decode({nested(70), nested(100'000)}), Rows{});
    EXPECT_EQ(codec.failed()[0].message, "the payload has more than 64 levels");
}

TEST(JsonCodec, ReadsMembersWhoseNamesNeedEscapes) {
    CodecDriver codec("json");
    Schema record{{{"q\"uote", type_of(TypeId::kInt64), false}, {"", type_of(TypeId::kInt64), false}}};
    ASSERT_TRUE(codec.bind_decode(record).ok());
    EXPECT_EQ(codec.decode({R"({"q\"uote":1,"":2})"}), Rows{R"({"q\"uote":1,"":2})"});
}

TEST(JsonCodec, WritesWhatTheRulesOfRowsSay) {
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_encode(schema_of({{"left", "int64"},
                                             {"s", "string?"},
                                             {"d", "decimal(9,2)"},
                                             {"l", "list<timestamp>"}}))
                    .ok());
    EXPECT_EQ(codec.encode(R"([[5,"a\"\n","1.50",[0]],[-7,null,"0.00",[]]])"),
              (Rows{R"({"left":5,"s":"a\"\n","d":1.50,"l":["1970-01-01T00:00:00Z"]})",
                    R"({"left":-7,"s":null,"d":0.00,"l":[]})"}));
    CodecDriver epoch("json", R"({"timestamps":"epoch_ms"})");
    ASSERT_TRUE(epoch.bind_encode(schema_of({{"t", "timestamp"},
                                             {"l", "list<timestamp>"},
                                             {"m", "map<string, timestamp>"},
                                             {"s", "struct<t: timestamp?>"}}))
                    .ok());
    EXPECT_EQ(epoch.encode(R"([[1000,[2000],{"k":3500},{"t":null}]])"),
              Rows{R"({"t":1,"l":[2],"m":{"k":3.500},"s":{"t":null}})"});
    ASSERT_TRUE(codec.bind_encode(Schema{}).ok());
    EXPECT_EQ(codec.encode("[[],[]]"), (Rows{"{}", "{}"}));
}

TEST(JsonCodec, FailsRowsThatCouldNotBeReadAgain) {
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_encode(schema_of({{"n", "int64"}, {"l", "list<date>"}, {"t", "timestamp?"}})).ok());
    EXPECT_EQ(codec.encode_all("[[1,[2932896],253402300799999999],[2,[2932897],null],[3,[],253402300800000000],[4,[],0]]"),
              (Payloads{R"({"n":1,"l":["9999-12-31"],"t":"9999-12-31T23:59:59.999999Z"})", R"({"n":4,"l":[],"t":"1970-01-01T00:00:00Z"})"}));
    EXPECT_EQ(codec.refused(), (Rows{"1 [l]: the year is outside of 0000 to 9999, so it cannot be written as a date",
                                     "2 [t]: the year is outside of 0000 to 9999, so it cannot be written as a date"}));
    for (const char *name : {"kv", "csv", "text"}) {
        CodecDriver other(name);
        ASSERT_TRUE(other.bind_encode(schema_of({{"t", "timestamp"}})).ok());
        EXPECT_EQ(other.encode_all("[[253402300800000000],[-62167219200000001]]"), Payloads{});
        EXPECT_EQ(other.refused()[0], "0 [t]: the year is outside of 0000 to 9999, so it cannot be written as a date");
    }
}

TEST(JsonCodec, FailsRowsOfNumbersThatJsonDoesNotHave) {
    const Schema schema = schema_of({{"f", "float64"}, {"l", "list<float32>"}});
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_encode(schema).ok());
    BatchBuilder rows(schema);
    for (double f : {1.5, std::numeric_limits<double>::quiet_NaN(), 2.0}) {
        rows.column(0).append(f);
        rows.column(1).child(0).append(f == 2.0 ? std::numeric_limits<float>::infinity() : 0.5f);
        rows.column(1).end_row();
    }
    ArrowArray array;
    rows.finish(&array);
    EXPECT_EQ(codec.encode_rows(array), Payloads{R"({"f":1.5,"l":[0.5]})"});
    EXPECT_EQ(codec.refused(), (Rows{"1 [f]: JSON has no form for NaN and infinities", "2 [l]: JSON has no form for NaN and infinities"}));
}

TEST(JsonCodec, WritesBytesThatItReadsAgain) {
    CodecDriver codec("json");
    const Schema schema = schema_of({{"y", "binary"}});
    ASSERT_TRUE(codec.bind_decode(schema).ok());
    EXPECT_EQ(codec.decode({R"({"y":"abc"})", R"({"y":"base64:/w=="})", R"({"y":"base64:YmFzZTY0OiE="})", R"({"y":"base64:"})",
                            R"({"y":"base64:/x=="})", R"({"y":"base64:!"})"}),
              (Rows{R"({"y":"abc"})", R"({"y":"base64:/w=="})", R"({"y":"base64:YmFzZTY0OiE="})", R"({"y":""})"}));
    EXPECT_EQ(codec.failed(), (Failures{{4, "y", 5, "`base64:/x==` says that it is base64, and is not"},
                                        {5, "y", 5, "`base64:!` says that it is base64, and is not"}}));
}

}  // namespace
}  // namespace weir::testing
