// `weir test` from outside: whole outputs of right and wrong tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "test_command_fixture.hpp"

namespace weir::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Test, ComparesPayloadsAndRowsWithoutABroker) {
    const Outcome got = steps(
        "      - send: { raw: ['{\"n\": 5}', { n: 7 }] }\n"
        "      - expect: { out: [5+7], pairs: [{ left: 5, right: 7 }], raw: [{ n: 5 }, { n: 7 }] }\n");
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.out, good());
    EXPECT_EQ(got.code, 0);
}

TEST_F(Test, ShowsWhatIsMissingAndUnexpectedAndTheFirstDifference) {
    const Outcome got = steps(
        "      - send: { raw: [{ n: 5 }, { n: 7 }, { n: 3 }, { n: 9 }] }\n"
        "      - expect:\n"
        "          pairs: [{ left: 5, right: 7 }, { left: 3, right: 8 }]\n"
        "          out: [5+7, 3+9, 1+1]\n");
    EXPECT_EQ(got.out, R"(FAIL  pairs.test.yaml: a case
pairs.test.yaml:7:11: `pairs`: 1 row missing, 1 unexpected, 1 as expected
  - { left: 3, right: 8 }
  + { left: 3, right: 9 }
      right: expected 8, got 9
pairs.test.yaml:8:11: `out`: 1 row missing, 2 as expected
  - 1+1
1 case, 1 failed; --seed 7 gives the same orders again
)");
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.code, 5);
}

TEST_F(Test, TakesRowsInAnyOrderOrAmongOthersWhereItSaysSo) {
    const std::string send = "      - send: { raw: [{ n: 5 }, { n: 7 }, { n: 3 }, { n: 9 }] }\n";
    EXPECT_EQ(steps(send + "      - expect: { out: { any_order: [3+9, 5+7] } }\n").out, good());
    EXPECT_EQ(steps(send + "      - expect: { out: { contains: [3+9] } }\n").out, good());
    EXPECT_THAT(steps(send + "      - expect: { out: { any_order: [3+9] } }\n").out,
                HasSubstr("`out`: 1 row unexpected, 1 as expected\n  + 5+7\n"));
    EXPECT_THAT(steps(send + "      - expect: { out: [3+9, 5+7] }\n").out,
                HasSubstr("`out`: 2 rows as expected, but in another order\n"
                          "  row 1 is expected to be\n  - 3+9\n  + 5+7\n"));
}

TEST_F(Test, AsksForDeadLettersThatNobodyExpects) {
    const std::string send = "      - send: { raw: ['{\"n\": \"x\"}', { payload: '{', key: k, partition: 2 }] }\n";
    EXPECT_EQ(steps(send + "      - expect:\n"
                           "          dead_letters:\n"
                           "            - { node: raw, code: decode, field: n, value: '{\"n\": \"x\"}',\n"
                           "                topic: numbers, offset: 0 }\n"
                           "            - { value: '{', key: k, partition: 2 }\n").out,
              good());
    const Outcome got = steps(send);
    EXPECT_THAT(got.out, AllOf(HasSubstr("pairs.test.yaml:3:3: `dead_letters`: 2 rows more that no step expects\n"),
                               HasSubstr("  + { node: raw, code: decode, field: n, ")));
    EXPECT_EQ(got.code, 5);
}

TEST_F(Test, HoldsEachExpectationAgainstWhatCameSinceTheOneBefore) {
    EXPECT_EQ(steps("      - send: { raw: [{ n: 5 }] }\n"
                    "      - expect: { out: [] }\n"
                    "      - send: { raw: [{ n: 7 }] }\n"
                    "      - expect: { out: [5+7] }\n"
                    "      - expect: { out: [] }\n").out,
              good());
    EXPECT_THAT(steps("      - expect: { out: [] }\n"
                      "      - send: { raw: [{ n: 5 }, { n: 7 }] }\n").out,
                HasSubstr("pairs.test.yaml:5:19: `out`: 1 row more that no step expects\n  + 5+7\n"));
}

