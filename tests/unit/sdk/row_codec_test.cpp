#include <gtest/gtest.h>

#include <weir/row_codec.hpp>
#include <weir/testing/rows.hpp>
#include <weir/waves.hpp>

namespace weir::testing {
namespace {

const Schema kAllTypes = schema_of({{"b", "bool?"}, {"i", "int8"}, {"u", "uint64?"}, {"d", "decimal(20,2)?"}, {"f", "float32"},
                                    {"s", "string?"}, {"t", "timestamp?"}, {"l", "list<string?>?"},
                                    {"m", "map<string, list<int16>>?"}, {"r", "struct<x: int64?, y: struct<z: bool>?>?"}});
const std::string kTwoRows = R"([[true,-3,18446744073709551615,"-1.25",0.5,"text",7,["a",null],{"k":[1,2],"j":[]},{"x":null,"y":{"z":true}}],
                                 [null,0,null,null,0,null,null,null,null,null]])";

std::vector<Column> columns_of(const ArrowArray &rows) {
    std::vector<Column> out;
    for (size_t c = 0; c < kAllTypes.size(); ++c) out.emplace_back(rows.children[c], &kAllTypes.fields[c].type);
    return out;
}

TEST(RowCodec, GivesBackRowsOfAllTypes) {
    ArrowArray rows = make_rows(kAllTypes, Json::parse(kTwoRows));
    const RowCodec codec(kAllTypes);
    BatchBuilder builder(kAllTypes), joined(kAllTypes);
    for (int64_t row = 0; row < rows.length; ++row) {
        std::string bytes, again;
        codec.encode(columns_of(rows), row, bytes);
        ASSERT_TRUE(codec.decode(bytes, builder));
        std::vector<std::optional<std::string_view>> parts;
        ASSERT_TRUE(codec.split(bytes, parts));
        codec.join(parts, again);
        EXPECT_EQ(again, bytes);
        for (size_t n = 0; n < bytes.size(); ++n) {
            BatchBuilder scratch(kAllTypes);
            EXPECT_FALSE(codec.decode(std::string_view(bytes).substr(0, n), scratch)) << n;
            EXPECT_FALSE(codec.split(std::string_view(bytes).substr(0, n), parts)) << n;
        }
    }
    ArrowArray out;
    builder.finish(&out);
    EXPECT_EQ(json_rows(kAllTypes, out), json_rows(kAllTypes, rows));
    out.release(&out);
    rows.release(&rows);
}

TEST(Waves, HaveOneRowOfEachKey) {
    const int a = 0, b = 0, c = 0;
    const std::vector<const void *> keys = {&a, &b, &a, nullptr, &a, &c, &b};
    Waves waves;
    waves.split(keys);
    const auto wave = [&](size_t i) { return std::vector<int32_t>(waves[i].begin(), waves[i].end()); };
    ASSERT_EQ(waves.size(), 3u);
    EXPECT_EQ(wave(0), (std::vector<int32_t>{0, 1, 5}));
    EXPECT_EQ(wave(1), (std::vector<int32_t>{2, 6}));
    EXPECT_EQ(wave(2), (std::vector<int32_t>{4}));
    waves.split({});
    EXPECT_EQ(waves.size(), 0u);
}

}  // namespace
}  // namespace weir::testing
