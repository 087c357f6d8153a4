// Answers in the Native format, byte by byte: whole ones, cut ones, and those of another query.
#include <gtest/gtest.h>

#include <cstring>

#include <weir/row_json.hpp>
#include <weir/testing/test_host.hpp>

#include "native_rows.hpp"

namespace weir::testing {
namespace {

std::string text(const std::string &value) { return std::string(1, static_cast<char>(value.size())) + value; }
template <class T>
std::string number(T value) {
    std::string out(sizeof value, '\0');
    std::memcpy(out.data(), &value, sizeof value);
    return out;
}

const Schema kSchema{{*parse_field("n", "int64"), *parse_field("s", "string?"), *parse_field("l", "list<uint8>"), *parse_field("d", "decimal(9,2)")}};

// Two rows: (1, null, [], -0.01) and (-2, "ä", [7, 8], 1.00).
std::string block() {
    return std::string("\4\2", 2) + text("n") + text("Int64") + number(int64_t{1}) + number(int64_t{-2}) + text("s") + text("Nullable(String)") +
           std::string("\1\0", 2) + text("") + text("ä") + text("l") + text("Array(UInt8)") + number(uint64_t{0}) + number(uint64_t{2}) + "\7\10" +
           text("d") + text("Decimal(9, 2)") + number(int32_t{-1}) + number(int32_t{100});
}

// The rows as JSON, or what is wrong.
std::string read(const std::string &bytes, const Schema &schema = kSchema) {
    TestHost::get();
    auto batches = clickhouse::read_native(bytes, schema);
    if (!batches) return batches.status().message();
    std::string out;
    for (ArrowArray &batch : *batches) {
        for (int64_t row = 0; row < batch.length; ++row) {
            for (size_t i = 0; i < schema.size(); ++i) {
                append_json_value(out, Column(batch.children[i], &schema.fields[i].type), row);
                out += ' ';
            }
            out += '\n';
        }
        batch.release(&batch);
    }
    return out;
}

TEST(NativeRows, AreReadByColumns) {
    const std::string rows = "1 null [] -0.01 \n-2 \"ä\" [7,8] 1.00 \n";
    EXPECT_EQ(read(block()), rows);
    EXPECT_EQ(read(block() + block()), rows + rows);
    EXPECT_EQ(read(""), "");
}

TEST(NativeRows, AreErrorsWhereTheAnswerIsCut) {
    const std::string whole = block();
    for (size_t n = 1; n < whole.size(); ++n)
        EXPECT_EQ(read(whole.substr(0, n)), "ClickHouse's answer ends within a block, or is none") << n;
    EXPECT_EQ(TestHost::get().live_blocks(), 0);
}

TEST(NativeRows, AreErrorsWhereListsEndBeforeTheyBegin) {
    const Schema schema{{*parse_field("l", "list<string>")}};
    const std::string head = std::string("\1\2", 2) + text("l") + text("Array(String)");
    EXPECT_EQ(read(head + number(uint64_t{5}) + number(uint64_t{1}) + text("x"), schema), "ClickHouse's answer ends within a block, or is none");
    EXPECT_EQ(read(head + number(uint64_t{1}) + number(UINT64_MAX) + text("x"), schema), "ClickHouse's answer ends within a block, or is none");
}

TEST(NativeRows, AreThoseOfTheQuery) {
    EXPECT_EQ(read(block(), Schema{{*parse_field("n", "int64")}}), "ClickHouse answers with 4 columns, not 1");
    Schema other = kSchema;
    other.fields[0] = *parse_field("n", "int32");
    EXPECT_EQ(read(block(), other), "ClickHouse answers with a column `n` of Int64, not `n` of Int32");
    other.fields[0] = *parse_field("m", "int64");
    EXPECT_EQ(read(block(), other), "ClickHouse answers with a column `n` of Int64, not `m` of Int64");
}

TEST(NativeRows, AreUtf8OrBinary) {
    const auto bytes = [](const std::string &value) { return std::string("\1\1", 2) + text("s") + text("String") + text(value); };
    const Schema schema{{*parse_field("s", "string")}};
    EXPECT_EQ(read(bytes("€😀"), schema), "\"€😀\" \n");
    for (const char *wrong : {"\xFF", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "a\x80"})
        EXPECT_EQ(read(bytes(wrong), schema), "ClickHouse answers with a text of the column `s` that is not UTF-8: declare the column `binary`");
    EXPECT_NE(read(bytes("\xFF"), Schema{{*parse_field("s", "binary")}}).find('"'), std::string::npos);
}

TEST(NativeRows, AreCastByTheServer) {
    EXPECT_EQ(clickhouse::select_cast(Schema{{*parse_field("a`b", "int8"), *parse_field("t", "timestamp?")}}, "SELECT 1"),
              "SELECT accurateCast(q.`a\\`b`, 'Int8') AS `a\\`b`, CAST(q.`t`, 'Nullable(DateTime64(6, \\'UTC\\'))') AS `t` FROM (\nSELECT 1\n) AS q");
}

}  // namespace
}  // namespace weir::testing
