// `weir run` from outside: what it prints, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <regex>
#include <sstream>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::HasSubstr;

constexpr const char* kNumbers =
    "name: numbers\n"
    "parameters: { count: 3 }\n"
    "nodes:\n"
    "  numbers: { generate: { columns: { n: { sequence: {} } }, count: $count } }\n"
    "  shown: { from: numbers, console: json }\n";

// Endless, slow enough to be watched.
constexpr const char* kEndless =
    "name: endless\n"
    "nodes:\n"
    "  ticks: { generate: { columns: { tick: { sequence: {} } }, rate: 50 } }\n"
    "  shown: { from: ticks, console: json }\n";

// Times and rates differ from run to run.
std::string without_times(std::string text) {
    text = std::regex_replace(text, std::regex(" +[0-9,]+/s"), "  R/s");
    return std::regex_replace(text, std::regex(" after [0-9.]+ s"), " after T s");
}

// The summary's numbers by label, such as `read`.
std::map<std::string, int64_t> summary_of(const std::string& text, const std::string& topology) {
    std::map<std::string, int64_t> counts;
    const size_t begin = text.find(topology + ": done");
    if (begin == std::string::npos) return counts;
    const std::regex line("  (.*?) +([0-9,]+)(  .*)?");
    std::istringstream lines(text.substr(text.find('\n', begin) + 1));
    for (std::string one; std::getline(lines, one) && one.starts_with("  ");) {
        std::smatch match;
        if (!std::regex_match(one, match, line)) continue;
        counts[match[1]] = std::stoll(std::regex_replace(match[2].str(), std::regex(","), ""));
    }
    return counts;
}

class Run : public testing::Test {
protected:
    Run() {
        folder_.write("numbers.yaml", kNumbers);
        folder_.write("endless.yaml", kEndless);
    }
    Outcome run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "run");
        return weir(arguments, folder_.path());
    }

    Folder folder_;
};

