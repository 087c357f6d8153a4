// `weir status`, `plan`, `apply`, `set` and `stop`, and `run --watch`: a host that runs, and what is asked of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include <fmt/format.h>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class RunningTopology : public testing::Test {
protected:
    // Counts digits; every hundredth count of a digit is shown with the version.
    static std::string text(const std::string& version = "1", const std::string& more = "") {
        return fmt::format("name: digits\n"
                           "workers: 1\n"
                           "checkpoint: 50ms\n"
                           "parameters: {{ version: {} }}\n"
                           "nodes:\n"
                           "  digits: {{ generate: {{ columns: {{ n: {{ range: [0, 9] }} }}, rate: 2000 }} }}\n"
                           "  counts: {{ from: digits, key: n, fold: {{ columns: {{ count: {{ init: 0, next: count + 1 }} }} }} }}\n"
                           "  shown: {{ from: counts, where: count % 100 = 0, set: {{ version: $version }}, console: json }}\n{}",
                           version, more);
    }

    Outcome ask(std::vector<std::string> words) {
        words.insert(words.end(), {"--data-dir", "data"});
        return weir(words, folder_.path());
    }

    void begin(std::vector<std::string> more = {}) {
        folder_.write("t.yaml", text());
        std::vector<std::string> words = {"run", "t.yaml", "--data-dir", "data"};
        words.insert(words.end(), more.begin(), more.end());
        run_ = std::make_unique<Process>(words, folder_.path());
        ASSERT_TRUE(run_->wait_for(R"("version":1)"));
    }

    Folder folder_;
    std::unique_ptr<Process> run_;
};

TEST_F(RunningTopology, IsFoundByItsName) {
    begin();
    EXPECT_THAT(ask({"status"}).out, AllOf(HasSubstr("TOPOLOGY  STATE"), ContainsRegex("digits +running .*t.yaml")));
    EXPECT_THAT(ask({"status", "digits"}).out, AllOf(ContainsRegex("counts +fold +[1-9]"), ContainsRegex("shown +console +[0-9,]+ +- ")));
    EXPECT_THAT(ask({"set", "digits", "none=1"}).err, Not(HasSubstr("weir apply")));
    const Outcome other = ask({"status", "digit"});
    EXPECT_EQ(other.code, 4);
    EXPECT_EQ(other.err, "weir: no topology `digit` runs in data; expected: `digits`; nearest: `digits`\n");
    EXPECT_EQ(ask({"stop", "digits"}).out, "digits ends; begun again it goes on behind its last epoch\n");
    EXPECT_EQ(run_->wait().code, 0);
    EXPECT_EQ(ask({"status"}).out, "no topology runs\n");
    EXPECT_THAT(ask({"apply", "t.yaml"}).err, HasSubstr("no topology runs in data: start it with `weir run`, or name its folder with --data-dir"));
}

TEST_F(RunningTopology, ChangesAndKeepsItsState) {
    begin();
    EXPECT_EQ(ask({"plan", "t.yaml"}).out, "nothing changes: 3 nodes are kept\n");
    folder_.write("t.yaml", text("2"));
    const Outcome plan = ask({"plan", "t.yaml"});
    EXPECT_EQ(plan.code, 10);
    EXPECT_THAT(plan.out, MatchesRegex("~ shown   reconfigured  set.version: \\$version: 1 -> 2\n2 nodes are kept\nno row is read for about [0-9]+ ms.*\n"));
    const Outcome applied = ask({"apply", "t.yaml"});
    EXPECT_EQ(applied.code, 0) << applied.err;
    EXPECT_THAT(applied.out, ContainsRegex("applied behind epoch [1-9][0-9]*; no row was read for [0-9]+ ms"));
    ASSERT_TRUE(run_->wait_for(R"("version":2)"));
    EXPECT_EQ(ask({"set", "digits", "version=3"}).code, 0);
    ASSERT_TRUE(run_->wait_for(R"("version":3)"));
    run_->send(SIGTERM);
    const Outcome ended = run_->wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
    // Counts go on: each hundredth of a digit is shown once.
    for (int digit = 0; digit < 10; ++digit) {
        const std::string first = fmt::format("{{\"n\":{},\"count\":100,", digit);
        EXPECT_EQ(ended.out.find(first, ended.out.find(first) + 1), std::string::npos) << first;
    }
}

