// What a record says of its columns: where they stand in a payload, and how their text is written.
#include <gtest/gtest.h>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

Field column(const char *name, const char *type, const char *path, const char *format = "") {
    Field field = *parse_field(name, type);
    field.path = path;
    field.format = format;
    return field;
}

std::string json_quoted(const std::string &text) { return Json(text).dump(); }

// A payload of the text codec as the value that it gives, or the message.
std::string read_as(const char *type, const std::string &format, const std::string &payload) {
    CodecDriver codec("text");
    if (Status s = codec.bind_decode(Schema{{column("v", type, "", format.c_str())}}); !s.ok()) return s.message();
    auto rows = codec.decode({payload});
    if (rows.empty()) return codec.failed().at(0).message;
    return Json::parse(rows[0])["v"].get<std::string>();
}

TEST(Formats, ReadTimesInAFormOfTheUsersOwn) {
    EXPECT_EQ(read_as("timestamp", "%d/%b/%Y:%H:%M:%S %z", "23/May/2024:12:34:56 +0200"), "2024-05-23T10:34:56Z");
    EXPECT_EQ(read_as("timestamp", "%Y-%m-%d %H:%M:%S.%f", "2024-05-23 12:34:56.25"), "2024-05-23T12:34:56.250000Z");
    EXPECT_EQ(read_as("timestamp", "%Y%m%d%H%M%S%3f", "20240523123456789"), "2024-05-23T12:34:56.789000Z");
    EXPECT_EQ(read_as("timestamp", "%A, %B %-d, %Y %-I:%M %p", "Thursday, May 3, 2024 1:05 PM"), "2024-05-03T13:05:00Z");
    EXPECT_EQ(read_as("timestamp", "%y-%j %R %Z", "99-365 23:59 UTC"), "1999-12-31T23:59:00Z");
    EXPECT_EQ(read_as("timestamp", "%s.%6f", "-1.500000"), "1969-12-31T23:59:59.500000Z");
    EXPECT_EQ(read_as("timestamp", "at %D 100%%", "at 05/23/24 100%"), "2024-05-23T00:00:00Z");
    EXPECT_EQ(read_as("timestamp", "epoch_s", "1716467696"), "2024-05-23T12:34:56Z");
    EXPECT_EQ(read_as("date", "%d.%m.%Y", "29.02.2024"), "2024-02-29");
    EXPECT_EQ(read_as("date", "iso", "2024-02-29"), "2024-02-29");
    EXPECT_EQ(read_as("date", "%d.%m.%Y", "29.02.2023"), "`29.02.2023` does not fit date");
    EXPECT_EQ(read_as("timestamp", "%F %I:%M %p", "2024-01-01 13:00 PM"), "`2024-01-01 13:00 PM` does not fit timestamp");
    EXPECT_EQ(read_as("timestamp", "%Y-%j", "2023-366"), "`2023-366` does not fit timestamp");
    for (const char *bad : {"2024-5-23 12:34", "2024-05-23 12:34x", "2024-05-23", "", " 2024-05-23 12:34"})
        EXPECT_TRUE(read_as("timestamp", "%F %R", bad).ends_with(" is not a timestamp")) << bad;
}

TEST(Formats, AreRefusedWhereTheyDoNotFit) {
    EXPECT_EQ(read_as("timestamp", "%H:%M", ""),
              "column v: the pattern `%H:%M` tells no day: it needs a year, a month and a day (%Y-%m-%d), or %s");
    EXPECT_TRUE(read_as("timestamp", "%F %Q", "").starts_with("column v: the pattern `%F %Q` has `%Q`, which is none of %Y"));
    EXPECT_TRUE(read_as("timestamp", "%F %", "").starts_with("column v: the pattern `%F %` has `%`, which is none of %Y"));
    EXPECT_EQ(read_as("timestamp", "%F %I", ""), "column v: the pattern `%F %I`: %I (hour of 12) and %p (AM, PM) go together");
    EXPECT_EQ(read_as("timestamp", "rfc3339", ""),
              "column v: `rfc3339` is none of `iso`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns` and no pattern such as "
              "`%d/%b/%Y:%H:%M:%S %z`");
    EXPECT_EQ(read_as("int64", "iso", ""), "column v: `format` is for dates and timestamps; this is int64");
    EXPECT_EQ(read_as("date", "epoch_s", ""), "column v: `epoch_s` has a time of day, and a date has none");
    EXPECT_EQ(CodecDriver("kv", R"({"timestamps":"soon"})").created().message(),
              "timestamps: `soon` is none of `iso`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns` and no pattern such as "
              "`%d/%b/%Y:%H:%M:%S %z`");
}

