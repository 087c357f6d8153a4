// Keys as bytes: each its own, read back as they were, the same for wider types.
#include <set>

#include <gtest/gtest.h>

#include <weir/key_codec.hpp>
#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

namespace weir::host {
namespace {

using testing::Json;
using testing::json_rows;
using testing::make_rows;
using testing::schema_of;

std::vector<std::string> keys_of(const Schema& schema, const std::vector<std::string>& columns, const char* rows) {
    testing::TestHost::get();
    KeyCodec codec(schema, columns);
    ArrowArray array = make_rows(schema, Json::parse(rows));
    KeyBatch keys;
    codec.encode(array, keys);
    array.release(&array);
    std::vector<std::string> out;
    BatchBuilder back(codec.key_schema());
    for (size_t i = 0; i < keys.size(); ++i) {
        out.emplace_back(keys.view(i));
        EXPECT_TRUE(codec.decode(keys.view(i), back)) << i;
    }
    ArrowArray read;
    back.finish(&read);
    ArrowArray written = make_rows(codec.key_schema(), Json::parse(rows));
    EXPECT_EQ(json_rows(codec.key_schema(), read), json_rows(codec.key_schema(), written));
    read.release(&read);
    written.release(&written);
    return out;
}

TEST(KeyCodec, TellsEveryKeyFromEveryOther) {
    const auto schema = schema_of({{"a", "string?"}, {"b", "int64?"}, {"c", "string?"}});
    const auto keys = keys_of(schema, {"a", "b", "c"},
                              R"([["x",1,"y"],["",1,"y"],[null,1,"y"],["x",null,"y"],["x",1,null],["x",0,"y"],["xy",1,""],
                                  [null,null,null],["",0,""],["",null,""],[null,0,null],["",0,null],[null,0,""]])");
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size());
}

TEST(KeyCodec, GivesAWiderTypeTheSameBytes) {
    const char* rows = "[[5],[-3],[0]]";
    const auto narrow = keys_of(schema_of({{"n", "int16"}}), {"n"}, rows);
    EXPECT_EQ(narrow, keys_of(schema_of({{"n", "int64"}}), {"n"}, rows));
    EXPECT_EQ(narrow, keys_of(schema_of({{"n", "int32?"}}), {"n"}, rows));
    EXPECT_EQ(narrow[0], std::string("\5\0\0\0\0\0\0\0\0", 9));
}

TEST(KeyCodec, ReadsEveryTypeBack) {
    const auto schema = schema_of({{"b", "bool"}, {"f", "float32"}, {"g", "float64"}, {"d", "date"}, {"t", "timestamp"}, {"u", "uint8"}});
    EXPECT_EQ(keys_of(schema, {"b", "f", "g", "d", "t", "u"}, "[[true,1.5,-2.25,3,4,255],[false,0,0,0,0,0]]").size(), 2u);
    EXPECT_EQ(KeyCodec(schema, {"b", "f"}).kinds(), "integer, float");
}

TEST(KeyCodec, RefusesBytesThatAreNoKey) {
    testing::TestHost::get();
    const auto schema = schema_of({{"a", "string"}, {"b", "int64"}});
    KeyCodec codec(schema, {"a", "b"});
    for (const std::string& bytes : {std::string(), std::string("\0", 1), std::string("\1\2", 2), std::string(20, '\xFF'),
                                     std::string("\3\0\0\0ab\0\0\0\0\0\0\0\0\0", 15)}) {
        BatchBuilder out(codec.key_schema());
        EXPECT_FALSE(codec.decode(bytes, out));
    }
}

}  // namespace
}  // namespace weir::host
