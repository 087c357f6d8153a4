// `weir run` and the state that it keeps: what it goes on with, and what it refuses to touch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

class RunState : public testing::Test {
protected:
    // Five numbers, none of which pairs; they wait as state.
    Outcome run(const std::string& sum, std::vector<std::string> more = {}) {
        folder_.write("t.yaml", fmt::format("name: t\n"
                                            "nodes:\n"
                                            "  numbers: {{ generate: {{ columns: {{ n: {{ sequence: {{}} }} }}, count: 5 }} }}\n"
                                            "  pairs: {{ from: numbers, pair_match: {{ value: n, sum: {} }} }}\n"
                                            "  shown: {{ from: pairs, console: json }}\n",
                                            sum));
        std::vector<std::string> arguments = {"run", "t.yaml", "--quiet", "--data-dir", "data"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return weir(arguments, folder_.path());
    }

    Folder folder_;
};

TEST_F(RunState, GoesToAnotherKeyWhereTheOperatorCanTellIt) {
    ASSERT_EQ(run("100").code, 0);
    const Outcome got = run("200");
    EXPECT_EQ(got.code, 0) << got.err;
    EXPECT_THAT(weir({"state", "ls", "t", "--data-dir", "data"}, folder_.path()).out, ContainsRegex("pairs .* 5 +[0-9]+\n"));
}

// pair_match keeps what waits in a table of its own, which is not evicted.
TEST_F(RunState, EndsWhereATableOfAnOperatorPassesTheMemoryLimit) {
    folder_.write("t.yaml", "name: t\n"
                            "memory_limit: 8MiB\n"
                            "nodes:\n"
                            "  numbers: { generate: { columns: { n: { sequence: {} } }, count: 1000000 } }\n"
                            "  pairs: { from: numbers, pair_match: { value: n, sum: 100000000 } }\n"
                            "  shown: { from: pairs, console: json }\n");
    const Outcome got = weir({"run", "t.yaml", "--quiet", "--data-dir", "data"}, folder_.path());
    EXPECT_EQ(got.code, 6) << got.err;
    EXPECT_THAT(got.err, AllOf(HasSubstr("node `pairs`"), HasSubstr("memory_limit (8.0 MiB) is passed by what is never evicted"),
                               HasSubstr("Raise memory_limit")));
}

// A plugin in plain C that leaves its state to the host.
TEST_F(RunState, IsHeldForWhoeverDeclaresIt) {
    folder_.write("k.yaml", "name: k\n"
                            "workers: 2\n"
                            "nodes:\n"
                            "  numbers: { generate: { columns: { n: { sequence: {} } }, count: 2 } }\n"
                            "  counted: { from: numbers, key: n, c.keyed_count: {} }\n"
                            "  again: { from: counted, key: count, c.keyed_count: {} }\n"
                            "  shown: { from: again, console: json }\n");
    const std::string plugins = std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/conformance_plugins";
    const Outcome got = weir({"run", "k.yaml", "--quiet", "--data-dir", "data", "--plugin-dir", plugins}, folder_.path());
    EXPECT_EQ(got.code, 0) << got.err;
    // Both rows have the count 1, which is the key of the second.
    EXPECT_THAT(got.out, AllOf(HasSubstr("\"count\":1}"), HasSubstr("\"count\":2}")));
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "data/k/identity"));
}

