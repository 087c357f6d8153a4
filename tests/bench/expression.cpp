// What expressions cost: CPU ns a row over batches of 1,024 rows, on one thread. `bench-expression [BATCHES]` prints a
// number for each expression that stands on its standard input; tests/bench/expressions feeds it, and DuckDB with the
// same rows. By default 1,000 batches, a million rows, which no cache holds; 8 are what a stream has just made.
#include "host/expression/expression.hpp"

#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <weir/testing/test_host.hpp>

namespace weir::host::expression {
namespace {

constexpr size_t kBatches = 1000;
constexpr size_t kRounds = 7;

const Schema kSchema{{{"price", type_of(TypeId::kFloat64), false},
                      {"quantity", type_of(TypeId::kInt64), false},
                      {"category", type_of(TypeId::kString), false},
                      {"name", type_of(TypeId::kString), false},
                      {"digits", type_of(TypeId::kString), false},
                      {"amount", type_of(TypeId::kString), false},
                      {"moment", type_of(TypeId::kString), false}}};

// The row that tests/bench/expressions makes in SQL, too.
void append_row(BatchBuilder& to, int64_t i) {
    static const std::vector<std::string> categories = {"books", "toys", "x", "games", "garden"};
    to.column(0).append(static_cast<double>(i * 7919 % 10000) / 100);
    to.column(1).append(i % 20);
    to.column(2).append_text(categories[static_cast<size_t>(i % 5)]);
    to.column(3).append_text(fmt::format("Customer-{}@Example.com", i * 31 % 100000));
    to.column(4).append_text(std::to_string(i * 104729 % 1000000007));
    to.column(5).append_text(fmt::format("{}.{:02}", i * 7919 % 10000, i % 100));
    to.column(6).append_text(
        fmt::format("2024-{:02}-{:02} {:02}:{:02}:{:02}", i % 12 + 1, i % 28 + 1, i % 24, i % 60, i * 7 % 60));
}

std::vector<ArrowArray> make_batches(size_t batches) {
    std::vector<ArrowArray> out(batches);
    BatchBuilder builder(kSchema);
    int64_t i = 0;
    for (ArrowArray& batch : out) {
        for (int row = 0; row < kChunk; ++row) append_row(builder, i++);
        builder.finish(&batch);
    }
    return out;
}

// Of this process: what else the machine does counts less.
double cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

int measure(const std::string& text, const std::vector<ArrowArray>& batches) {
    Compiler compiler(kSchema, {});
    if (auto added = compiler.add(text, ResultKind::kColumn); !added) {
        std::cerr << render("bench-expression", text, added.problem());
        return 1;
    }
    Evaluator evaluator(compiler.finish());
    double best = 0;
    for (size_t round = 0; round < kRounds; ++round) {
        const double begin = cpu_ns();
        for (size_t i = 0; i < kBatches; ++i) evaluator.run(batches[i % batches.size()], 0, kChunk, 0);
        const double ns = (cpu_ns() - begin) / (kBatches * kChunk);
        if (round == 0 || ns < best) best = ns;
    }
    std::cout << fmt::format("{:.3f}\n", best) << std::flush;
    return 0;
}

}  // namespace
}  // namespace weir::host::expression

int main(int argc, char** argv) {
    using namespace weir::host::expression;
    weir::testing::TestHost::get();
    std::vector<ArrowArray> batches = make_batches(argc > 1 ? std::stoul(argv[1]) : kBatches);
    int status = 0;
    for (std::string text; std::getline(std::cin, text);) status |= measure(text, batches);
    for (ArrowArray& batch : batches) batch.release(&batch);
    return status;
}
