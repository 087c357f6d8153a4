// The bytes of each type in the Native format, and what does not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "block.hpp"

namespace weir::testing {
namespace {

using namespace weir::clickhouse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Whole numbers are single bytes, unless their type is written.
inline uint8_t part_of(int n) { return static_cast<uint8_t>(n); }
template <class T>
T part_of(T value) {
    return value;
}

// Bytes, written as numbers and texts, one behind the other.
template <class... T>
std::string bytes(T... parts) {
    std::string out;
    const auto add = [&](auto part) {
        if constexpr (std::is_convertible_v<decltype(part), std::string_view>)
            out += std::string_view(part);
        else
            out.append(reinterpret_cast<const char *>(&part), sizeof part);
    };
    (add(part_of(parts)), ...);
    return out;
}
// A whole number of 32 bits, which C++ cannot tell from the others.
std::string i32(int32_t n) { return {reinterpret_cast<const char *>(&n), sizeof n}; }

class Encoder : public ::testing::Test {
protected:
    void SetUp() override { TestHost::get(); }

    // What the column is written as: its type, and its bytes behind that. Rows that do not fit are left out, and named in faults.
    std::string encode(const std::string &from, const std::string &to, const Json &values) {
        auto field = parse_field("c", from);
        if (!field) throw std::runtime_error(field.status().message());
        Schema schema;
        schema.fields.push_back(*field);
        Json rows = Json::array();
        for (const Json &value : values) rows.push_back(Json::array({value}));
        ArrowArray array = make_rows(schema, rows);
        weir_batch raw{};
        raw.size = sizeof raw;
        raw.rows = array.length;
        raw.array = &array;
        Fit found = fit(field->type, field->nullable, parse_data_type(to));
        if (!found.writer) {
            array.release(&array);
            return "misfit: " + found.misfit.why + " (" + found.misfit.cast + ")";
        }
        std::vector<BlockColumn> columns;
        columns.push_back({0, "c", std::move(found.writer)});
        Block block(std::move(columns));
        const BatchView batch(raw, schema);
        int64_t good = 0;
        faults.clear();
        for (const RowError &fault : block.check(batch)) {
            faults.push_back(std::to_string(fault.row) + ": " + fault.message);
            block.append(batch, good, fault.row);
            good = fault.row + 1;
        }
        block.append(batch, good, batch.rows());
        array.release(&array);
        std::string out;
        TextOutput to_text(out);
        block.write(to_text);
        // columns, rows, the name "c"
        EXPECT_EQ(out.substr(0, 4), bytes(1, static_cast<int>(block.rows()), 1, "c"));
        type = out.substr(5, static_cast<uint8_t>(out[4]));
        return out.substr(5 + type.size());
    }

