#include <gtest/gtest.h>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

TEST(RawCodec, GivesAndTakesBytesAsTheyAre) {
    CodecDriver codec("raw");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"payload", "binary?"}})).ok());
    EXPECT_EQ(codec.decode({"a\n", "", std::nullopt, "\xff"}),
              (Rows{R"({"payload":"a\n"})", R"({"payload":""})", R"({"payload":null})", R"({"payload":"base64:/w=="})"}));
    ASSERT_TRUE(codec.bind_encode(schema_of({{"payload", "string?"}})).ok());
    EXPECT_EQ(codec.encode_all(R"([["a\u0000b"],[""],[null]])"), (Payloads{std::string("a\0b", 3), "", std::nullopt}));
}

TEST(RawCodec, RefusesStringsThatAreNotUtf8AndTombstonesWhereNoNullIs) {
    CodecDriver codec("raw");
    ASSERT_TRUE(codec.bind_decode(schema_of({{"payload", "string"}})).ok());
    EXPECT_EQ(codec.decode({"\xff", std::nullopt, "ok"}), Rows{R"({"payload":"ok"})"});
    EXPECT_EQ(codec.failed(),
              (Failures{{0, "payload", 0, "`\\xff` is not valid UTF-8"},
                        {1, "payload", -1, "there is no payload (a tombstone), and the column is not nullable"}}));
}

TEST(RawCodec, TakesOneBinaryOrStringColumnOnly) {
    CodecDriver codec("raw");
    EXPECT_EQ(codec.bind_decode(schema_of({{"n", "int64"}})).message(),
              "format raw reads exactly one column, binary or string; here is { n: int64 }");
}

}  // namespace
}  // namespace weir::testing
