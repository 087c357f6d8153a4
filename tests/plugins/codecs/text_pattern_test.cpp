#include <gtest/gtest.h>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

std::string pattern(const std::string &text) { return R"({"pattern":)" + Json(text).dump() + "}"; }

TEST(TextPattern, ReadsNamedGroups) {
    CodecDriver codec("text", pattern(R"re((?P<host>\S+) (?P<code>\d+|-)(?: "(?P<agent>[^"]*)")?(?: .*)?)re"));
    ASSERT_TRUE(codec.bind_decode(schema_of({{"code", "int32"}, {"host", "string"}, {"agent", "string?"}})).ok());
    EXPECT_EQ(codec.decode({"a.example 200", "b 404 \"\" more", "c - x", "d 99999999999", "e", "", std::nullopt, "f 1 \"\xff\""}),
              (Rows{R"({"code":200,"host":"a.example","agent":null})", R"({"code":404,"host":"b","agent":""})"}));
    EXPECT_EQ(codec.failed(), (Failures{{2, "code", 2, "`-` is not an int32"},
                                        {3, "code", 2, "`99999999999` does not fit int32"},
                                        {4, "", -1, "`e` does not match the pattern"},
                                        {5, "", -1, "`` does not match the pattern"},
                                        {6, "", -1, "there is no payload (a tombstone)"},
                                        {7, "", -1, "`f 1 \"\\xff\"` does not match the pattern"}}));
}

TEST(TextPattern, ReadsTheCommonLogFormat) {
    Schema record = schema_of({{"ip", "string"}, {"at", "timestamp"}, {"request", "string"}, {"bytes", "int64?"}});
    record.fields[1].format = "%d/%b/%Y:%H:%M:%S %z";
    CodecDriver codec("text", pattern(R"re((?P<ip>\S+) \S+ \S+ \[(?P<at>[^\]]+)\] "(?P<request>[^"]*)" \d{3} (?:(?P<bytes>\d+)|-))re"));
    ASSERT_TRUE(codec.bind_decode(record).ok());
    EXPECT_EQ(codec.decode({R"(127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326)",
                            R"(::1 - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.0" 304 -)"},
                           {1, 1, 0, 1}),
              (Rows{R"({"ip":"127.0.0.1","at":"2000-10-10T20:55:36Z","bytes":2326})",
                    R"({"ip":"::1","at":"2000-10-10T13:55:36Z","bytes":null})"}));
}

TEST(TextPattern, IsRefusedWhereItDoesNotFit) {
    EXPECT_EQ(CodecDriver("text", pattern("(?P<a>")).created().message(),
              "the pattern `(?P<a>` is no regular expression that RE2 knows: missing ): (?P<a>");
    EXPECT_EQ(CodecDriver("text", pattern("(a)")).created().message(),
              "the pattern `(a)` names no group: write (?P<column>...) around each column");
    CodecDriver codec("text", pattern("(?P<a>.)(?P<b>.)"));
    EXPECT_EQ(codec.bind_decode(schema_of({{"c", "string"}})).message(),
              "no group of the pattern is called `c`; there are a, b");
    EXPECT_EQ(codec.bind_encode(schema_of({{"a", "string"}})).message(),
              "a pattern only reads; format `template` writes, as in `format: { template: \"status={status}\" }`");
}

}  // namespace
}  // namespace weir::testing
