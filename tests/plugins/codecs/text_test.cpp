#include <gtest/gtest.h>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

// What a payload becomes: the value as JSON, or the message.
std::string read_text(const char *type, const std::string &payload, const std::string &config = "{}") {
    CodecDriver codec("text", config);
    Status bound = codec.bind_decode(schema_of({{"v", type}}));
    if (!bound.ok()) return bound.message();
    auto rows = codec.decode({payload});
    if (rows.empty()) return codec.failed().at(0).message;
    return rows[0].substr(5, rows[0].size() - 6);
}

std::string written(const char *type, const std::string &value, const std::string &config = "{}") {
    CodecDriver codec("text", config);
    if (Status s = codec.bind_encode(schema_of({{"v", type}})); !s.ok()) return s.message();
    auto out = codec.encode_all("[[" + value + "]]");
    if (out.empty()) return codec.refused().at(0);
    return out[0].value_or("no payload");
}

std::string quoted(const std::string &text, const char *rest) {
    return std::string(1, '`').append(text).append(1, '`').append(rest);
}

TEST(TextCodec, ReadsIntegersAndTellsWhatIsNone) {
    EXPECT_EQ(read_text("int64", "0"), "0");
    EXPECT_EQ(read_text("int64", "-7"), "-7");
    EXPECT_EQ(read_text("int64", "007"), "7");
    EXPECT_EQ(read_text("int64", "9223372036854775807"), "9223372036854775807");
    EXPECT_EQ(read_text("int64", "-9223372036854775808"), "-9223372036854775808");
    EXPECT_EQ(read_text("int64", "0000000000000000000000000000012"), "12");
    EXPECT_EQ(read_text("int64", "9223372036854775808"), "`9223372036854775808` does not fit int64");
    EXPECT_EQ(read_text("int64", "-9223372036854775809"), "`-9223372036854775809` does not fit int64");
    EXPECT_EQ(read_text("int64", "99999999999999999999999999"), "`99999999999999999999999999` does not fit int64");
    for (const char *bad : {"abc", "-", "+5", " 5", "5 ", "5.0", "1e3", "0x10", "5\n", "--5", "1234567890123456789x"}) {
        std::string shown = std::string(bad) == "5\n" ? "5\\n" : bad;
        EXPECT_EQ(read_text("int64", bad), quoted(shown, " is not an int64"));
    }
    EXPECT_EQ(read_text("int64", ""), "an empty text is not an int64");
    EXPECT_EQ(read_text("int8", "127"), "127");
    EXPECT_EQ(read_text("int8", "128"), "`128` does not fit int8");
    EXPECT_EQ(read_text("uint8", "-1"), "`-1` does not fit uint8");
    EXPECT_EQ(read_text("uint64", "18446744073709551615"), "18446744073709551615");
    EXPECT_EQ(read_text("uint64", "18446744073709551616"), "`18446744073709551616` does not fit uint64");
    EXPECT_EQ(read_text("uint64", "-0"), "0");
}

TEST(TextCodec, ReadsDecimalsExactlyOrNotAtAll) {
    EXPECT_EQ(read_text("decimal(12,2)", "88.40"), "88.40");
    EXPECT_EQ(read_text("decimal(12,2)", "88.4"), "88.40");
    EXPECT_EQ(read_text("decimal(12,2)", "-0.05"), "-0.05");
    EXPECT_EQ(read_text("decimal(12,2)", "1.2300000000000000000000000000000000000000000000"), "1.23");
    EXPECT_EQ(read_text("decimal(12,2)", "1e3"), "1000.00");
    EXPECT_EQ(read_text("decimal(12,2)", "12345e-2"), "123.45");
    EXPECT_EQ(read_text("decimal(12,2)", "0e999999999999"), "0.00");
    EXPECT_EQ(read_text("decimal(38,0)", "99999999999999999999999999999999999999"), "99999999999999999999999999999999999999");
    EXPECT_EQ(read_text("decimal(38,0)", "100000000000000000000000000000000000000"),
              "`100000000000000000000000000000000000000` does not fit decimal(38,0)");
    EXPECT_EQ(read_text("decimal(12,2)", "1.234"), "`1.234` does not fit decimal(12,2)");
    EXPECT_EQ(read_text("decimal(4,2)", "100"), "`100` does not fit decimal(4,2)");
    EXPECT_EQ(read_text("decimal(4,2)", "1e99999999999999999999"), "`1e99999999999999999999` does not fit decimal(4,2)");
    for (const char *bad : {".5", "5.", "1e", "1e+", "1.2.3", "1,5", "NaN", "-"})
        EXPECT_EQ(read_text("decimal(4,2)", bad), quoted(bad, " is not a decimal(4,2)"));
}

