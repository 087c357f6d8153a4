// Parameters, where their values come from, and what `$` does.
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

constexpr const char* kTopology = R"(parameters:
  topic: raw
  sum: 12
  wait: { type: duration, default: 30s, doc: How long to wait. }
  mode: { one_of: [fast, slow], default: fast }
  tags: [a, b]
connections: { kafka: embedded }
nodes:
  raw: { kafka.source: { topic: $tags, max_wait: $wait, group_id: "${topic}-${sum}-${mode}" } }
  pairs: { from: raw, pair_match: { value: n, sum: $sum, ttl: $wait } }
  out: { from: [pairs, pairs.expired], kafka.sink: $topic }
)";

LoadOptions sets(std::vector<std::string> values) {
    LoadOptions options;
    options.sets = std::move(values);
    return options;
}

// A file that is removed with its owner.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text)
        : path_(std::filesystem::path(testing::TempDir()) / "topology_params.yaml") {
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::string shown(const Loaded& loaded) {
    std::string out;
    for (const ResolvedParameter& p : loaded.topology->parameters) {
        out += fmt::format("{}: {} = {} ({})\n", p.name, p.type, p.shown(), p.origin_text());
    }
    return out;
}

TEST(Parameters, StandForTypedValues) {
    const Loaded loaded = load(kTopology);
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("raw")["topic"], (Json{"a", "b"}));
    EXPECT_EQ(loaded.config("raw")["max_wait"], 30'000'000);
    EXPECT_EQ(loaded.config("raw")["group_id"], "raw-12-fast");
    EXPECT_EQ(loaded.config("pairs")["sum"], 12);
    EXPECT_EQ(loaded.config("pairs")["ttl"], 30'000'000);
    EXPECT_EQ(loaded.config("out")["topic"], "raw");
    EXPECT_EQ(
        shown(loaded),
        "topic: string = raw (default)\nsum: int64 = 12 (default)\nwait: duration = 30000000 (default)\n"
        "mode: string = fast (default)\ntags: list = [\"a\",\"b\"] (default)\n");
    EXPECT_EQ(loaded.text(), "");
}

TEST(Parameters, SayWhichValueOfTheFileIsHidden) {
    const auto hidden = [](std::vector<std::string> given, const std::string& text) {
        const Loaded loaded = load(text, sets(std::move(given)));
        std::string out;
        for (const ResolvedParameter& p : loaded.topology->parameters)
            if (!p.hidden.empty()) out += fmt::format("{}: {}, not {}\n", p.name, p.shown(), p.hidden);
        return out;
    };
    EXPECT_EQ(hidden({"sum=10", "wait=30000ms", "topic=raw", "mode=slow", "tags=[c]"}, kTopology),
              "sum: 10, not 12\nmode: slow, not fast\ntags: [\"c\"], not [a, b]\n");
    EXPECT_EQ(hidden({"sum=10", "sum=12"}, kTopology), "");
}

TEST(Parameters, HaveTheTypeOfAParameterThatTheyStandForWhereverItIsDeclared) {
    const std::string text = R"(parameters:
  a: $b
  b: { default: $c, doc: Both. }
  c: 12
  d: { type: string, default: $c }
  e: $wait
  wait: { type: duration, default: 30s }
connections: { kafka: embedded }
nodes:
  raw: { kafka.source: { topic: $d, max_wait: $e } }
  pairs: { from: raw, pair_match: { value: n, sum: $a } }
  out: { from: [pairs, pairs.expired], kafka.sink: t }
)";
    const Loaded loaded = load(text);
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(shown(loaded), "a: int64 = 12 (default)\nb: int64 = 12 (default)\nc: int64 = 12 (default)\n"
                             "d: string = 12 (default)\ne: duration = 30000000 (default)\nwait: duration = 30000000 (default)\n");
    EXPECT_EQ(loaded.config("pairs")["sum"], 12);
    const Loaded set = load(text, sets({"a=13", "e=1h"}));
    ASSERT_TRUE(set.topology) << set.text();
    EXPECT_EQ(set.config("pairs")["sum"], 13);
    EXPECT_EQ(set.config("raw")["max_wait"], 3'600'000'000);
    EXPECT_EQ(load(text, sets({"a=many"})).text(),
              "--set: error[wrong-type]: parameter `a` is not an int64: `many`\n"
              "      | a=many\n"
              "      |   ^~~~\n"
              "   expected: a whole number\n"
              "   t.yaml:2:3: declared here\n");
}