TEST_F(Run, PrintsRowsToStandardOutputAndAllElseToStandardError) {
    const Outcome got = run({"numbers.yaml"});
    EXPECT_EQ(got.out, "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
    EXPECT_EQ(without_times(got.err),
              "numbers (numbers.yaml)\n"
              "  numbers  generate\n"
              "  shown    console   <- numbers\n"
              "numbers: done after T s, 1 epoch\n"
              "  read   3  R/s\n"
              "  shown  3  R/s\n");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Run, ReadsSeveralNodesWhoseColumnsStandInAnotherOrder) {
    folder_.write("two.yaml",
                  "name: two\n"
                  "nodes:\n"
                  "  a: { generate: { columns: { n: { constant: 5 }, m: { constant: 100 } }, count: 1 } }\n"
                  "  b: { generate: { columns: { m: { constant: 200 }, n: { constant: 7 } }, count: 1 } }\n"
                  "  pairs: { from: [a, b], pair_match: { value: n, sum: 12 } }\n"
                  "  rows: { from: [a, b], where: n > 0 }\n"
                  "  sums: { from: [a, b], key: n, window: { rows: 1, columns: { m: sum(m) } } }\n"
                  "  shown: { from: [pairs, rows, sums], tag: kind, console: json }\n");
    const Outcome got = run({"two.yaml", "--quiet"});
    ASSERT_EQ(got.code, 0) << got.err;
    std::vector<std::string> lines;
    std::istringstream out(got.out);
    for (std::string line; std::getline(out, line);) lines.push_back(line);
    EXPECT_THAT(lines, testing::Contains(testing::AnyOf(R"({"left":5,"right":7,"left_m":100,"right_m":200,"kind":"pairs"})",
                                                        R"({"left":7,"right":5,"left_m":200,"right_m":100,"kind":"pairs"})")));
    for (const char* line : {R"({"n":5,"m":100,"kind":"rows"})", R"({"n":7,"m":200,"kind":"rows"})", R"({"n":5,"m":100,"kind":"sums"})",
                             R"({"n":7,"m":200,"kind":"sums"})"})
        EXPECT_THAT(lines, testing::Contains(line));
}

TEST_F(Run, SaysNothingWhenQuiet) {
    const Outcome got = run({"numbers.yaml", "--quiet", "--set", "count=1"});
    EXPECT_EQ(got.out, "{\"n\":0}\n");
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Run, EndsAfterTheGivenRecords) {
    const Outcome got = run({"endless.yaml", "--records", "2", "--quiet"});
    EXPECT_EQ(got.out, "{\"tick\":0}\n{\"tick\":1}\n");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Run, EndsAfterTheGivenTime) {
    const Outcome got = run({"endless.yaml", "--for", "100ms"});
    EXPECT_THAT(got.err, HasSubstr("endless: done after "));
    EXPECT_EQ(got.code, 0);
}

TEST_F(Run, SleepsWhenNothingHappens) {
    const Outcome got = run({"endless.yaml", "--for", "1s", "--quiet"});
    EXPECT_EQ(got.code, 0);
    EXPECT_LT(got.cpu, std::chrono::milliseconds(800));
}

TEST_F(Run, RedrawsALineOfRatesOnATerminal) {
    Process process({"run", "endless.yaml"}, folder_.path(), "", ErrorOutput::kTerminal, {"TERM=xterm", "NO_COLOR="});
    ASSERT_TRUE(process.wait_for("\r\033[J"));
    process.send(SIGTERM);
    const Outcome got = process.wait();
    EXPECT_THAT(got.err, testing::ContainsRegex("\n +[0-9.]+ s  endless  read [0-9]+/s  shown [0-9]+/s\r\033\\[J"));
    EXPECT_THAT(got.err, testing::Not(HasSubstr("\033[J\r\n")));
    EXPECT_EQ(got.code, 0);
}

TEST_F(Run, WritesPlainLinesWhereNoColorIsWanted) {
    Process process({"run", "endless.yaml"}, folder_.path(), "", ErrorOutput::kTerminal, {"TERM=xterm", "NO_COLOR=1"});
    ASSERT_TRUE(process.wait_for("{\"tick\":2}"));
    process.send(SIGTERM);
    EXPECT_THAT(process.wait().err, testing::Not(HasSubstr("\033")));
}

TEST_F(Run, TakesValuesFromAParamsFile) {
    folder_.write("p.yaml", "count: 1\n");
    EXPECT_EQ(run({"numbers.yaml", "--params", "p.yaml", "--quiet"}).out, "{\"n\":0}\n");
    EXPECT_EQ(run({"numbers.yaml", "--params", "p.yaml", "--set", "count=2", "--quiet"}).out, "{\"n\":0}\n{\"n\":1}\n");
}

TEST_F(Run, WritesStatistics) {
    const Outcome got = run({"numbers.yaml", "--quiet", "--stats-json", "stats.json"});
    EXPECT_EQ(got.code, 0);
    const auto stats = nlohmann::json::parse(folder_.read("stats.json"));
    EXPECT_EQ(stats["records"], 3);
    EXPECT_GT(stats["peak_rss_bytes"], 1'000'000);
    EXPECT_GE(stats["cpu_ns_per_record"], 0.0);
    EXPECT_GT(stats["records_per_s"], 0.0);
}

TEST_F(Run, SaysThatStatisticsCannotBeWrittenBeforeItStarts) {
    const Outcome got = run({"numbers.yaml", "--quiet", "--stats-json", "nowhere/stats.json"});
    EXPECT_EQ(got.out, "");
    EXPECT_EQ(got.err, "weir: cannot write nowhere/stats.json (--stats-json): No such file or directory\n");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Run, StartsNothingWhenOneFileIsWrong) {
    folder_.write("wrong.yaml", "name: wrong\nnodes: { n: { generat: {} } }\n");
    const Outcome got = run({"numbers.yaml", "wrong.yaml"});
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, testing::StartsWith("wrong.yaml:2:15: error[unknown-operator]: "));
    EXPECT_EQ(got.code, 2);
}

TEST_F(Run, FinishesTheEpochOnATerminationSignal) {
    Process process({"run", "endless.yaml"}, folder_.path());
    ASSERT_TRUE(process.wait_for("{\"tick\":0}\n"));
    process.send(SIGTERM);
    const Outcome got = process.wait();
    EXPECT_THAT(got.err, HasSubstr("\nstopping: finishing what was read (once more ends at once)\n"));
    EXPECT_THAT(got.err, HasSubstr("\nendless: stopped after "));
    EXPECT_EQ(got.code, 0);
}

TEST_F(Run, EndsAtOnceOnASecondSignal) {
    folder_.write("stuck.yaml",
                  "name: stuck\n"
                  "nodes:\n"
                  "  ticks: { generate: { columns: { tick: { sequence: {} } }, rate: 50 } }\n"
                  "  shown: { from: ticks, console: json }\n"
                  "  stuck: { from: ticks, faulty.sink: { when: prepare, how: hang } }\n");
    const std::string plugins = std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/cli_plugins";
    Process process({"run", "stuck.yaml", "--plugin-dir", plugins}, folder_.path());
    ASSERT_TRUE(process.wait_for("{\"tick\":0}\n"));
    process.send(SIGINT);
    ASSERT_TRUE(process.wait_for("stopping: "));
    process.send(SIGINT);
    EXPECT_EQ(process.wait().code, 130);
}

