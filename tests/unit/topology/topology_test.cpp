// Good topologies and what becomes of them.
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/topology/language.hpp"
#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

using std::chrono::microseconds;

constexpr const char* kPairMatch = R"(name: pair-match
parameters:                                   # a bare value is default and type
  brokers: embedded
  pair_sum: 12
  raw_topic: raw-topic
  group_id: my-group
  enriched_topic: enriched-topic
  dead_letter_topic: raw-events-dlq
connections:
  kafka: { brokers: $brokers, create_topics: { partitions: 4 } }
nodes:
  raw:      { kafka.source: { topic: $raw_topic, group_id: $group_id, start: earliest, format: text, record: { n: int64 } } }
  pairs:    { from: raw, pair_match: { value: n, sum: $pair_sum, min: 0, max: $pair_sum } }
  enriched: { from: pairs, kafka.sink: $enriched_topic }
dead_letters: { kafka.sink: $dead_letter_topic }
)";

std::vector<std::string> ids(const Topology& topology) {
    std::vector<std::string> out;
    for (const NodeSpec& node : topology.nodes) out.push_back(node.id);
    return out;
}

// "raw.out -> pairs.in"
std::vector<std::string> edges(const Topology& topology) {
    std::vector<std::string> out;
    for (const Edge& edge : topology.edges) {
        out.push_back(topology.nodes[static_cast<std::size_t>(edge.from_node)].id + "." + edge.from_port +
                      " -> " + topology.nodes[static_cast<std::size_t>(edge.to_node)].id + "." +
                      edge.to_port);
    }
    return out;
}

using Names = std::vector<std::string>;

TEST(Topology, LoadsThePairMatchPipeline) {
    const Loaded loaded = load(kPairMatch);
    ASSERT_TRUE(loaded.topology) << loaded.text();
    const Topology& t = *loaded.topology;
    EXPECT_EQ(t.name, "pair-match");
    EXPECT_EQ(ids(t), (Names{"raw", "pairs", "enriched", "dead_letters"}));
    EXPECT_EQ(edges(t),
              (Names{"raw.out -> pairs.in", "pairs.out -> enriched.in", "raw.errors -> dead_letters.in",
                     "pairs.errors -> dead_letters.in", "enriched.errors -> dead_letters.in"}));
    EXPECT_EQ(
        loaded.config("raw").dump(),
        R"({"topic":["raw-topic"],"group_id":"my-group","start":"earliest","format":{"codec":"text","config":{}},)"
        R"("record":{"fields":[{"name":"n","type":"int64","nullable":false}]},"max_wait":500000,"fetch":262144})");
    EXPECT_EQ(loaded.config("pairs").dump(), R"({"value":"n","sum":12,"min":0,"max":12})");
    EXPECT_EQ(
        loaded.config("enriched").dump(),
        R"({"topic":"enriched-topic","format":{"codec":"json","config":{"unknown":"ignore"}},"compression":"none"})");
    EXPECT_EQ(loaded.config("dead_letters")["topic"], "raw-events-dlq");
    ASSERT_EQ(t.connections.size(), 1U);
    EXPECT_EQ(t.connections[0].config.value.dump(),
              R"({"brokers":"embedded","create_topics":{"partitions":4,"replication":1}})");
    for (const char* id : {"raw", "enriched", "dead_letters"})
        EXPECT_EQ(loaded.node(id).connection, "kafka") << id;
    EXPECT_EQ(loaded.node("pairs").connection, "");
    EXPECT_EQ(loaded.node("raw").errors, ErrorsPolicy::kDeadLetters);
    EXPECT_EQ(loaded.node("dead_letters").errors, ErrorsPolicy::kStop);
    EXPECT_EQ(loaded.text(),
              "t.yaml:13:3: note[unread-output]: no node reads `pairs.expired`; its rows are only counted\n"
              "   13 |   pairs:    { from: raw, pair_match: { value: n, sum: $pair_sum, min: 0, max: "
              "$pair_sum } }\n"
              "      |   ^~~~~\n");
}