TEST(Parameters, AreSetOnTheCommandLine) {
    const Loaded loaded =
        load(kTopology, sets({"sum=13", "topic=a: b # c", "tags=[x, y]", "wait=1h", "sum=14"}));
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("pairs").dump(), R"({"value":"n","sum":14,"ttl":3600000000})");
    EXPECT_EQ(loaded.config("out")["topic"], "a: b # c");
    EXPECT_EQ(loaded.config("raw")["topic"], (Json{"x", "y"}));
    EXPECT_EQ(loaded.topology->parameters[1].origin_text(), "--set");
}

TEST(Parameters, TakeOneValueForAListOnTheCommandLine) {
    const Loaded loaded = load(kTopology, sets({"tags=only"}));
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("raw")["topic"], Json::array({"only"}));
}

TEST(Parameters, KeepDollarSignsOfTheCommandLine) {
    const Loaded loaded = load(kTopology, sets({"topic=${env:HOME} $sum", "tags=[$topic, '${x}']"}));
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("out")["topic"], "${env:HOME} $sum");
    EXPECT_EQ(loaded.config("raw")["topic"], (Json{"$topic", "${x}"}));
}

TEST(Parameters, ComeFromFilesBelowTheCommandLine) {
    const TemporaryFile file("# for tests\nsum: 20\ntopic: ${env:TOPIC:-fallback}\nmode: slow\n");
    LoadOptions options = sets({"mode=fast"});
    options.params_files = {file.path()};
    const Loaded loaded = load(kTopology, options);
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(
        shown(loaded),
        fmt::format(
            "topic: string = fallback ({0}:3, ${{env:TOPIC}})\nsum: int64 = 20 ({0}:2)\nwait: duration = 30000000 (default)\n"
            "mode: string = fast (--set)\ntags: list = [\"a\",\"b\"] (default)\n",
            file.path().string()));
}

TEST(Parameters, OfAFileMustBeDeclared) {
    const TemporaryFile file("summ: 20\nwait: soon\n");
    LoadOptions options;
    options.params_files = {file.path()};
    const Loaded loaded = load(kTopology, options);
    EXPECT_FALSE(loaded.topology);
    EXPECT_EQ(loaded.text(),
              fmt::format("{0}:1:1: error[unknown-parameter]: there is no parameter `summ`\n"
                          "    1 | summ: 20\n"
                          "      | ^~~~\n"
                          "   expected: `topic`, `sum`, `wait`, `mode` or `tags`; nearest: `sum`\n"
                          "{0}:2:7: error[wrong-type]: parameter `wait` is not a duration: `soon`\n"
                          "    2 | wait: soon\n"
                          "      |       ^~~~\n"
                          "   expected: a duration such as `200ms`, `30s`, `5m`, `1h` or `2d`\n"
                          "   t.yaml:4:3: declared here\n",
                          file.path().string()));
}

TEST(Parameters, NameAFileThatIsNotThere) {
    LoadOptions options;
    options.params_files = {"no-such.yaml"};
    EXPECT_EQ(load(kTopology, options).text(),
              "--params: error[file-unreadable]: cannot read `no-such.yaml`: No such file or directory\n"
              "      | no-such.yaml\n"
              "      | ^~~~~~~~~~~~\n");
}

TEST(Parameters, ReferToOthersInAnyOrder) {
    const Loaded loaded = load(R"(parameters:
  out: "${base}-out"
  base: raw
  limit: 5
  same: $limit
nodes: { a: { generate: { rate: $same } }, b: { from: a, pass: { labels: { l: $out } } }, c: { from: b, console: } }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("a")["rate"], 5);
    EXPECT_EQ(loaded.config("b")["labels"]["l"], "raw-out");
    EXPECT_EQ(loaded.text(), "");
}

