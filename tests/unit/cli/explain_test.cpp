// `weir explain` and `weir graph` from outside: whole outputs.
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

constexpr const char* kPairs =
    "name: pairs\n"
    "parameters: { sum: 12, rows: { type: int64, default: 3, secret: true } }\n"
    "nodes:\n"
    "  raw: { generate: { columns: { n: { sequence: {} } }, count: $rows } }\n"
    "  matched: { from: raw, pair_match: { value: n, sum: $sum } }\n"
    "  shown: { from: matched, console: json }\n"
    "  failed: { from: matched.errors, console: json }\n";

class Explain : public testing::Test {
protected:
    void SetUp() override { folder_.write("t.yaml", kPairs); }
    Folder folder_;
};

TEST_F(Explain, ShowsTypesKeysStateAndWhereParametersComeFrom) {
    const Outcome got = weir({"explain", "t.yaml", "--set", "sum=10"}, folder_.path());
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.out, R"(pairs (t.yaml)
  delivery: at_least_once, checkpoint: 1s, workers: one a core
  $sum   10   --set
  $rows  ***  default

raw  generate (generate)
    -> matched: n: int64
    errors -> the topology stops

matched  pair_match (pair_match)
    <- raw: by its own key, across workers
    state: by key
    -> shown: left: int64, right: int64
    expired -> nobody: n: int64
    errors -> failed

shown  console (console)
    <- matched: stays on its worker
    errors -> the topology stops

failed  console (console)
    <- matched.errors: stays on its worker
    errors -> the topology stops
)");
    EXPECT_EQ(got.code, 0);
}

constexpr const char* kClauses =
    "name: clauses\n"
    "nodes:\n"
    "  raw: { generate: { columns: { n: { sequence: {} }, m: { sequence: {} } }, count: 3 }, set: { half: n / 2 } }\n"
    "  matched: { from: raw, where: n > 0, select: [half], pair_match: { value: half, sum: 2 } }\n"
    "  alone: { from: matched, check: { small: left < 10 } }\n"
    "  shown: { from: alone, console: json }\n"
    "  failed: { from: matched.errors, select: [node, code], console: json }\n";

TEST_F(Explain, ShowsClausesAsAPartOfTheirNodes) {
    folder_.write("c.yaml", kClauses);
    const Outcome got = weir({"explain", "c.yaml"}, folder_.path());
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.out, R"(clauses (c.yaml)
  delivery: at_least_once, checkpoint: 1s, workers: one a core

raw  generate (generate)
    generate -> clauses: n: int64
    set half: n / 2
    -> matched: n: int64, half: int64
    errors -> the topology stops

matched  pair_match (pair_match)
    <- raw: by its own key, across workers
    where: n > 0
    select: half
    clauses -> pair_match: half: int64
    state: by key
    -> alone: left: int64, right: int64
    expired -> nobody: half: int64
    errors -> failed

alone  clauses (clauses)
    <- matched: stays on its worker
    check small: left < 10
    -> shown: left: int64, right: int64
    errors -> the topology stops

shown  console (console)
    <- alone: stays on its worker
    errors -> the topology stops

failed  console (console)
    <- matched.errors: stays on its worker
    select: node
    select: code
    clauses -> console: node: string, code: string
    errors -> the topology stops
)");
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(weir({"graph", "c.yaml"}, folder_.path()).out, R"(flowchart LR
    raw(["raw<br/>generate"])
    matched["matched<br/>pair_match"]
    alone["alone<br/>clauses"]
    shown(["shown<br/>console"])
    failed(["failed<br/>console"])
    raw -->|"n: int64, half: int64"| matched
    matched -->|"left: int64, right: int64"| alone
    alone -->|"left: int64, right: int64"| shown
    matched -.->|"errors"| failed
)");
    const auto all = nlohmann::json::parse(weir({"explain", "c.yaml", "--format", "json"}, folder_.path()).out);
    ASSERT_EQ(all[0]["nodes"].size(), 5u);
    const auto& matched = all[0]["nodes"][1];
    EXPECT_EQ(matched["clauses"], nlohmann::json::parse(R"([{"clause":"where","name":"","expression":"n > 0"},
                                                            {"clause":"select","name":"","expression":"half"}])"));
    EXPECT_EQ(matched["behind_clauses"], nlohmann::json::parse(R"([{"name":"half","type":"int64","nullable":false}])"));
    EXPECT_EQ(matched["inputs"], nlohmann::json::parse(R"([{"node":"raw","port":"out","as":"in","routing":"key"}])"));
}