TEST_F(RunningTopology, TellsAChangedClauseOnceAndByItsName) {
    begin();
    const auto priced = [&](const std::string& clauses) {
        return text("1", "  priced: { from: counts, " + clauses + " }\n  prices: { from: priced, where: n = 1, console: json }\n");
    };
    folder_.write("t.yaml", priced("where: n > 1, set: { net: count * 2, vat: count * 3 }"));
    const Outcome applied = ask({"apply", "t.yaml"});
    ASSERT_EQ(applied.code, 0) << applied.out << applied.err;
    folder_.write("t.yaml", priced("where: n > 1, set: { net: count * 2, vat: count * 4 }"));
    EXPECT_THAT(ask({"plan", "t.yaml"}).out, StartsWith("~ priced  reconfigured  set.vat: count * 3 -> count * 4\n4 nodes are kept\n"));
    folder_.write("t.yaml", priced("set: { net: count * $version, gross: count * 5 }"));
    EXPECT_THAT(ask({"plan", "t.yaml"}).out,
                StartsWith("~ priced  reconfigured  set.net: count * 2 -> count * $version\n"
                           "                        set.gross: count * 5\n"
                           "                        where: n > 1 -> none\n"
                           "                        set.vat: count * 3 -> none\n"
                           "  priced -> prices: { n: int64, count: int32, net: int32, vat: int32 }\n"
                           "                  now { n: int64, count: int32, net: int64, gross: int32 }\n"
                           "4 nodes are kept\n"));
}

TEST_F(RunningTopology, SaysWhatAValueOfTheRunHides) {
    begin({"--set", "version=1"});
    folder_.write("t.yaml", text("2", "  all: { from: digits, console: { format: json, title: all } }\n"));
    EXPECT_THAT(ask({"plan", "t.yaml"}).out, AllOf(HasSubstr("+ all     added         console"), HasSubstr("\n! version: the file says 2; 1 stays, set by `--set` of the run\n")));
    EXPECT_EQ(ask({"set", "digits", "version=3"}).code, 0);
    EXPECT_THAT(ask({"plan", "t.yaml"}).out, HasSubstr("\n! version: the file says 2; 3 stays, set by `weir set`\n"));
    const std::string json = ask({"plan", "t.yaml", "--format", "json"}).out;
    EXPECT_THAT(json, AllOf(HasSubstr(R"("parameter": "version")"), HasSubstr(R"("file": "2")"), HasSubstr(R"("stays": "3")")));
    EXPECT_THAT(ask({"plan", "t.yaml", "--set", "version=2"}).out, Not(HasSubstr("the file says")));
}

