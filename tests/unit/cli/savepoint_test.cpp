// `weir savepoint` and `weir run --savepoint`: what is saved, what it becomes again, and what is not lost on the way.
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

class Savepoint : public testing::Test {
protected:
    // `count` more numbers, none of which pairs: they wait as state.
    Outcome run(int count, std::vector<std::string> more = {}, const std::string& pairs = "pairs", int workers = 1) {
        folder_.write("t.yaml", fmt::format("name: t\nworkers: {2}\nnodes:\n"
                                            "  numbers: {{ generate: {{ columns: {{ n: {{ sequence: {{}} }} }}, count: {0} }} }}\n"
                                            "  {1}: {{ from: numbers, pair_match: {{ value: n, sum: 1000000000 }} }}\n"
                                            "  shown: {{ from: {1}, console: json }}\n",
                                            count, pairs, workers));
        std::vector<std::string> arguments = {"run", "t.yaml", "--quiet"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return on_data(arguments);
    }
    Outcome on_data(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--data-dir", "data"});
        return weir(arguments, folder_.path());
    }
    // How many entries the node has.
    std::string entries(const std::string& node = "pairs") {
        const std::string json = on_data({"state", "ls", "t", "--format", "json"}).out;
        const size_t at = json.find("\"entries\"", json.find("\"" + node + "\""));
        return at == std::string::npos ? "none" : json.substr(at + 11, json.find(',', at) - at - 11);
    }
    void save_five() {
        ASSERT_EQ(run(5).code, 0);
        const Outcome made = on_data({"savepoint", "create", "t", "five"});
        ASSERT_EQ(made.code, 0) << made.err;
        EXPECT_EQ(made.out, "t five: epoch 1\n");
    }

    Folder folder_;
};

TEST_F(Savepoint, BringsTheStateBackOnOtherWorkers) {
    save_five();
    ASSERT_EQ(run(8).code, 0);
    EXPECT_EQ(entries(), "8");
    const Outcome refused = on_data({"savepoint", "restore", "t", "five"});
    EXPECT_EQ(refused.code, 6);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("has state"), HasSubstr("epoch 2"), HasSubstr("--replace")));
    EXPECT_EQ(entries(), "8");
    const Outcome restored = on_data({"savepoint", "restore", "t", "five", "--replace"});
    ASSERT_EQ(restored.code, 0) << restored.err;
    EXPECT_EQ(entries(), "5");
    const Outcome more = run(8, {}, "pairs", 3);
    ASSERT_EQ(more.code, 0) << more.err;
    EXPECT_EQ(entries(), "8");
    ASSERT_EQ(on_data({"savepoint", "restore", "t", "five", "--replace"}).code, 0) << "it can be used again";
    EXPECT_EQ(entries(), "5");
}

TEST_F(Savepoint, TakesNoPlaceWhereItIsDamaged) {
    save_five();
    ASSERT_EQ(run(8).code, 0);
    std::filesystem::path table;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path() / "data/.savepoints/t/five/db"))
        if (file.path().extension() == ".sst") table = file.path();
    ASSERT_FALSE(table.empty());
    const std::string name = std::filesystem::relative(table, folder_.path());
    std::string bytes = folder_.read(name);
    bytes[bytes.size() / 4] = static_cast<char>(bytes[bytes.size() / 4] ^ 0x10);
    std::filesystem::remove(table);  // the state has the same file
    folder_.write(name, bytes);
    const Outcome refused = on_data({"savepoint", "restore", "t", "five", "--replace"});
    EXPECT_EQ(refused.code, 6);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("savepoint `five` of topology `t` cannot be read, and nothing was changed"),
                                   HasSubstr(".savepoints/t/five/db: corrupt")));
    EXPECT_EQ(run(8, {"--savepoint", "five", "--reset"}).code, 6);
    EXPECT_EQ(entries(), "8");
    std::filesystem::remove(folder_.path() / "data/.savepoints/t/five/identity");
    EXPECT_THAT(on_data({"savepoint", "restore", "t", "five", "--replace"}).err, HasSubstr("is no whole savepoint: its file `identity` is missing"));
}

TEST_F(Savepoint, IsListedAndShown) {
    EXPECT_EQ(on_data({"savepoint", "ls"}).out, "TOPOLOGY  NAME  CREATED  EPOCH  BYTES  NODES\n");
    save_five();
    ASSERT_EQ(on_data({"savepoint", "create", "t"}).code, 0) << "named by the time";
    const std::string listed = on_data({"savepoint", "ls"}).out;
    EXPECT_THAT(listed, ContainsRegex("\nt +five +20[0-9-]+T[0-9:]+Z +1 +[0-9,]+ +pairs\n"));
    EXPECT_THAT(listed, ContainsRegex("\nt +20[0-9]+-[0-9]+ +20[0-9-]+T"));
    const std::string json = on_data({"savepoint", "ls", "t", "--format", "json"}).out;
    EXPECT_THAT(json, AllOf(HasSubstr("\"name\": \"five\""), HasSubstr("\"epoch\": 1"), HasSubstr("\"pairs\"")));
    const std::string shown = on_data({"savepoint", "show", "t", "five"}).out;
    EXPECT_THAT(shown, ContainsRegex("\npairs +0 +1 +5 +[0-9]+\n"));
}

