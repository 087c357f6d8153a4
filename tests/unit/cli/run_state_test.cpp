// `weir run` and the state that it keeps: what it goes on with, and what it refuses to touch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include <fmt/format.h>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::AllOf;
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

TEST_F(RunState, IsRefusedUnderAnotherKey) {
    ASSERT_EQ(run("100").code, 0);
    const Outcome got = run("200");
    EXPECT_EQ(got.code, 6);
    EXPECT_THAT(got.err, AllOf(HasSubstr("error[state]"), HasSubstr("`pairs`"), HasSubstr("--reset")));
    EXPECT_EQ(run("200", {"--reset"}).code, 0);
    EXPECT_EQ(run("200").code, 0);
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

}  // namespace
}  // namespace weir::test
