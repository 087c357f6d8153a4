// `weir run` from outside, when something goes wrong: exit code, and who is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class RunFailure : public testing::Test {
protected:
    // Runs a topology whose sink goes wrong so.
    Outcome run_faulty(const std::string& when, const std::string& how, std::vector<std::string> more = {}) {
        return run_with("", when + ", how: " + how, std::move(more));
    }
    // The same with settings of the top level, a line.
    Outcome run_with(const std::string& settings, const std::string& when, std::vector<std::string> more) {
        folder_.write("t.yaml", "name: t\n" + settings +
                                "nodes:\n"
                                "  numbers: { generate: { columns: { n: { sequence: {} } }, count: 3 } }\n"
                                "  bad: { from: numbers, faulty.sink: { when: " + when + " } }\n");
        std::vector<std::string> arguments = {"run", "t.yaml", "--quiet", "--plugin-dir", plugins()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return weir(arguments, folder_.path());
    }
    static std::string plugins() { return std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/cli_plugins"; }

    Folder folder_;
};

TEST_F(RunFailure, NamesTheNodeAndThePluginThatFailed) {
    const Outcome got = run_faulty("process", "fatal");
    EXPECT_EQ(got.err, "error[fatal]: topology `t`: node `bad` (plugin faulty): failed on purpose\n");
    EXPECT_EQ(got.code, 5);
}

TEST_F(RunFailure, EndsWhereTooManyRowsFail) {
    const auto run = [&](const std::string& limit) {
        folder_.write("t.yaml", "name: t\ndead_letters: { console: json, stop_above: " + limit + " over 1m }\nnodes:\n"
                                "  numbers: { generate: { columns: { n: { range: [0, 24] } }, count: 1000 } }\n"
                                "  pairs: { from: numbers, pair_match: { value: n, sum: 12, min: 0, max: 12 } }\n"
                                "  shown: { from: pairs, console: json }\n");
        return weir({"run", "t.yaml", "--quiet"}, folder_.path());
    };
    const Outcome got = run("5%");
    EXPECT_THAT(got.err, StartsWith("error[fatal]: topology `t`: `dead_letters`: "));
    EXPECT_THAT(got.err, HasSubstr("% of the last 1000 records failed, more than `stop_above: 5% over 1m` allows"));
    EXPECT_EQ(got.code, 5);
    EXPECT_EQ(run("90%").code, 0);
}

TEST_F(RunFailure, NamesThePluginThatThrew) {
    const Outcome got = run_faulty("process", "throw");
    EXPECT_THAT(got.err, StartsWith("error[fatal]: topology `t`: node `bad` (plugin faulty): "));
    EXPECT_THAT(got.err, HasSubstr("thrown on purpose"));
    EXPECT_EQ(got.code, 5);
}

TEST_F(RunFailure, FailsWhenTheOutsideFailsInTheMiddle) {
    const Outcome got = run_with("restart: none\n", "prepare, how: retryable", {});
    EXPECT_EQ(got.err,
              "error[retryable]: topology `t`: node `bad` (plugin faulty): the server at 127.0.0.1:1 does not answer\n");
    EXPECT_EQ(got.code, 5);
}

TEST_F(RunFailure, BeginsAgainAfterAFailureThatPasses) {
    const Outcome got = run_with("workers: 1\nrestart: { strategy: fixed_delay, delay: 10ms }\n",
                                   "prepare, how: retryable, times: 2", {"--stats-json", "stats.json"});
    EXPECT_EQ(got.err, "warning[retryable]: topology `t`: node `bad` (plugin faulty): the server at 127.0.0.1:1 does not "
                       "answer; restart 1 in 10 ms\n"
                       "warning[retryable]: topology `t`: node `bad` (plugin faulty): the server at 127.0.0.1:1 does not "
                       "answer; restart 2 in 10 ms\n");
    EXPECT_EQ(got.code, 0);
    EXPECT_THAT(folder_.read("stats.json"), HasSubstr("\"restarts\":2"));
}

TEST_F(RunFailure, BeginsAgainNoMoreOftenThanAllowed) {
    const Outcome got = run_with("workers: 1\nrestart: { strategy: fixed_delay, delay: 10ms, attempts: 1 }\n",
                                   "prepare, how: retryable", {});
    EXPECT_EQ(got.err, "warning[retryable]: topology `t`: node `bad` (plugin faulty): the server at 127.0.0.1:1 does not "
                       "answer; restart 1 of 1 in 10 ms\n"
                       "error[retryable]: topology `t`: node `bad` (plugin faulty): the server at 127.0.0.1:1 does not "
                       "answer. It is not started again: `restart` allows 1 in a row\n");
    EXPECT_EQ(got.code, 5);
}

TEST_F(RunFailure, LeavesTheOthersRunningWhileOneBeginsAgain) {
    folder_.write("other.yaml", "name: other\n"
                                "nodes:\n"
                                "  ticks: { generate: { columns: { n: { sequence: {} } }, count: 5 } }\n"
                                "  shown: { from: ticks, console: json }\n");
    const Outcome got = run_with("workers: 1\nrestart: { strategy: fixed_delay, delay: 10ms }\n",
                                   "prepare, how: retryable, times: 1", {"other.yaml"});
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(got.out, "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");
}

TEST_F(RunFailure, SaysThatItsTimeEndedWhileItWaited) {
    const Outcome got = run_with("restart: { strategy: fixed_delay, delay: 1h }\n", "prepare, how: retryable", {"--for", "3s"});
    EXPECT_THAT(got.err, HasSubstr("error[unreachable]: topology `t`: node `bad` (plugin faulty): the server at 127.0.0.1:1 does not answer. "
                                   "The run was to end while `t` waited to begin again. What its sources gave since is not written\n"));
    EXPECT_EQ(got.code, 4);
}

TEST_F(RunFailure, StopsWhileItWaitsToBeginAgain) {
    folder_.write("t.yaml", "name: t\nrestart: { delay: 1h }\nnodes:\n"
                            "  numbers: { generate: { columns: { n: { sequence: {} } }, count: 3 } }\n"
                            "  bad: { from: numbers, faulty.sink: { when: prepare, how: retryable } }\n");
    Process run({"run", "t.yaml", "--plugin-dir", plugins()}, folder_.path());
    ASSERT_TRUE(run.wait_for("; restart 1 in "));
    run.send(SIGTERM);
    const Outcome got = run.wait();
    EXPECT_EQ(got.code, 0);
    EXPECT_THAT(got.err, HasSubstr("t: stopped"));
}

TEST_F(RunFailure, ShowsTheValueThatTheServerRefused) {
    const Outcome got = run_faulty("open", "config");
    EXPECT_EQ(got.err, R"(t.yaml:4:57: error[operator-refused]: node `bad`: `faulty.sink.how` does not suit the server
    4 |   bad: { from: numbers, faulty.sink: { when: open, how: config } }
      |                                                         ^~~~~~
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(RunFailure, CannotReachAServerWhenOpening) {
    const Outcome got = run_faulty("open", "retryable");
    EXPECT_EQ(got.err,
              "error[unreachable]: topology `t`: node `bad` (plugin faulty): the server at 127.0.0.1:1 does not answer\n");
    EXPECT_EQ(got.code, 4);
}

TEST_F(RunFailure, HasACodeOfItsOwnForState) {
    const Outcome got = run_faulty("open", "state_version");
    EXPECT_EQ(got.err, "error[state-version]: topology `t`: node `bad` (plugin faulty): cannot read state of version 7\n");
    EXPECT_EQ(got.code, 6);
}

TEST_F(RunFailure, ShowsWhatAnOperatorRefusesToBeMadeWith) {
    const Outcome got = run_faulty("create", "config");
    EXPECT_EQ(got.err, R"(t.yaml:4:59: error[operator-refused]: node `bad`: `faulty.sink.how` does not suit the server
    4 |   bad: { from: numbers, faulty.sink: { when: create, how: config } }
      |                                                           ^~~~~~
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(RunFailure, StopsTheOtherTopologies) {
    folder_.write("endless.yaml", "name: endless\n"
                                  "nodes:\n"
                                  "  ticks: { generate: { columns: { n: { sequence: {} } }, rate: 10 } }\n"
                                  "  shown: { from: ticks, console: json }\n");
    const Outcome got = run_faulty("process", "fatal", {"endless.yaml"});
    EXPECT_EQ(got.err, "error[fatal]: topology `t`: node `bad` (plugin faulty): failed on purpose\n");
    EXPECT_EQ(got.code, 5);
}

TEST_F(RunFailure, RefusesAPluginThatDoesNotLoad) {
    folder_.write("r.yaml", "name: r\n"
                            "nodes:\n"
                            "  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
                            "  bad: { from: numbers, reluctant.sink: {} }\n");
    const Outcome got = weir({"run", "r.yaml", "--plugin-dir", plugins()}, folder_.path());
    EXPECT_THAT(got.err, StartsWith("r.yaml:4:25: error[plugin-refused]: node `bad`: " + plugins() +
                                    "/cli_reluctant.so: "));
    EXPECT_THAT(got.err, HasSubstr("the licence has expired"));
    EXPECT_EQ(got.code, 3);
}

TEST_F(RunFailure, NamesThePluginFileThatIsBroken) {
    folder_.write("broken.so", "not a library");
    folder_.write("r.yaml", "name: r\n"
                            "nodes:\n"
                            "  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
                            "  bad: { from: numbers, acme.sink: {} }\n");
    const Outcome got = weir({"run", "r.yaml", "--plugin-dir", folder_.path().string()}, folder_.path());
    EXPECT_THAT(got.err, StartsWith("r.yaml:4:25: error[unknown-operator]: node `bad`: there is no operator `acme.sink`\n"));
    EXPECT_THAT(got.err, HasSubstr("\na plugin file that is not used may be the reason: " + folder_.path().string() +
                                   "/broken.so: "));
    EXPECT_EQ(got.code, 3);
}

TEST_F(RunFailure, StopsConnectingOnASignal) {
    const std::string folder = std::string(std::getenv("WEIR_SOURCE_DIR")) + "/topologies";
    Process process({"run", "pair-match.yaml", "--set", "brokers=127.0.0.1:1"}, folder);
    ASSERT_TRUE(process.wait_for("; trying again"));
    process.send(SIGTERM);
    EXPECT_EQ(process.wait().code, 0);
}

TEST_F(RunFailure, SaysWhichBrokerCannotBeReached) {
    const std::string folder = std::string(std::getenv("WEIR_SOURCE_DIR")) + "/topologies";
    const Outcome got = weir({"run", "pair-match.yaml", "--set", "brokers=127.0.0.1:1", "--connect-timeout", "500ms",
                              "--log-level", "error"}, folder);
    EXPECT_THAT(got.err, HasSubstr("\nerror[unreachable]: topology `pair-match`: "));
    EXPECT_THAT(got.err, HasSubstr("127.0.0.1:1"));
    EXPECT_EQ(got.code, 4);
}

}  // namespace
}  // namespace weir::test