TEST(Formats, OfTheCodecAreWrittenAsTheyAreRead) {
    for (const char *form : {"%d/%b/%Y:%H:%M:%S.%f %z", "%A %e %B %Y %I:%M:%S %p %9f %Z", "%y %j %H %M %-S %6f", "%s %f"}) {
        const std::string config = R"({"timestamps":)" + json_quoted(form) + "}";
        for (const char *name : {"text", "json"}) {
            CodecDriver codec(name, config);
            const Schema schema = schema_of({{"t", "timestamp"}});
            ASSERT_TRUE(codec.bind_encode(schema).ok() && codec.bind_decode(schema).ok());
            const Rows written = codec.encode("[[1716467696000001],[1709164799000000],[946684800999999]]");
            EXPECT_EQ(codec.decode(Payloads(written.begin(), written.end())),
                      (Rows{R"({"t":"2024-05-23T12:34:56.000001Z"})", R"({"t":"2024-02-28T23:59:59Z"})",
                            R"({"t":"2000-01-01T00:00:00.999999Z"})"}))
                << form << " " << written[0];
        }
    }
}

TEST(Formats, OfAColumnGoBeforeThoseOfTheCodec) {
    CodecDriver codec("json", R"({"timestamps":"epoch_ms"})");
    ASSERT_TRUE(codec.bind_decode(Schema{{column("a", "timestamp", ""), column("b", "timestamp?", "", "iso"),
                                          column("c", "list<timestamp>?", "", "epoch_s"), column("d", "date?", "")}})
                    .ok());
    EXPECT_EQ(codec.decode({R"({"a":1500,"b":"2024-05-23T12:34:56","c":[1,2.5],"d":"2024-05-23"})"}),
              Rows{R"({"a":"1970-01-01T00:00:01.500000Z","b":"2024-05-23T12:34:56Z",)"
                   R"("c":["1970-01-01T00:00:01Z","1970-01-01T00:00:02.500000Z"],"d":"2024-05-23"})"});
}

TEST(Paths, FlattenNestedObjects) {
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_decode(Schema{{column("id", "int64", ""), column("city", "string?", "user.address.city"),
                                          column("zip", "int32?", "user.address.zip"), column("name", "string?", "user.\"full.name\"")}})
                    .ok());
    EXPECT_EQ(codec.decode({R"({"id":1,"user":{"address":{"zip":5,"street":"x","city":"Rome"},"full.name":"A"}})",
                            R"({"user":null,"id":2})", R"({"id":3})", R"({"id":4,"user":{"address":{}}})",
                            R"({"id":5,"user":"x"})", R"({"id":6,"user":{"address":[1]}})",
                            R"({"id":7,"user":{"address":{"zip":"x"}}})", R"({"id":8,"user":{},"user":{}})",
                            R"({"id":9,"u\u0073er":{"full.name":"B","full.name":"C"}})"}),
              (Rows{R"({"id":1,"city":"Rome","zip":5,"name":"A"})", R"({"id":2,"city":null,"zip":null,"name":null})",
                    R"({"id":3,"city":null,"zip":null,"name":null})", R"({"id":4,"city":null,"zip":null,"name":null})"}));
    EXPECT_EQ(codec.failed(), (Failures{{4, "user", 15, "`\"x\"` is not an object"},
                                        {5, "address", 26, "`[` is not an object"},
                                        {6, "zip", 33, "`\"x\"` is not an int32"},
                                        {7, "user", 18, "user stands there twice"},
                                        {8, "name", 37, "full.name stands there twice"}}));
}

TEST(Paths, ThatCannotBeAreRefused) {
    auto message = [](Schema record) { return CodecDriver("json").bind_decode(record).message(); };
    EXPECT_EQ(message({{column("a", "int64", "x.y"), column("b", "int64", "x.y")}}),
              "columns a and b stand at one place of a payload, `y`");
    EXPECT_EQ(message({{column("x", "string", ""), column("b", "int64", "x.y")}}),
              "columns x and b stand at one place of a payload, `x`");
    EXPECT_EQ(message({{column("b", "int64", "x.y"), column("x", "string", "")}}),
              "columns b and x stand at one place of a payload, `x`");
    EXPECT_EQ(message({{column("a", "int64", "x..y")}}),
              "column a: the path `x..y` has an empty name: write names with dots between them, as in `user.address.city`");
    EXPECT_EQ(message({{column("a", "int64", "x[0]")}}),
              "column a: the path `x[0]` asks for an element of an array, which a path cannot: write names with dots between "
              "them, as in `user.address.city`");
    EXPECT_EQ(message({{column("a", "int64", "\"x")}}),
              "column a: the path `\"x` has a quote that does not end: write names with dots between them, as in "
              "`user.address.city`");
    EXPECT_EQ(CodecDriver("kv").bind_decode(Schema{{column("a", "int64", "x"), column("x", "int64", "")}}).message(),
              "columns a and x are both the field `x`");
    EXPECT_EQ(CodecDriver("raw").bind_decode(Schema{{column("a", "binary", "x")}}).message(),
              "column a: format raw takes bytes as they are: no path, no format");
}

