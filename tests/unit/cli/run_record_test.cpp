#include "host/cli/run_records.hpp"

#include <sys/stat.h>

#include <fstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/cli/supervise.hpp"
#include "host/engine/restart_policy.hpp"
#include "host/state/store.hpp"
#include "process.hpp"

namespace weir::host {
namespace {

using test::Folder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSecret = "hunter2-and-more";

RecordedGraph graph_of(const std::string& version) {
    RecordedGraph out;
    out.file = "/t/orders.yaml";
    out.sets = {"version=" + version};
    out.plugin_dirs = {"/p"};
    out.texts = {{"/t/orders.yaml", "name: orders\n"}, {"/t/more.yaml", "ö"}};
    return out;
}

RunRecord record_of(const std::string& version) {
    RunRecord out;
    out.topology = "orders";
    out.host = "00ff";
    out.graph = graph_of(version);
    return out;
}

ResolvedParameter parameter(const std::string& name, const std::string& value, bool secret) {
    ResolvedParameter out;
    out.name = name;
    out.value = value;
    out.secret = secret;
    return out;
}

Status write_epoch(StateStore& store, uint64_t epoch, const std::string& graph) {
    std::vector<EpochPart> parts(1);
    return store.prepare(epoch, parts, Json{{"epoch", epoch}, {"graph", graph}}.dump());
}

TEST(RunRecord, IsReadAsItWasWritten) {
    RunRecord record = record_of("1");
    record.standing = Standing::kStopped;
    record.trial = RunRecord::Trial{graph_of("2"), "ab"};
    record.last_change = LastChange{"cd", LastChange::kDied, "signal 9", "/t/orders.yaml", 12};
    auto again = RunRecord::read(record.text());
    ASSERT_TRUE(again) << again.status().message();
    EXPECT_EQ(again->text(), record.text());
    EXPECT_EQ(again->standing, Standing::kStopped);
    EXPECT_EQ(again->trial->graph.id(), graph_of("2").id());
    EXPECT_NE(again->trial->graph.id(), again->graph.id());
    EXPECT_EQ(again->graph.id().size(), 32u);
}

TEST(RunRecord, RefusesWhatItDoesNotKnow) {
    EXPECT_THAT(RunRecord::read("{").status().message(), HasSubstr("it is no note of a host"));
    EXPECT_THAT(RunRecord::read(R"({"format": 2})").status().message(), HasSubstr("it is of format 2, and this weir knows 1"));
    EXPECT_FALSE(RunRecord::read(R"({"format": 1, "topology": 3})"));
    std::string text = record_of("1").text();
    text.replace(text.find("\"runs\""), 6, "\"rnus\"");
    EXPECT_THAT(RunRecord::read(text).status().message(), HasSubstr("its `standing` cannot be `rnus`"));
}

TEST(RecordedGraph, LeavesSecretsOut) {
    const Folder folder;
    folder.write("t.yaml", "name: t\n");
    folder.write("secret.yaml", std::string("password: ") + kSecret + "\n");
    TopologyArguments given;
    given.files = {folder.path() / "t.yaml"};
    given.params_files = {folder.path() / "secret.yaml"};
    given.sets = {std::string("password=") + kSecret, "version=2", "elsewhere=3", "version=4"};
    given.texts = std::make_shared<SourceTexts>();
    std::string problem;
    for (const char* name : {"t.yaml", "secret.yaml"}) ASSERT_TRUE(given.texts->read(folder.path() / name, 100, problem));
    Topology topology;
    topology.parameters = {parameter("password", kSecret, true), parameter("version", "4", false)};

    const RecordedGraph graph = record_graph(given, topology);
    EXPECT_EQ(graph.json().dump().find(kSecret), std::string::npos);
    EXPECT_FALSE(graph.json().contains("builds"));
    EXPECT_THAT(graph.sets, ElementsAre("version=2", "version=4"));
    EXPECT_THAT(graph.secrets, ElementsAre("password"));
    EXPECT_EQ(graph.texts.size(), 1u);
    EXPECT_EQ(graph.digests.size(), 1u);

    auto without = given_again(graph, {"version=5"}, {});
    EXPECT_THAT(without.status().message(), HasSubstr("parameter `password` is secret, and what it was set to is not kept: give it again (--set password=…)"));
    auto again = given_again(graph, {"password=old", std::string("password=") + kSecret}, {"/p"});
    ASSERT_TRUE(again) << again.status().message();
    EXPECT_THAT(again->sets, ElementsAre("version=2", "version=4", std::string("password=") + kSecret));
    EXPECT_EQ(record_graph(*again, topology).texts, graph.texts);
    EXPECT_TRUE(again->texts->has(folder.path() / "secret.yaml"));

    folder.write("secret.yaml", "password: other\n");
    EXPECT_THAT(given_again(graph, {std::string("password=") + kSecret}, {}).status().message(), HasSubstr("secret.yaml: it is another than the one that ran"));
}

TEST(RecordedGraph, IsAnotherWithAnotherBuildOfAPlugin) {
    const RecordedGraph without = graph_of("1");
    RecordedGraph one = without, other = without;
    one.builds = {{"acme", "acme-0f4a31.so"}};
    other.builds = {{"acme", "acme-9be2f0.so"}};
    EXPECT_NE(one.id(), without.id());
    EXPECT_NE(one.id(), other.id());
    auto again = RecordedGraph::read(one.json());
    ASSERT_TRUE(again) << again.status().message();
    EXPECT_EQ(again->builds, one.builds);
    EXPECT_EQ(again->id(), one.id());
}

TEST(RunRecords, AreOnesOwnAndOneHosts) {
    const Folder folder;
    const RunRecords records(folder.path() / "data");
    EXPECT_THAT(records.names(), IsEmpty());
    auto lock = records.lock("orders");
    ASSERT_TRUE(lock) << lock.status().message();
    EXPECT_EQ(records.lock("orders").status().code(), WEIR_E_CONFIG);
    ASSERT_TRUE(records.write(record_of("1")).ok());
    ASSERT_TRUE(records.write(record_of("2")).ok());
    std::ofstream(folder.path() / "data" / ".running" / "later.new") << "{";
    EXPECT_THAT(records.names(), ElementsAre("orders"));
    EXPECT_EQ(records.read("orders")->text(), record_of("2").text());
    struct stat found {};
    ASSERT_EQ(stat((folder.path() / "data" / ".running" / "orders.json").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
    ASSERT_TRUE(records.remove("orders").ok());
    ASSERT_TRUE(records.remove("orders").ok());
    EXPECT_THAT(records.read("orders").status().message(), HasSubstr("orders.json: No such file or directory"));
    *lock = nullptr;
    EXPECT_TRUE(records.lock("orders"));
}

TEST(EndOfTrial, IsThatOfTheLastEpochsGraph) {
    const Folder folder;
    RunRecord record = record_of("1");
    record.trial = RunRecord::Trial{graph_of("2"), ""};
    const std::string before = record.graph.id(), next = record.trial->graph.id();
    const auto kind = [&] { return end_of_trial(folder.path() / "orders", record)->kind; };
    EXPECT_EQ(kind(), TrialEnd::Kind::kNotTaken);  // there is no state at all
    StoreOptions options;
    options.topology = "orders";
    const auto write = [&](uint64_t epoch, const std::string& graph, bool is_committed) {
        auto store = StateStore::open(folder.path() / "orders", options);
        ASSERT_TRUE(store) << store.status().message();
        if (const auto open = (*store)->prepared()) ASSERT_TRUE((*store)->commit(*open).ok());
        ASSERT_TRUE(write_epoch(**store, epoch, graph).ok());
        if (is_committed) ASSERT_TRUE((*store)->commit(epoch).ok());
    };
    write(1, before, true);
    EXPECT_EQ(kind(), TrialEnd::Kind::kNotTaken);
    write(2, before, false);
    EXPECT_EQ(kind(), TrialEnd::Kind::kNotTaken);
    write(3, next, false);
    EXPECT_EQ(kind(), TrialEnd::Kind::kAskNew);
    EXPECT_EQ(end_of_trial(folder.path() / "orders", record)->epoch, 3u);
    write(4, next, true);
    EXPECT_EQ(kind(), TrialEnd::Kind::kTaken);
    record.topology = "another";
    EXPECT_FALSE(end_of_trial(folder.path() / "orders", record));
}

TEST(Supervision, TellsOfADeathAndGivesUpAtLast) {
    EXPECT_EQ(death_text(9), "signal 9 (SIGKILL)");
    EXPECT_EQ(death_text(11 | 0x80), "signal 11 (SIGSEGV)");  // with a core
    RestartPolicy policy(supervision_restarts(), 1);
    int64_t now = 0;
    std::chrono::microseconds waited{0};
    for (int death = 0; death < 10; ++death) {
        const auto delay = policy.failed(now += 1'000'000, std::chrono::seconds(1));
        ASSERT_TRUE(delay) << death;
        waited += *delay;
    }
    EXPECT_FALSE(policy.failed(now += 1'000'000, std::chrono::seconds(1)));
    EXPECT_GT(waited, std::chrono::seconds(60));
    EXPECT_NE(new_host_id(), new_host_id());
}

}  // namespace
}  // namespace weir::host
