#include <weir/builder.hpp>

#include <gtest/gtest.h>

#include <weir/row_json.hpp>
#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

namespace weir {
namespace {

using testing::Json;
using testing::json_rows;
using testing::make_rows;
using testing::schema_of;

class Builder : public ::testing::Test {
protected:
    void SetUp() override { before_ = testing::TestHost::get().live_blocks(); }
    void TearDown() override { EXPECT_EQ(testing::TestHost::get().live_blocks(), before_) << "memory was not given back"; }
    int64_t before_ = 0;
};

Schema every_type() {
    return schema_of({{"b", "bool?"},
                      {"i", "int8?"},
                      {"u", "uint64?"},
                      {"f", "float64?"},
                      {"d", "decimal(12,2)?"},
                      {"s", "string?"},
                      {"t", "timestamp?"},
                      {"l", "list<int64?>?"},
                      {"r", "struct<x: int32, y: string?>?"},
                      {"m", "map<string, float64?>?"}});
}

TEST_F(Builder, BuildsEveryTypeWithNulls) {
    Schema schema = every_type();
    ArrowArray rows = make_rows(schema, Json::parse(R"([
        [true, -1, 18446744073709551615, 0.5, "12.50", "a\"b", 0, [1, null, 3], {"x": 1, "y": null}, {"k": 1.5}],
        [null, null, null, null, null, null, null, null, null, null],
        [false, 127, 0, -1e300, "-0.05", "", -1, [], {"x": 2, "y": "z"}, {}]])"));
    EXPECT_EQ(json_rows(schema, rows),
              (std::vector<std::string>{
                  R"({"b":true,"i":-1,"u":18446744073709551615,"f":0.5,"d":12.50,"s":"a\"b","t":"1970-01-01T00:00:00Z","l":[1,null,3],"r":{"x":1,"y":null},"m":{"k":1.5}})",
                  R"({"b":null,"i":null,"u":null,"f":null,"d":null,"s":null,"t":null,"l":null,"r":null,"m":null})",
                  R"({"b":false,"i":127,"u":0,"f":-1e+300,"d":-0.05,"s":"","t":"1969-12-31T23:59:59.999999Z","l":[],"r":{"x":2,"y":"z"},"m":{}})"}));
    rows.release(&rows);
}

TEST_F(Builder, GathersRowsInAnyOrder) {
    Schema schema = schema_of({{"n", "int64?"}, {"s", "string"}, {"l", "list<string>"}});
    ArrowArray rows = make_rows(schema, Json::parse(R"([[1,"a",["x"]],[null,"b",[]],[3,"c",["y","z"]]])"));
    int32_t order[] = {2, 0, 2, 1};
    ArrowArray gathered;
    gather(schema, rows, order, 4, &gathered);
    rows.release(&rows);
    EXPECT_EQ(json_rows(schema, gathered), (std::vector<std::string>{
                                               R"({"n":3,"s":"c","l":["y","z"]})", R"({"n":1,"s":"a","l":["x"]})",
                                               R"({"n":3,"s":"c","l":["y","z"]})", R"({"n":null,"s":"b","l":[]})"}));
    gathered.release(&gathered);
}

TEST_F(Builder, TakesBackRowsThatTurnOutBad) {
    for (int64_t keep : {0, 1, 2, 9, 10}) {
        ColumnBuilder text(type_of(TypeId::kString)), flag(type_of(TypeId::kBool));
        ColumnBuilder list(*parse_type("list<int64?>"));
        std::vector<std::string> expected;
        for (int64_t i = 0; i < 10; ++i) {
            if (i % 3 == 1) {
                text.append_null();
                flag.append_null();
                list.append_null();
            } else {
                text.append_text(std::string(static_cast<size_t>(i), 'x'));
                flag.append_bool(i % 2);
                list.child(0).append(i);
                list.child(0).append_null();
                list.end_row();
            }
        }
        for (auto* column : {&text, &flag, &list}) column->truncate(keep);
        text.append_text("end");
        flag.append_bool(true);
        list.end_row();
        Schema schema = schema_of({{"t", "string?"}, {"f", "bool?"}, {"l", "list<int64?>?"}});
        std::vector<ArrowArray> arrays(3);
        text.finish(&arrays[0]);
        flag.finish(&arrays[1]);
        list.finish(&arrays[2]);
        ArrowArray rows;
        make_struct(std::move(arrays), keep + 1, &rows);
        auto out = json_rows(schema, rows);
        ASSERT_EQ(out.size(), static_cast<size_t>(keep + 1));
        EXPECT_EQ(out.back(), R"({"t":"end","f":true,"l":[]})") << keep;
        if (keep > 1) {
            EXPECT_EQ(out[1], R"({"t":null,"f":null,"l":null})");
        }
        rows.release(&rows);
    }
}

TEST_F(Builder, IsEmptyAndUsableAfterFinish) {
    BatchBuilder builder(schema_of({{"s", "string?"}}));
    for (int round = 0; round < 3; ++round) {
        builder.column(0).append_null();
        builder.column(0).append_text("x");
        ArrowArray rows;
        builder.finish(&rows);
        EXPECT_EQ(rows.length, 2);
        EXPECT_EQ(rows.children[0]->null_count, 1);
        rows.release(&rows);
        EXPECT_EQ(builder.rows(), 0);
    }
}

TEST(RowJson, EscapesAndEncodesWhatIsNoText) {
    std::string out;
    append_json_string(out, "a\"\\\n\t\r\x01\x7f\xc3\xa4");
    EXPECT_EQ(out, "\"a\\\"\\\\\\n\\t\\r\\u0001\\u007f\xc3\xa4\"");
    EXPECT_TRUE(is_utf8("\xf0\x9f\x98\x80"));
    for (const char* bad : {"\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"}) EXPECT_FALSE(is_utf8(bad));
    EXPECT_EQ(base64(std::string_view("\0\xff\xfe", 3)), "AP/+");
    EXPECT_EQ(base64("a"), "YQ==");
    EXPECT_EQ(base64("ab"), "YWI=");
}

TEST(RowJson, FormatsTimesAndDecimals) {
    EXPECT_EQ(format_timestamp(1'716'467'696'000'000), "2024-05-23T12:34:56Z");
    EXPECT_EQ(format_timestamp(1'716'467'696'000'120), "2024-05-23T12:34:56.000120Z");
    EXPECT_EQ(format_date(-1), "1969-12-31");
    EXPECT_EQ(format_decimal(5, 2), "0.05");
    EXPECT_EQ(format_decimal(-12345, 0), "-12345");
    __extension__ using int128 = __int128;
    EXPECT_EQ(format_decimal(static_cast<int128>(1) << 127, 10), "-17014118346046923173168730371.5884105728");
}

}  // namespace
}  // namespace weir