TEST(Paths, AreNamesWhereNothingNests) {
    CodecDriver codec("kv");
    ASSERT_TRUE(codec.bind_decode(Schema{{column("id", "int64", "Item.No"), column("b", "string?", "")}}).ok());
    EXPECT_EQ(codec.decode({"b=x,Item.No=5", "id=5"}), Rows{R"({"id":5,"b":"x"})"});
}

TEST(Rest, KeepsWhatNoColumnTakes) {
    const Payloads payloads{R"({"a":1, "x" : {"y":[1, 2]} , "z\n":"t" })", R"({"a":2})", R"({"x":1,"a":3,"x":2})"};
    CodecDriver text("json", R"({"rest":"more"})"), map("json", R"({"rest":"more"})");
    ASSERT_TRUE(text.bind_decode(schema_of({{"more", "string"}, {"a", "int64"}})).ok());
    ASSERT_TRUE(map.bind_decode(schema_of({{"a", "int64"}, {"more", "map<string, string>"}})).ok());
    EXPECT_EQ(text.decode(payloads), (Rows{R"({"more":"{\"x\":{\"y\":[1, 2]},\"z\\n\":\"t\"}","a":1})", R"({"more":"{}","a":2})",
                                           R"({"more":"{\"x\":1,\"x\":2}","a":3})"}));
    EXPECT_EQ(map.decode(payloads),
              (Rows{R"({"a":1,"more":{"x":"{\"y\":[1, 2]}","z\n":"\"t\""}})", R"({"a":2,"more":{}})"}));
    EXPECT_EQ(map.failed(), (Failures{{2, "", -1, "x stands there twice"}}));
    EXPECT_EQ(map.decode({R"({"a":1,"x":tru})", R"({"a":2,"x":3})"}, {1, 0}), Rows{R"({"a":2})"});
    EXPECT_EQ(CodecDriver("json", R"({"rest":"b"})").bind_decode(schema_of({{"a", "string"}})).message(),
              "the record has no column `b`");
    EXPECT_EQ(CodecDriver("json", R"({"rest":"a"})").bind_decode(schema_of({{"a", "int64"}})).message(),
              "column a keeps what no other column takes, so it is a string or map<string, string>, not int64");
    EXPECT_EQ(CodecDriver("json", R"({"rest":"a","unknown":"refuse"})").bind_decode(schema_of({{"a", "string"}})).message(),
              "unknown members are kept in `rest` or refused, not both");
}

TEST(JsonText, IsWhateverStandsThere) {
    CodecDriver codec("json");
    ASSERT_TRUE(codec.bind_decode(Schema{{column("v", "string?", "", "json"), column("b", "int64?", "")}}).ok());
    EXPECT_EQ(codec.decode({R"({"v": {"a" :[1 , 2.50]} ,"b":1})", R"({"v":"x"})", R"({"v":null})", R"({"v":1e400,"\u0062":2})",
                            R"({"v":[1,]})"}),
              (Rows{R"({"v":"{\"a\" :[1 , 2.50]}","b":1})", R"({"v":"\"x\"","b":null})", R"({"v":null,"b":null})",
                    R"({"v":"1e400","b":2})"}));
    EXPECT_EQ(codec.failed().size(), 1u);
}

TEST(Tombstones, AreRowsOfNullsWhereOneSaysSo) {
    const Schema record = schema_of({{"a", "int64?"}, {"b", "string?"}});
    for (const char *name : {"json", "kv", "csv"}) {
        CodecDriver codec(name, R"({"tombstones":"nulls"})");
        ASSERT_TRUE(codec.bind_decode(record).ok() && codec.bind_encode(record).ok());
        const auto written = codec.encode_all(R"([[1,"x"],[null,null],[2,null]])");
        EXPECT_EQ(written[1], std::nullopt);
        EXPECT_EQ(codec.decode(written), (Rows{R"({"a":1,"b":"x"})", R"({"a":null,"b":null})", R"({"a":2,"b":null})"}));
        EXPECT_EQ(codec.bind_decode(schema_of({{"a", "int64"}})).message(),
                  "`tombstones: nulls` makes a record without payload a row of nulls, and column a is not nullable: declare it "
                  "as `int64?`");
        CodecDriver standard(name);
        ASSERT_TRUE(standard.bind_decode(record).ok());
        EXPECT_EQ(standard.decode({std::nullopt}), Rows{});
        EXPECT_EQ(standard.failed(), (Failures{{0, "", -1, "there is no payload (a tombstone)"}}));
    }
}

}  // namespace
}  // namespace weir::testing