// Refused, failed or killed before rows can flow: as if nobody had asked.
TEST_F(RunState, IsReplacedOnlyOnceTheRunBegins) {
    const auto state = [&] { return weir({"state", "ls", "t", "--data-dir", "data"}, folder_.path()).out; };
    const auto topology = [&](const std::string& sink) {
        folder_.write("new.yaml", "name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } }, count: 2 } }\n"
                                  "  pairs: { from: numbers, pair_match: { value: n, sum: 100 } }\n  shown: { from: pairs, " +
                                      sink + " }\n");
    };
    const std::string plugins = std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/cli_plugins";
    const std::vector<std::string> run_new = {"run", "new.yaml", "--quiet", "--data-dir", "data", "--plugin-dir", plugins,
                                              "--connect-timeout", "100ms", "--allow-loss", "pairs"};
    const auto begin = [&](std::vector<std::string> more) {
        more.insert(more.begin(), run_new.begin(), run_new.end());
        return more;
    };
    ASSERT_EQ(run("100").code, 0);
    ASSERT_EQ(weir({"savepoint", "create", "t", "five", "--data-dir", "data"}, folder_.path()).code, 0);
    ASSERT_EQ(run("100").code, 0);
    const std::string before = state();
    EXPECT_THAT(before, HasSubstr("t: epoch 2\n"));
    for (const std::vector<std::string>& more : {std::vector<std::string>{"--reset"}, {"--reset", "--savepoint", "five"}}) {
        topology("faulty.sink: { when: open }");
        EXPECT_EQ(weir(begin(more), folder_.path()).code, 5);
        EXPECT_EQ(state(), before);
        topology("kafka.sink: out }\nconnections: { kafka: { brokers: '127.0.0.1:1' }");
        EXPECT_EQ(weir(begin(more), folder_.path()).code, 4);
        EXPECT_EQ(state(), before);
        topology("faulty.sink: { when: open, how: hang }");
        std::vector<std::string> loud = begin(more);
        loud.erase(loud.begin() + 2);
        Process host(loud, folder_.path());
        ASSERT_TRUE(host.wait_for("read")) << "it tells how far it is while it opens";
        host.send(SIGKILL);
        EXPECT_EQ(host.wait().code, 128 + SIGKILL);
        EXPECT_EQ(state(), before);
    }
    folder_.write("new.yaml", "name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } }, count: 2 } }\n"
                              "  shown: { from: numbers, faulty.sink: { when: open } }\n");
    EXPECT_EQ(weir(begin({}), folder_.path()).code, 5);
    EXPECT_EQ(state(), before) << "--allow-loss drops nothing before";
    topology("console: json");
    EXPECT_EQ(weir(begin({"--reset", "--savepoint", "five"}), folder_.path()).code, 0);
    EXPECT_THAT(state(), AllOf(HasSubstr("t: epoch 2\n"), ContainsRegex(" 5 +[0-9]+\n")));
    EXPECT_EQ(weir(begin({"--reset"}), folder_.path()).code, 0);
    EXPECT_THAT(state(), AllOf(HasSubstr("t: epoch 1\n"), ContainsRegex(" 2 +[0-9]+\n")));
}

TEST_F(RunState, IsNotTakenFromAFolderOfSomethingElse) {
    std::filesystem::create_directories(folder_.path() / "data/t");
    folder_.write("data/t/thesis.txt", "years of work");
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--reset"}}) {
        const Outcome got = run("100", more);
        EXPECT_EQ(got.code, 6);
        EXPECT_THAT(got.err, HasSubstr("error[state]"));
        EXPECT_EQ(folder_.read("data/t/thesis.txt"), "years of work");
    }
}

TEST_F(RunState, IsNotTakenFromAnotherTopology) {
    ASSERT_EQ(run("100").code, 0);
    std::filesystem::rename(folder_.path() / "data/t", folder_.path() / "data/u");
    folder_.write("u.yaml", "name: u\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } }, count: 5 } }\n"
                            "  shown: { from: numbers, console: json }\n");
    const Outcome got = weir({"run", "u.yaml", "--data-dir", "data"}, folder_.path());
    EXPECT_EQ(got.code, 6);
    EXPECT_THAT(got.err, AllOf(HasSubstr("error[state]"), HasSubstr("`t`"), HasSubstr("`u`")));
}

