// Keys and values of states as the command line shows them.
#include "host/cli/entry_text.hpp"

#include <gtest/gtest.h>

namespace weir::host {
namespace {

using namespace std::string_literals;

Json record_with(const char* key) {
    return Json::parse(R"({"states":{"counts":{"key":")" + std::string(key) + R"(","states":{"n":{"number":0,"layouts":[
        {"version":1,"fields":[{"name":"n","type":"int64"},{"name":"last","type":"string?"}]}]}}}}})");
}

TEST(EntryText, ShowsBytesSoThatTheyCanBeGivenBack) {
    const std::string bytes = "a\\b\0\x7f\xff~ "s;
    EXPECT_EQ(escaped_bytes(bytes), R"(a\\b\x00\x7f\xff~ )");
    EXPECT_EQ(*unescaped_bytes(escaped_bytes(bytes)), bytes);
    for (const char* wrong : {"\\", "\\x", "\\x1", "\\xg0", "\\n"}) EXPECT_FALSE(unescaped_bytes(wrong).ok()) << wrong;
}

TEST(EntryText, ShowsAnOperatorsOwnTablesAsBytes) {
    const EntryCodec codec(Json::object(), "counts", 0);
    EXPECT_EQ(codec.key("k\1"), "k\\x01");
    EXPECT_EQ(codec.value("v\2", 1), "v\\x02");
    EXPECT_EQ(*codec.parse_key("k\\x01"), "k\1");
}

TEST(EntryText, NamesStatesThatTheHostHolds) {
    EXPECT_EQ(state_name(record_with("text"), "counts", 0), "n");
    EXPECT_EQ(state_name(record_with("text"), "counts", 1), "1");
    EXPECT_EQ(state_name(Json::object(), "pairs", 0), "0");
}

TEST(EntryText, ShortensBytesForATable) {
    const EntryCodec codec(record_with("text"), "counts", 0);
    const std::string page = "v\2" + std::string(1998, 'x');
    EXPECT_EQ(codec.short_value(page, 9), "v\\x02" + std::string(30, 'x') + "… (2,000 bytes)");
    EXPECT_EQ(codec.value(page, 9), "v\\x02" + std::string(1998, 'x'));
    EXPECT_EQ(codec.short_value(std::string(32, 'x'), 9), std::string(32, 'x'));
    EXPECT_EQ(codec.short_value("\0\0\7\0\0\0\0\0\0\0\2\0\0\0hi"s, 1), R"({"n":7,"last":"hi"})") << "fields are never cut";
}

TEST(EntryText, DecodesKeysByTheirKinds) {
    const EntryCodec text(record_with("text"), "counts", 0);
    const std::string shipped = "\7\0\0\0SHIPPED\0"s;
    EXPECT_EQ(text.key(shipped), "SHIPPED");
    EXPECT_EQ(*text.parse_key("SHIPPED"), shipped);
    const EntryCodec both(record_with("integer, text"), "counts", 0);
    const std::string pair = "\5\0\0\0\0\0\0\0\1\0\0\0x\0"s;
    EXPECT_EQ(both.key(pair), R"([5,"x"])");
    EXPECT_EQ(*both.parse_key(R"([5,"x"])"), pair);
    EXPECT_FALSE(both.parse_key("5").ok());
    EXPECT_EQ(both.key("\5\0\0\0\0\0\0\0\2\1"s), "[5,null]");
    EXPECT_EQ(both.key("no key"), "no key") << "what does not fit is shown as it is";
}

TEST(EntryText, DecodesValuesByTheSchemaTheyWereWrittenWith) {
    const EntryCodec codec(record_with("text"), "counts", 0);
    EXPECT_EQ(codec.value("\0\0\7\0\0\0\0\0\0\0\2\0\0\0hi"s, 1), R"({"n":7,"last":"hi"})");
    EXPECT_EQ(codec.value("\1\1\2\3\4\5\6\7\x08\1\7\0\0\0\0\0\0\0"s, 1), R"({"n":7,"last":null})") << "with an expiry";
    EXPECT_EQ(codec.value("x"s, 1), "x");
    EXPECT_EQ(codec.value("x"s, 9), "x");
}

}  // namespace
}  // namespace weir::host