TEST(TextCodec, ReadsFloatsBoolsAndTexts) {
    EXPECT_EQ(read_text("float64", "1.5"), "1.5");
    EXPECT_EQ(read_text("float64", "-1e-3"), "-0.001");
    EXPECT_EQ(read_text("float64", "1e999"), "`1e999` does not fit float64");
    EXPECT_EQ(read_text("float32", "1e39"), "`1e39` does not fit float32");
    EXPECT_EQ(read_text("float64", "NaN"), "null");  // JSON has no NaN
    for (const char *bad : {"inf", "nan", "0x1p3", "1.5f", ".5"})
        EXPECT_EQ(read_text("float64", bad), quoted(bad, " is not a float64"));
    EXPECT_EQ(read_text("bool", "true"), "true");
    EXPECT_EQ(read_text("bool", "1"), "`1` is not a bool");
    EXPECT_EQ(read_text("string", "hé\n"), "\"hé\\n\"");
    EXPECT_EQ(read_text("string", ""), "\"\"");
    EXPECT_EQ(read_text("string", "\xff"), "`\\xff` is not valid UTF-8");
    EXPECT_EQ(read_text("binary", std::string("a\0b", 3)), "\"a\\u0000b\"");
}

TEST(TextCodec, ReadsDatesAndTimestampsInEveryForm) {
    EXPECT_EQ(read_text("date", "2024-02-29"), "\"2024-02-29\"");
    EXPECT_EQ(read_text("date", "2023-02-29"), "`2023-02-29` does not fit date");
    EXPECT_EQ(read_text("date", "2024-2-9"), "`2024-2-9` is not a date");
    EXPECT_EQ(read_text("timestamp", "2024-05-23T12:34:56Z"), "\"2024-05-23T12:34:56Z\"");
    EXPECT_EQ(read_text("timestamp", "2024-05-23 12:34"), "\"2024-05-23T12:34:00Z\"");
    EXPECT_EQ(read_text("timestamp", "2024-05-23T12:34:56.5+02:30"), "\"2024-05-23T10:04:56.500000Z\"");
    EXPECT_EQ(read_text("timestamp", "2024-05-23T12:34:56.123456789Z"), "\"2024-05-23T12:34:56.123456Z\"");
    EXPECT_EQ(read_text("timestamp", "1969-12-31T23:59:59.999999Z"), "\"1969-12-31T23:59:59.999999Z\"");
    EXPECT_EQ(read_text("timestamp", "2024-05-23T24:00:00Z"), "`2024-05-23T24:00:00Z` does not fit timestamp");
    for (const char *bad : {"2024-05-23", "2024-05-23T12:34:56.Z", "2024-05-23T12:34:5Z", "2024-05-23T12:34:56ZZ",
                            "2024-05-23T12:34:56+2", "2024-05-23T12:34:56+25:00", "now"})
        EXPECT_EQ(read_text("timestamp", bad), quoted(bad, " is not a timestamp"));
    EXPECT_EQ(read_text("timestamp", "1716467696", R"({"timestamps":"epoch_s"})"), "\"2024-05-23T12:34:56Z\"");
    EXPECT_EQ(read_text("timestamp", "1716467696.25", R"({"timestamps":"epoch_s"})"), "\"2024-05-23T12:34:56.250000Z\"");
    EXPECT_EQ(read_text("timestamp", "1716467696001", R"({"timestamps":"epoch_ms"})"), "\"2024-05-23T12:34:56.001000Z\"");
    EXPECT_EQ(read_text("timestamp", "1716467696000001", R"({"timestamps":"epoch_us"})"), "\"2024-05-23T12:34:56.000001Z\"");
    EXPECT_EQ(read_text("timestamp", "1716467696000001999", R"({"timestamps":"epoch_ns"})"),
              "\"2024-05-23T12:34:56.000001Z\"");
    EXPECT_EQ(read_text("timestamp", "-1", R"({"timestamps":"epoch_ns"})"), "\"1969-12-31T23:59:59.999999Z\"");
    EXPECT_EQ(read_text("timestamp", "99999999999999999999", R"({"timestamps":"epoch_s"})"),
              "`99999999999999999999` does not fit timestamp");
}