// Under another name it would read everything again.
TEST_F(RunState, LosesNoPositionOfASourceInSilence) {
    folder_.write("in.jsonl", "{\"n\": 1}\n{\"n\": 2}\n");
    const auto topology = [](const std::string& source, const std::string& op) {
        return fmt::format("name: t\nnodes:\n  {0}: {{ {1} }}\n"
                           "  pairs: {{ from: {0}, pair_match: {{ value: n, sum: 100 }} }}\n  shown: {{ from: pairs, console: json }}\n",
                           source, op);
    };
    const std::string file = "file.source: { path: in.jsonl, format: json, record: { n: int64 } }";
    const auto run_it = [&](const std::string& text, std::vector<std::string> more = {}) {
        folder_.write("t.yaml", text);
        std::vector<std::string> arguments = {"run", "t.yaml", "--quiet", "--data-dir", "data"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return weir(arguments, folder_.path());
    };
    ASSERT_EQ(run_it(topology("lines", file)).code, 0);
    const Outcome renamed = run_it(topology("rows", file));
    EXPECT_EQ(renamed.code, 6);
    EXPECT_THAT(renamed.err, AllOf(HasSubstr("error[state]"), HasSubstr("data/t holds positions of node `lines`"),
                                   HasSubstr("Call the node so again"), HasSubstr("--allow-loss lines")));
    const Outcome replaced = run_it(topology("lines", "generate: { columns: { n: { sequence: {} } }, count: 1 }"));
    EXPECT_EQ(replaced.code, 6);
    EXPECT_THAT(replaced.err, AllOf(HasSubstr("positions of node `lines`, which was a `file.source` then"), HasSubstr("--allow-loss lines")));
    EXPECT_EQ(run_it(topology("rows", file), {"--allow-loss", "rows"}).code, 6) << "another node's loss is no leave";
    EXPECT_EQ(run_it(topology("rows", file), {"--allow-loss", "lines"}).code, 0);
}

TEST_F(RunState, IsOneHostsAtATime) {
    folder_.write("endless.yaml", "name: t\nnodes:\n  ticks: { generate: { columns: { n: { sequence: {} } }, rate: 10 } }\n"
                                  "  pairs: { from: ticks, pair_match: { value: n, sum: 100000 } }\n"
                                  "  shown: { from: pairs, console: json }\n");
    Process host({"run", "endless.yaml", "--data-dir", "data"}, folder_.path());
    ASSERT_TRUE(host.wait_for("read"));
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--reset"}}) {
        const Outcome second = run("100", more);
        EXPECT_EQ(second.code, 6);
        EXPECT_THAT(second.err, AllOf(HasSubstr("error[state]"), HasSubstr("in use by process "), HasSubstr("--data-dir")));
    }
    host.send(SIGTERM);
    EXPECT_EQ(host.wait().code, 0);
}

TEST_F(RunState, IsRefusedWhenItIsDamaged) {
    ASSERT_EQ(run("100").code, 0);
    std::filesystem::path log;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path() / "data/t/db"))
        if (file.path().extension() == ".log" && file.file_size() > 0) log = file.path();
    ASSERT_FALSE(log.empty());
    const std::string name = std::filesystem::relative(log, folder_.path());
    std::string bytes = folder_.read(name);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x40);
    folder_.write(name, bytes);
    const Outcome got = run("100");
    EXPECT_EQ(got.code, 6);
    EXPECT_THAT(got.err, AllOf(HasSubstr("error[state]"), HasSubstr("corrupt"), HasSubstr("savepoint")));
    EXPECT_EQ(folder_.read(name), bytes) << "it is left as it was found";
    EXPECT_EQ(run("100", {"--reset"}).code, 0);
}

// A limit of the size of files is a disk that takes no more, as far as writing goes.
TEST_F(RunState, KeepsTheLastEpochWhenTheDiskTakesNoMore) {
    ASSERT_EQ(run("1000000000").code, 0);
    const std::string before = weir({"state", "ls", "t", "--data-dir", "data"}, folder_.path()).out;
    folder_.write("more.yaml", "name: t\nnodes:\n"
                               "  numbers: { generate: { columns: { n: { sequence: { start: 5 } } }, count: 100000 } }\n"
                               "  pairs: { from: numbers, pair_match: { value: n, sum: 1000000000 } }\n"
                               "  shown: { from: pairs, console: json }\n");
    const Outcome got = shell("trap '' XFSZ; ulimit -f 64; exec \"$WEIR_BIN\" run more.yaml --quiet --data-dir data", folder_.path());
    EXPECT_EQ(got.code, 6);
    EXPECT_THAT(got.err, AllOf(HasSubstr("error[state]"), HasSubstr("data/t"), HasSubstr("File too large")));
    EXPECT_EQ(weir({"state", "ls", "t", "--data-dir", "data"}, folder_.path()).out, before);
    EXPECT_EQ(run("1000000000").code, 0) << "with room it goes on";
    for (const auto& file : std::filesystem::directory_iterator(folder_.path() / "data/t/db"))
        EXPECT_FALSE(file.path().filename().native().starts_with("LOG")) << "RocksDB ends the process where it cannot write that";
}

}  // namespace
}  // namespace weir::test