TEST(Parameters, ThatNothingRefersToAreNamed) {
    const Loaded loaded =
        load("parameters: { a: 1 }\nnodes: { a: { generate: }, b: { from: a, console: } }\n");
    ASSERT_TRUE(loaded.topology);
    EXPECT_EQ(loaded.text(),
              "t.yaml:1:15: warning[unused-parameter]: nothing refers to parameter `a`\n"
              "    1 | parameters: { a: 1 }\n"
              "      |               ^\n");
}

TEST(Substitution, NeverChangesStructure) {
    const Loaded loaded = load(R"(nodes:
  a: { generate: { rate: "${env:RATE}", columns: { c: "${env:TEXT}" } } }
  b: { from: a, pass: { labels: { l: "${env:TEXT}", m: "<${env:TEXT}>" }, strict: "${env:FLAG:-true}" } }
  c: { from: b, console: }
)",
                               {}, {{"RATE", "5"}, {"TEXT", "{ a: [1, 2] } # $x ${y}"}});
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("a")["rate"], 5);
    EXPECT_EQ(loaded.config("a")["columns"]["c"], "{ a: [1, 2] } # $x ${y}");
    EXPECT_EQ(loaded.config("b")["labels"]["l"], "{ a: [1, 2] } # $x ${y}");
    EXPECT_EQ(loaded.config("b")["labels"]["m"], "<{ a: [1, 2] } # $x ${y}>");
    EXPECT_EQ(loaded.config("b")["strict"], true);
}

TEST(Substitution, NamesTheVariableWhoseValueDoesNotFit) {
    const Loaded loaded =
        load("nodes:\n  a: { generate: { rate: \"${env:RATE}\" } }\n  b: { from: a, console: }\n", {},
             {{"RATE", "fast"}});
    EXPECT_EQ(
        loaded.text(),
        "t.yaml:2:26: error[wrong-type]: node `a`: `generate.rate` is not an int64: `fast` (`${env:RATE}`)\n"
        "    2 |   a: { generate: { rate: \"${env:RATE}\" } }\n"
        "      |                          ^~~~~~~~~~~~~\n"
        "   expected: a whole number\n");
}

TEST(Substitution, WritesADollarSignAsTwo) {
    const Loaded loaded = load(R"(parameters: { x: y }
nodes:
  a: { generate: }
  b: { from: a, pass: { labels: { a: $$x, b: "$${x}", c: "^a$", d: $5, e: "$$", f: "${x}$$${x}" } } }
  c: { from: b, console: }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("b")["labels"].dump(),
              R"({"a":"$x","b":"${x}","c":"^a$","d":"$5","e":"$","f":"y$y"})");
}

TEST(Substitution, ReadsFiles) {
    const TemporaryFile file("first\nsecond\n");
    const Loaded loaded =
        load(fmt::format("nodes:\n  a: {{ generate: }}\n  b: {{ from: a, pass: {{ labels: {{ l: "
                         "\"${{file:{}}}\" }} }} }}\n  c: {{ from: b, console: }}\n",
                         file.path().string()));
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("b")["labels"]["l"], "first\nsecond");
}

TEST(Substitution, IsBounded) {
    std::string text = "parameters:\n";
    for (int i = 0; i < 5000; ++i) text += fmt::format("  p{}: $p{}\n", i, i + 1);
    const Loaded chain = load(text + "  p5000: x\nnodes: { a: { generate: }, b: { from: a, console: } }\n");
    EXPECT_FALSE(chain.topology);
    EXPECT_NE(chain.text().find("parameters refer to others more than 50 deep"), std::string::npos);

    text = fmt::format("parameters:\n  p0: {:x>100000}\n", "");
    for (int i = 1; i < 10; ++i) text += fmt::format("  p{0}: \"${{p{1}}}${{p{1}}}${{p{1}}}\"\n", i, i - 1);
    const Loaded bomb = load(text + "nodes: { a: { generate: }, b: { from: a, console: } }\n");
    EXPECT_FALSE(bomb.topology);
    EXPECT_NE(bomb.text().find("parameters stand for more than 67108864 bytes in all"), std::string::npos);
}

