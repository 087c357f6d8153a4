// `weir dlq` from outside, against an embedded broker: letters are counted, shown, and replayed once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;

constexpr const char* kOrders =
    "name: orders\n"
    "parameters: { brokers: { type: string } }\n"
    "connections: { kafka: { brokers: $brokers } }\n"
    "dead_letters: { kafka.sink: orders-dlq }\n"
    "nodes:\n"
    "  raw: { kafka.source: { topic: orders, group_id: g, start: earliest, format: text } }\n"
    "  good: { from: raw, select: { n: value::int64 }, check: { small: n < 10 }, console: json }\n";

// A broker with four orders in it, of which three have become dead letters.
class Dlq : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(broker_.wait_for("nothing of it is kept\n"));
        const std::string head = "embedded broker at ";
        address_ = broker_.output().substr(head.size(), broker_.output().find('\n') - head.size());
        folder_.write("t.yaml", kOrders);
        const Outcome produced = weir({"topic", "produce", "orders", "--brokers", address_, "--key-separator", ":"}, ".",
                                      "k1:1\nk2:twelve\nk3:77\nk4:\xff\x01\n");
        ASSERT_EQ(produced.code, 0) << produced.err;
        const Outcome run = weir({"run", "t.yaml", "--quiet", "--records", "4", "--set", "brokers=" + address_}, folder_.path());
        ASSERT_EQ(run.code, 0) << run.err;
    }
    Outcome dlq(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "dlq");
        arguments.insert(arguments.end(), {"t.yaml", "--set", "brokers=" + address_});
        return weir(arguments, folder_.path());
    }
    // By topic and brokers.
    Outcome dlq_of(const std::string& topic, std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "dlq");
        arguments.insert(arguments.end(), {"--topic", topic, "--brokers", address_});
        return weir(arguments, folder_.path());
    }
    std::string values_of(const std::string& topic, int n) {
        const Outcome got = weir({"topic", "tail", topic, "--from", "start", "-n", std::to_string(n), "--brokers", address_});
        return got.out;
    }

    Process broker_{{"broker", "--topic", "orders:1", "--topic", "orders-dlq:1", "--topic", "again:1"}, "."};
    std::string address_;
    Folder folder_;
};

TEST_F(Dlq, LsCountsByNodeCodeAndField) {
    const Outcome table = dlq({"ls"});
    EXPECT_EQ(table.code, 0) << table.err;
    EXPECT_THAT(table.out, testing::MatchesRegex("NODE  CODE      FIELD  LETTERS  REPLAYED  FIRST +LAST\n"
                                                 "good  bad-cast  n            1         0  20.*Z  20.*Z\n"
                                                 "good  check     small        1         0  20.*Z  20.*Z\n"
                                                 "raw   decode    value        1         0  20.*Z  20.*Z\n"));
    const Outcome json = dlq_of("orders-dlq", {"ls", "--format", "json", "--code", "check"});
    const Json found = Json::parse(json.out);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0]["letters"], 1);
    EXPECT_EQ(found[0]["field"], "small");
    EXPECT_EQ(found[0]["first"], found[0]["last"]);
    const Outcome none = dlq({"ls", "--node", "nobody"});
    EXPECT_EQ(none.out, "NODE  CODE  FIELD  LETTERS  REPLAYED  FIRST  LAST\n");
    EXPECT_EQ(none.err, "no dead letter has the node `nobody`\n");
    EXPECT_EQ(dlq({"show", "--code", "chek"}).err, "no dead letter has the code `chek`; nearest: `check`\n");
    EXPECT_EQ(dlq({"replay", "--node", "god", "--dry-run"}).err, "no dead letter has the node `god`; nearest: `good`\n");
}