TEST_F(Test, SetsParametersOfACase) {
    EXPECT_EQ(file("topology: pairs.yaml\n"
                   "cases:\n"
                   "  a case:\n"
                   "    set: { sum: 3 }\n"
                   "    steps: [{ send: { raw: [{ n: 1 }, { n: 2 }] } }, { expect: { out: [1+2] } }]\n").out,
              good());
}

TEST_F(Test, SetsParametersThatTheTopologyIncludes) {
    folder_.write("base.yaml", "parameters: { sum: 12 }\n");
    const std::string text = kTested;
    const size_t sum = text.find(", sum: 12");
    folder_.write("pairs.yaml", "include: base.yaml\n" + text.substr(0, sum) + text.substr(sum + 9));
    EXPECT_EQ(file("topology: pairs.yaml\n"
                   "cases:\n"
                   "  a case:\n"
                   "    set: { sum: 3 }\n"
                   "    steps: [{ send: { raw: [{ n: 1 }, { n: 2 }] } }, { expect: { out: [1+2] } }]\n").out,
              good());
}

TEST_F(Test, LooksBehindTheClausesOfASource) {
    folder_.write("t.yaml", "name: t\n"
                            "dead_letters: log\n"
                            "nodes:\n"
                            "  raw: { generate: { columns: { n: { sequence: {} } } }, where: n > 3, check: { small: n < 10 } }\n"
                            "  shown: { from: raw, console: json }\n");
    EXPECT_EQ(file("topology: t.yaml\n"
                   "cases:\n"
                   "  a case:\n"
                   "    steps:\n"
                   "      - send: { raw: [1, 5, 50] }\n"
                   "      - expect:\n"
                   "          raw: [{ n: 5 }]\n"
                   "          raw.errors: [{ node: raw, value: '{\"n\":50}' }]\n"
                   "          dead_letters: [{ node: raw, value: '{\"n\":50}' }]\n").out,
              good());
}

TEST_F(Test, TellsWhatIsWrongWithTheTopology) {
    folder_.write("pairs.yaml", "name: pairs\nnodes: { raw: { generat: {} } \n");
    const Outcome broken = steps("      - expect: { out: [] }\n");
    EXPECT_THAT(broken.err, HasSubstr("pairs.yaml:2:8: error[yaml-syntax]: not YAML: this `{` is never closed"));
    EXPECT_EQ(broken.code, 2);
    const Outcome missing = file("topology: piars.yaml\ncases: { a case: { steps: [] } }\n");
    EXPECT_THAT(missing.err, HasSubstr("pairs.test.yaml:1:11: error[file-unreadable]: `piars.yaml` cannot be read: "));
    EXPECT_EQ(missing.code, 2);
}

TEST_F(Test, GivesStateAndPositionsBackAfterACrash) {
    EXPECT_EQ(steps("      - send: { raw: [{ n: 5 }] }\n"
                    "      - crash_and_restore\n"
                    "      - send: { raw: [{ n: 7 }] }\n"
                    "      - expect: { out: [5+7] }\n").out,
              good());
    EXPECT_EQ(steps("      - send: { raw: [{ n: 5 }] }\n"
                    "      - send: { raw: [{ n: 7 }] }\n"
                    "      - crash_and_restore: before_commit\n"
                    "      - expect: { out: [5+7, 5+7] }\n").out,
              good());
}

TEST_F(Test, GoesThroughWatermarksAndTheEndOfTheInput) {
    EXPECT_EQ(steps("      - send: { raw: [{ n: 5 }] }\n"
                    "      - watermark: 2024-05-23T12:35:00Z\n"
                    "      - watermark: { raw: 2024-05-23T12:36:00Z }\n"
                    "      - crash_and_restore\n"
                    "      - send: { raw: [{ n: 7 }] }\n"
                    "      - end_of_input\n"
                    "      - expect: { out: [5+7] }\n").out,
              good());
    EXPECT_EQ(steps("      - end_of_input\n"
                    "      - send: { raw: [{ n: 7 }] }\n").err,
              "pairs.test.yaml:6:9: error[not-allowed-value]: behind `end_of_input` nothing happens any more\n"
              "    6 |       - send: { raw: [{ n: 7 }] }\n"
              "      |         ^~~~\n"
              "   expected: `expect`\n");
}

