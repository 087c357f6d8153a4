// What `weir test` writes: JUnit's XML, and expectations anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "test_command_fixture.hpp"

namespace weir::test {
namespace {

using ::testing::HasSubstr;

TEST_F(Test, WritesResultsAsJUnitDoes) {
    const std::string text =
        "topology: pairs.yaml\n"
        "cases:\n"
        "  right: { steps: [{ expect: { out: [] } }] }\n"
        "  \"wrong <one>\": { steps: [{ expect: { out: [1+2] } }] }\n";
    EXPECT_EQ(file(text, {"--junit", "results.xml"}).code, 5);
    EXPECT_EQ(folder_.read("results.xml"), R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1">
  <testsuite name="pairs.test.yaml" tests="2" failures="1">
    <properties><property name="seed" value="7"/></properties>
    <testcase classname="pairs.test.yaml" name="right"/>
    <testcase classname="pairs.test.yaml" name="wrong &lt;one&gt;">
      <failure message="`out`: 1 row missing">
pairs.test.yaml:4:40: `out`: 1 row missing
  - 1+2
      </failure>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST_F(Test, RewritesExpectationsThatDoNotHoldAndLeavesAllElse) {
    const std::string before =
        "# A test.\n"
        "topology: pairs.yaml   # of pairs\n"
        "cases:\n"
        "  a case:\n"
        "    steps:\n"
        "      - send: { raw: [{ n: 5 }, { n: 7 }, { n: 3 }, { n: 9 }, { n: 2 }, { n: 10 }] }\n"
        "      - expect:\n"
        "          out: [1+1, \"5+7\"]   # sums\n"
        "          pairs:\n"
        "            # the first two\n"
        "            - { left: 5, right: 7 }  # right\n"
        "            # gone\n"
        "            - { left: 4, right: 8 }\n"
        "            - left: 2\n"
        "              right: 10\n"
        "          raw: { contains: [{ n: 9 }, { n: 4 }] }\n"
        "          pairs.expired: []\n"
        "      - send: { raw: ['{}'] }\n"
        "      - expect:\n"
        "          dead_letters:\n"
        "            - value: \"{ }\"\n"
        "      - expect: { out: [], pairs: [{ left: 9 }] }\n";
    const Outcome got = file(before, {"--update", "--runs", "1"});
    EXPECT_EQ(got.err, "pairs.test.yaml: 5 expectations rewritten\n");
    EXPECT_EQ(folder_.read("pairs.test.yaml"),
              "# A test.\n"
              "topology: pairs.yaml   # of pairs\n"
              "cases:\n"
              "  a case:\n"
              "    steps:\n"
              "      - send: { raw: [{ n: 5 }, { n: 7 }, { n: 3 }, { n: 9 }, { n: 2 }, { n: 10 }] }\n"
              "      - expect:\n"
              "          out: [\"5+7\", 3+9, 2+10]   # sums\n"
              "          pairs:\n"
              "            # the first two\n"
              "            - { left: 5, right: 7 }  # right\n"
              "            - { left: 3, right: 9 }\n"
              "            - left: 2\n"
              "              right: 10\n"
              "          raw: { contains: [{ n: 9 }] }\n"
              "          pairs.expired: []\n"
              "      - send: { raw: ['{}'] }\n"
              "      - expect:\n"
              "          dead_letters:\n"
              "            - { value: \"{}\" }\n"
              "      - expect: { out: [], pairs: [] }\n");
    EXPECT_EQ(got.out, good());
    EXPECT_EQ(got.code, 0);
}

TEST_F(Test, WritesNothingWhereAllIsAsExpected) {
    const std::string all = "      - send: { raw: [{ n: 5 }, { n: 7 }] }\n      - expect: { out: [5+7] }";
    const Outcome got = steps(all, {"--update"});
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.out, good());
    EXPECT_EQ(folder_.read("pairs.test.yaml"), "topology: pairs.yaml\ncases:\n  a case:\n    steps:\n" + all);
}

}  // namespace
}  // namespace weir::test