TEST_F(Savepoint, IsBegunFromByARun) {
    save_five();
    ASSERT_EQ(run(8).code, 0);
    const Outcome refused = run(8, {"--savepoint", "five"});
    EXPECT_EQ(refused.code, 6);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("error[state]"), HasSubstr("has state"), HasSubstr("--reset")));
    EXPECT_EQ(run(1, {"--savepoint", "five", "--reset"}).code, 0);
    EXPECT_EQ(entries(), "5");
    const Outcome unknown = run(5, {"--savepoint", "six", "--reset"});
    EXPECT_EQ(unknown.code, 6);
    EXPECT_THAT(unknown.err, AllOf(HasSubstr("`six`"), HasSubstr("there is `five`")));
    EXPECT_EQ(entries(), "5") << "nothing was taken away";
}

TEST_F(Savepoint, IsNothingToBeginFromWhereNoStateIsKept) {
    folder_.write("embedded.yaml", "name: e\nconnections: { kafka: embedded }\nnodes:\n"
                                   "  in: { kafka.source: { topic: a, format: text, record: { n: int64 } } }\n"
                                   "  pairs: { from: in, pair_match: { value: n, sum: 1 } }\n  out: { from: pairs, console: json }\n");
    folder_.write("plain.yaml", "name: p\nnodes:\n  in: { generate: { columns: { n: { sequence: {} } }, count: 1 } }\n"
                                "  out: { from: in, console: json }\n");
    const auto begin = [&](std::vector<std::string> files) {
        files.insert(files.begin(), "run");
        files.insert(files.end(), {"--savepoint", "five"});
        const Outcome got = weir(files, folder_.path());
        EXPECT_EQ(got.code, 2);
        return got.err;
    };
    EXPECT_EQ(begin({"embedded.yaml"}),
              "weir run: --savepoint: the state of topology `e` is not kept, since connection `kafka` is to a broker that is gone with "
              "this process. Name one that stays (--set), or a folder for state all the same (--data-dir)\n");
    EXPECT_EQ(begin({"plain.yaml"}), "weir run: --savepoint: no node of topology `p` has any state\n");
    EXPECT_EQ(begin({"plain.yaml", "embedded.yaml"}),
              "weir run: --savepoint: it is of one topology, and these are 2: run that one by itself\n");
}

TEST_F(Savepoint, LosesNothingInAChangedTopologyUnlessNamed) {
    save_five();
    const std::vector<std::string> from = {"--savepoint", "five", "--reset"};
    const Outcome refused = run(1, from, "other");
    EXPECT_EQ(refused.code, 6);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("`pairs`"), HasSubstr("--allow-loss pairs")));
    EXPECT_EQ(entries(), "5") << "the savepoint is the state, and whole";
    EXPECT_EQ(run(1, {"--allow-loss", "pairs"}, "other").code, 0);
    EXPECT_EQ(entries("other"), "1");
}

TEST_F(Savepoint, IsMadeOfATopologyThatRuns) {
    folder_.write("t.yaml", "name: t\ncheckpoint: 20ms\nnodes:\n"
                            "  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 1000 } }\n"
                            "  pairs: { from: numbers, pair_match: { value: n, sum: 1000000000 } }\n"
                            "  shown: { from: pairs, console: json }\n");
    Process host({"run", "t.yaml", "--data-dir", "data"}, folder_.path());
    ASSERT_TRUE(host.wait_for("read"));
    ASSERT_TRUE(host.wait_for("waiting"));
    const Outcome made = on_data({"savepoint", "create", "t", "live"});
    EXPECT_EQ(made.code, 0) << made.err;
    EXPECT_THAT(on_data({"state", "scan", "t", "pairs", "--limit", "3"}).out, HasSubstr("group "));
    host.send(SIGTERM);
    EXPECT_EQ(host.wait().code, 0);
    const Outcome restored = on_data({"savepoint", "restore", "t", "live", "--replace"});
    EXPECT_EQ(restored.code, 0) << restored.err;
    EXPECT_EQ(run(1).code, 0);
}

TEST_F(Savepoint, NeedsAStateToBeMadeOf) {
    const Outcome none = on_data({"savepoint", "create", "t", "x"});
    EXPECT_EQ(none.code, 6);
    EXPECT_THAT(none.err, AllOf(HasSubstr("no state of topology `t`"), HasSubstr("--data-dir")));
    save_five();
    const Outcome again = on_data({"savepoint", "create", "t", "five"});
    EXPECT_EQ(again.code, 6);
    EXPECT_THAT(again.err, HasSubstr("there is a savepoint `five`"));
    EXPECT_EQ(on_data({"savepoint", "create", "t", "../five"}).code, 2);
}

}  // namespace
}  // namespace weir::test
