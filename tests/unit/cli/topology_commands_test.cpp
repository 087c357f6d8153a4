// `weir topology new`, `docs`, and what shells complete.
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(TopologyNew, WritesAFileThatRuns) {
    const Folder folder;
    const Outcome got = weir({"topology", "new", "orders"}, folder.path());
    EXPECT_EQ(got.code, 0) << got.err;
    EXPECT_THAT(got.out, StartsWith("orders.yaml is written; next: weir lint orders.yaml"));
    const std::string text = folder.read("orders.yaml");
    EXPECT_THAT(text, StartsWith("# yaml-language-server: $schema="));
    EXPECT_THAT(text, HasSubstr("#   weir lint orders.yaml           what is wrong with it\n"
                                "#   weir explain orders.yaml        the columns on every edge\n"
                                "#   weir run orders.yaml --for 10s  run it for a while\n"
                                "#   weir topology docs              all operators; with a name, one of them\n"
                                "name: orders\n"));
    EXPECT_THAT(text, HasSubstr("      # count: …  # Ends after so many rows.\n"));
    EXPECT_EQ(weir({"lint", "orders.yaml"}, folder.path()).out, "orders.yaml: ok\n");
    const Outcome run = weir({"run", "orders.yaml", "--records", "2", "--quiet"}, folder.path());
    EXPECT_EQ(run.code, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("value=1"));
}

// The names of the operators of a kind that are present.
std::vector<std::string> operators_of(const std::string& kind) {
    std::vector<std::string> names;
    for (const auto& plugin : nlohmann::json::parse(weir({"plugin", "ls", "--format", "json"}).out))
        for (const auto& op : plugin["operators"])
            if (op["kind"] == kind) names.push_back(op["name"]);
    return names;
}

TEST(TopologyNew, WritesAFileThatLintTakesForEachSourceAndSink) {
    const Folder folder;
    std::set<std::pair<std::string, std::string>> pairs;
    for (const std::string& source : operators_of("source")) pairs.emplace(source, "console");
    for (const std::string& sink : operators_of("sink")) pairs.emplace("generate", sink);
    std::vector<std::string> lint = {"lint"};
    for (const auto& [source, sink] : pairs) {
        const std::string name = source + "-" + sink;
        EXPECT_EQ(weir({"topology", "new", name, "--from", source, "--to", sink}, folder.path()).code, 0) << name;
        lint.push_back(name + ".yaml");
    }
    const Outcome got = weir(lint, folder.path());
    EXPECT_EQ(got.code, 0) << got.out;
}

TEST(TopologyNew, ReadsAndWritesTwoTopics) {
    const Folder folder;
    ASSERT_EQ(weir({"topology", "new", "copy", "--from", "kafka.source", "--to", "kafka.sink"}, folder.path()).code, 0);
    EXPECT_THAT(folder.read("copy.yaml"), testing::AllOf(HasSubstr("topic: my-topic "), HasSubstr("topic: my-results ")));
    EXPECT_EQ(weir({"lint", "copy.yaml"}, folder.path()).out, "copy.yaml: ok\n");
}

TEST(TopologyNew, OverwritesNothing) {
    const Folder folder;
    folder.write("orders.yaml", "mine\n");
    const Outcome got = weir({"topology", "new", "orders"}, folder.path());
    EXPECT_EQ(got.err, "weir topology new: cannot write orders.yaml: File exists\n");
    EXPECT_EQ(got.code, 2);
    EXPECT_EQ(folder.read("orders.yaml"), "mine\n");
}

TEST(TopologyNew, WantsASourceAndASink) {
    const Folder folder;
    const Outcome got = weir({"topology", "new", "orders", "--from", "kafka.sink", "--to", "consle"}, folder.path());
    EXPECT_THAT(got.err, HasSubstr("weir topology new: --from: `kafka.sink` is no source; expected: "));
    EXPECT_THAT(got.err, HasSubstr("weir topology new: --to: there is no operator `consle`; expected: "));
    EXPECT_THAT(got.err, HasSubstr("; nearest: `console`\n"));
    EXPECT_EQ(got.code, 2);
}

TEST(TopologyDocs, ExplainAnOperator) {
    const Outcome got = weir({"topology", "docs", "kafka.sink"});
    EXPECT_THAT(got.out, StartsWith("kafka.sink (sink, plugin kafka)\n  Writes to a Kafka topic.\n"
                                    "  `kafka.sink: …` alone means `topic`.\n  Needs a connection of kind `kafka`.\n"));
    EXPECT_THAT(got.out, HasSubstr("\n  topic  string, required\n      The topic to write to.\n"));
    EXPECT_THAT(got.out, HasSubstr("\n  format  codec, default json\n"));
    EXPECT_THAT(got.out, HasSubstr("\n  headers  map<string, column>\n"));
    EXPECT_EQ(got.code, 0);
}

TEST(TopologyDocs, ExplainMembersByTheirPath) {
    const Outcome got = weir({"topology", "docs", "kafka"});
    EXPECT_THAT(got.out, HasSubstr("\n  create_topics.partitions  int64, default 0\n"));
    EXPECT_THAT(got.out, HasSubstr("\n  sasl.password  string, required\n      The user's password. Secret.\n"));
}

TEST(TopologyDocs, ListAll) {
    const Outcome got = weir({"topology", "docs"});
    EXPECT_THAT(got.out, StartsWith("OPERATOR"));
    EXPECT_THAT(got.out, HasSubstr("\nkafka.source "));
    EXPECT_THAT(got.out, HasSubstr("\njson "));
}