TEST_F(Dlq, ShowTellsPayloadKeyAndHeaders) {
    const Outcome one = dlq({"show", "--code", "check"});
    EXPECT_EQ(one.code, 0) << one.err;
    EXPECT_THAT(one.out, AllOf(HasSubstr("orders-dlq/0/1  20"), HasSubstr("\n  weir.node       good\n"), HasSubstr("\n  weir.code       check\n"),
                               HasSubstr("\n  weir.topic      orders\n"), HasSubstr("\n  weir.offset     2\n"),
                               HasSubstr("\n  key             k3\n  payload         77\n")));
    const Outcome newest = dlq({"show", "-n", "1"});
    EXPECT_THAT(newest.out, AllOf(HasSubstr("orders-dlq/0/2"), HasSubstr("  payload         hex ff01\n"), testing::Not(HasSubstr("twelve"))));
    const Json json = Json::parse(dlq({"show", "--at", "0/2", "--format", "json"}).out);
    ASSERT_EQ(json.size(), 1U);
    EXPECT_EQ(json[0]["payload"], Json({{"hex", "ff01"}}));
    EXPECT_EQ(json[0]["key"], "k4");
    const Outcome nowhere = dlq({"show", "--at", "0/7"});
    EXPECT_EQ(nowhere.err, "weir: there is no dead letter at 0/7 of orders-dlq\n");
    EXPECT_EQ(nowhere.code, 2);
}

TEST_F(Dlq, ReplayWritesEachOnce) {
    EXPECT_EQ(dlq({"replay", "--dry-run"}).out, "would replay 3 dead letters: 3 to orders\n");
    EXPECT_EQ(dlq({"replay", "--code", "check"}).out, "replayed 1 dead letter: 1 to orders\n2 dead letters not chosen\n");
    EXPECT_EQ(dlq({"replay", "--code", "check"}).out,
              "replayed 0 dead letters\n1 dead letter replayed before; --again takes them, too\n2 dead letters not chosen\n");
    const Outcome rest = dlq({"replay", "--format", "json"});
    EXPECT_EQ(Json::parse(rest.out), Json::parse(R"({"dry_run": false, "replayed": 2, "to": {"orders": 2}, "replayed_before": 1,
                                                     "not_chosen": 0, "no_dead_letters": 0})"));
    EXPECT_EQ(dlq_of("orders-dlq", {"replay"}).out, "replayed 0 dead letters\n3 dead letters replayed before; --again takes them, too\n");
    EXPECT_EQ(values_of("orders", 7), "key=k1  partition=0  1\nkey=k2  partition=0  twelve\nkey=k3  partition=0  77\nkey=k4  partition=0  \\xff\\x01\nkey=k3  partition=0  77\nkey=k2  partition=0  twelve\nkey=k4  partition=0  \\xff\\x01\n");
    EXPECT_EQ(Json::parse(dlq({"ls", "--code", "check", "--format", "json"}).out)[0]["replayed"], 1);
    EXPECT_EQ(dlq({"replay", "--again", "--at", "0/0", "--to", "again"}).out, "replayed 1 dead letter: 1 to again\n2 dead letters not chosen\n");
    EXPECT_EQ(values_of("again", 1), "key=k2  partition=0  twelve\n");
}

// What was replayed may fail again: it is a new letter then, with nothing of the old one.
TEST_F(Dlq, ReplayTakesWeirsHeadersAway) {
    ASSERT_EQ(dlq({"replay", "--code", "check"}).code, 0);
    const Outcome run = weir({"run", "t.yaml", "--quiet", "--records", "1", "--set", "brokers=" + address_}, folder_.path());
    ASSERT_EQ(run.code, 0) << run.err;
    const Json json = Json::parse(dlq({"show", "-n", "1", "--format", "json"}).out);
    int nodes = 0;
    for (const Json& header : json[0]["headers"]) {
        nodes += header["name"] == "weir.node" ? 1 : 0;
        if (header["name"] == "weir.offset") {
            EXPECT_EQ(header["value"], "4");
        }
    }
    EXPECT_EQ(nodes, 1);
    EXPECT_EQ(dlq({"replay", "--dry-run"}).out,
              "would replay 3 dead letters: 3 to orders\n1 dead letter replayed before; --again takes them, too\n");
}

