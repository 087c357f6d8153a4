// Texts to values and back: dates and times, base64, and what a record's fields say of themselves on their way to a codec.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include <weir/row_json.hpp>
#include <weir/time_text.hpp>
#include <weir/types.hpp>

namespace weir {
namespace {

std::string read_again(const char *text, bool *zone = nullptr) {
    int64_t micros = 0;
    const Parse p = parse_timestamp(text, &micros, zone);
    return p == Parse::kOk ? format_timestamp(micros) : p == Parse::kRange ? "range" : "syntax";
}

TEST(TimeText, ReadsIso8601) {
    EXPECT_EQ(read_again("2024-05-23T12:34:56.5+02:30"), "2024-05-23T10:04:56.500000Z");
    EXPECT_EQ(read_again("2024-05-23 12:34"), "2024-05-23T12:34:00Z");
    EXPECT_EQ(read_again("0000-01-01T00:00:00+05"), "-001-12-31T19:00:00Z");
    EXPECT_EQ(read_again("9999-12-31T23:59:59.999999999-0800"), "10000-01-01T07:59:59.999999Z");
    EXPECT_EQ(read_again("2023-02-29T00:00:00Z"), "range");
    EXPECT_EQ(read_again("2024-05-23T23:59:60Z"), "range");
    for (const char *bad : {"", "2024-05-23", "2024-05-23T12", "2024-05-23T12:34:", "2024-05-23T12:34:5", "2024-05-23T12:34:56.",
                            "2024-05-23T12:34:56 Z", "2024-05-23T12:34:56+", "2024-05-23T12:34:56+1", "2024-05-23T12:34:56+19:00",
                            "2024-05-23T12:34:56+01:0", "2024/05/23T12:34:56"})
        EXPECT_EQ(read_again(bad), "syntax") << bad;
}

TEST(TimeText, TellsWhetherThereIsAZone) {
    bool zone = true;
    read_again("2024-05-23T12:34:56.5", &zone);
    EXPECT_FALSE(zone);
    read_again("2024-05-23T12:34Z", &zone);
    EXPECT_TRUE(zone);
}

TEST(Base64, ReadsWhatItWrites) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        std::string again;
        ASSERT_TRUE(from_base64(base64(bytes), &again)) << i;
        ASSERT_EQ(again, bytes);
        bytes += static_cast<char>(i * 7);
    }
    for (const char *bad : {"a", "ab=", "abc", "a===", "====", "ab=c", "abcd=", "ab!d", "/x=="}) {
        std::string none;
        EXPECT_FALSE(from_base64(bad, &none)) << bad;
    }
}

TEST(Record, CarriesPathAndFormatToACodecAndAStreamsSchemaDoesNot) {
    Schema record{{{"a", type_of(TypeId::kTimestamp), true, "x.y", "%F"}, {"b", type_of(TypeId::kInt8)}, {"c", type_of(TypeId::kDate), false, "", "iso"}}};
    ArrowSchema raw;
    export_record(record, &raw);
    auto copy = import_schema(raw);
    raw.release(&raw);
    ASSERT_TRUE(copy.ok());
    EXPECT_EQ(*copy, record);
    EXPECT_EQ(copy->fields[0].path, "x.y");
    EXPECT_EQ(copy->fields[0].format, "%F");
    EXPECT_EQ(copy->fields[1].path + copy->fields[1].format, "");
    EXPECT_EQ(copy->fields[2].format, "iso");
    export_schema(record, &raw);
    EXPECT_EQ(import_schema(raw)->fields[0].path, "");
    raw.release(&raw);
}

}  // namespace
}  // namespace weir
