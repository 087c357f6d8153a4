// What it costs to make ClickHouse's Native blocks of Arrow batches, on one thread: rows of 1,024 appended to a block of 200,000,
// the block written, and with a compression its frames made.
//   bench-clickhouse-encode [--seconds S] [--rounds R]   a table: ns a row, and MB/s of the encoded bytes, the median round
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "block.hpp"

namespace {

using namespace weir;
using namespace weir::clickhouse;
using weir::testing::Json;
using weir::testing::TestHost;

constexpr int64_t kBatchRows = 1'024, kBatches = 64;  // beyond the L2 cache
constexpr int64_t kBlockRows = 200'000;

double now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct Column {
    const char *name, *from, *to;
    std::function<Json(std::mt19937_64 &)> value;
};
struct Entry {
    const char *name;
    std::vector<Column> columns;
};

Json symbol(std::mt19937_64 &random) {
    static const char *const symbols[] = {"AAPL", "MSFT", "GOOG", "AMZN", "TSLA", "NVDA", "META", "NFLX"};
    return symbols[random() % 8];
}
Json price(std::mt19937_64 &random) { return static_cast<double>(random() % 100'000) / 100; }
Json number(std::mt19937_64 &random) { return static_cast<int64_t>(random() % 10'000); }
Json time_of(std::mt19937_64 &random) { return 1'716'467'696'000'000 + static_cast<int64_t>(random() % 1'000'000'000); }
Json name(std::mt19937_64 &random) { return "customer-" + std::to_string(random() % 100'000); }
Json maybe(std::mt19937_64 &random) { return random() % 10 == 0 ? Json() : Json(static_cast<int64_t>(random() % 100)); }

const Entry kEntries[] = {
    {"fixed width",
     {{"a", "int64", "Int64", number},
      {"b", "float64", "Float64", price},
      {"c", "uint32", "UInt32", number},
      {"d", "decimal(38,2)", "Decimal(38, 2)", number},
      {"e", "float64", "Float64", price},
      {"f", "int64", "Int64", number}}},
    {"ticks", {{"symbol", "string", "LowCardinality(String)", symbol}, {"price", "float64", "Float64", price}, {"volume", "int64", "Int64", number},
               {"ts", "timestamp", "DateTime64(3, 'UTC')", time_of}}},
    {"texts", {{"name", "string", "String", name}, {"symbol", "string", "String", symbol}}},
    {"nulls", {{"n", "int64?", "Nullable(Int64)", maybe}}},
};

class Nowhere final : public Output {
public:
    void put(const void *, size_t n) override { bytes += n; }
    size_t bytes = 0;
};

struct Figures {
    double ns_a_row, bytes_a_second;
};

class Bench {
public:
    explicit Bench(const Entry &entry) {
        std::mt19937_64 random(1);
        std::vector<BlockColumn> columns;
        for (const Column &c : entry.columns) schema_.fields.push_back(*parse_field(c.name, c.from));
        for (size_t i = 0; i < entry.columns.size(); ++i)
            columns.push_back({i, entry.columns[i].name, fit(schema_.fields[i].type, schema_.fields[i].nullable, parse_data_type(entry.columns[i].to)).writer});
        block_ = std::make_unique<Block>(std::move(columns));
        for (int64_t batch = 0; batch < kBatches; ++batch) {
            Json rows = Json::array();
            for (int64_t row = 0; row < kBatchRows; ++row) {
                Json values = Json::array();
                for (const Column &c : entry.columns) values.push_back(c.value(random));
                rows.push_back(std::move(values));
            }
            batches_.push_back(testing::make_rows(schema_, rows));
        }
    }
    ~Bench() {
        for (ArrowArray &array : batches_) array.release(&array);
    }

    Figures run(double seconds, Compressor *compressor) {
        size_t bytes = 0;
        int64_t rows = 0;
        const double begin = now();
        double end = begin;
        for (size_t i = 0; end - begin < seconds; ++i) {
            ArrowArray &array = batches_[i % batches_.size()];
            weir_batch raw{};
            raw.size = sizeof raw;
            raw.rows = array.length;
            raw.array = &array;
            const BatchView batch(raw, schema_);
            if (!block_->check(batch).empty()) std::abort();
            block_->append(batch, 0, array.length);
            rows += array.length;
            if (block_->rows() < kBlockRows) continue;
            Nowhere nowhere;
            if (compressor) {
                packed_.clear();
                CompressedOutput out(*compressor, packed_);
                block_->write(out);
                out.finish();
            }
            block_->write(nowhere);
            bytes += nowhere.bytes;
            block_->clear();
            end = now();
        }
        block_->clear();
        return {(end - begin) * 1e9 / static_cast<double>(rows), static_cast<double>(bytes) / (end - begin)};
    }

private:
    Schema schema_;
    std::vector<ArrowArray> batches_;
    std::unique_ptr<Block> block_;
    std::string packed_;
};

}  // namespace

int main(int argc, char **argv) {
    double seconds = 0.5;
    size_t rounds = 5;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!std::strcmp(argv[i], "--seconds")) seconds = std::atof(argv[i + 1]);
        if (!std::strcmp(argv[i], "--rounds")) rounds = static_cast<size_t>(std::atoi(argv[i + 1]));
    }
    TestHost::get();
    std::printf("%-12s %-6s %8s %10s\n", "rows", "", "ns/row", "MB/s");
    for (const Entry &entry : kEntries) {
        Bench bench(entry);
        for (const auto &[label, method] : {std::pair("", Compression::kNone), std::pair("lz4", Compression::kLz4), std::pair("zstd", Compression::kZstd)}) {
            Compressor compressor(method);
            std::vector<Figures> all;
            for (size_t round = 0; round < rounds; ++round) all.push_back(bench.run(seconds, *label ? &compressor : nullptr));
            std::sort(all.begin(), all.end(), [](const Figures &a, const Figures &b) { return a.ns_a_row < b.ns_a_row; });
            const Figures &median = all[all.size() / 2];
            std::printf("%-12s %-6s %8.1f %10.0f\n", entry.name, label, median.ns_a_row, median.bytes_a_second / 1e6);
        }
    }
    return 0;
}
