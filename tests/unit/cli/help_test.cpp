// The command line itself: help, versions, and words that it does not know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Help : public testing::TestWithParam<const char*> {};

TEST_P(Help, ShowsUsageAndExamples) {
    std::vector<std::string> arguments;
    std::istringstream words(GetParam());
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.emplace_back("--help");
    const Outcome got = weir(arguments);
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(got.err, "");
    EXPECT_THAT(got.out, HasSubstr(std::string("\nUsage: weir ") + GetParam() + (*GetParam() ? " " : "") + "["));
    EXPECT_THAT(got.out, HasSubstr(std::string("\nExamples:\n  ")));
    EXPECT_THAT(got.out, HasSubstr(std::string("weir ") + GetParam()));
}

INSTANTIATE_TEST_SUITE_P(EachCommand, Help,
                         testing::Values("", "run", "lint", "test", "explain", "graph", "eval", "plugin", "plugin ls", "plugin generations", "plugin manifest", "plugin check",
                                         "topology", "topology new", "topology docs", "topology schema", "completion", "topic", "topic ls", "topic create",
                                         "topic tail", "topic produce", "dlq", "dlq ls", "dlq show", "dlq replay", "broker", "savepoint", "savepoint ls", "savepoint create",
                                         "savepoint show", "savepoint restore", "state", "state ls", "state get", "state scan", "status", "plan", "apply", "set", "seek", "why", "pause", "resume", "stop", "remove",
                                         "version"));

TEST(CommandLine, PrintsItsVersion) {
    const Outcome got = weir({"version"});
    EXPECT_EQ(got.out, "weir 0.1.0 (plugin ABI 0.6)\n");
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(weir({"--version"}).out, got.out);
}

TEST(CommandLine, WithoutACommandShowsHelpAndFails) {
    const Outcome got = weir({});
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, HasSubstr("Usage: weir ["));
    EXPECT_EQ(got.code, 2);
}

TEST(CommandLine, NamesTheNearestCommand) {
    const Outcome got = weir({"rnu", "x.yaml"});
    EXPECT_EQ(got.err,
              "weir: there is no command `rnu`; expected: `run`, `lint`, `test`, `explain`, `graph`, `eval`, `plugin`, `topology`, `topic`, `dlq`, `broker`, "
              "`savepoint`, …; nearest: `run`\n   see: weir --help\n");
    EXPECT_EQ(got.code, 2);
}

TEST(CommandLine, NamesTheNearestSubcommand) {
    const Outcome got = weir({"topic", "tial", "orders"});
    EXPECT_EQ(got.err,
              "weir topic: there is no command `tial`; expected: `ls`, `create`, `tail` or `produce`; nearest: `tail`\n"
              "   see: weir topic --help\n");
    EXPECT_EQ(got.code, 2);
}

TEST(CommandLine, NamesTheNearestOption) {
    const Outcome got = weir({"run", "x.yaml", "--recods", "3"});
    EXPECT_EQ(got.err, "weir run: there is no option `--recods`; nearest: `--records`\n   see: weir run --help\n");
    EXPECT_EQ(got.code, 2);
}

TEST(CommandLine, WantsAFile) {
    const Outcome got = weir({"run"});
    EXPECT_EQ(got.err, "weir run: FILE is required\n   see: weir run --help\n");
    EXPECT_EQ(got.code, 2);
}

TEST(CommandLine, RefusesADurationWithoutAUnit) {
    const Outcome got = weir({"run", "x.yaml", "--for", "10"});
    EXPECT_EQ(got.err,
              "weir run: --for: has no unit: `10`; expected: a duration such as `200ms`, `30s`, `5m`, `1h` or `2d`\n"
              "   see: weir run --help\n");
    EXPECT_EQ(got.code, 2);
}

TEST(CommandLine, RefusesANumberOfRecordsThatIsNone) {
    const Outcome got = weir({"run", "x.yaml", "--records", "0"});
    EXPECT_EQ(got.err, "weir run: --records: `0` is not a number above 0\n   see: weir run --help\n");
    EXPECT_EQ(got.code, 2);
}

TEST(CommandLine, RefusesAnUnknownLogLevel) {
    const Outcome got = weir({"run", "x.yaml", "--log-level", "loud"});
    EXPECT_EQ(got.err,
              "weir run: --log-level: there is no `loud`; expected: `debug`, `info`, `warning` or `error`\n"
              "   see: weir run --help\n");
    EXPECT_EQ(got.code, 2);
}

}  // namespace
}  // namespace weir::test
