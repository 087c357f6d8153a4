// What ports emit, seen from beside: in order, bounded, counted, and never waited for.
#include <algorithm>
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "host/engine/tap.hpp"
#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct SchemaRelease {
    void operator()(ArrowSchema* schema) const {
        schema->release(schema);
        delete schema;
    }
};

class TapBufferTest : public ::testing::Test {
protected:
    TapBufferTest() { weir::testing::TestHost::get(); }

    BatchRef batch(int n) {
        ArrowArray array = weir::testing::make_rows(schema_, weir::testing::Json::parse("[[" + std::to_string(n) + "],[0]]"));
        weir_batch made{};
        made.size = sizeof made;
        made.rows = array.length;
        made.array = &array;
        made.split = WEIR_NO_SPLIT;
        return BatchRef(HostBatch::take(&made, abi_.get()));
    }
    std::vector<int64_t> firsts(const std::vector<BatchRef>& batches) {
        std::vector<int64_t> out;
        for (const BatchRef& one : batches) out.push_back(Column(one.view().array->children[0], &schema_.fields[0].type).value<int64_t>(0));
        return out;
    }

    const Schema schema_ = weir::testing::schema_of({{"n", "int64"}});
    std::unique_ptr<ArrowSchema, SchemaRelease> abi_ = [this] {
        auto* out = new ArrowSchema;
        export_schema(schema_, out);
        return std::unique_ptr<ArrowSchema, SchemaRelease>(out);
    }();
    Wakeup wakeup_;
    TapBuffer buffer_{wakeup_};
};

TEST_F(TapBufferTest, GivesBatchesInTheirOrder) {
    for (int n = 1; n <= 3; ++n) buffer_.offer(batch(n));
    EXPECT_TRUE(wakeup_.is_pending());
    EXPECT_THAT(firsts(buffer_.take()), ElementsAre(1, 2, 3));
    EXPECT_THAT(buffer_.take(), IsEmpty());
    buffer_.offer(batch(4));
    EXPECT_THAT(firsts(buffer_.take()), ElementsAre(4));
    EXPECT_EQ(buffer_.skipped(), 0);
}

TEST_F(TapBufferTest, KeepsTheNewestBatchesAndCountsTheRowsOfOthers) {
    const int n = static_cast<int>(kTapSlots) + 3;
    for (int i = 1; i <= n; ++i) buffer_.offer(batch(i));
    const auto taken = firsts(buffer_.take());
    ASSERT_EQ(taken.size(), kTapSlots);
    EXPECT_EQ(taken.front(), 4);
    EXPECT_EQ(taken.back(), n);
    EXPECT_EQ(buffer_.skipped(), 6);
}

// One thread offers while another takes: nothing comes twice or before what was offered earlier, and what does not come is counted.
TEST_F(TapBufferTest, KeepsTheOrderWhileBothSidesRun) {
    constexpr int kBatches = 20'000;
    std::atomic<bool> done{false};
    std::thread worker([&] {
        for (int n = 1; n <= kBatches; ++n) buffer_.offer(batch(n));
        done = true;
    });
    std::vector<int64_t> seen;
    for (bool last = false; !last;) {
        last = done;
        for (const int64_t n : firsts(buffer_.take())) seen.push_back(n);
    }
    worker.join();
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.back(), kBatches);
    EXPECT_EQ(static_cast<int64_t>(seen.size()) * 2 + buffer_.skipped(), kBatches * 2);
}

// Notes the rows that it is shown.
struct NotingReader : TapReader {
    std::vector<TapPoint> begin(const Plan&) override { return {{"numbers_in", "out"}}; }
    void on_rows(size_t tap, const Schema& schema, const weir_batch& rows) override {
        for (const std::string& row : weir::testing::json_rows(schema, *rows.array)) seen.push_back(std::to_string(tap) + row);
    }
    void on_shown() override { ++times; }
    std::vector<std::string> seen;
    int times = 0;
};

class TapTest : public EngineFixture {};

TEST_F(TapTest, ShowsWhatPortsEmitToTheEndOfTheRun) {
    world().splits["s0"] = {1, 2, 3};
    NotingReader reader;
    Taps taps(reader);
    RunOptions options;
    options.taps = &taps;
    EXPECT_EQ(run("nodes:\n  numbers_in: { numbers: {} }\n  doubled: { from: numbers_in, twice: {} }\n", std::move(options)), "");
    EXPECT_THAT(reader.seen, ElementsAre("0{\"n\":1}", "0{\"n\":2}", "0{\"n\":3}"));
    EXPECT_GE(reader.times, 1);
    EXPECT_EQ(taps.skipped({"numbers_in", "out"}), 0);
    EXPECT_EQ(taps.skipped({"doubled", "out"}), 0) << "nobody looks there";
}

}  // namespace
}  // namespace weir::host::testing