TEST_F(RunningTopology, GoesOnAsItWasWhereAChangeIsWrong) {
    begin();
    folder_.write("t.yaml", text("2", "  bad: { from: counts, where: nn = 1, console: json }\n"));
    const Outcome wrong = ask({"apply", "t.yaml"});
    EXPECT_EQ(wrong.code, 2);
    EXPECT_THAT(wrong.err, AllOf(HasSubstr("error[bad-expression]: node `bad`: there is no column `nn`"), Not(HasSubstr("weir apply:"))));

    folder_.write("t.yaml", text("2", "  bad: { from: counts, where: 1 / (n - n) = 1, console: json }\n"));
    const Outcome failing = ask({"apply", "t.yaml"});
    EXPECT_EQ(failing.code, 5) << failing.err;
    EXPECT_THAT(failing.err, AllOf(HasSubstr("weir apply: the change was rolled back: "), HasSubstr("division")));

    folder_.write("t.yaml", text("2").replace(text("2").find("  counts:"), 9, "  sums:").replace(text("2").find("from: counts") - 2, 12, "from: sums"));
    const Outcome losing = ask({"apply", "t.yaml"});
    EXPECT_EQ(losing.code, 11) << losing.out;
    EXPECT_EQ(losing.err, "weir apply: the change is refused: node `counts` would lose its state: --allow-loss counts gives it up\n");
    EXPECT_EQ(ask({"apply", "t.yaml", "--allow-loss", "counts"}).code, 0);
    ASSERT_TRUE(run_->wait_for(R"("version":2)"));
    EXPECT_EQ(ask({"stop", "digits", "--drain"}).code, 0);
    EXPECT_EQ(run_->wait().code, 0);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

// Counts go on, whether the node is renamed while it runs, at a start, or out of a savepoint.
TEST_F(RunningTopology, KeepsTheStateOfARenamedNode) {
    begin();
    const auto called = [](const std::string& version, const std::string& now, const std::string& before) {
        return replaced(replaced(text(version), "  counts: { ", "  " + now + ": { renamed_from: " + before + ", "), "shown: { from: counts", "shown: { from: " + now);
    };
    folder_.write("t.yaml", called("2", "sums", "count"));
    const Outcome unknown = ask({"apply", "t.yaml"});
    EXPECT_EQ(unknown.code, 11);  // as it stands, `counts` would be dropped
    EXPECT_THAT(unknown.err, AllOf(HasSubstr("t.yaml:7:25: node `sums`: `renamed_from` names `count`, and no such node runs"), HasSubstr("nearest: `counts`")));
    folder_.write("t.yaml", called("2", "sums", "counts"));
    const Outcome plan = ask({"plan", "t.yaml"});
    EXPECT_EQ(plan.code, 10);
    EXPECT_THAT(plan.out, AllOf(ContainsRegex("~ sums +renamed +renamed from counts\n"), ContainsRegex("~ shown +reconfigured +set"), HasSubstr("1 node is kept"),
                                Not(HasSubstr("from: counts -> sums"))));
    EXPECT_EQ(ask({"apply", "t.yaml"}).code, 0);
    ASSERT_TRUE(run_->wait_for(R"("version":2)"));
    EXPECT_EQ(ask({"plan", "t.yaml"}).out, "nothing changes: 3 nodes are kept\n");
    EXPECT_EQ(ask({"stop", "digits", "--savepoint=before"}).code, 0);
    std::string seen = run_->wait().out;

    folder_.write("t.yaml", called("3", "totals", "sums"));
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--reset", "--savepoint", "before"}}) {
        std::vector<std::string> words = {"run", "t.yaml", "--data-dir", "data"};
        words.insert(words.end(), more.begin(), more.end());
        run_ = std::make_unique<Process>(words, folder_.path());
        ASSERT_TRUE(run_->wait_for(R"("version":3)"));
        run_->send(SIGTERM);
        const Outcome ended = run_->wait();
        EXPECT_EQ(ended.code, 0) << ended.err;
        EXPECT_THAT(ended.out, Not(HasSubstr("\"count\":100,")));
    }
    for (int digit = 0; digit < 10; ++digit) {
        const std::string first = fmt::format("{{\"n\":{},\"count\":100,", digit);
        EXPECT_EQ(seen.find(first, seen.find(first) + 1), std::string::npos) << first;
    }
}

TEST_F(RunningTopology, GivesUpTheStateOfAnotherKeyOnlyWhereThatIsAllowed) {
    begin();
    folder_.write("t.yaml", replaced(text("2"), "key: n,", "key: { n: n % 2 },"));
    const Outcome plan = ask({"plan", "t.yaml"});
    EXPECT_EQ(plan.code, 11);
    EXPECT_THAT(plan.out, AllOf(HasSubstr("key: n -> n: n % 2"), HasSubstr("loses its state, which lies under its key, and that is another now: --allow-loss counts")));
    EXPECT_EQ(ask({"apply", "t.yaml"}).code, 11);
    EXPECT_EQ(ask({"apply", "t.yaml", "--allow-loss", "counts"}).code, 0);
    ASSERT_TRUE(run_->wait_for(R"({"n":0,"count":100,"version":2})"));
    EXPECT_EQ(ask({"stop", "digits"}).code, 0);
    EXPECT_EQ(run_->wait().code, 0);
}