TEST(TextCodec, ShowsBadPayloadsEscapedAndCut) {
    EXPECT_EQ(read_text("int64", "\x1b[31m\x7f\r\t"), "`\\x1b[31m\\x7f\\r\\t` is not an int64");
    EXPECT_EQ(read_text("int64", "\xc2\x9b" "31m"), "`\\xc2\\x9b31m` is not an int64");
    EXPECT_EQ(read_text("int64", std::string(100, 'x')), quoted(std::string(64, 'x') + "...", " is not an int64"));
    EXPECT_EQ(read_text("int64", std::string(63, 'x') + "é" + "y"), quoted(std::string(63, 'x') + "é...", " is not an int64"));
}

TEST(TextCodec, KeepsTheGoodPayloadsOfABatchInOrder) {
    for (const char *type : {"int64", "int64?", "int32"}) {
        CodecDriver codec("text");
        ASSERT_TRUE(codec.bind_decode(schema_of({{"n", type}})).ok());
        Payloads payloads{"1", "x", std::nullopt, "2", "", "3"};
        bool nullable = std::string(type).ends_with('?');
        Rows expected{R"({"n":1})", R"({"n":2})", R"({"n":3})"};
        if (nullable) expected.insert(expected.begin() + 1, R"({"n":null})");
        EXPECT_EQ(codec.decode(payloads), expected) << type;
        std::string name = std::string(type).substr(0, 5);
        Failures failures{{1, "n", 0, "`x` is not an " + name}};
        if (!nullable)
            failures.push_back({2, "n", -1, "there is no payload (a tombstone), and the column is not nullable"});
        failures.push_back({4, "n", 0, "an empty text is not an " + name});
        EXPECT_EQ(codec.failed(), failures) << type;
    }
}

TEST(TextCodec, FailsTheSamePayloadsWhereNobodyWantsTheColumn) {
    CodecDriver codec("text");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"n", "int64"}})).ok());
    EXPECT_EQ(codec.decode({"1", "x", "2"}, {0}), (Rows{"{}", "{}"}));
    EXPECT_EQ(codec.failed().size(), 1u);
}

TEST(TextCodec, WritesWhatItReads) {
    EXPECT_EQ(written("int64", "-9223372036854775808"), "-9223372036854775808");
    EXPECT_EQ(written("uint64", "18446744073709551615"), "18446744073709551615");
    EXPECT_EQ(written("decimal(12,2)", "\"88.40\""), "88.40");
    EXPECT_EQ(written("float64", "0.1"), "0.1");
    EXPECT_EQ(written("bool", "true"), "true");
    EXPECT_EQ(written("string", R"("a\nb")"), "a\nb");
    EXPECT_EQ(written("timestamp", "1716467696000001"), "2024-05-23T12:34:56.000001Z");
    EXPECT_EQ(written("timestamp", "1716467696000000", R"({"timestamps":"epoch_s"})"), "1716467696");
    EXPECT_EQ(written("timestamp", "1716467696500000", R"({"timestamps":"epoch_s"})"), "1716467696.500000");
    EXPECT_EQ(written("timestamp", "-1500", R"({"timestamps":"epoch_ms"})"), "-1.500");
    EXPECT_EQ(written("timestamp", "9223372036854775807", R"({"timestamps":"epoch_ns"})"), "9223372036854775807000");
    EXPECT_EQ(written("string?", "null"), "no payload");
}

TEST(TextCodec, RefusesRecordsThatAreNotOnePlainColumn) {
    CodecDriver codec("text");
    EXPECT_EQ(codec.bind_decode(schema_of({{"a", "int64"}, {"b", "string"}})).message(),
              "format text reads exactly one column, here are 2: { a: int64, b: string }");
    EXPECT_EQ(codec.bind_encode(schema_of({{"a", "list<int64>"}})).message(),
              "format text has no form for column a: list<int64>");
}

}  // namespace
}  // namespace weir::testing
