// What it costs to take rows into the states of groups: CPU ns a row.
//   bench-aggregates     WEIR_PLUGIN_DIR: where aggregates.so lies
// Batches of 1,024 rows, each row into a random one of so many groups, the least of 9 rounds.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>

#include "tests/unit/aggregation/aggregation_fixture.hpp"

namespace weir::host::aggregation {
namespace {

constexpr int kBatches = 2000, kRounds = 9;

double cpu_ns() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

void measure(const Texts& expressions, size_t groups) {
    const Schema schema = weir::testing::schema_of({{"n", "int64"}, {"b", "bool"}, {"d", "decimal(12,2)"}, {"s", "string"}});
    std::mt19937_64 random(1);
    BatchBuilder builder(schema);
    for (int row = 0; row < WEIR_BATCH_MAX_ROWS; ++row) {
        builder.column(0).append(static_cast<int64_t>(random() % 1000));
        builder.column(1).append_bool(random() % 2 == 0);
        builder.column(2).append(static_cast<Int128>(random() % 100'000));
        builder.column(3).append_text("text " + std::to_string(random() % 1000));
    }
    ArrowArray batch;
    builder.finish(&batch);
    Compiler compiler(TestAggregates::get(), schema, {});
    std::string name;
    for (const std::string& text : expressions) {
        if (!compiler.add(nlohmann::json(text).dump())) std::exit(1);
        name += (name.empty() ? "" : ", ") + text;
    }
    const auto aggregation = compiler.finish();
    const size_t bytes = std::max<size_t>(aggregation->state_bytes, 16);
    auto* memory = static_cast<char*>(std::aligned_alloc(64, (bytes * groups + 63) / 64 * 64));
    std::memset(memory, 0, bytes * groups);
    std::vector<std::vector<void*>> states(64, std::vector<void*>(WEIR_BATCH_MAX_ROWS));
    for (auto& of_batch : states)
        for (void*& state : of_batch) state = memory + bytes * (random() % groups);
    Evaluator evaluator(aggregation);
    double least = 1e9;
    for (int round = 0; round < kRounds; ++round) {
        const double begin = cpu_ns();
        for (size_t i = 0; i < kBatches; ++i)
            if (!evaluator.update(batch, nullptr, batch.length, 0, states[i % states.size()].data()).ok()) std::exit(1);
        least = std::min(least, (cpu_ns() - begin) / kBatches / WEIR_BATCH_MAX_ROWS);
    }
    std::printf("%-36s %8zu groups of %3zu bytes %7.2f ns\n", name.c_str(), groups, bytes, least);
    for (size_t i = 0; i < groups; ++i) aggregation->drop(memory + bytes * i);
    std::free(memory);
    batch.release(&batch);
}

}  // namespace
}  // namespace weir::host::aggregation

int main() {
    using weir::host::aggregation::Texts;
    weir::testing::TestHost::get();  // whose memory rows are in
    const std::vector<Texts> all = {{"count()"}, {"sum(n)"}, {"count()", "sum(n)"}, {"count()", "sum(n)", "avg(n)", "max(n)"},
                                    {"sum(d)"}, {"sum(n + 1)"}, {"count() FILTER (WHERE b)"}, {"last(s)"}, {"stddev(n)"},
                                    {"count(DISTINCT n)"}, {"approx_count_distinct(n)"}, {"approx_quantile(n, 0.9)"}};
    for (const Texts& expressions : all)
        for (const size_t groups : {size_t{1000}, size_t{100'000}}) weir::host::aggregation::measure(expressions, groups);
}