TEST(Topology, FindsThePlaceOfEachValue) {
    const Loaded loaded = load(kPairMatch);
    ASSERT_TRUE(loaded.topology) << loaded.text();
    const CheckedConfig& raw = loaded.node("raw").config;
    EXPECT_EQ(raw.place_of("topic").text(), "t.yaml:12:38");
    EXPECT_EQ(raw.place_of("record").text(), "t.yaml:12:110");
    EXPECT_EQ(raw.place_of("record.n.type").text(), "t.yaml:12:110");
    EXPECT_EQ(raw.place_of("max_wait").text(), "t.yaml:12:29");  // nobody wrote it: the whole configuration
    EXPECT_EQ(loaded.topology->connections[0].config.place_of("create_topics.partitions").text(),
              "t.yaml:10:60");
    EXPECT_EQ(loaded.node("pairs").place.text(), "t.yaml:13:3");
    EXPECT_EQ(loaded.node("pairs").op_place.text(), "t.yaml:13:26");
}

TEST(Topology, HasDefaultsForWhatIsNotWritten) {
    const Loaded loaded = load("nodes: { a: { generate: }, b: { from: a, console: } }\n");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    const Topology& t = *loaded.topology;
    EXPECT_EQ(t.name, "t");
    EXPECT_EQ(t.checkpoint, microseconds(1'000'000));
    EXPECT_EQ(t.checkpoint_timeout, microseconds(60'000'000));
    EXPECT_EQ(t.workers, 0);
    EXPECT_EQ(t.memory_limit, 0);
    EXPECT_EQ(t.restart.strategy, RestartStrategy::kExponential);
    EXPECT_FALSE(t.restart.attempts);
    EXPECT_EQ(loaded.node("a").errors, ErrorsPolicy::kStop);
    EXPECT_EQ(loaded.config("a").dump(), R"({"rate":0})");
}