// Under 12 the numbers from 4 on pair up to 8; under 10, 11 and 12 have no complement.
TEST_F(RunningTopology, RekeysWhatWaitsAndRollsBackWhereTooManyRowsFail) {
    const auto pairs = [](const std::string& trial) {
        return "name: digits\nworkers: 2\ncheckpoint: 50ms\n" + trial +
               "parameters: { pair_sum: 12 }\ndead_letters: drop\nnodes:\n"
               "  digits: { generate: { columns: { n: { range: [4, 12] } }, rate: 2000 } }\n"
               "  pairs: { from: digits, pair_match: { value: n, sum: $pair_sum, min: 0, max: $pair_sum } }\n"
               "  shown: { from: pairs, where: left = 4, console: json }\n";
    };
    folder_.write("t.yaml", pairs(""));
    run_ = std::make_unique<Process>(std::vector<std::string>{"run", "t.yaml", "--data-dir", "data"}, folder_.path());
    ASSERT_TRUE(run_->wait_for(R"("left":4,"right":8)"));
    const Outcome plan = ask({"plan", "t.yaml", "--set", "pair_sum=10"});
    EXPECT_EQ(plan.code, 10) << plan.err;
    EXPECT_THAT(plan.out, AllOf(ContainsRegex("~ pairs +rekeyed +max: 12 -> 10"), ContainsRegex("rekeyed [0-9,]+, [0-9,]+ leave by errors")));
    const Outcome failing = ask({"set", "digits", "pair_sum=10"});
    EXPECT_EQ(failing.code, 5) << failing.out;
    EXPECT_THAT(failing.err, AllOf(ContainsRegex("rolled back: in its trial [0-9.]+% of [0-9]+ records failed, more than 10.0%"),
                                   HasSubstr("Most of them at `pairs`: out-of-range")));
    folder_.write("t.yaml", pairs("trial: { max_errors: 60% }\n"));
    EXPECT_EQ(ask({"plan", "t.yaml"}).out, "nothing changes: 3 nodes are kept\n");
    const Outcome taken = ask({"apply", "t.yaml", "--set", "pair_sum=10"});
    EXPECT_EQ(taken.code, 0) << taken.err;
    EXPECT_THAT(taken.out, ContainsRegex("rekeyed [0-9,]+, [0-9,]+ leave by errors"));
    ASSERT_TRUE(run_->wait_for(R"("left":4,"right":6)"));
    EXPECT_EQ(ask({"stop", "digits"}).code, 0);
    const Outcome ended = run_->wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.err, ContainsRegex("digits: node `pairs`: rekeyed [0-9]+ rows, [0-9]+ leave by errors"));
}

TEST_F(RunningTopology, ShowsTheBuildsOfPluginsThatAreInUse) {
    begin();
    const Outcome shown = ask({"plugin", "generations"});
    EXPECT_EQ(shown.code, 0) << shown.err;
    EXPECT_THAT(shown.out, AllOf(ContainsRegex("PLUGIN +VERSION +HASH +SINCE +STATE +USED BY"), ContainsRegex("\nfold +[^ ]+ +[0-9a-f]{12} +[^ ]+Z +used +digits.counts\n"),
                                 ContainsRegex("[0-9]+ loaded, 0 of them are gone and not listed\n$")));
    EXPECT_EQ(ask({"stop", "digits"}).code, 0);
    EXPECT_EQ(run_->wait().code, 0);
    EXPECT_EQ(ask({"plugin", "generations"}).out, "no topology runs\n");
}

TEST_F(RunningTopology, FollowsItsFile) {
    begin({"--watch"});
    folder_.write("t.yaml", text("x: y: z"));
    ASSERT_TRUE(run_->wait_for("digits: goes on as it was"));
    folder_.write("t.yaml", text("2"));
    ASSERT_TRUE(run_->wait_for("digits: applied behind epoch"));
    ASSERT_TRUE(run_->wait_for(R"("version":2)"));
    run_->send(SIGTERM);
    EXPECT_EQ(run_->wait().code, 0);
}

}  // namespace
}  // namespace weir::test