    std::string type;
    std::vector<std::string> faults;
};

TEST_F(Encoder, CopiesNumbersOfOneWidth) {
    EXPECT_EQ(encode("int8", "Int8", {-128, 127}), bytes(0x80, 0x7f));
    EXPECT_EQ(encode("int16", "Int16", {-2, 258}), bytes(0xfe, 0xff, 0x02, 0x01));
    EXPECT_EQ(encode("int32", "Int32", {-1, 1}), bytes(i32(-1), i32(1)));
    EXPECT_EQ(encode("int64", "Int64", {std::numeric_limits<int64_t>::min()}), bytes(std::numeric_limits<int64_t>::min()));
    EXPECT_EQ(encode("uint8", "UInt8", {255}), bytes(0xff));
    EXPECT_EQ(encode("uint64", "UInt64", {std::numeric_limits<uint64_t>::max()}), bytes(std::numeric_limits<uint64_t>::max()));
    EXPECT_EQ(encode("float32", "Float32", {1.5}), bytes(1.5f));
    EXPECT_EQ(encode("float64", "Float64", {-0.25}), bytes(-0.25));
    EXPECT_EQ(type, "Float64");
}

TEST_F(Encoder, WidensNumbersWithTheirSign) {
    EXPECT_EQ(encode("int8", "Int32", {-2}), bytes(i32(-2)));
    EXPECT_EQ(encode("uint8", "Int16", {200}), bytes(int16_t{200}));
    EXPECT_EQ(encode("uint32", "UInt64", {7}), bytes(uint64_t{7}));
    EXPECT_EQ(encode("int64", "Int128", {-3}), bytes(int64_t{-3}, int64_t{-1}));
    EXPECT_EQ(encode("int64", "Int256", {-3}), bytes(int64_t{-3}, int64_t{-1}, int64_t{-1}, int64_t{-1}));
    EXPECT_EQ(encode("uint64", "UInt256", {3}), bytes(int64_t{3}, int64_t{0}, int64_t{0}, int64_t{0}));
    EXPECT_EQ(encode("int32", "Float64", {-5}), bytes(-5.0));
    EXPECT_EQ(encode("int16", "Float32", {-5}), bytes(-5.0f));
    EXPECT_EQ(encode("float32", "Float64", {0.5}), bytes(0.5));
}

TEST_F(Encoder, RefusesNumbersThatNeedNotFit) {
    EXPECT_EQ(encode("int64", "Int32", {1}), "misfit: not every value fits (int32)");
    EXPECT_EQ(encode("int32", "UInt32", {1}), "misfit: not every value fits (uint32)");
    EXPECT_EQ(encode("uint32", "Int32", {1}), "misfit: not every value fits (int32)");
    EXPECT_EQ(encode("int64", "Float64", {1}), "misfit: not every value fits (float64)");
    EXPECT_EQ(encode("float64", "Float32", {1}), "misfit: it would be rounded (float32)");
    EXPECT_EQ(encode("float64", "Int64", {1}), "misfit:  (int64)");
    EXPECT_EQ(encode("string", "Int64", {"1"}), "misfit:  (int64)");
    EXPECT_EQ(encode("int64", "String", {1}), "misfit:  (string)");
    EXPECT_EQ(encode("int64", "AggregateFunction(sum, Int64)", {1}), "misfit: the sink does not write this type ()");
}

TEST_F(Encoder, WritesDecimalsByPrecision) {
    EXPECT_EQ(encode("decimal(9,2)", "Decimal(9, 2)", {"-1.25"}), bytes(i32(-125)));
    EXPECT_EQ(encode("decimal(12,2)", "Decimal(18, 4)", {"1.25"}), bytes(int64_t{12'500}));
    EXPECT_EQ(encode("decimal(38,0)", "Decimal(38, 0)", {"-2"}), bytes(int64_t{-2}, int64_t{-1}));
    EXPECT_EQ(encode("decimal(20,1)", "Decimal(76, 2)", {"-0.1"}), bytes(int64_t{-10}, int64_t{-1}, int64_t{-1}, int64_t{-1}));
    EXPECT_EQ(encode("int32", "Decimal(12, 2)", {-7}), bytes(int64_t{-700}));
    EXPECT_EQ(encode("decimal(12,3)", "Decimal(12, 2)", {"1.000"}), "misfit: digits behind the point would be cut (decimal(12,2))");
    EXPECT_EQ(encode("decimal(12,2)", "Decimal(10, 2)", {"1.00"}), "misfit: not every value fits (decimal(10,2))");
}

TEST_F(Encoder, WritesBoolsAsBytes) {
    EXPECT_EQ(encode("bool", "Bool", {true, false, true}), bytes(1, 0, 1));
    EXPECT_EQ(encode("bool", "UInt8", {true}), bytes(1));
    EXPECT_EQ(encode("int64", "Bool", {1}), "misfit:  (bool)");
}

TEST_F(Encoder, WritesTextsBehindTheirLength) {
    EXPECT_EQ(encode("string", "String", {"", "ab", "c"}), bytes(0, 2, "ab", 1, "c"));
    const std::string sixteen(16, 'x'), seventeen(17, 'y'), many(300, 'z');
    EXPECT_EQ(encode("string", "String", {sixteen, seventeen, many, "q"}), bytes(16, sixteen, 17, seventeen, 0xac, 0x02, many, 1, "q"));
    EXPECT_EQ(encode("binary", "String", {"a"}), bytes(1, "a"));
    EXPECT_EQ(encode("string", "JSON", {R"({"a":1})"}), bytes(7, R"({"a":1})"));
    EXPECT_EQ(type, "String");  // the server parses it
}

TEST_F(Encoder, FillsFixedStrings) {
    EXPECT_EQ(encode("string", "FixedString(3)", {"a", "toolong", "abc"}), bytes("a", 0, 0, "abc"));
    EXPECT_THAT(faults, ElementsAre(R"(1: "toolong" has 7 bytes, and FixedString(3) takes 3)"));
}

TEST_F(Encoder, WritesDates) {
    EXPECT_EQ(encode("date", "Date", {0, 65'535, -1, 65'536}), bytes(0, 0, 0xff, 0xff));
    EXPECT_THAT(faults, ElementsAre("2: 1969-12-31 is not within 1970-01-01 to 2149-06-06, which a Date holds",
                                    "3: 2149-06-07 is not within 1970-01-01 to 2149-06-06, which a Date holds"));
    EXPECT_EQ(encode("date", "Date32", {-25'567, 120'529, 120'530}), bytes(i32(-25'567), i32(120'529)));
    EXPECT_THAT(faults, ElementsAre("2: 2300-01-01 is not within 1900-01-01 to 2299-12-31, which a Date32 holds"));
    EXPECT_EQ(encode("timestamp", "Date", {0}), "misfit:  (date)");
}

TEST_F(Encoder, WritesTimesInTicks) {
    EXPECT_EQ(encode("timestamp", "DateTime('Europe/Berlin')", {1'999'999, -1}), bytes(uint32_t{1}));
    EXPECT_THAT(faults, ElementsAre("1: 1969-12-31T23:59:59.999999Z is not within 1970-01-01 to 2106-02-07T06:28:15Z, which a DateTime holds"));
    EXPECT_EQ(encode("timestamp", "DateTime64(6, 'UTC')", {-5, 7}), bytes(int64_t{-5}, int64_t{7}));
    EXPECT_EQ(encode("timestamp", "DateTime64(3)", {-1, 1'999}), bytes(int64_t{-1}, int64_t{1}));  // rounded down
    EXPECT_EQ(encode("timestamp", "DateTime64(9)", {-5}), bytes(int64_t{-5'000}));
    EXPECT_EQ(encode("timestamp", "DateTime64(9)", {10'000'000'000'000'000}), "");
    EXPECT_EQ(faults.size(), 1u);
}

TEST_F(Encoder, ParsesWhatIsWrittenAsText) {
    EXPECT_EQ(encode("string", "UUID", {"61f0c404-5cb3-11e7-907b-a6006ad3dba0", "61f0c404", "61f0c404-5cb3-11e7-907b-a6006ad3dbzz"}),
              bytes(0xe7, 0x11, 0xb3, 0x5c, 0x04, 0xc4, 0xf0, 0x61, 0xa0, 0xdb, 0xd3, 0x6a, 0x00, 0xa6, 0x7b, 0x90));
    EXPECT_THAT(faults, ElementsAre(R"(1: "61f0c404" is not a UUID, such as 61f0c404-5cb3-11e7-907b-a6006ad3dba0)",
                                    R"(2: "61f0c404-5cb3-11e7-907b-a6006ad3dbzz" is not a UUID, such as 61f0c404-5cb3-11e7-907b-a6006ad3dba0)"));
    EXPECT_EQ(encode("string", "IPv4", {"1.2.3.4", "1.2.3"}), bytes(4, 3, 2, 1));
    EXPECT_THAT(faults, ElementsAre(R"(1: "1.2.3" is not an IPv4 address)"));
    EXPECT_EQ(encode("string", "IPv6", {"::1", "1.2.3.4"}),
              bytes(std::string(15, '\0'), 1, std::string(10, '\0'), 0xff, 0xff, 1, 2, 3, 4));
    EXPECT_EQ(encode("string", "Enum8('a' = -1, 'b, c' = 2)", {"b, c", "a", "d"}), bytes(2, 0xff));
    EXPECT_THAT(faults, ElementsAre(R"(2: "d" is no element of Enum8('a' = -1, 'b, c' = 2))"));
    EXPECT_EQ(encode("string", "Enum16('x' = 1000)", {"x"}), bytes(int16_t{1'000}));
}

TEST_F(Encoder, WritesNullsAsFlags) {
    EXPECT_EQ(encode("int16?", "Nullable(Int16)", {1, nullptr, 3}), bytes(0, 1, 0, int16_t{1}, int16_t{0}, int16_t{3}));
    EXPECT_EQ(encode("string?", "Nullable(String)", {nullptr, "a"}), bytes(1, 0, 0, 1, "a"));
    EXPECT_EQ(encode("int16", "Nullable(Int16)", {1}), bytes(0, int16_t{1}));
    EXPECT_EQ(encode("string?", "Nullable(UUID)", {nullptr}), bytes(1, std::string(16, '\0')));
    EXPECT_EQ(encode("int16?", "Int16", {1, nullptr, 3}), bytes(int16_t{1}, int16_t{3}));
    EXPECT_THAT(faults, ElementsAre("1: null, and Int16 takes none"));
}

TEST_F(Encoder, WritesDictionaries) {
    // version; 1-byte numbers with keys of the block's own; keys; rows
    EXPECT_EQ(encode("string", "LowCardinality(String)", {"b", "a", "b", ""}),
              bytes(uint64_t{1}, uint64_t{0x200}, uint64_t{3}, 0, 1, "b", 1, "a", uint64_t{4}, 1, 2, 1, 0));
    EXPECT_EQ(encode("string?", "LowCardinality(Nullable(String))", {nullptr, "a", ""}),
              bytes(uint64_t{1}, uint64_t{0x200}, uint64_t{3}, 0, 1, "a", 0, uint64_t{3}, 0, 1, 2));
    EXPECT_EQ(encode("uint8", "LowCardinality(UInt8)", {7}), bytes(7));
    EXPECT_EQ(type, "UInt8");
}

TEST_F(Encoder, WidensTheNumbersOfLargeDictionaries) {
    Json values = Json::array();
    for (int i = 0; i < 256; ++i) values.push_back("k" + std::to_string(i));
    const std::string out = encode("list<string>", "Array(LowCardinality(String))", Json::array({values}));
    EXPECT_EQ(out.substr(0, 8 + 8 + 8 + 8), bytes(uint64_t{1}, uint64_t{256}, uint64_t{0x201}, uint64_t{257}));
    EXPECT_EQ(out.substr(out.size() - 2), bytes(uint16_t{256}));
}

TEST_F(Encoder, WritesArraysMapsAndTuples) {
    EXPECT_EQ(encode("list<int16>", "Array(Int16)", {Json::array({1, 2}), Json::array(), Json::array({3})}),
              bytes(uint64_t{2}, uint64_t{2}, uint64_t{3}, int16_t{1}, int16_t{2}, int16_t{3}));
    EXPECT_EQ(encode("list<int8?>", "Array(Nullable(Int8))", Json::parse("[[1,null]]")), bytes(uint64_t{2}, 0, 1, 1, 0));
    EXPECT_EQ(encode("map<string, int8>", "Map(String, Int8)", {{{"a", 1}, {"b", 2}}, Json::object()}),
              bytes(uint64_t{2}, uint64_t{2}, 1, "a", 1, "b", 1, 2));
    EXPECT_EQ(encode("struct<b: int8, a: string>", "Tuple(a String, b Int8)", {{{"b", 1}, {"a", "x"}}}), bytes(1, "x", 1));
    EXPECT_EQ(type, "Tuple(`a` String, `b` Int8)");
    EXPECT_EQ(encode("struct<x: int8, y: int8>", "Tuple(Int8, Int8)", {{{"x", 1}, {"y", 2}}}), bytes(1, 2));
    EXPECT_EQ(encode("list<list<int8>>", "Array(Array(Int8))", Json::parse("[[[1],[2,3]]]")),
              bytes(uint64_t{2}, uint64_t{1}, uint64_t{3}, 1, 2, 3));
}

TEST_F(Encoder, NamesWhatDoesNotFitWithin) {
    EXPECT_EQ(encode("list<string>", "Array(UUID)", {Json::array({"x"}), Json::array()}), bytes(uint64_t{0}));
    EXPECT_THAT(faults, ElementsAre(R"(0: an element: "x" is not a UUID, such as 61f0c404-5cb3-11e7-907b-a6006ad3dba0)"));
    EXPECT_EQ(encode("struct<a: string?>", "Tuple(a String)", {{{"a", nullptr}}}), "");
    EXPECT_THAT(faults, ElementsAre("0: element `a`: null, and String takes none"));
    EXPECT_EQ(encode("list<int64>", "Array(Int32)", {}), "misfit: elements are int64, and Int32 is needed ()");
    EXPECT_EQ(encode("struct<a: int8>", "Tuple(b Int8)", {}), "misfit: it has no member `b` ()");
}

TEST_F(Encoder, KeepsNothingOfTheBlockBefore) {
    Schema schema = schema_of({{"s", "string"}, {"d", "string"}, {"l", "list<int8>"}, {"n", "int8?"}});
    std::vector<BlockColumn> columns;
    const char *types[] = {"String", "LowCardinality(String)", "Array(Int8)", "Nullable(Int8)"};
    for (size_t i = 0; i < schema.size(); ++i)
        columns.push_back({i, schema.fields[i].name, fit(schema.fields[i].type, schema.fields[i].nullable, parse_data_type(types[i])).writer});
    Block block(std::move(columns));
    std::string first;
    for (int round = 0; round < 2; ++round) {
        ArrowArray array = make_rows(schema, Json::parse(R"([["a","b",[1,2],null],["c","b",[],3]])"));
        weir_batch raw{};
        raw.size = sizeof raw;
        raw.rows = 2;
        raw.array = &array;
        block.append(BatchView(raw, schema), 0, 2);
        array.release(&array);
        std::string out;
        TextOutput to(out);
        block.write(to);
        if (round == 0) first = out;
        EXPECT_EQ(out, first);
        block.clear();
        EXPECT_EQ(block.rows(), 0);
    }
}

}  // namespace
}  // namespace weir::testing