TEST(TopologyDocs, NameTheNearest) {
    const Outcome got = weir({"topology", "docs", "kafka.snik"});
    EXPECT_THAT(got.err, StartsWith("weir topology docs: there is no operator `kafka.snik`; expected: "));
    EXPECT_THAT(got.err, HasSubstr("; nearest: `kafka.sink`\n"));
    EXPECT_EQ(got.code, 2);
}

// docs/operators.md is of the plugins that are installed; those of tests are elsewhere.
TEST(TopologyDocs, AreThePageThatIsCommitted) {
    std::ifstream file(std::string(std::getenv("WEIR_SOURCE_DIR")) + "/docs/operators.md");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), weir({"topology", "docs", "--format", "markdown"}).out)
        << "weir topology docs --format markdown >docs/operators.md makes them equal again";
}

TEST(TopologyDocs, OfAggregatesAreThePageThatIsCommitted) {
    std::ifstream file(std::string(std::getenv("WEIR_SOURCE_DIR")) + "/docs/aggregates.md");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), weir({"topology", "docs", "--aggregates"}).out)
        << "weir topology docs --aggregates >docs/aggregates.md makes them equal again";
}

class Completion : public ::testing::Test {
protected:
    Completion() {
        folder_.write("orders.yaml", "parameters:\n  brokers: embedded\n  group_by: { one_of: [status, region], default: status }\nnodes: {}\n");
    }

    // What bash offers behind `line`: the words, with a blank between them.
    std::string bash(const std::string& line) {
        const Outcome got = shell(
            "mkdir -p bin && ln -sf \"$WEIR_BIN\" bin/weir && PATH=$PWD/bin:$PATH exec bash --norc -c '\n"
            "source <(weir completion bash)\n"
            "COMP_LINE=$1 COMP_POINT=${#1}; _weir; printf \"%s\\n\" \"${COMPREPLY[@]}\"' - '" + line + "' 2>&1",
            folder_.path());
        EXPECT_EQ(got.code, 0) << got.out;
        return got.out;
    }

    // What zsh offers: the words, `files` where it looks for these, and before words that more follows on: `...`
    std::string zsh(const std::string& line) {
        const Outcome got = shell(
            "mkdir -p bin && ln -sf \"$WEIR_BIN\" bin/weir && PATH=$PWD/bin:$PATH exec zsh -f -c '\n"
            "compdef() { }\n"
            "_files() { print files }\n"
            "compadd() { [[ $1 == -S ]] && shift 2 && print ...; shift; print -l -- \"$@\" }\n"
            "source <(weir completion zsh)\n"
            "words=(\"${(@s: :)1}\") CURRENT=$#words; _weir' - '" + line + "' 2>&1",
            folder_.path());
        EXPECT_EQ(got.code, 0) << got.out;
        return got.out;
    }

    Folder folder_;
};

TEST_F(Completion, OffersCommandsAndOptions) {
    EXPECT_EQ(bash("weir to"), "top\ntopic\ntopology\n");
    EXPECT_EQ(bash("weir topology "), "docs\nnew\nschema\n");
    EXPECT_EQ(bash("weir lint --form"), "--format\n");
    EXPECT_EQ(bash("weir nonsense"), "\n");
}

TEST_F(Completion, OffersValues) {
    EXPECT_EQ(bash("weir lint --format "), "github\njson\ntext\n");
    EXPECT_EQ(bash("weir lint --format=j"), "json\n");
    EXPECT_EQ(bash("weir lint --explain yaml-comm"), "yaml-comma\nyaml-comment\n");
    EXPECT_EQ(bash("weir completion "), "bash\nzsh\n");
}

TEST_F(Completion, OffersOperators) {
    EXPECT_EQ(bash("weir topology docs kafka."), "kafka.sink\nkafka.source\n");
    EXPECT_EQ(bash("weir topology new x --to kaf"), "kafka.sink\n");
    EXPECT_EQ(bash("weir topology new x --from kaf"), "kafka.source\n");
}

TEST_F(Completion, OffersTheParametersOfTheTopologiesNamed) {
    EXPECT_EQ(bash("weir run orders.yaml --set "), "brokers=\ngroup_by=\n");
    EXPECT_EQ(bash("weir run orders.yaml --set group_by=r"), "region\n");
    EXPECT_EQ(bash("weir run --set "), "\n");
}

TEST_F(Completion, LeavesFilesToTheShell) { EXPECT_EQ(bash("weir run "), "\n"); }

TEST_F(Completion, OffersTheSameInZsh) {
    EXPECT_THAT(weir({"completion", "zsh"}).out, StartsWith("#compdef weir\n"));
    EXPECT_EQ(zsh("weir topology "), "docs\nnew\nschema\n");
    EXPECT_EQ(zsh("weir lint --format=j"), "--format=json\n");
    EXPECT_EQ(zsh("weir run orders.yaml --set "), "...\nbrokers=\ngroup_by=\n");
    EXPECT_EQ(zsh("weir run orders.yaml --set group_by=r"), "group_by=region\n");
    EXPECT_EQ(zsh("weir run "), "files\n");
}

TEST_F(Completion, KnowsItsShells) {
    const Outcome got = weir({"completion", "fish"});
    EXPECT_EQ(got.err, "weir completion: SHELL: there is no `fish`; expected: `bash` or `zsh`\n   see: weir completion --help\n");
    EXPECT_EQ(got.code, 2);
}

}  // namespace
}  // namespace weir::test
