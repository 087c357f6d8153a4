// Blocks taken apart again, and their compression.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "block.hpp"
#include "block_view.hpp"
#include "city_hash.hpp"

namespace weir::testing {
namespace {

using namespace weir::clickhouse;
using ::testing::HasSubstr;

struct Columns {
    std::vector<std::pair<const char *, const char *>> columns;  // weir's type, ClickHouse's type
    Json rows;

    Schema schema() const {
        Schema out;
        for (const auto &[from, to] : columns) out.fields.push_back(*parse_field("c" + std::to_string(out.size()), from));
        return out;
    }
    std::string encode(int64_t begin, int64_t end) const {
        const Schema s = schema();
        std::vector<BlockColumn> writers;
        for (size_t i = 0; i < s.size(); ++i)
            writers.push_back({i, s.fields[i].name, fit(s.fields[i].type, s.fields[i].nullable, parse_data_type(columns[i].second)).writer});
        Block block(std::move(writers));
        ArrowArray array = make_rows(s, rows);
        weir_batch raw{};
        raw.size = sizeof raw;
        raw.rows = array.length;
        raw.array = &array;
        block.append(BatchView(raw, s), begin, end);
        array.release(&array);
        std::string out;
        TextOutput to(out);
        block.write(to);
        return out;
    }
};

const Columns kAll{{{"int64", "Int64"},
                  {"uint8", "UInt256"},
                  {"float64", "Float64"},
                  {"decimal(12,2)", "Decimal(12, 2)"},
                  {"string", "String"},
                  {"string?", "Nullable(String)"},
                  {"string", "FixedString(4)"},
                  {"string?", "LowCardinality(Nullable(String))"},
                  {"date", "Date"},
                  {"timestamp", "DateTime64(3, 'UTC')"},
                  {"timestamp", "DateTime"},
                  {"bool", "Bool"},
                  {"string", "UUID"},
                  {"string", "IPv4"},
                  {"string", "IPv6"},
                  {"string", "Enum8('a' = 1, 'b' = 2)"},
                  {"list<string>", "Array(LowCardinality(String))"},
                  {"map<string, int32>", "Map(String, Int32)"},
                  {"struct<a: int8, b: list<int8>>", "Tuple(a Int8, b Array(Int8))"}},
                 Json::parse(R"([
    [1, 2, 0.5, "1.50", "x", null, "ab", "k", 19866, 1716467696789000, 1716467696000000, true, "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
     "1.2.3.4", "::1", "a", ["p","q"], {"m":1}, {"a":1,"b":[1,2]}],
    [-5, 255, -1e300, "-0.01", "", "y", "", null, 0, 0, 0, false, "00000000-0000-0000-0000-000000000000", "0.0.0.0", "2001:db8::ff", "b", [],
     {}, {"a":-1,"b":[]}],
    [7, 0, 3, "0.00", "long enough to be no short text", "", "abcd", "k", 65535, 1, 1, true, "ffffffff-ffff-ffff-ffff-ffffffffffff",
     "255.255.255.255", "::ffff:1.2.3.4", "a", ["q"], {"n":2,"o":3}, {"a":0,"b":[3]}]])")};

class Blocks : public ::testing::Test {
protected:
    void SetUp() override { TestHost::get(); }
};

TEST_F(Blocks, AreReadBackAsJson) {
    auto view = BlockView::parse(kAll.encode(0, 3));
    ASSERT_TRUE(view.ok()) << view.status().message();
    ASSERT_EQ(view->rows(), 3);
    EXPECT_EQ(view->json(0), R"({"c0":1,"c1":2,"c2":0.5,"c3":1.50,"c4":"x","c5":null,"c6":"ab","c7":"k","c8":"2024-05-23",)"
                             R"("c9":"2024-05-23T12:34:56.789000Z","c10":"2024-05-23T12:34:56Z","c11":true,)"
                             R"("c12":"61f0c404-5cb3-11e7-907b-a6006ad3dba0","c13":"1.2.3.4","c14":"::1","c15":"a","c16":["p","q"],)"
                             R"("c17":{"m":1},"c18":{"a":1,"b":[1,2]}})");
    EXPECT_THAT(view->json(1), HasSubstr(R"("c7":null,"c8":"1970-01-01")"));
}

TEST_F(Blocks, AreCutWhereverOneLikes) {
    auto whole = BlockView::parse(kAll.encode(0, 3));
    ASSERT_TRUE(whole.ok());
    for (int64_t begin = 0; begin <= 3; ++begin) {
        for (int64_t end = begin; end <= 3; ++end) {
            std::string bytes;
            TextOutput out(bytes);
            whole->write(out, begin, end);
            auto part = BlockView::parse(bytes);
            ASSERT_TRUE(part.ok()) << begin << " to " << end << ": " << part.status().message();
            ASSERT_EQ(part->rows(), end - begin);
            for (int64_t row = begin; row < end; ++row) EXPECT_EQ(part->json(row - begin), whole->json(row));
        }
    }
}

TEST_F(Blocks, ThatAreCutShortAreRefused) {
    const std::string whole = kAll.encode(0, 3);
    for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(BlockView::parse(whole.substr(0, size)).ok()) << size;
}

TEST_F(Blocks, ComeThroughEachCompression) {
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 1'000) + ",";
    for (const Compression method : {Compression::kNone, Compression::kLz4, Compression::kZstd}) {
        Compressor compressor(method);
        std::string packed;
        CompressedOutput out(compressor, packed);
        size_t at = 0;  // pieces of all sizes, some larger than a frame
        for (size_t piece = 1; at < text.size(); piece = piece * 3 + 1) {
            const size_t n = std::min(piece, text.size() - at);
            out.put(text.data() + at, n);
            at += n;
        }
        out.finish();
        auto back = decompress(packed);
        ASSERT_TRUE(back.ok()) << back.status().message();
        EXPECT_TRUE(*back == text);
        if (method != Compression::kNone) {
            EXPECT_LT(packed.size(), text.size() / 2);
        }
        packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 1);
        EXPECT_EQ(decompress(packed).status().message(), "a block of rows is damaged");
    }
}

// Values of ClickHouse's own, of a column file's checksums; every length up to 700 was compared with a server's.
TEST_F(Blocks, AreHashedAsServersDo) {
    EXPECT_EQ(city_hash_128("", 0), std::pair(uint64_t{0x3df09dfc64c09a2b}, uint64_t{0x3cb540c392e51e29}));
}

TEST_F(Blocks, HaveTypesOfManyKinds) {
    const DataType t = parse_data_type("Tuple(`a b` Array(Nullable(Decimal(9, 2))), c Enum16('x\\'y' = -1, 'z, (' = 7))");
    ASSERT_EQ(t.kind, Kind::kTuple);
    EXPECT_EQ(t.names, (std::vector<std::string>{"a b", "c"}));
    EXPECT_EQ(t.children[0].children[0].children[0].width, 4u);
    EXPECT_EQ(t.children[1].elements, (std::vector<std::pair<std::string, int>>{{"x'y", -1}, {"z, (", 7}}));
    EXPECT_EQ(parse_data_type("SimpleAggregateFunction(sum, UInt64)").kind, Kind::kUint);
    EXPECT_EQ(parse_data_type("AggregateFunction(sum, UInt64)").kind, Kind::kOther);
    EXPECT_EQ(parse_data_type("DateTime64(9, 'Asia/Tokyo')").scale, 9);
    EXPECT_EQ(parse_data_type("Tuple(String, Array(Int8))").names.size(), 0u);
}

}  // namespace
}  // namespace weir::testing
