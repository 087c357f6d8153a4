// What becomes of output that cannot be written, and of input that cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kNoSpace = "weir: cannot write to standard output: No space left on device\n";
constexpr const char* kNotOpen = "weir: cannot write to standard output: Bad file descriptor\n";

class Output : public testing::Test {
protected:
    Output() {
        folder_.write("flood.yaml", "name: flood\n"
                                    "nodes:\n"
                                    "  ticks: { generate: { columns: { tick: { sequence: {} } } } }\n"
                                    "  shown: { from: ticks, console: json }\n");
    }
    Folder folder_;
};

TEST_F(Output, ThatFillsTheDiskEndsARun) {
    const Outcome got = shell("exec \"$WEIR_BIN\" run flood.yaml --quiet > /dev/full", folder_.path());
    EXPECT_EQ(got.err, kNoSpace);
    EXPECT_EQ(got.code, 5);
}

TEST_F(Output, ThatIsClosedEndsARun) {
    const Outcome got = shell("exec \"$WEIR_BIN\" run flood.yaml --quiet >&-", folder_.path());
    EXPECT_EQ(got.err, kNotOpen);
    EXPECT_EQ(got.code, 5);
}

TEST_F(Output, ThatNobodyReadsAnyMoreEndsARunWell) {
    const Outcome got = shell("{ \"$WEIR_BIN\" run flood.yaml --quiet; echo \"$?\" >&2; } | head -n 1", folder_.path());
    EXPECT_EQ(got.out, "{\"tick\":0}\n");
    EXPECT_EQ(got.err, "0\n");
}

TEST_F(Output, OfCommandsThatCannotBeWrittenIsAnError) {
    for (const std::string command : {"plugin ls", "plugin ls --format json", "version", "--version", "--help", "lint flood.yaml",
                                      "lint flood.yaml --format json", "topology schema"}) {
        const Outcome full = shell("exec \"$WEIR_BIN\" " + command + " > /dev/full", folder_.path());
        EXPECT_EQ(full.err, kNoSpace) << command;
        EXPECT_EQ(full.code, 5) << command;
        const Outcome closed = shell("exec \"$WEIR_BIN\" " + command + " >&-", folder_.path());
        EXPECT_EQ(closed.err, kNotOpen) << command;
        EXPECT_EQ(closed.code, 5) << command;
    }
}

TEST_F(Output, ThatIsNotReadLetsASignalThrough) {
    Process process({"run", "flood.yaml"}, folder_.path());
    process.leave_output();
    // The second line of rates: by then the pipe is full.
    ASSERT_TRUE(process.wait_for("\n   4."));
    process.send(SIGINT);
    EXPECT_TRUE(process.wait_for("stopping: finishing what was read"));
    process.send(SIGINT);
    process.close_output();
    EXPECT_EQ(process.wait().code, 130);
}

TEST_F(Output, OfANonBlockingPipeIsWaitedFor) {
    folder_.write("some.yaml", "name: some\n"
                               "nodes:\n"
                               "  ticks: { generate: { columns: { tick: { sequence: {} } }, count: 100000 } }\n"
                               "  shown: { from: ticks, console: json }\n");
    const Outcome got = shell("{ python3 -c 'import os; os.set_blocking(1, False)'; \"$WEIR_BIN\" run some.yaml --quiet; "
                              "echo \"$?\" >&2; } | tail -n 1", folder_.path());
    EXPECT_EQ(got.out, "{\"tick\":99999}\n");
    EXPECT_EQ(got.err, "0\n");
}

TEST_F(Output, OfStatisticsNeedsAName) {
    const Outcome got = weir({"run", "flood.yaml", "--stats-json", ""}, folder_.path());
    EXPECT_EQ(got.err, "weir run: --stats-json: the name of the file is empty\n   see: weir run --help\n");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Output, ReplacesWhatIsNotUtf8InJson) {
    const Outcome got = weir({"lint", "--format", "json", "no\xff.yaml"}, folder_.path());
    EXPECT_THAT(got.out, HasSubstr("\"file\": \"no\uFFFD.yaml\""));
    EXPECT_EQ(got.code, 2);
}

TEST(Input, RefusesParametersThatAreNotUtf8) {
    const Folder folder;
    folder.write("t.yaml", "name: t\n"
                           "parameters: { t: a, e: \"${env:T:-b}\" }\n"
                           "nodes:\n"
                           "  a: { generate: { columns: { n: { sequence: {} } }, count: 1 } }\n"
                           "  b: { from: a, console: { title: \"${t} ${e}\" } }\n");
    const Outcome set = weir({"run", "t.yaml", "--set", "t=\xff"}, folder.path());
    EXPECT_THAT(set.err, StartsWith("--set: error[yaml-encoding]: the value of parameter `t` is not UTF-8\n"));
    EXPECT_EQ(set.code, 2);
    const Outcome environment = Process({"run", "t.yaml"}, folder.path(), "", ErrorOutput::kPipe, {"T=\xff"}).wait();
    EXPECT_THAT(environment.err, StartsWith("t.yaml:2:25: error[yaml-encoding]: the environment variable `T` is not UTF-8\n"));
    EXPECT_EQ(environment.code, 2);
}

TEST(Input, RefusesBrokersThatAreNotUtf8) {
    const Outcome got = weir({"topic", "ls", "--brokers", "\xff:1"});
    EXPECT_EQ(got.err, "weir: --brokers `\uFFFD:1` is not UTF-8\n");
    EXPECT_EQ(got.code, 2);
}

TEST(Input, NamesAnEmptyFileName) {
    const Outcome got = weir({"run", ""});
    EXPECT_EQ(got.err, "error[file-unreadable]: ``: the name of the file is empty\n");
    EXPECT_EQ(got.code, 2);
}

}  // namespace
}  // namespace weir::test
