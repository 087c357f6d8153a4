// The outside: state is of the servers that it was written with, and lint looks at them where it is asked to.
#include <fmt/format.h>

#include "host/engine/outside_check.hpp"
#include "tests/unit/engine/keyed_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class OutsideTest : public KeyedStates {
protected:
    static std::string text(const std::string& connections = "place: here", const std::string& of = "") {
        return fmt::format("name: t\nworkers: 1\nconnections: {{ {} }}\nnodes:\n  numbers_in: {{ numbers: {{}} }}\n"
                           "  counted: {{ from: numbers_in, key: n, tally: {{}} }}\n"
                           "  out: {{ from: counted, placed: {{ thing: box{} }} }}\n",
                           connections, of);
    }
    std::string run_at(const std::string& place, const std::string& topology = text(), bool reset = false) {
        world().place = place;
        RunOptions made = options(1);
        made.epochs.reset = reset;
        return run(topology, std::move(made));
    }
    std::string checked() {
        Diagnostics diagnostics;
        auto topology = load_topology_text("test.yaml", text(), {}, resolver_.catalog(), diagnostics);
        auto plan = Plan::build(*topology, resolver_, {.check_only = true}, diagnostics);
        const std::atomic<bool> stop{false};
        ServersAway away;
        check_outside(*plan, diagnostics, stop, away);
        return diagnostics.text();
    }
};

TEST_F(OutsideTest, StateIsNotTakenAlongToAnotherServer) {
    ASSERT_EQ(run_at("north"), "");
    EXPECT_EQ(run_at("north"), "");
    EXPECT_THAT(run_at("south"), AllOf(HasSubstr("not connected: the state in "), HasSubstr(folder_.string()), HasSubstr("`north`"),
                                       HasSubstr("connection `place`"), HasSubstr("`south`"), HasSubstr("--data-dir"), HasSubstr("--reset")));
    EXPECT_EQ(run_at("north"), "") << "it was left as it was";
    EXPECT_EQ(run_at("south", text(), true), "");
    EXPECT_THAT(run_at("north"), HasSubstr("`south`"));
}

TEST_F(OutsideTest, StateThatKnowsNoServerIsGoneOnWith) {
    ASSERT_EQ(run_at(""), "");
    EXPECT_EQ(run_at("north"), "");
    EXPECT_EQ(run_at(""), "") << "a server that does not say who it is may be the same";
    EXPECT_THAT(run_at("south"), HasSubstr("`north`"));
}

TEST_F(OutsideTest, AServerIsKnownByItsConnectionsNameOrAsTheOnlyOneOfItsKind) {
    ASSERT_EQ(run_at("north"), "");
    EXPECT_THAT(run_at("south", text("main: { place: here }")), HasSubstr("connection `main`"));
    // Which of several it was cannot be told.
    EXPECT_EQ(run_at("south", text("main: { place: here }, other: { place: there }", ", connection: main")), "");
}

TEST_F(OutsideTest, FindingsStandAtTheirParameters) {
    world().findings = {{WEIR_FINDING_MISSING, "thing", "thing `box` is not there", "", "bag", "make one"},
                        {WEIR_FINDING_MISMATCH, "", "no column `n`", "int64"},
                        {WEIR_FINDING_DENIED, "thing", "not yours"},
                        {WEIR_FINDING_MADE, "thing", "a run makes it"}};
    EXPECT_EQ(checked(), R"(test.yaml:7:33: error[outside-mismatch]: node `out`: no column `n`
    7 |   out: { from: counted, placed: { thing: box } }
      |                                 ^~~~~~~~~~~~~~
   expected: int64
test.yaml:7:42: error[outside-missing]: node `out`: thing `box` is not there
    7 |   out: { from: counted, placed: { thing: box } }
      |                                          ^~~
   nearest: `bag`
   hint: make one
test.yaml:7:42: error[outside-denied]: node `out`: not yours
    7 |   out: { from: counted, placed: { thing: box } }
      |                                          ^~~
test.yaml:7:42: note[outside-made]: node `out`: a run makes it
    7 |   out: { from: counted, placed: { thing: box } }
      |                                          ^~~
)");
}

TEST_F(OutsideTest, AServerThatIsNotReachedIsToldOnce) {
    world().findings = {{WEIR_FINDING_MISSING, "thing", "thing `box` is not there"}};
    world().place_fault = Status::retryable("nobody answers");
    EXPECT_EQ(checked(), R"(test.yaml:3:23: error[unreachable]: connection `place`: nobody answers
    3 | connections: { place: here }
      |                       ^~~~
)");
    world().place_fault = Status::config("", "the password is wrong");
    EXPECT_THAT(checked(), HasSubstr("error[outside-denied]: connection `place`: the password is wrong"));
    world().place_fault.reset();
    world().findings.clear();
    world().look_fault = Status::retryable("it went away");
    EXPECT_THAT(checked(), HasSubstr("error[unreachable]: node `out`: it went away"));
}

}  // namespace
}  // namespace weir::host::testing