TEST_F(Test, ShowsResultsOfAnEpochThatACrashPreventedOnceUnderExactlyOnce) {
    folder_.write("pairs.yaml", std::string("delivery: exactly_once\n") + kTested);
    EXPECT_EQ(steps("      - send: { raw: [{ n: 5 }] }\n"
                    "      - send: { raw: [{ n: 7 }] }\n"
                    "      - crash_and_restore: before_commit\n"
                    "      - expect: { out: [5+7] }\n").out,
              good());
}

TEST_F(Test, RunsSourcesUnderRealAsTheyAreByTheClockOfTheCase) {
    folder_.write("t.yaml", "name: t\n"
                            "nodes:\n"
                            "  numbers: { generate: { columns: { n: { sequence: {} } }, rate: 2 } }\n"
                            "  shown: { from: numbers, console: json }\n");
    const Outcome got = file("topology: t.yaml\n"
                             "cases:\n"
                             "  a case:\n"
                             "    real: [numbers]\n"
                             "    steps:\n"
                             "      - expect: { shown: ['{\"n\":0}'] }\n"
                             "      - advance: 1s\n"
                             "      - expect: { shown: [{ n: 1 }, { n: 2 }] }\n");
    EXPECT_EQ(got.out, good());
}

// A plugin in plain C that counts rows by key, and forgets a key an hour after its first row.
TEST_F(Test, FiresTimersAsTimeGoesOn) {
    folder_.write("t.yaml", "name: t\n"
                            "nodes:\n"
                            "  raw: { generate: { columns: { n: { sequence: {} } } } }\n"
                            "  counts: { from: raw, key: n, c.keyed_count: {} }\n"
                            "  shown: { from: counts, console: json }\n");
    const std::string head =
        "topology: t.yaml\ncases:\n  a case:\n    steps:\n      - send: { raw: [1, 1] }\n      - advance: ";
    const std::string tail =
        "\n      - crash_and_restore\n      - send: { raw: [1] }\n"
        "      - expect: { counts: [{ n: 1, count: 1 }, { n: 1, count: 2 }, { n: 1, count: ";
    const std::string plugins = std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/conformance_plugins";
    const std::vector<std::string> options = {"--plugin-dir", plugins};
    EXPECT_EQ(file(head + "59m" + tail + "3 }] }\n", options).out, good());
    EXPECT_EQ(file(head + "61m" + tail + "1 }] }\n", options).out, good());
}

TEST_F(Test, HasPartitionsToWhichNothingIsSent) {
    const auto topology = [](const std::string& more) {
        return "name: t\nconnections: { kafka: embedded }\ndead_letters: drop\nnodes:\n"
               "  raw: { kafka.source: { topic: t, format: json, record: { ts: timestamp } }, event_time: { column: ts" + more + " } }\n"
               "  counts: { from: raw, key: [], window: { tumbling: 1m, columns: { n: count() } } }\n"
               "  shown: { from: counts, console: json }\n";
    };
    const std::string head = "topology: t.yaml\ncases:\n  a case:\n    partitions: { raw: 4 }\n    steps:\n"
                             "      - send: { raw: [{ ts: 2024-01-01T00:00:00Z }, { ts: 2024-01-01T00:02:00Z }] }\n"
                             "      - advance: 1m\n      - expect: { counts: ";
    folder_.write("t.yaml", topology(""));
    EXPECT_EQ(file(head + "[] }\n").out, good());
    folder_.write("t.yaml", topology(", idle_after: 30s"));
    EXPECT_EQ(file(head + "[{ n: 1 }] }\n").out, good());
    const Outcome wrong = file("topology: t.yaml\ncases:\n  a case:\n    partitions: { row: 4, raw: none }\n    steps: [end_of_input]\n");
    EXPECT_THAT(wrong.out + wrong.err, testing::AllOf(HasSubstr("`partitions`: `raw` is `none`"), HasSubstr("expected: a number from 1 to 1024")));
    EXPECT_EQ(wrong.code, 2);
}