TEST(Secrets, AreShownNowhere) {
    const Loaded loaded = load(R"(parameters:
  password: { secret: true, default: hunter2 }
  derived: "user:${password}"
connections:
  kafka: { brokers: "${password}@host", password: $password, properties: { a: $derived, b: open } }
nodes:
  a: { generate: { columns: { s: $derived, t: plain } } }
  b: { from: a, kafka.sink: t }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    const CheckedConfig& kafka = loaded.topology->connections[0].config;
    EXPECT_EQ(kafka.value["password"], "hunter2");
    EXPECT_EQ(kafka.value["properties"]["a"], "user:hunter2");
    EXPECT_EQ(kafka.redacted().dump(),
              R"({"brokers":"***","password":"***","properties":{"a":"***","b":"open"}})");
    EXPECT_EQ(loaded.node("a").config.redacted().dump(), R"({"columns":{"s":"***","t":"plain"},"rate":0})");
    EXPECT_EQ(shown(loaded), "password: string = *** (default)\nderived: string = *** (default)\n");
    EXPECT_EQ(loaded.topology->file->shown_line(2), "  password: { secret: true, default: ******* }");
}

TEST(Secrets, OfSeveralLinesAreMaskedWhole) {
    const Loaded loaded = load(R"(parameters:
  key:
    secret: true
    default: |
      BEGIN
        middle

      END
  other: x
nodes:
  a: { generate: { columns: { s: $key, t: $other } } }
  b: { from: a, console: }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    std::string text;
    for (int line = 4; line <= 9; ++line) text += loaded.topology->file->shown_line(line) + "\n";
    EXPECT_EQ(text.find_first_of("BEGIN"), std::string::npos) << text;
    EXPECT_EQ(text.find("middle"), std::string::npos) << text;
    EXPECT_NE(text.find("  other: x\n"), std::string::npos) << text;
}

TEST(Secrets, OfTheCommandLineAreMasked) {
    const Loaded loaded = load(
        "parameters:\n  pin: { secret: true, type: int64 }\nnodes: { a: { generate: { rate: $pin } }, b: { "
        "from: a, console: } }\n",
        sets({"pin=hunter2"}));
    EXPECT_EQ(loaded.text(),
              "--set: error[wrong-type]: parameter `pin` is not an int64\n"
              "      | pin=*******\n"
              "      |     ^~~~~~~\n"
              "   expected: a whole number\n"
              "   t.yaml:2:3: declared here\n");
}

TEST(Parameters, RefuseAValueThatIsNotUtf8) {
    const Loaded loaded = load(kTopology, sets({"topic=a\xff"}));
    EXPECT_FALSE(loaded.topology);
    EXPECT_EQ(loaded.text(), "--set: error[yaml-encoding]: the value of parameter `topic` is not UTF-8\n"
                             "      | topic=a\uFFFD\n"
                             "      | ^~~~~\n");
}

TEST(Parameters, RefuseAnEnvironmentThatIsNotUtf8) {
    const Loaded loaded = load("parameters: { topic: \"${env:T}\" }\n"
                               "nodes:\n"
                               "  raw: { generate: }\n"
                               "  out: { from: raw, kafka.sink: $topic }\n"
                               "connections: { kafka: embedded }\n", {}, {{"T", "\xff"}});
    EXPECT_FALSE(loaded.topology);
    EXPECT_EQ(loaded.text(), R"(t.yaml:1:23: error[yaml-encoding]: the environment variable `T` is not UTF-8
    1 | parameters: { topic: "${env:T}" }
      |                       ^~~~~~~~
)");
}

}  // namespace
}  // namespace weir::host
