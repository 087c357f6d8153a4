// `weir lint` from outside: whole messages and exit codes for everything that one can get wrong in a file.
#include <gtest/gtest.h>

#include "process.hpp"

namespace weir::test {
namespace {

class Lint : public testing::Test {
protected:
    // The whole output of `weir lint t.yaml` for such a file, and its exit code.
    Outcome lint(const std::string& text, const std::vector<std::string>& options = {}) {
        folder_.write("t.yaml", text);
        std::vector<std::string> arguments = {"lint", "t.yaml"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        return weir(arguments, folder_.path());
    }

    Folder folder_;
};

constexpr const char* kGood =
    "name: good\n"
    "parameters: { count: 3 }\n"
    "nodes:\n"
    "  numbers: { generate: { columns: { n: { sequence: {} } }, count: $count } }\n"
    "  shown: { from: numbers, console: json }\n";

TEST_F(Lint, SaysOkForARightFile) {
    const Outcome got = lint(kGood);
    EXPECT_EQ(got.out, "t.yaml: ok\n");
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Lint, RefusesExactlyOnceWhereItCannotBeKept) {
    const Outcome got = lint(std::string("delivery: exactly_once\n") + kGood);
    EXPECT_EQ(got.out, R"(t.yaml:6:27: error[delivery]: node `shown`: `console` writes again what it wrote before a crash, which `exactly_once` excludes
    6 |   shown: { from: numbers, console: json }
      |                           ^~~~~~~
   expected: `delivery: at_least_once`, or another operator
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesBrokenYaml) {
    const Outcome got = lint("name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } }\n");
    EXPECT_EQ(got.out, R"(t.yaml:3:24: error[yaml-syntax]: not YAML: this `{` is never closed
    3 |   numbers: { generate: { columns: { n: { sequence: {} } }
      |                        ^
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesAnUnknownOperatorAndNamesTheNearest) {
    const Outcome got = lint("name: t\nnodes:\n  numbers: { generat: { columns: { n: { sequence: {} } } } }\n");
    EXPECT_EQ(got.out, R"(t.yaml:3:14: error[unknown-operator]: node `numbers`: there is no operator `generat`
    3 |   numbers: { generat: { columns: { n: { sequence: {} } } } }
      |              ^~~~~~~
   expected: `from`, `key`, a clause (`where`, `set`, `select` or `check`), or a source, operator or sink of the plugins present; nearest: `generate`
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesAnUnknownKeyAndNamesTheNearest) {
    const Outcome got = lint(
        "name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } }, coutn: 3 } }\n"
        "  shown: { from: numbers, console: json }\n");
    EXPECT_EQ(got.out, R"(t.yaml:3:60: error[unknown-key]: node `numbers`: `generate` has no parameter `coutn`
    3 |   numbers: { generate: { columns: { n: { sequence: {} } }, coutn: 3 } }
      |                                                            ^~~~~
   expected: `columns`, `rate`, `count`, `for`, `seed`, `splits`, `format` or `corrupt`; nearest: `count`
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesAWrongType) {
    const Outcome got = lint(
        "name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } }, count: many } }\n"
        "  shown: { from: numbers, console: json }\n");
    EXPECT_EQ(got.out, R"(t.yaml:3:67: error[wrong-type]: node `numbers`: `generate.count` is not an int64: `many`
    3 |   numbers: { generate: { columns: { n: { sequence: {} } }, count: many } }
      |                                                                   ^~~~
   expected: a whole number
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesAMissingRequiredParameter) {
    const Outcome got = lint(
        "name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
        "  pairs: { from: numbers, pair_match: { value: n } }\n  shown: { from: pairs, console: json }\n");
    EXPECT_EQ(got.out, R"(t.yaml:4:27: error[missing-key]: node `pairs`: `pair_match` needs `sum`
    4 |   pairs: { from: numbers, pair_match: { value: n } }
      |                           ^~~~~~~~~~
   expected: `sum: …`, a value: What two numbers must add up to: an integer, or a decimal number as text ("12.50").
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesAPortThatIsNotThere) {
    const Outcome got = lint(
        "name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
        "  shown: { from: numbers.late, console: json }\n");
    EXPECT_EQ(got.out, R"(t.yaml:4:26: error[unknown-port]: node `shown`: `numbers` (`generate`) has no output `late`
    4 |   shown: { from: numbers.late, console: json }
      |                          ^~~~
   expected: `out` or `errors`
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesACycle) {
    const Outcome got = lint(
        "name: t\nnodes:\n"
        "  a: { from: b, pair_match: { value: left, sum: 12 } }\n"
        "  b: { from: a, pair_match: { value: left, sum: 12 } }\n"
        "  shown: { from: b, console: json }\n");
    EXPECT_EQ(got.out, R"(t.yaml:3:14: error[cycle]: nodes read each other in a circle: a -> b -> a
    3 |   a: { from: b, pair_match: { value: left, sum: 12 } }
      |              ^
   hint: rows flow one way; write to a topic and read it again where a loop is meant
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesTwoNodesOfOneName) {
    const Outcome got = lint(
        "name: t\nnodes:\n"
        "  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
        "  numbers: { from: numbers, console: json }\n");
    EXPECT_EQ(got.out, R"(t.yaml:4:3: error[duplicate-key]: the key `numbers` is written twice
    4 |   numbers: { from: numbers, console: json }
      |   ^~~~~~~
   t.yaml:3:3: first written here
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesAColumnThatIsNotThere) {
    const Outcome got = lint(
        "name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
        "  pairs: { from: numbers, pair_match: { value: m, sum: 12 } }\n  shown: { from: pairs, console: json }\n");
    EXPECT_EQ(got.out, R"(t.yaml:4:3: note[unread-output]: no node reads `pairs.expired`; its rows are only counted
    4 |   pairs: { from: numbers, pair_match: { value: m, sum: 12 } }
      |   ^~~~~
t.yaml:4:48: error[operator-refused]: node `pairs`: the input has no column `m`: it is { n: int64 }
    4 |   pairs: { from: numbers, pair_match: { value: m, sum: 12 } }
      |                                                ^
   nearest: `n`
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, PointsIntoExpressions) {
    const Outcome got = lint(R"(name: t
parameters: { by: { type: column, default: m } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  flow: { from: numbers, set: { m: n + nn, k: 'n || ''a''' }, console: json }
  block:
    from: numbers
    check:
      big: |
        n > 1
        AND uper('A') = 'A'
      folded: >-
        n < 1
        OR n
    console: json
  later: { from: numbers, select: [n], where: $by > 1, console: json }
  condition: { from: numbers, where: n + 1, console: json }
  syntax: { from: numbers, where: n >, console: json }
  twice: { from: numbers, select: [n, n], console: json }
  alone: { from: numbers, where: n > 1 }
  behind: { from: alone, where: nothing, console: json }
)");
    EXPECT_EQ(got.out, R"(t.yaml:5:40: error[bad-expression]: node `flow`: there is no column `nn`
    5 |   flow: { from: numbers, set: { m: n + nn, k: 'n || ''a''' }, console: json }
      |                                        ^~
   expected: one of `n`; nearest: `n`
t.yaml:11:13: error[bad-expression]: node `block`: there is no function `uper`
   11 |         AND uper('A') = 'A'
      |             ^~~~
   nearest: `upper`
t.yaml:14:12: error[bad-expression]: node `block`: this is int64, and OR wants a condition
   14 |         OR n
      |            ^
   expected: true or false: a comparison, a bool column, …
t.yaml:16:47: error[bad-expression]: node `later`: there is no column `m`, which `$by` names
   16 |   later: { from: numbers, select: [n], where: $by > 1, console: json }
      |                                               ^~~
   expected: one of `n`; nearest: `n`
t.yaml:17:38: error[bad-expression]: node `condition`: this is int64, and a condition is true or false
   17 |   condition: { from: numbers, where: n + 1, console: json }
      |                                      ^~~~~
   expected: a comparison, a bool column, …
t.yaml:18:38: error[bad-expression]: node `syntax`: the expression ends too early
   18 |   syntax: { from: numbers, where: n >, console: json }
      |                                      ^
   expected: a value
t.yaml:19:39: error[operator-refused]: node `twice`: `select` names `n` twice
   19 |   twice: { from: numbers, select: [n, n], console: json }
      |                                       ^
t.yaml:21:33: error[bad-expression]: node `behind`: there is no column `nothing`
   21 |   behind: { from: alone, where: nothing, console: json }
      |                                 ^~~~~~~
   expected: one of `n`
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesAPluginThatIsNotThere) {
    const Outcome got = lint(std::string(kGood) + "plugins: { acme: \">=1.2\" }\n");
    EXPECT_EQ(got.out, R"(t.yaml:6:12: error[missing-plugin]: plugin `acme` is not present
    6 | plugins: { acme: ">=1.2" }
      |            ^~~~
   expected: `aggregates`, `assert`, `clauses`, `clickhouse`, `codecs`, `console`, `dedup`, `file`, `fold`, `generate`, `http`, `kafka`, …
   hint: see `weir plugin ls`, and --plugin-dir
)");
    EXPECT_EQ(got.code, 3);
}

TEST_F(Lint, RefusesAFileThatIsNotThere) {
    const Outcome got = weir({"lint", "missing.yaml"}, folder_.path());
    EXPECT_EQ(got.out, "missing.yaml: error[file-unreadable]: cannot be read: No such file or directory\n");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesASetOfAnUnknownName) {
    const Outcome got = lint(kGood, {"--set", "cuont=4"});
    EXPECT_EQ(got.out, R"(--set: error[unknown-parameter]: there is no parameter `cuont`
      | cuont=4
      | ^~~~~
   expected: `count`; nearest: `count`
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesASetOfTheWrongType) {
    const Outcome got = lint(kGood, {"--set", "count=many"});
    EXPECT_EQ(got.out, R"(--set: error[wrong-type]: parameter `count` is not an int64: `many`
      | count=many
      |       ^~~~
   expected: a whole number
   t.yaml:2:15: declared here
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, TellsTheErrorsOfAllFilesAtOnce) {
    folder_.write("a.yaml", "name: a\nnodes: { n: { generate: { columns: { n: { sequence: {} } }, cuont: 1 } } }\n");
    folder_.write("b.yaml", "name: b\nnodes: { n: { generat: {} } }\n");
    folder_.write("c.yaml", kGood);
    const Outcome got = weir({"lint", "a.yaml", "b.yaml", "c.yaml"}, folder_.path());
    EXPECT_EQ(got.out, R"(a.yaml:2:61: error[unknown-key]: node `n`: `generate` has no parameter `cuont`
    2 | nodes: { n: { generate: { columns: { n: { sequence: {} } }, cuont: 1 } } }
      |                                                             ^~~~~
   expected: `columns`, `rate`, `count`, `for`, `seed`, `splits`, `format` or `corrupt`; nearest: `count`
b.yaml:2:15: error[unknown-operator]: node `n`: there is no operator `generat`
    2 | nodes: { n: { generat: {} } }
      |               ^~~~~~~
   expected: `from`, `key`, a clause (`where`, `set`, `select` or `check`), or a source, operator or sink of the plugins present; nearest: `generate`
c.yaml: ok
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, TakesASetThatOneOfSeveralFilesHas) {
    folder_.write("other.yaml",
                  "name: other\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
                  "  shown: { from: numbers, console: json }\n");
    const Outcome got = lint(kGood, {"other.yaml", "--set", "count=4"});
    EXPECT_EQ(got.out, "t.yaml: ok\nother.yaml: ok\n");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Lint, RefusesANameThatNoneOfSeveralFilesHasOnce) {
    folder_.write("other.yaml",
                  "name: other\nparameters: { rate: 5.0 }\nnodes:\n"
                  "  numbers: { generate: { columns: { n: { sequence: {} } }, rate: $rate } }\n"
                  "  shown: { from: numbers, console: json }\n");
    folder_.write("p.yaml", "rate: 7\nspeed: 8\n");
    const Outcome got = lint(kGood, {"other.yaml", "--set", "cuont=4", "--params", "p.yaml"});
    EXPECT_EQ(got.out, R"(p.yaml:2:1: error[unknown-parameter]: none of the topologies has a parameter `speed`
    2 | speed: 8
      | ^~~~~
   expected: `count` or `rate`
--set: error[unknown-parameter]: none of the topologies has a parameter `cuont`
      | cuont=4
      | ^~~~~
   expected: `count` or `rate`; nearest: `count`
t.yaml: ok
other.yaml: ok
)");
    EXPECT_EQ(got.code, 2);
}

// Nobody says that they run together; who runs them so does.
TEST_F(Lint, TakesTwoTopologiesOfOneName) {
    folder_.write("other.yaml", kGood);
    const Outcome got = lint(kGood, {"other.yaml"});
    EXPECT_EQ(got.out, "t.yaml: ok\nother.yaml: ok\n");
    EXPECT_EQ(got.code, 0);
    const Outcome run = weir({"run", "t.yaml", "other.yaml"}, folder_.path());
    EXPECT_EQ(run.err, R"(other.yaml: error[bad-name]: the topology is called `good`, as that of t.yaml
   expected: topologies that run together have names of their own
)");
    EXPECT_EQ(run.code, 2);
}

TEST_F(Lint, WritesDiagnosticsAsJson) {
    const Outcome got = lint("name: t\nnodes:\n  numbers: { generat: {} }\n", {"--format", "json"});
    EXPECT_EQ(got.out, R"([
  {
    "file": "t.yaml",
    "line": 3,
    "column": 14,
    "end_line": 3,
    "end_column": 21,
    "severity": "error",
    "code": "unknown-operator",
    "message": "node `numbers`: there is no operator `generat`",
    "expected": "`from`, `key`, a clause (`where`, `set`, `select` or `check`), or a source, operator or sink of the plugins present",
    "nearest": "generate"
  }
]
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, WritesAnnotationsForGithub) {
    const Outcome got = lint("parameters: { limit: 3 }\nnodes:\n  numbers: { generat: { columns: { n: 100% } } }\n",
                             {"--format", "github", "--set", "limti=4"});
    EXPECT_EQ(got.out,
              "::error title=unknown-parameter::--set: there is no parameter `limti`%0A   expected: `limit`; nearest: `limit`\n"
              "::error file=t.yaml,line=3,endLine=3,col=14,endColumn=20,title=unknown-operator::node `numbers`: there is no operator "
              "`generat`%0A   expected: `from`, `key`, a clause (`where`, `set`, `select` or `check`), or a source, operator or sink of the plugins present; nearest: `generate`\n");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, TakesFoldersButForTestsAndWhatIsNoTopology) {
    std::filesystem::create_directories(folder_.path() / "all/records");
    std::filesystem::create_directories(folder_.path() / "all/.hidden");
    folder_.write("all/a.yaml", kGood);
    folder_.write("all/b.yml", "node: { n: { generat: {} } }\n");
    folder_.write("all/a.test.yaml", "cases: {}\n");
    folder_.write("all/.hidden/c.yaml", "nodes: {}\n");
    folder_.write("all/records/order.yaml", "id: int64\nname: string\n");
    folder_.write("all/README.md", "nodes\n");
    const Outcome got = weir({"lint", "all"}, folder_.path());
    EXPECT_EQ(got.out, R"(all/b.yml:1:1: error[unknown-key]: a topology has no key `node`
    1 | node: { n: { generat: {} } }
      | ^~~~
   nearest: `nodes`
all/a.yaml: ok
all/records/order.yaml: no topology, since it has no `nodes`
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, RefusesAFolderWithoutTopologies) {
    folder_.write("records.yaml", "id: int64\n");
    const Outcome got = weir({"lint", "."}, folder_.path());
    EXPECT_EQ(got.err, "weir lint: the folder . has no topology: no *.yaml with `nodes` in it\n");
    EXPECT_EQ(got.code, 2);
}

TEST_F(Lint, ExplainsACode) {
    const Outcome got = weir({"lint", "--explain", "bad-unit"});
    EXPECT_EQ(got.out, R"(bad-unit: A duration or size without a unit, or with an unknown one.

Units are written out: `200ms`, `30s`, `5m` (minutes), `1h`, `2d`; `512B`, `10KB`, `64MiB`, `1GiB`.

Wrong:

    checkpoint: 5
    nodes:
      numbers: { generate: { columns: { n: { sequence: {} } } } }
      shown: { from: numbers, console: json }

Right:

    checkpoint: 5s
    nodes:
      numbers: { generate: { columns: { n: { sequence: {} } } } }
      shown: { from: numbers, console: json }
)");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Lint, ExplainsCodesOfRunsAndRows) {
    EXPECT_EQ(weir({"lint", "--explain", "bad-cast"}).out,
              "bad-cast: A value cannot be cast to the type.\n\n"
              "`TRY_CAST(value AS int64)` gives null instead. `weir.message` has the value.\n");
    for (const char* code : {"config", "row", "unreachable", "retryable", "state", "state-version", "unsupported", "fatal"}) {
        const Outcome got = weir({"lint", "--explain", code});
        EXPECT_EQ(got.code, 0) << got.err;
        EXPECT_EQ(got.out.find(std::string(code) + ": "), 0U) << got.out;
    }
}

TEST_F(Lint, NamesTheNearestCode) {
    const Outcome got = weir({"lint", "--explain", "bad-units"});
    EXPECT_EQ(got.err, "weir lint: there is no code `bad-units`; nearest: `bad-unit`\n   see: docs/lint.md, or `weir lint --reference`\n");
    EXPECT_EQ(got.code, 2);
}

class LintKeyed : public Lint {
protected:
    Outcome lint_keyed(const std::string& key) {
        return lint("name: t\nconnections: { kafka: embedded }\nnodes:\n"
                    "  raw: { kafka.source: { topic: raw, format: json, record: { n: int64, city: string, tags: [string] } } }\n"
                    "  counts: { from: raw, key: " + key + ", c.keyed_count: {} }\n  out: { from: counts, kafka.sink: out }\n",
                    {"--plugin-dir", std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/conformance_plugins"});
    }
};

TEST_F(LintKeyed, RefusesAKeyThatIsNotThere) {
    const Outcome got = lint_keyed("[ctiy]");
    EXPECT_EQ(got.out, R"(t.yaml:5:29: error[bad-key]: node `counts`: the input has no column `ctiy`; it has { n: int64 }
    5 |   counts: { from: raw, key: [ctiy], c.keyed_count: {} }
      |                             ^~~~~~
)");
    EXPECT_EQ(got.code, 2);
}

TEST_F(LintKeyed, RefusesAKeyOfAWrongType) {
    EXPECT_EQ(lint_keyed("tags").out, R"(t.yaml:5:29: error[bad-key]: node `counts`: column `tags` is a list<string>, which cannot be a key
    5 |   counts: { from: raw, key: tags, c.keyed_count: {} }
      |                             ^~~~
)");
}

TEST_F(LintKeyed, NotesStateThatNothingBounds) {
    EXPECT_EQ(lint_keyed("city").out, R"(t.yaml:5:35: note[unbounded-state]: node `counts`: `c.keyed_count` keeps its state `count` for good, of each key that ever came
    5 |   counts: { from: raw, key: city, c.keyed_count: {} }
      |                                   ^~~~~~~~~~~~~
   hint: right where there are only so many keys; else see `memory_limit`, and a time to live if the operator has one
t.yaml: ok
)");
}

TEST_F(Lint, RunsCommandsWhereThatIsAllowed) {
    const std::string file = "name: t\nparameters: { count: { type: int64, default: \"${exec:echo 3}\" } }\nnodes:\n"
                             "  numbers: { generate: { columns: { n: { sequence: {} } }, count: $count } }\n"
                             "  shown: { from: numbers, console: json }\n";
    EXPECT_EQ(lint(file).code, 2);
    const Outcome got = lint(file, {"--allow-exec"});
    EXPECT_EQ(got.out, "t.yaml: ok\n");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Lint, PassesTheTopologiesThatComeWithWeir) {
    const std::string folder = std::string(std::getenv("WEIR_SOURCE_DIR")) + "/topologies";
    const Outcome got =
        weir({"lint", "pair-match.yaml", "pair-match-producer.yaml", "pair-match-watch.yaml"}, folder);
    EXPECT_EQ(got.code, 0) << got.out;
}

}  // namespace
}  // namespace weir::test