TEST_F(Test, MovesEventTimeByRowsWatermarksAndSilence) {
    const std::string side = ": { generate: { columns: { value: { sequence: {} }, ts: { timestamp: {} } } },\n"
                             "    set: { time: (extract(epoch from ts) * 1000000)::int64, k: 1 },\n"
                             "    event_time: { column: ts, idle_after: 10s, max_future: 1h } }\n";
    folder_.write("t.yaml", "name: t\ndead_letters: drop\nnodes:\n  a" + side + "  b" + side +
                                "  joined: { from: { left: a, right: b }, key: k, join.pairs: { keep: 0s } }\n"
                                "  shown: { from: joined, console: json }\n");
    const Outcome got = file(R"(topology: t.yaml
cases:
  rows are forgotten behind a watermark:
    steps:
      - send: { a: [{ value: 1, ts: 2024-01-01T00:00:00Z }] }
      - send: { b: [{ value: 2, ts: 2024-01-01T00:00:00Z }] }
      - watermark: 2024-01-01T00:01:00Z
      - send: { a: [{ value: 3, ts: 2024-01-01T00:00:00Z }], b: [{ value: 8, ts: 2024-01-01T01:01:01Z }] }
      - expect:
          joined: [{ left: 1, right: 2 }]
          dead_letters: [{ node: b, code: event-time-future, field: ts }]
  and where all have been silent for long enough:
    steps:
      - send: { a: [{ value: 1, ts: 2024-01-01T00:00:00Z }] }
      - send: { a: [{ value: 9, ts: 2024-01-01T00:05:00Z }] }
      - send: { b: [{ value: 2, ts: 2024-01-01T00:00:00Z }] }
      - advance: 9s
      - crash_and_restore
      - advance: 10s
      - send: { b: [{ value: 4, ts: 2024-01-01T00:05:00Z }] }
      - expect: { joined: { any_order: [{ left: 1, right: 2 }, { left: 9, right: 2 }, { left: 9, right: 4 }] } }
)",
                             {"--plugin-dir", std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/conformance_plugins"});
    EXPECT_EQ(got.out, "ok    pairs.test.yaml: rows are forgotten behind a watermark\n"
                       "ok    pairs.test.yaml: and where all have been silent for long enough\n"
                       "2 cases, all ok; seed 7\n")
        << got.err;
}

TEST_F(Test, TellsAllThatIsWrongWithItsFiles) {
    const Outcome got = file(
        "topology: pairs.yaml\n"
        "cases:\n"
        "  one:\n"
        "    set: { smu: 3 }\n"
        "    steps: []\n"
        "  two:\n"
        "    steps:\n"
        "      - send: { rwa: [1], raw: [{ m: 5 }, { n: x }, { payload: a, kye: b }] }\n"
        "      - watermark: { out: 2024-05-23T12:35:00Z }\n"
        "      - expect: { uot: [], out: { sorted: [] }, pairs: [{ lfet: 5 }, { left: five }], raw.erors: [] }\n");
    EXPECT_EQ(got.out, "");
    EXPECT_EQ(got.err, R"(pairs.test.yaml:4:12: error[unknown-parameter]: the topology has no parameter `smu`
    4 |     set: { smu: 3 }
      |            ^~~
   expected: `brokers` or `sum`; nearest: `sum`
pairs.test.yaml:8:17: error[unknown-node]: there is no source `rwa`
    8 |       - send: { rwa: [1], raw: [{ m: 5 }, { n: x }, { payload: a, kye: b }] }
      |                 ^~~
   expected: `raw`; nearest: `raw`
pairs.test.yaml:8:35: error[unknown-key]: source `raw` has no column `m`
    8 |       - send: { rwa: [1], raw: [{ m: 5 }, { n: x }, { payload: a, kye: b }] }
      |                                   ^
   expected: columns: `n`; or of a record `payload`, `row`, `key`, `headers`, `timestamp` or `partition`; nearest: `n`
pairs.test.yaml:8:48: error[wrong-type]: source `raw`: column `n`: `"x"` is not an int64
    8 |       - send: { rwa: [1], raw: [{ m: 5 }, { n: x }, { payload: a, kye: b }] }
      |                                                ^
   expected: int64
pairs.test.yaml:8:67: error[unknown-key]: source `raw` has no column `kye`
    8 |       - send: { rwa: [1], raw: [{ m: 5 }, { n: x }, { payload: a, kye: b }] }
      |                                                                   ^~~
   expected: columns: `n`; or of a record `payload`, `row`, `key`, `headers`, `timestamp` or `partition`; nearest: `key`
pairs.test.yaml:9:22: error[unknown-node]: `out` is no source
    9 |       - watermark: { out: 2024-05-23T12:35:00Z }
      |                      ^~~
   expected: `raw`
pairs.test.yaml:10:19: error[unknown-node]: there is no node `uot`
   10 |       - expect: { uot: [], out: { sorted: [] }, pairs: [{ lfet: 5 }, { left: five }], raw.erors: [] }
      |                   ^~~
   expected: `raw`, `pairs`, `out` or `dead_letters`; nearest: `out`
pairs.test.yaml:10:33: error[wrong-type]: what is expected of `out` is a mapping
   10 |       - expect: { uot: [], out: { sorted: [] }, pairs: [{ lfet: 5 }, { left: five }], raw.erors: [] }
      |                                 ^~~~~~~~~~~~~~
   expected: a list of rows, which come in this order, or one under `any_order:` or `contains:`
pairs.test.yaml:10:59: error[unknown-key]: rows of `pairs` have no column `lfet`
   10 |       - expect: { uot: [], out: { sorted: [] }, pairs: [{ lfet: 5 }, { left: five }], raw.erors: [] }
      |                                                           ^~~~
   expected: `left`, `right`, `left_partition`, `left_offset`, `right_partition` or `right_offset`; nearest: `left`
pairs.test.yaml:10:78: error[wrong-type]: `pairs`: column `left`: `"five"` is not an int64
   10 |       - expect: { uot: [], out: { sorted: [] }, pairs: [{ lfet: 5 }, { left: five }], raw.erors: [] }
      |                                                                              ^~~~
   expected: int64
pairs.test.yaml:10:87: error[unknown-port]: node `raw` has no port `erors`
   10 |       - expect: { uot: [], out: { sorted: [] }, pairs: [{ lfet: 5 }, { left: five }], raw.erors: [] }
      |                                                                                       ^~~~~~~~~
   expected: `out` or `errors`; nearest: `errors`
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Test, RefusesWhatIsNoTest) {
    EXPECT_EQ(file("topology: pairs.yaml\n"
                   "cases:\n"
                   "  one:\n"
                   "    step: []\n"
                   "  two:\n"
                   "    now: noon\n"
                   "    steps: [sned: {}, advance: 3, { expect: {}, send: {} }, end_of_input: 5, "
                   "crash_and_restore: soon]\n").err,
              R"(pairs.test.yaml:3:3: error[missing-key]: case `one` has no `steps`
    3 |   one:
      |   ^~~
   expected: `steps: [ send: { … }, expect: { … } ]`
pairs.test.yaml:4:5: error[unknown-key]: case `one` has no key `step`
    4 |     step: []
      |     ^~~~
   expected: `set`, `now`, `real`, `partitions` or `steps`; nearest: `steps`
pairs.test.yaml:6:10: error[wrong-type]: `now` is `noon`
    6 |     now: noon
      |          ^~~~
   expected: a time, such as `2024-05-23T12:35:00Z`
pairs.test.yaml:7:13: error[unknown-key]: there is no step `sned`
    7 |     steps: [sned: {}, advance: 3, { expect: {}, send: {} }, end_of_input: 5, crash_and_restore: soon]
      |             ^~~~
   expected: `send`, `advance`, `watermark`, `crash_and_restore`, `end_of_input` or `expect`; nearest: `send`
pairs.test.yaml:7:32: error[bad-unit]: `advance` has no unit: `3`
    7 |     steps: [sned: {}, advance: 3, { expect: {}, send: {} }, end_of_input: 5, crash_and_restore: soon]
      |                                ^
   expected: a duration such as `200ms`, `30s`, `5m`, `1h` or `2d`
pairs.test.yaml:7:35: error[wrong-type]: a step is a mapping
    7 |     steps: [sned: {}, advance: 3, { expect: {}, send: {} }, end_of_input: 5, crash_and_restore: soon]
      |                                   ^~~~~~~~~~~~~~~~~~~~~~~~
   expected: `send`, `advance`, `watermark`, `crash_and_restore`, `end_of_input` or `expect`, one a step
pairs.test.yaml:7:75: error[wrong-type]: `end_of_input` is `5`
    7 |     steps: [sned: {}, advance: 3, { expect: {}, send: {} }, end_of_input: 5, crash_and_restore: soon]
      |                                                                           ^
   expected: `end_of_input`
pairs.test.yaml:7:97: error[wrong-type]: `crash_and_restore` is `soon`
    7 |     steps: [sned: {}, advance: 3, { expect: {}, send: {} }, end_of_input: 5, crash_and_restore: soon]
      |                                                                                                 ^~~~
   expected: `crash_and_restore`, or `crash_and_restore: before_commit`
)");
}

TEST_F(Test, TellsWhyATopologyStopped) {
    folder_.write("t.yaml", "name: t\n"
                            "nodes:\n"
                            "  raw: { generate: { columns: { n: { sequence: {} } } } }\n"
                            "  pairs: { from: raw, pair_match: { value: n, sum: 12, min: 0, max: 12 } }\n"
                            "  shown: { from: pairs, console: json }\n");
    const Outcome got = file("topology: t.yaml\ncases:\n  a case:\n    steps:\n      - send: { raw: [13] }\n");
    EXPECT_THAT(got.out, HasSubstr("pairs.test.yaml:5:9: the topology stopped: node `pairs` (plugin pair_match): a "
                                   "record failed and nothing takes it: node `pairs`: out-of-range"));
    EXPECT_EQ(got.code, 5);
}

TEST_F(Test, SaysWhichOrderWasDrawnWhereOrderMatters) {
    const std::string text =
        "      - send: { raw: [{ payload: '{\"n\":1}', partition: 1 }, { payload: '{\"n\":2}', partition: 2 }] }\n"
        "      - expect: { raw: [{ n: 1 }, { n: 2 }] }\n";
    const Outcome got = steps(text, {"--runs", "20"});
    EXPECT_THAT(got.out, AllOf(HasSubstr("`raw`: 2 rows as expected, but in another order (in an order that was "
                                         "drawn)\n"),
                               HasSubstr("1 case, 1 failed; --seed 7 gives the same orders again\n")));
    EXPECT_EQ(got.code, 5);
    EXPECT_EQ(steps(text, {"--runs", "20"}).out, got.out);
    EXPECT_EQ(steps(text, {"--runs", "1"}).code, 0);
}

TEST_F(Test, RunsTheCasesOfAFilterAlone) {
    const std::string text =
        "topology: pairs.yaml\n"
        "cases:\n"
        "  first: { steps: [{ expect: { out: [] } }] }\n"
        "  second: { steps: [{ expect: { out: [1+2] } }] }\n";
    EXPECT_EQ(file(text, {"--filter", "first"}).out, "ok    pairs.test.yaml: first\n1 case, all ok; seed 7\n");
    const Outcome none = file(text, {"--filter", "third"});
    EXPECT_EQ(none.err, "weir test: no case has `third` in `FILE: NAME` (--filter)\n");
    EXPECT_EQ(none.code, 2);
}

}  // namespace
}  // namespace weir::test
