#include <gtest/gtest.h>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

const Schema kItem = schema_of({{"id", "int64"}, {"name", "string?"}, {"price", "decimal(9,2)?"}});

TEST(CsvCodec, ReadsFieldsInTheOrderOfTheRecord) {
    CodecDriver codec("csv");
    ASSERT_TRUE(codec.bind_decode(kItem).ok());
    EXPECT_EQ(codec.decode({"1,apple,1.50", "2,\"a, \"\"b\"\"\",\n", "3,,7\r\n", "4,\"\",", "5,\"two\nlines\",1", "6,a\"b, 1"}),
              (Rows{R"({"id":1,"name":"apple","price":1.50})", R"({"id":2,"name":"a, \"b\"","price":null})",
                    R"({"id":3,"name":null,"price":7.00})", R"({"id":4,"name":"","price":null})",
                    R"({"id":5,"name":"two\nlines","price":1.00})"}));
    EXPECT_EQ(codec.failed(), (Failures{{5, "price", 6, "` 1` is not a decimal(9,2)"}}));
}

TEST(CsvCodec, TellsFieldAndPositionOfWhatIsWrong) {
    CodecDriver codec("csv");
    ASSERT_TRUE(codec.bind_decode(kItem).ok());
    EXPECT_EQ(codec.decode({"1,a", "1,a,2,3", "x,a,1", "1,\"a,1", "1,\"a\"b,1", "1,a,1\n2,b,2", "1,a\r,1", "", std::nullopt,
                            "1,\xff,1", ",a,1"}),
              Rows{});
    EXPECT_EQ(codec.failed(), (Failures{{0, "", -1, "the row has 2 fields and not 3 (id, name, price)"},
                                        {1, "", -1, "the row has 4 fields and not 3 (id, name, price)"},
                                        {2, "id", 0, "`x` is not an int64"},
                                        {3, "", 2, "a quote begins here and does not end"},
                                        {4, "", 5, "`b` stands behind a closing quote"},
                                        {5, "", 6, "a second row stands behind the first one"},
                                        {6, "", 3, "a carriage return stands here without a line feed behind it"},
                                        {7, "", -1, "the row has 1 fields and not 3 (id, name, price)"},
                                        {8, "", -1, "there is no payload (a tombstone)"},
                                        {9, "name", 2, "`\\xff` is not valid UTF-8"},
                                        {10, "id", 0, "an empty text is not an int64"}}));
}

TEST(CsvCodec, ReadsTheHeaderOfEachPayload) {
    CodecDriver codec("csv", R"({"header":true})"), strict("csv", R"({"header":true,"unknown":"refuse"})");
    ASSERT_TRUE(codec.bind_decode(kItem).ok() && strict.bind_decode(kItem).ok());
    const Payloads payloads{"name,id,other\na,1,x", "name,id,other\nb,2,y\n", "id\r\n3\r\n", "id", "price\n1", "id,id\n1,2"};
    EXPECT_EQ(codec.decode(payloads), (Rows{R"({"id":1,"name":"a","price":null})", R"({"id":2,"name":"b","price":null})",
                                            R"({"id":3,"name":null,"price":null})"}));
    EXPECT_EQ(codec.failed(), (Failures{{3, "", 2, "there is no row behind the header"},
                                        {4, "id", -1, "id is missing, and the column is not nullable"},
                                        {5, "", 3, "id stands there twice"}}));
    EXPECT_EQ(codec.decode({"id,\xff\x01,\n1"}), Rows{});  // found by fuzzing: names of a payload in a message
    EXPECT_EQ(codec.failed(), (Failures{{0, "", -1, "the row has 1 fields and not 3 (id, `\\xff\\x01`, ``)"}}));
    EXPECT_EQ(strict.decode({payloads[0], payloads[2]}), Rows{R"({"id":3,"name":null,"price":null})"});
    EXPECT_EQ(strict.failed(), (Failures{{0, "", 8, "the record has no field `other`"}}));
}

TEST(CsvCodec, TakesTheOrderThatIsConfiguredAndTheNamesOfPaths) {
    Schema record = kItem;
    record.fields[0].path = "Item No.";
    CodecDriver codec("csv", R"({"columns":["price","-","Item No.","name"],"delimiter":";","null_text":"NULL"})");
    ASSERT_TRUE(codec.bind_decode(record).ok());
    EXPECT_EQ(codec.decode({"1.5;skipped;7;NULL", "NULL;;8;\"NULL\""}),
              (Rows{R"({"id":7,"name":null,"price":1.50})", R"({"id":8,"name":"NULL","price":null})"}));
    CodecDriver named("csv", R"({"header":true})");
    ASSERT_TRUE(named.bind_decode(record).ok());
    EXPECT_EQ(named.decode({"Item No.,name\n4,x"}), Rows{R"({"id":4,"name":"x","price":null})"});
    EXPECT_EQ(CodecDriver("csv", R"({"columns":["id"]})").bind_decode(kItem).message(),
              "`columns` does not say where `name` stands");
    EXPECT_EQ(CodecDriver("csv", R"({"columns":["id","id","name","price"]})").bind_decode(kItem).message(),
              "`columns` has `id` twice");
}

TEST(CsvCodec, QuotesWhatNeedsIt) {
    CodecDriver codec("csv", R"({"header":true})");
    ASSERT_TRUE(codec.bind_encode(schema_of({{"id", "int64"}, {"na,me", "string?"}, {"b", "bool?"}})).ok());
    EXPECT_EQ(codec.encode(R"([[1,"a",true],[2,"a, \"b\"\n",null],[3,null,false],[4,"",true]])"),
              (Rows{"id,\"na,me\",b\n1,a,true", "id,\"na,me\",b\n2,\"a, \"\"b\"\"\n\",", "id,\"na,me\",b\n3,,false",
                    "id,\"na,me\",b\n4,\"\",true"}));
    CodecDriver tabs("tsv", R"({"quote":"","columns":["s","n"]})");
    ASSERT_TRUE(tabs.bind_encode(schema_of({{"n", "int64?"}, {"s", "string?"}})).ok());
    EXPECT_EQ(tabs.encode_all(R"([[1,"a \"b\""],[2,"a\tb"],[3,""],[null,"x"]])"), (Payloads{"a \"b\"\t1", "x\t"}));
    EXPECT_EQ(tabs.refused(), (Rows{"1 [s]: the value needs quotes, and `quote` is empty",
                                    "2 [s]: the value needs quotes, and `quote` is empty"}));
}

TEST(CsvCodec, RefusesConfigurationsThatDoNotFit) {
    auto message = [](const std::string &config) { return CodecDriver("csv", config).created().message(); };
    EXPECT_EQ(message(R"({"delimiter":""})"), "delimiter is one ASCII character and no line end, not ``");
    EXPECT_EQ(message(R"({"delimiter":"\n"})"), "delimiter is one ASCII character and no line end, not `\\n`");
    EXPECT_EQ(message(R"({"delimiter":"\""})"), "delimiter and quote are both `\"`");
    EXPECT_EQ(message(R"({"null_text":","})"), "null_text is a text without separators, quotes and line ends, not `,`");
    EXPECT_EQ(message(R"({"header":true,"columns":["a"]})"),
              "the order of the fields is in `columns` or in a `header`, not in both");
    CodecDriver codec("csv");
    EXPECT_EQ(codec.bind_decode(schema_of({{"a", "list<int64>"}})).message(),
              "format csv has no form for column a: list<int64>");
}

}  // namespace
}  // namespace weir::testing