TEST_F(Run, StopsWhenNobodyReadsItsOutput) {
    Process process({"run", "endless.yaml"}, folder_.path());
    ASSERT_TRUE(process.wait_for("{\"tick\":0}\n"));
    process.close_output();
    EXPECT_EQ(process.wait().code, 0);
}

TEST_F(Run, LetsOthersGoOnWhenATopologyEnds) {
    Process process({"run", "numbers.yaml", "endless.yaml"}, folder_.path());
    ASSERT_TRUE(process.wait_for("{\"n\":2}\n"));
    ASSERT_TRUE(process.wait_for("{\"tick\":3}\n"));
    process.send(SIGTERM);
    const Outcome got = process.wait();
    EXPECT_THAT(got.err, HasSubstr("\nnumbers: done after "));
    EXPECT_THAT(got.err, HasSubstr("\nendless: stopped after "));
    EXPECT_EQ(got.code, 0);
}

TEST_F(Run, CountsPairsSoThatTheyAddUp) {
    folder_.write("pairs.yaml",
                  "name: pairs\n"
                  "dead_letters: { console: json }\n"
                  "nodes:\n"
                  "  numbers: { generate: { columns: { n: { range: [0, 13] } }, count: 1000 } }\n"
                  "  pairs: { from: numbers, pair_match: { value: n, sum: 12, min: 0, max: 12 } }\n"
                  "  shown: { from: pairs, console: json }\n");
    const Outcome got = run({"pairs.yaml"});
    EXPECT_EQ(got.code, 0);
    EXPECT_THAT(got.err, Not(HasSubstr("in memory only")));
    auto counts = summary_of(got.err, "pairs");
    EXPECT_EQ(counts["read"], 1000);
    EXPECT_GT(counts["pairs"], 0);
    EXPECT_GT(counts["dead-lettered"], 0);
    EXPECT_EQ(counts["read"], 2 * counts["pairs"] + counts["waiting"] + counts["dead-lettered"]);
}

TEST_F(Run, DoesClauses) {
    folder_.write("clauses.yaml", R"(name: clauses
workers: 1
parameters: { least: 3, by: { type: column, default: n } }
nodes:
  numbers: { generate: { columns: { n: { sequence: { start: 1, step: 1 } } }, count: 10 }, where: n <> 4 }
  kept:
    from: numbers
    where: n > $least
    set: { share: 12 / (n - 7), double: $by * 2 }
    check: { even: n % 2 = 0 }
  shown: { from: kept, select: { n: n, double: double, share: share }, console: json }
  failed: { from: kept.errors, select: [node, code, field, message, row], console: json }
)");
    const Outcome got = run({"clauses.yaml"});
    EXPECT_EQ(got.code, 0) << got.err;
    std::vector<std::string> lines;
    std::istringstream out(got.out);
    for (std::string line; std::getline(out, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    const std::string odd = R"({"node":"kept","code":"check","field":"even","message":"n % 2 = 0 is false","row":"{\"n\":)";
    EXPECT_EQ(lines, (std::vector<std::string>{
                         R"({"n":10,"double":20,"share":4})", R"({"n":6,"double":12,"share":-12})",
                         R"({"n":8,"double":16,"share":12})", odd + R"(5}"})", odd + R"(9}"})",
                         R"({"node":"kept","code":"division-by-zero","field":"share","message":"12 / 0","row":"{\"n\":7}"})"}));
    auto counts = summary_of(got.err, "clauses");
    EXPECT_EQ(counts["read"], 10);
    EXPECT_EQ(counts["kept"], 3);
    EXPECT_EQ(counts["check.even"], 2);
}

TEST_F(Run, MatchesPairsOnTheEmbeddedBroker) {
    const std::string folder = std::string(std::getenv("WEIR_SOURCE_DIR")) + "/topologies";
    const Outcome got = weir({"run", "pair-match.yaml", "pair-match-producer.yaml", "--records", "3000"}, folder);
    EXPECT_EQ(got.code, 0) << got.err;
    auto counts = summary_of(got.err, "pair-match");
    EXPECT_GE(counts["read"], 3000) << got.err;
    EXPECT_GT(counts["dead-lettered"], 0);
    EXPECT_EQ(counts["read"], 2 * counts["pairs"] + counts["waiting"] + counts["dead-lettered"]) << got.err;
}

}  // namespace
}  // namespace weir::test
