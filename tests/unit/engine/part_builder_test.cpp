// Rows of several batches gathered into one: values, nulls, hashes, and where they came from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "host/engine/part_builder.hpp"

namespace weir::host::testing {
namespace {

using ::testing::ElementsAre;
using weir::testing::TestHost;

// An origin that answers with its name and the row, and counts its references.
struct NamedOrigin : weir_origin {
    explicit NamedOrigin(int32_t partition) : weir_origin{}, number(partition) {
        size = sizeof(weir_origin);
        retain = [](weir_origin* self) { ++static_cast<NamedOrigin*>(self)->references; };
        release = [](weir_origin* self) { --static_cast<NamedOrigin*>(self)->references; };
        get = [](weir_origin* self, int64_t row, weir_origin_record* out) -> int32_t {
            out->partition = static_cast<NamedOrigin*>(self)->number;
            out->offset = row;
            return WEIR_OK;
        };
    }
    int32_t number;
    int references = 0;
};

class PartBuilderTest : public ::testing::Test {
protected:
    PartBuilderTest() { TestHost::get(); }

    BatchRef batch(const std::string& json, NamedOrigin* origin = nullptr, uint64_t split = 1) {
        ArrowArray array = weir::testing::make_rows(schema_, weir::testing::Json::parse(json));
        weir_batch made{};
        made.size = sizeof made;
        made.rows = array.length;
        made.array = &array;
        made.split = split;
        if (origin) origin->retain(origin);
        made.origin = origin;
        return BatchRef(HostBatch::take(&made, abi_.get()));
    }
    std::vector<std::string> rows(const BatchRef& of) { return weir::testing::json_rows(schema_, *of.view().array); }
    // partition:row of each row's origin; "?" where there is none.
    static std::vector<std::string> origins(const BatchRef& of) {
        std::vector<std::string> out;
        for (int64_t i = 0; i < of.rows(); ++i) {
            weir_origin_record record{};
            weir_origin* origin = of.view().origin;
            const int64_t row = of.view().origin_rows ? of.view().origin_rows[i] : i;
            const bool known = origin && origin->get(origin, row, &record) == WEIR_OK;
            out.push_back(known ? std::to_string(record.partition) + ":" + std::to_string(record.offset) : "?");
        }
        return out;
    }
    struct Release {
        void operator()(ArrowSchema* schema) const {
            schema->release(schema);
            delete schema;
        }
    };
    const Schema schema_ = weir::testing::schema_of({{"n", "int64"}, {"t", "string?"}, {"m", "int32?"}});
    std::unique_ptr<ArrowSchema, Release> abi_ = [this] {
        auto* out = new ArrowSchema;
        export_schema(schema_, out);
        return std::unique_ptr<ArrowSchema, Release>(out);
    }();
    const std::vector<uint64_t> hashes_ = {10, 11, 12, 13};
};

TEST_F(PartBuilderTest, GathersRowsOfSeveralBatchesInOrder) {
    PartBuilder part(schema_);
    const std::vector<int32_t> first = {2, 0}, second = {1};
    NamedOrigin a(1), b(2);
    EXPECT_EQ(part.append(*batch(R"([[1,"x",null],[2,"y",5],[3,null,6]])", &a).get(), first.data(), 2, hashes_.data()), 2);
    EXPECT_EQ(part.append(*batch(R"([[4,"z",7],[5,"",8]])", &b, 2).get(), second.data(), 1, hashes_.data()), 1);
    {
        const BatchRef got = part.take();
        EXPECT_THAT(rows(got), ElementsAre(R"({"n":3,"t":null,"m":6})", R"({"n":1,"t":"x","m":null})", R"({"n":5,"t":"","m":8})"));
        EXPECT_THAT(origins(got), ElementsAre("1:2", "1:0", "2:1"));
        EXPECT_THAT(std::vector<uint64_t>(got.view().hashes, got.view().hashes + 3), ElementsAre(12, 10, 11));
        EXPECT_EQ(got.view().split, WEIR_NO_SPLIT);
        EXPECT_EQ(a.references, 1);
    }
    EXPECT_EQ(a.references + b.references, 0);
    EXPECT_TRUE(part.empty());
}

TEST_F(PartBuilderTest, KeepsTheOriginAndSplitOfOneBatchAsTheyAre) {
    PartBuilder part(schema_);
    NamedOrigin a(1);
    const std::vector<int32_t> some = {1, 3};
    part.append(*batch(R"([[1,"",1],[2,"",2],[3,"",3],[4,"",4]])", &a, 9).get(), some.data(), 2, hashes_.data());
    const BatchRef got = part.take();
    EXPECT_EQ(got.view().origin, &a);
    EXPECT_THAT(origins(got), ElementsAre("1:1", "1:3"));
    EXPECT_EQ(got.view().split, 9u);
}

TEST_F(PartBuilderTest, KnowsWhichRowsHaveNoOrigin) {
    PartBuilder part(schema_);
    NamedOrigin a(1);
    const std::vector<int32_t> one = {0};
    part.append(*batch(R"([[1,"",1]])").get(), one.data(), 1, hashes_.data());
    part.append(*batch(R"([[2,"",1]])", &a).get(), one.data(), 1, hashes_.data());
    EXPECT_THAT(origins(part.take()), ElementsAre("?", "1:0"));
    part.append(*batch(R"([[3,"",1]])").get(), one.data(), 1, hashes_.data());
    EXPECT_EQ(part.take().view().origin, nullptr);
}

TEST_F(PartBuilderTest, IsFullAtTheLimitOfABatch) {
    PartBuilder part(schema_);
    const BatchRef one = batch(R"([[1,"x",1]])");
    const std::vector<int32_t> many(WEIR_BATCH_MAX_ROWS - 1, 0);
    EXPECT_EQ(part.append(*one.get(), many.data(), WEIR_BATCH_MAX_ROWS - 1, hashes_.data()), WEIR_BATCH_MAX_ROWS - 1);
    EXPECT_FALSE(part.full());
    EXPECT_EQ(part.append(*one.get(), many.data(), 5, hashes_.data()), 1);
    EXPECT_TRUE(part.full());
    EXPECT_EQ(part.take().rows(), WEIR_BATCH_MAX_ROWS);
}

}  // namespace
}  // namespace weir::host::testing
