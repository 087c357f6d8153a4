#include <gtest/gtest.h>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

const Schema kCount = schema_of({{"status", "string?"},
                                 {"count", "int64"},
                                 {"at", "timestamp?"},
                                 {"place", "struct<city: string, geo: struct<lat: float64>?>?"},
                                 {"a.b", "int32?"},
                                 {"tags", "list<string>?"}});
const char *const kRow = R"([["SHIPPED",7,1716467696000000,{"city":"Rome","geo":{"lat":41.5}},5,["x","y"]]])";

std::string filled(const std::string &text, const std::string &more = "") {
    CodecDriver codec("template", R"({"text":)" + Json(text).dump() + more + "}");
    if (!codec.created().ok()) return codec.created().message();
    if (Status s = codec.bind_encode(kCount); !s.ok()) return s.message();
    return codec.encode(kRow).at(0);
}

TEST(TemplateCodec, WritesValuesIntoTheText) {
    EXPECT_EQ(filled("status={status},count={count}"), "status=SHIPPED,count=7");
    EXPECT_EQ(filled("{{{count}}} at {at}"), "{7} at 2024-05-23T12:34:56Z");
    EXPECT_EQ(filled("{at}", R"(,"timestamps":"%d.%m.%Y %H:%M")"), "23.05.2024 12:34");
    EXPECT_EQ(filled("{place.city} {place.geo.lat} {a.b}"), "Rome 41.5 5");
    EXPECT_EQ(filled("{tags} {place}"), R"(["x","y"] {"city":"Rome","geo":{"lat":41.5}})");
    EXPECT_EQ(filled("constant"), "constant");
    EXPECT_EQ(filled(""), "");
}

TEST(TemplateCodec, FailsRowsWhoseNullsItKnowsNothingOf) {
    CodecDriver codec("template", R"({"text":"{status} {place.geo.lat}"})");
    ASSERT_TRUE(codec.bind_encode(kCount).ok());
    const std::string rows =
        R"([["a",1,0,{"city":"R","geo":{"lat":1}},1,[]],[null,1,0,{"city":"R","geo":null},1,[]],["b",1,0,null,1,[]]])";
    EXPECT_EQ(codec.encode_all(rows), Payloads{"a 1"});
    EXPECT_EQ(codec.refused(),
              (Rows{"1 [status]: the value is null, and the template says nothing about nulls (`null_text: \"\"`)",
                    "2 [place.geo.lat]: the value is null, and the template says nothing about nulls (`null_text: \"\"`)"}));
    CodecDriver lenient("template", R"({"text":"{status} {place.geo.lat}","null_text":"-"})");
    ASSERT_TRUE(lenient.bind_encode(kCount).ok());
    EXPECT_EQ(lenient.encode(rows), (Rows{"a 1", "- -", "b -"}));
}

TEST(TemplateCodec, RefusesTextsThatDoNotFit) {
    EXPECT_EQ(filled("a{"), "the brace at character 2 of `a{` stands for no column: write {NAME}, or {{ for the brace itself");
    EXPECT_EQ(filled("a}b"), "the brace at character 2 of `a}b` stands for no column: write {NAME}, or }} for the brace itself");
    EXPECT_EQ(filled("{}"), "the brace at character 1 of `{}` stands for no column: write {NAME}, or {{ for the brace itself");
    EXPECT_TRUE(filled("{nme}").starts_with("the template has `{nme}`, and there is no such column: { status: string?"));
    EXPECT_TRUE(filled("{count.x}").starts_with("the template has `{count.x}`, and there is no such column"));
    EXPECT_EQ(CodecDriver("template", R"({"text":"x"})").bind_decode(kCount).message(), "this codec does not decode");
}

}  // namespace
}  // namespace weir::testing