TEST(Topology, ReadsTheTopLevel) {
    const Loaded loaded = load(R"(name: all.of-it
parameters: { interval: { type: duration, default: 1m30s } }
checkpoint: $interval
checkpoint_timeout: 1h
workers: 3
memory_limit: 1.5GiB
delivery: at_least_once
restart: { attempts: 5, delay: 250ms }
plugins: { core: ">=0.1, <1" }
nodes: { a: { generate: {} }, b: { from: a, console: {} } }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    const Topology& t = *loaded.topology;
    EXPECT_EQ(t.name, "all.of-it");
    EXPECT_EQ(t.checkpoint, microseconds(90'000'000));
    EXPECT_EQ(t.checkpoint_timeout, microseconds(3'600'000'000));
    EXPECT_EQ(t.workers, 3);
    EXPECT_EQ(t.memory_limit, int64_t{3} << 29);
    EXPECT_EQ(t.restart.strategy, RestartStrategy::kExponential);
    EXPECT_EQ(t.restart.attempts, 5);
    EXPECT_EQ(t.restart.delay, microseconds(250'000));
    EXPECT_EQ(t.restart.max_delay, microseconds(60'000'000));
    EXPECT_EQ(t.plugin_requirements,
              (std::vector<std::pair<std::string, std::string>>{{"core", ">=0.1, <1"}}));
    EXPECT_EQ(loaded.text(), "");
}

TEST(Topology, PutsSourcesFirstAndEachNodeBehindWhatItReads) {
    const Loaded loaded = load(R"(nodes:
  out:  { from: [both, more.errors], console: {} }
  both: { from: { left: left, right: [right, more] }, join: {} }
  left: { from: one, pass: {} }
  one: { generate: {} }
  right: { from: two, pass: {} }
  two: { generate: {} }
  more: { from: two, key: [n, m], count: {} }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(ids(*loaded.topology), (Names{"one", "two", "left", "right", "more", "both", "out"}));
    EXPECT_EQ(edges(*loaded.topology),
              (Names{"one.out -> left.in", "two.out -> right.in", "two.out -> more.in",
                     "left.out -> both.left", "right.out -> both.right", "more.out -> both.right",
                     "both.out -> out.in", "more.errors -> out.in"}));
    EXPECT_EQ(loaded.node("more").key, (Names{"n", "m"}));
    EXPECT_EQ(loaded.node("more").errors, ErrorsPolicy::kWired);
    EXPECT_EQ(loaded.node("both").errors, ErrorsPolicy::kStop);
    EXPECT_EQ(loaded.text(), "");
}

TEST(Topology, TakesPortsThatAConfigurationNames) {
    const Loaded loaded = load(R"(nodes:
  raw: { generate: {} }
  sorted: { from: raw, route: { to: { big: n > 100, default_: n < 0, odd: n % 2 = 1 } } }
  out: { from: [sorted.odd, sorted.errors], console: {} }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(edges(*loaded.topology), (Names{"raw.out -> sorted.in", "sorted.odd -> out.in", "sorted.errors -> out.in"}));
    EXPECT_EQ(loaded.text(),
              "t.yaml:3:3: warning[unread-output]: no node reads `sorted.big`; its rows are only counted\n"
              "    3 |   sorted: { from: raw, route: { to: { big: n > 100, default_: n < 0, odd: n % 2 = 1 } } }\n"
              "      |   ^~~~~~\n"
              "t.yaml:3:3: warning[unread-output]: no node reads `sorted.default_`; its rows are only counted\n"
              "    3 |   sorted: { from: raw, route: { to: { big: n > 100, default_: n < 0, odd: n % 2 = 1 } } }\n"
              "      |   ^~~~~~\n"
              "t.yaml:3:3: note[unread-output]: no node reads `sorted.default`; its rows are only counted\n"
              "    3 |   sorted: { from: raw, route: { to: { big: n > 100, default_: n < 0, odd: n % 2 = 1 } } }\n"
              "      |   ^~~~~~\n");
}

TEST(Topology, UnitesTheInputsOfAnOperatorThatTakesOne) {
    const Loaded loaded = load(R"(nodes:
  a: { generate: {} }
  b: { generate: {} }
  one: { from: a, pair_match: { value: n, sum: 12 } }
  pairs: { from: [a, one.expired, b], pair_match: { value: n, sum: 12 } }
  out: { from: [pairs, one, pairs.expired], console: {} }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(edges(*loaded.topology),
              (Names{"a.out -> one.in", "a.out -> pairs/inputs.in", "one.expired -> pairs/inputs.in", "b.out -> pairs/inputs.in",
                     "pairs/inputs.out -> pairs.in", "pairs.out -> out.in", "one.out -> out.in", "pairs.expired -> out.in"}));
    EXPECT_EQ(loaded.node("pairs/inputs").name(), "pairs");
    EXPECT_EQ(loaded.text(), "");
}

TEST(Topology, LeadsEachEdgeIntoANodeWithATagThroughWhatAddsIt) {
    const Loaded loaded = load(R"(parameters: { column: { type: column, default: kind } }
nodes:
  raw: { generate: {}, set: { m: n } }
  pairs: { from: raw, pair_match: { value: n, sum: 12 } }
  out: { from: [raw, pairs, pairs.expired], tag: $column, where: kind <> 'raw', console: {} }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(edges(*loaded.topology),
              (Names{"raw.out -> raw/clauses.in", "raw/clauses.out -> pairs.in", "raw/clauses.out -> out/clauses/tag2.in",
                     "pairs.out -> out/clauses/tag3.in", "pairs.expired -> out/clauses/tag4.in", "out/clauses/tag2.out -> out/clauses.in",
                     "out/clauses/tag3.out -> out/clauses.in", "out/clauses/tag4.out -> out/clauses.in", "out/clauses.out -> out.in"}));
    EXPECT_EQ(loaded.node("out").tag, "kind");
    EXPECT_EQ(loaded.config("out/clauses/tag4").dump(), R"({"steps":[{"tag":{"column":"kind","value":"pairs.expired"}}]})");
    EXPECT_EQ(loaded.node("out/clauses/tag4").name(), "out");
    EXPECT_EQ(loaded.text(), "");
}

TEST(Topology, LeavesWiredErrorsOutOfTheDeadLetters) {
    const Loaded loaded = load(R"(dead_letters: { console: {} }
nodes:
  a: { generate: {} }
  b: { from: [a, a.errors], console: {} }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(edges(*loaded.topology),
              (Names{"a.out -> b.in", "a.errors -> b.in", "b.errors -> dead_letters.in"}));
}

TEST(Topology, TakesLogAndDropForDeadLetters) {
    for (const auto& [word, policy] : {std::pair{"log", ErrorsPolicy::kLog}, {"drop", ErrorsPolicy::kDrop}}) {
        const Loaded loaded = load(fmt::format(
            "dead_letters: {}\nnodes: {{ a: {{ generate: }}, b: {{ from: a, console: }} }}\n", word));
        ASSERT_TRUE(loaded.topology) << loaded.text();
        EXPECT_EQ(loaded.node("a").errors, policy);
        EXPECT_EQ(loaded.node("b").errors, policy);
        EXPECT_EQ(loaded.topology->nodes.size(), 2U);
    }
}

TEST(Topology, ChoosesAmongConnectionsByName) {
    const Loaded loaded = load(R"(parameters: { where_to: far }
connections:
  near: { kafka: embedded }
  far: { kafka: { brokers: "broker:9092" } }
  idle: { kafka: embedded }
nodes:
  raw: { kafka.source: { topic: a, connection: near } }
  out: { from: raw, kafka.sink: { topic: b, connection: $where_to } }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.node("raw").connection, "near");
    EXPECT_EQ(loaded.node("out").connection, "far");
    EXPECT_EQ(loaded.topology->find_connection("far")->op->name, "kafka");
    EXPECT_FALSE(loaded.config("out").contains("connection"));
    EXPECT_EQ(loaded.text(),
              "t.yaml:5:3: warning[unused-connection]: no node uses the connection `idle`\n"
              "    5 |   idle: { kafka: embedded }\n"
              "      |   ^~~~\n");
}

TEST(Topology, AppliesDefaultsOfAnOperator) {
    const Loaded loaded = load(R"(connections: { kafka: embedded }
defaults:
  kafka.sink: { compression: lz4, format: { json: { unknown: keep } } }
nodes:
  raw: { kafka.source: [a, b] }
  out: { from: raw, kafka.sink: t }
  other: { from: raw, kafka.sink: { topic: u, compression: zstd } }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("raw")["topic"], (Json{"a", "b"}));
    EXPECT_EQ(loaded.config("out")["compression"], "lz4");
    EXPECT_EQ(loaded.config("out")["format"].dump(), R"({"codec":"json","config":{"unknown":"keep"}})");
    EXPECT_EQ(loaded.config("other")["compression"], "zstd");
}

TEST(Topology, SharesRecordsByName) {
    const Loaded loaded = load(R"(connections: { kafka: embedded }
records:
  order: { id: int64, amount: "decimal(12, 2)?", user: { city: "string?", tags: list<string> }, at: timestamp }
nodes:
  raw: { kafka.source: { topic: a, format: json, record: order } }
  out: { from: raw, kafka.sink: t }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("raw")["record"].dump(),
              R"({"fields":[{"name":"id","type":"int64","nullable":false},)"
              R"x({"name":"amount","type":"decimal(12,2)","nullable":true},)x"
              R"({"name":"user","type":"struct<city: string?, tags: list<string>>","nullable":false},)"
              R"({"name":"at","type":"timestamp","nullable":false}]})");
}

TEST(Topology, TakesColumnsThatSayMoreThanTheirType) {
    const Loaded loaded = load(R"(connections: { kafka: embedded }
parameters: { form: epoch_ms }
nodes:
  raw:
    kafka.source:
      topic: a
      format: json
      record:
        city: { type: string, path: user.address.city, nullable: true }
        at:   { type: timestamp, format: $form }
        day:  { type: "date?", format: "%d.%m.%Y" }
        user: { type: { type: string, path: "string?" }, nullable: true }
        tags: [string]
        lines: [{ sku: string, sizes: ["int8?"] }]
        more: "map<string, float64?>"
  out: { from: raw, kafka.sink: t }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("raw")["record"].dump(),
              R"({"fields":[{"name":"city","type":"string","nullable":true,"path":"user.address.city"},)"
              R"({"name":"at","type":"timestamp","nullable":false,"format":"epoch_ms"},)"
              R"({"name":"day","type":"date","nullable":true,"format":"%d.%m.%Y"},)"
              R"({"name":"user","type":"struct<type: string, path: string?>","nullable":true},)"
              R"({"name":"tags","type":"list<string>","nullable":false},)"
              R"({"name":"lines","type":"list<struct<sku: string, sizes: list<int8?>>>","nullable":false},)"
              R"({"name":"more","type":"map<string, float64?>","nullable":false}]})");
}

TEST(Topology, FindsRecordsInFiles) {
    const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "weir-record-files";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "schemas/records");
    std::filesystem::create_directories(folder / "topologies/mine");
    auto write = [&](const char* name, const char* text) { std::ofstream(folder / name) << text; };
    write("schemas/records/order.yaml", "id: int64\ncity: { type: string, path: user.city }\n");
    write("schemas/records/broken.yaml", "id: int46\n");
    write("topologies/own.yaml", "n: int8\n");
    auto load_it = [&](const std::string& text, Diagnostics& diagnostics) {
        return load_topology_text(folder / "topologies/mine/t.yaml", text, {}, test_catalog(), diagnostics);
    };
    Diagnostics good, bad;
    const auto topology = load_it(R"(connections: { kafka: embedded }
records: { mine: ../own.yaml }
nodes:
  a: { kafka.source: { topic: a, format: json, record: order } }
  b: { kafka.source: { topic: b, format: json, record: mine } }
  out: { from: a, kafka.sink: t }
  out2: { from: b, kafka.sink: t }
)",
                                  good);
    ASSERT_TRUE(topology) << good.text();
    auto record = [&](const char* node) {
        return topology->nodes.at(static_cast<std::size_t>(topology->find_node(node))).config.value["record"].dump();
    };
    EXPECT_EQ(record("a"), R"({"fields":[{"name":"id","type":"int64","nullable":false},)"
                           R"({"name":"city","type":"string","nullable":false,"path":"user.city"}]})");
    EXPECT_EQ(record("b"), R"({"fields":[{"name":"n","type":"int8","nullable":false}]})");
    EXPECT_FALSE(load_it("connections: { kafka: embedded }\nnodes:\n"
                         "  a: { kafka.source: { topic: a, record: broken } }\n"
                         "  b: { kafka.source: { topic: a, record: broken } }\n",
                         bad));
    const std::string path = (folder / "schemas/records/broken.yaml").lexically_normal().string();
    EXPECT_EQ(bad.text().substr(0, bad.text().find('\n')),
              path + ":1:5: error[bad-record]: record `broken`: column `id`: there is no type `int46`");
    EXPECT_EQ(bad.text().find("bad-record"), bad.text().rfind("bad-record")) << "told once";
    std::filesystem::remove_all(folder);
}

TEST(Topology, ReadsEveryTypeOfParameter) {
    const Loaded loaded = load(R"(nodes:
  a: { generate: { columns: { n: { range: [0, 12] }, s: [x, 1, true, "1", 0.5, null] } } }
  b:
    from: a
    pass:
      ratio: 2
      strict: true
      anything: "true"
      retry: { limit: 3 }
      labels: { a: 1, b: two }
      sizes: [1, -2]
  c: { from: b, pass: { ratio: 1e-3, retry: { limit: +3, wait: 1.5s } } }
  d: { from: c, console: {} }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("a").dump(),
              R"({"columns":{"n":{"range":[0,12]},"s":["x",1,true,"1",0.5,null]},"rate":0})");
    EXPECT_EQ(loaded.config("b").dump(),
              R"({"ratio":2.0,"strict":true,"anything":"true","retry":{"limit":3,"wait":1000000},)"
              R"("labels":{"a":"1","b":"two"},"sizes":[1,-2]})");
    EXPECT_EQ(loaded.config("c").dump(), R"({"ratio":0.001,"retry":{"limit":3,"wait":1500000}})");
}

TEST(Topology, FollowsAliasesAndMergesMappings) {
    const Loaded loaded = load(R"(connections: { kafka: embedded }
nodes:
  raw: { kafka.source: &common { topic: a, start: earliest } }
  more: { kafka.source: { <<: *common, topic: b } }
  out: { from: &both [raw, more], console: }
  copy: { from: *both, console: }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("more")["topic"], Json::array({"b"}));
    EXPECT_EQ(loaded.config("more")["start"], "earliest");
    EXPECT_EQ(loaded.topology->edges.size(), 4U);
}

constexpr const char* kClauses = R"(parameters: { least: 3, by: { type: column, default: kind }, unused_in_quotes: x }
connections: { kafka: embedded }
dead_letters: { kafka.sink: dead }
nodes:
  raw: { kafka.source: topic, where: n > $least }
  counts:
    from: raw
    set: { m: n * 2 }
    check: { known: "kind <> '$unused_in_quotes'" }
    key: { up: upper($by), day: day }
    count: {}
  alone: { from: counts, select: [m, $by] }
  out: { from: [alone, raw], kafka.sink: out }
  failed: { from: [counts.errors, raw.errors], kafka.sink: failed }
)";

TEST(Topology, PutsClausesBeforeAnOperatorAndBehindASource) {
    const Loaded loaded = load(kClauses);
    ASSERT_TRUE(loaded.topology) << loaded.text();
    const Topology& t = *loaded.topology;
    EXPECT_EQ(ids(t), (Names{"raw", "raw/clauses", "counts/clauses", "counts", "alone", "out", "failed", "dead_letters"}));
    EXPECT_EQ(edges(t), (Names{"raw.out -> raw/clauses.in", "raw/clauses.out -> counts/clauses.in",
                               "counts/clauses.out -> counts.in", "counts.out -> alone.in", "alone.out -> out.in",
                               "raw/clauses.out -> out.in", "counts/clauses.errors -> failed.in", "counts.errors -> failed.in",
                               "raw/clauses.errors -> failed.in", "raw.errors -> failed.in",
                               "alone.errors -> dead_letters.in", "out.errors -> dead_letters.in",
                               "failed.errors -> dead_letters.in"}));
    const NodeSpec& clauses = t.nodes[2];
    EXPECT_EQ(clauses.name(), "counts");
    EXPECT_EQ(clauses.op->name, "clauses");
    EXPECT_EQ(clauses.errors, ErrorsPolicy::kWired);
    EXPECT_EQ(t.nodes[3].key, (Names{"up", "day"}));
    EXPECT_EQ(t.nodes[3].key_expressions.dump(), R"x(["upper($by)","day"])x");
    EXPECT_EQ(t.nodes[3].key_parameters.dump(), R"({"by":"kind"})");
    EXPECT_EQ(t.nodes[4].name(), "alone");
    EXPECT_EQ(t.nodes[4].config.value.dump(), R"({"steps":[{"columns":["m","kind"]}]})");
}

TEST(Topology, BindsParametersIntoExpressions) {
    const Loaded loaded = load(kClauses);
    ASSERT_TRUE(loaded.topology) << loaded.text();
    const CheckedConfig& config = loaded.topology->nodes[2].config;
    EXPECT_EQ(config.value.dump(),
              R"x({"steps":[{"set":{"m":"n * 2"}},{"check":{"known":"kind <> '$unused_in_quotes'"}},)x"
              R"x({"set":{"up":{"text":"upper($by)","parameters":{"by":{"type":"column","value":"kind"}}},"day":"day"}}]})x");
    EXPECT_EQ(config.place_of("steps[1].check.known").text(), "t.yaml:9:21");
    EXPECT_EQ(config.place_in("steps[1].check.known", 8, 3).text(), "t.yaml:9:30");
    EXPECT_EQ(config.place_in("steps[2].set.up", 6, 3).text(), "t.yaml:10:22");
    EXPECT_EQ(loaded.diagnostics.text(false),
              "t.yaml:1:62: warning[unused-parameter]: nothing refers to parameter `unused_in_quotes`\n"
              "    1 | parameters: { least: 3, by: { type: column, default: kind }, unused_in_quotes: x }\n"
              "      |                                                              ^~~~~~~~~~~~~~~~\n");
}

TEST(Topology, HasNoKeyOfNodesThatAnOperatorMayHave) {
    const auto& reserved = reserved_operator_names();
    for (const Word& word : node_keys()) EXPECT_TRUE(std::find(reserved.begin(), reserved.end(), word.name) != reserved.end());
    EXPECT_EQ(reserved.size(), node_keys().size());
}

TEST(Topology, NamesAFileThatIsNotThere) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load_topology("no/such.yaml", {}, test_catalog(), diagnostics));
    EXPECT_EQ(diagnostics.text(),
              "no/such.yaml: error[file-unreadable]: cannot be read: No such file or directory\n");
}

TEST(Topology, SaysThatTheNameOfTheFileIsEmpty) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load_topology("", {}, test_catalog(), diagnostics));
    EXPECT_EQ(diagnostics.text(), "error[file-unreadable]: ``: the name of the file is empty\n");
}

std::string chain_of(int nodes) {
    std::string text = "name: chain\nnodes:\n  n1: { generate: }\n";
    for (int i = 2; i < nodes; ++i) text += fmt::format("  n{}: {{ from: n{}, pass: {{}} }}\n", i, i - 1);
    return text + fmt::format("  n{}: {{ from: n{}, console: }}\n", nodes, nodes - 1);
}

TEST(Topology, RefusesAPathThatIsTooLong) {
    const Loaded good = load(chain_of(512));
    EXPECT_TRUE(good.topology) << good.text();
    const Loaded bad = load(chain_of(514));
    EXPECT_FALSE(bad.topology);
    EXPECT_EQ(bad.text(), R"(t.yaml:515:3: error[too-deep]: node `n513`: it is the 513th of nodes that read one another
  515 |   n513: { from: n512, pass: {} }
      |   ^~~~
   expected: at most 512 nodes from a source to a sink
   hint: write to a topic in between and read it in a second topology
)");
}

TEST(Topology, RefusesAFolder) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load_topology(test_folder(), {}, test_catalog(), diagnostics));
    EXPECT_EQ(diagnostics.text(),
              test_folder().string() + ": error[file-unreadable]: cannot be read: not a regular file\n");
}

}  // namespace
}  // namespace weir::host