TEST_F(Dlq, ReplayWritesNothingWithoutAClearTarget) {
    const Outcome missing = dlq({"replay", "--to", "ordres"});
    EXPECT_EQ(missing.code, 2);
    EXPECT_EQ(missing.err, "weir: --to ordres: there is no topic `ordres`; nearest: `orders`. Name one that is there, or make it: weir "
                           "topic create ordres\n");
    const Outcome itself = dlq({"replay", "--to", "orders-dlq"});
    EXPECT_EQ(itself.code, 2);
    EXPECT_THAT(itself.err, HasSubstr("3 dead letters would go to `orders-dlq`, where they lie already"));
    folder_.write("made.yaml", "name: made\nparameters: { brokers: { type: string } }\nconnections: { kafka: { brokers: $brokers } }\n"
                               "dead_letters: { kafka.sink: made-dlq }\nnodes:\n"
                               "  numbers: { generate: { columns: { n: { sequence: {} } }, count: 2 } }\n"
                               "  out: { from: numbers, check: { small: n < 1 }, console: json }\n");
    ASSERT_EQ(weir({"topic", "produce", "made-dlq", "--brokers", address_}, ".", "no letter\n").code, 0);
    ASSERT_EQ(weir({"run", "made.yaml", "--quiet", "--set", "brokers=" + address_}, folder_.path()).code, 0);
    const Outcome homeless = dlq_of("made-dlq", {"replay"});
    EXPECT_EQ(homeless.code, 2);
    EXPECT_THAT(homeless.err, AllOf(HasSubstr("1 dead letter without the topic that they came from"), HasSubstr("--to TOPIC")));
    EXPECT_EQ(dlq_of("made-dlq", {"replay", "--to", "again"}).out,
              "replayed 1 dead letter: 1 to again\n1 records of the topic are no dead letters of weir\n");
    EXPECT_EQ(values_of("orders", 4), "key=k1  partition=0  1\nkey=k2  partition=0  twelve\nkey=k3  partition=0  77\nkey=k4  partition=0  \\xff\\x01\n");
}

TEST_F(Dlq, SaysWhoseLettersAreMissing) {
    EXPECT_EQ(weir({"dlq", "ls"}).err, "weir: whose dead letters? Give a topology's file, or --topic TOPIC and --brokers HOST:PORT\n");
    const Outcome both = dlq({"ls", "--topic", "orders-dlq"});
    EXPECT_EQ(both.err, "weir: a topology says topic and brokers itself: give FILE, with `--set brokers=…` for another cluster, or --topic and --brokers\n");
    EXPECT_EQ(both.code, 2);
    folder_.write("none.yaml", "name: none\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
                               "  out: { from: numbers, console: json }\n");
    const Outcome none = weir({"dlq", "ls", "none.yaml"}, folder_.path());
    EXPECT_EQ(none.err, "weir: topology `none` has no topic of dead letters: there is no sink under `dead_letters:`\n");
    const Outcome gone = weir({"dlq", "ls", "t.yaml", "--set", "brokers=embedded"}, folder_.path());
    EXPECT_THAT(gone.err, HasSubstr("connection `kafka` is to a broker that is gone with its process"));
    EXPECT_EQ(gone.code, 2);
    const Outcome topic = dlq_of("orders-dql", {"ls"});
    EXPECT_EQ(topic.err, "weir: topic `orders-dql` is not there; did you mean `orders-dlq`?\n");
    EXPECT_EQ(topic.code, 2);
    EXPECT_EQ(dlq({"show", "--at", "zero"}).err, "weir: --at `zero` names no letter; expected: PARTITION/OFFSET, such as 0/12\n");
}

}  // namespace
}  // namespace weir::test