constexpr const char* kRouted =
    "name: routed\n"
    "nodes:\n"
    "  raw: { generate: { columns: { n: { sequence: {} } }, count: 3 } }\n"
    "  sorted: { from: raw, route: { to: { big: n > 100, to: n < 0 } } }\n"
    "  half: { from: sorted.default, select: { half: n / 2 } }\n"
    "  shown: { from: [sorted.big, sorted.to, half], tag: kind, console: json }\n";

TEST_F(Explain, ShowsPortsThatAConfigurationNamesAndTags) {
    folder_.write("r.yaml", kRouted);
    const Outcome got = weir({"explain", "r.yaml"}, folder_.path());
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.out, R"(routed (r.yaml)
  delivery: at_least_once, checkpoint: 1s, workers: one a core

raw  generate (generate)
    -> sorted: n: int64
    errors -> the topology stops

sorted  route (route)
    <- raw: stays on its worker
    big -> shown: n: int64
    to -> shown: n: int64
    default -> half: n: int64
    errors -> the topology stops

half  clauses (clauses)
    <- sorted.default: stays on its worker
    select half: n / 2
    -> shown: half: int64
    errors -> the topology stops

shown  console (console)
    <- sorted.big: stays on its worker
    <- sorted.to: stays on its worker
    <- half: stays on its worker
    tag: kind
    errors -> the topology stops
)");
    EXPECT_EQ(weir({"graph", "r.yaml"}, folder_.path()).out, R"(flowchart LR
    raw(["raw<br/>generate"])
    sorted["sorted<br/>route"]
    half["half<br/>clauses"]
    shown(["shown<br/>console"])
    raw -->|"n: int64"| sorted
    sorted -->|"default: n: int64"| half
    sorted -->|"big: n: int64"| shown
    sorted -->|"to: n: int64"| shown
    half -->|"half: int64"| shown
)");
    const auto all = nlohmann::json::parse(weir({"explain", "r.yaml", "--format", "json"}, folder_.path()).out);
    EXPECT_EQ(all[0]["nodes"][3]["tag"], "kind");
    EXPECT_EQ(all[0]["nodes"][3]["inputs"][1], nlohmann::json::parse(R"({"node":"sorted","port":"to","as":"in","routing":"forward"})"));
    EXPECT_EQ(weir({"run", "r.yaml"}, folder_.path()).out,
              "{\"half\":0,\"kind\":\"half\"}\n{\"half\":0,\"kind\":\"half\"}\n{\"half\":1,\"kind\":\"half\"}\n");
}

constexpr const char* kTimed =
    "name: timed\n"
    "defaults: { generate: { columns: { n: { sequence: {} }, ts: { timestamp: {} } }, count: 3 } }\n"
    "nodes:\n"
    "  raw: { generate: {}, where: n > 0, event_time: { column: ts, max_delay: 5s, idle_after: 30s, max_future: 1h, align: 10s } }\n"
    "  plain: { generate: {} }\n"
    "  renamed: { from: raw, select: { at: ts } }\n"
    "  both: { from: [raw, plain], union: {} }\n"
    "  anew: { from: both, where: n > 1, event_time: ts }\n"
    "  shown: { from: [renamed, anew], console: json }\n";

TEST_F(Explain, ShowsEventTimeAndWhereWatermarksComeFrom) {
    folder_.write("t.yaml", kTimed);
    const Outcome got = weir({"explain", "t.yaml"}, folder_.path());
    EXPECT_EQ(got.err, R"(t.yaml:7:23: warning[bad-event-time]: node `both`: no watermark comes from `plain`, and so none goes on, whatever else it reads
    7 |   both: { from: [raw, plain], union: {} }
      |                       ^~~~~
   hint: give `plain` an `event_time`, with `idle_after` if it is silent most of the time
)");
    std::string out;
    std::istringstream lines(got.out);
    for (std::string line; std::getline(lines, line);)
        if (!line.empty() && (line[0] != ' ' || line.find("event time") != std::string::npos)) out += line + "\n";
    EXPECT_EQ(out, R"(timed (t.yaml)
raw  generate (generate)
    event time: ts, max_delay: 5s, idle_after: 30s, max_future: 1h, align: 10s
plain  generate (generate)
renamed  clauses (clauses)
    event time: at; watermarks of raw
both  union (union)
    event time: no column; watermarks of raw, held back by plain, which has no event_time
anew  clauses (clauses)
    event time: ts, max_delay: 0
shown  console (console)
)");
    const auto json = nlohmann::json::parse(weir({"explain", "t.yaml", "--format", "json"}, folder_.path()).out);
    EXPECT_EQ(json[0]["nodes"][0]["event_time"].dump(),
              R"({"align_us":10000000,"column":"ts","idle_after_us":30000000,"max_delay_us":5000000,"max_future_us":3600000000,)"
              R"("offset_us":0,"watermarks_of":["raw"]})");
    EXPECT_EQ(json[0]["nodes"][3]["event_time"].dump(), R"({"column":null,"held_back_by":["plain"],"watermarks_of":["raw"]})");
}

TEST_F(Explain, SaysWhatAParameterHasFromOutside) {
    folder_.write("t.yaml", "name: t\nparameters:\n  count: { type: int64, default: \"${env:WEIR_TEST_COUNT:-3}\" }\n"
                            "  title: \"of ${exec:echo 7} and ${file:who}\"\n"
                            "nodes:\n  raw: { generate: { columns: { n: { sequence: {} } }, count: $count } }\n"
                            "  shown: { from: raw, console: { title: $title } }\n");
    folder_.write("who", "me\n");
    const Outcome got = shell("WEIR_TEST_COUNT=2 exec \"$WEIR_BIN\" explain t.yaml --allow-exec", folder_.path());
    EXPECT_THAT(got.out, testing::HasSubstr("  $count  2            default, ${env:WEIR_TEST_COUNT}\n"
                                            "  $title  of 7 and me  default, ${exec:echo 7}, ${file:who}\n"))
        << got.err;
    EXPECT_THAT(weir({"explain", "t.yaml", "--set", "title=x ${file:who}"}, folder_.path()).out,
                testing::HasSubstr("  $title  x ${file:who}  --set\n"));
}

TEST_F(Explain, SaysTheSameAsJson) {
    const auto all = nlohmann::json::parse(weir({"explain", "t.yaml", "--format", "json"}, folder_.path()).out);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0]["parameters"][1]["value"], "***");
    EXPECT_EQ(all[0]["nodes"][1]["inputs"], nlohmann::json::parse(R"([{"node":"raw","port":"out","as":"in","routing":"key"}])"));
    EXPECT_EQ(all[0]["nodes"][0]["outputs"][0]["readers"], nlohmann::json::parse(R"(["matched"])"));
    EXPECT_EQ(all[0]["nodes"][0]["unread_errors"], "the topology stops");
}

TEST_F(Explain, RefusesWhatLintRefuses) {
    const Outcome got = weir({"explain", "t.yaml", "--set", "smu=10"}, folder_.path());
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, testing::HasSubstr("error[unknown-parameter]"));
    EXPECT_EQ(got.code, 2);
}

TEST_F(Explain, DrawsGraphs) {
    EXPECT_EQ(weir({"graph", "t.yaml"}, folder_.path()).out, R"(flowchart LR
    raw(["raw<br/>generate"])
    matched["matched<br/>pair_match"]
    shown(["shown<br/>console"])
    failed(["failed<br/>console"])
    raw -->|"n: int64"| matched
    matched -->|"left: int64, right: int64"| shown
    matched -.->|"errors"| failed
)");
    EXPECT_EQ(weir({"graph", "t.yaml", "--format", "dot"}, folder_.path()).out, R"(digraph "pairs" {
    rankdir=LR;
    node [shape=box];
    "raw" [label="raw\ngenerate", style=rounded];
    "matched" [label="matched\npair_match"];
    "shown" [label="shown\nconsole", style=rounded];
    "failed" [label="failed\nconsole", style=rounded];
    "raw" -> "matched" [label="n: int64"];
    "matched" -> "shown" [label="left: int64, right: int64"];
    "matched" -> "failed" [label="errors", style=dashed];
}
)");
}

}  // namespace
}  // namespace weir::test
