// What a topology takes from outside of its file: other files by `include`, commands by `${exec:COMMAND}`.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/topology/command_output.hpp"
#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

class Outside : public ::testing::Test {
protected:
    Outside() {
        std::string name = (std::filesystem::temp_directory_path() / "weir-outside-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~Outside() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) {
        std::filesystem::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }

    // The topology of t.yaml; its messages name files relative to the folder.
    Loaded load_file(LoadOptions options = {}) {
        Loaded out;
        out.topology = load_topology(folder_ / "t.yaml", options, test_catalog(), out.diagnostics);
        return out;
    }
    std::string told(const Loaded& loaded) {
        std::string text = loaded.text();
        const std::string prefix = folder_.string() + "/";
        for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
        return text;
    }

    std::filesystem::path folder_;
};

constexpr const char* kNodes = "nodes: { raw: { kafka.source: $topic }, out: { from: raw, kafka.sink: out } }\n";

TEST_F(Outside, IncludesSectionsOfOtherFiles) {
    write("t.yaml", std::string("include: shared/all.yaml\nparameters: { topic: orders }\ncheckpoint: 2s\n") + kNodes);
    write("shared/all.yaml", "include: [kafka.yaml]\nparameters: { topic: other, brokers: localhost }\ncheckpoint: 7s\nworkers: 3\n"
                             "records: { order: order.yaml }\n");
    write("shared/kafka.yaml", "connections: { kafka: $brokers }\ndefaults: { kafka.sink: { compression: lz4 } }\n");
    write("shared/order.yaml", "id: int64\n");
    const Loaded loaded = load_file();
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.text(), "");
    EXPECT_EQ(loaded.config("raw")["topic"].dump(), R"(["orders"])");  // its own wins
    EXPECT_EQ(loaded.topology->checkpoint, std::chrono::seconds(2));
    EXPECT_EQ(loaded.topology->workers, 3);
    EXPECT_EQ(loaded.topology->connections[0].config.value["brokers"], "localhost");
    EXPECT_EQ(loaded.config("out")["compression"], "lz4");
}

TEST_F(Outside, TellsOfMistakesInTheFileThatHasThem) {
    write("t.yaml", std::string("include: common.yaml\nparameters: { topic: orders }\n") + kNodes);
    write("common.yaml", "name: common\nconnections:\n  kafka: { broker: localhost }\n");
    EXPECT_EQ(told(load_file()), R"(common.yaml:1:1: error[unknown-key]: an included file has no `name`
    1 | name: common
      | ^~~~
   hint: the topology that includes it has one
common.yaml:3:12: error[unknown-key]: connection `kafka`: `kafka` has no parameter `broker`
    3 |   kafka: { broker: localhost }
      |            ^~~~~~
   expected: `brokers`, `password`, `create_topics` or `properties`; nearest: `brokers`
)");
}

TEST_F(Outside, RefusesTwoFilesThatSayTheSameThing) {
    write("t.yaml", std::string("include: [a.yaml, b.yaml]\nparameters: { topic: orders }\n") + kNodes);
    write("a.yaml", "connections: { kafka: localhost }\nworkers: 2\n");
    write("b.yaml", "connections: { kafka: elsewhere }\nworkers: 4\n");
    EXPECT_EQ(told(load_file()), R"(b.yaml:1:16: error[duplicate-key]: `kafka` is in two included files
    1 | connections: { kafka: elsewhere }
      |                ^~~~~
   a.yaml:1:16: first written here
b.yaml:2:1: error[duplicate-key]: `workers` is in two included files
    2 | workers: 4
      | ^~~~~~~
   a.yaml:2:1: first written here
)");
}

TEST_F(Outside, IncludesAFileOnceThatTwoOthersInclude) {
    write("t.yaml", std::string("include: [a.yaml, b.yaml]\nparameters: { topic: orders }\n") + kNodes);
    write("a.yaml", "include: kafka.yaml\n");
    write("b.yaml", "include: kafka.yaml\n");
    write("kafka.yaml", "connections: { kafka: localhost }\n");
    const Loaded loaded = load_file();
    EXPECT_TRUE(loaded.topology) << loaded.text();
}

TEST_F(Outside, RefusesFilesThatIncludeThemselves) {
    write("t.yaml", std::string("include: a.yaml\nparameters: { topic: orders }\nconnections: { kafka: localhost }\n") + kNodes);
    write("a.yaml", "include: b.yaml\n");
    write("b.yaml", "include: a.yaml\n");
    EXPECT_EQ(told(load_file()), R"(b.yaml:1:10: error[bad-include]: `a.yaml` includes itself
    1 | include: a.yaml
      |          ^~~~~~
)");
}

TEST_F(Outside, RunsCommandsWhereThatIsAllowed) {
    write("t.yaml", "parameters: { topic: \"${exec:printf 'orders\\\\n'}\", workers: { type: int64, default: \"${exec:echo 3}\" } }\n"
                    "workers: $workers\nconnections: { kafka: { brokers: localhost, password: \"${exec:echo secret}\" } }\n" +
                        std::string(kNodes));
    LoadOptions options;
    options.allow_exec = true;
    const Loaded loaded = load_file(options);
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.config("raw")["topic"].dump(), R"(["orders"])");
    EXPECT_EQ(loaded.topology->workers, 3);
    const CheckedConfig& kafka = loaded.topology->connections[0].config;
    EXPECT_EQ(kafka.value["password"], "secret");
    EXPECT_EQ(kafka.redacted()["password"], "***");
}

TEST_F(Outside, TellsOfACommandThatFails) {
    write("t.yaml", std::string("parameters: { topic: \"${exec:exit 3}\" }\nconnections: { kafka: localhost }\n") + kNodes);
    LoadOptions options;
    options.allow_exec = true;
    EXPECT_EQ(told(load_file(options)), R"(t.yaml:1:23: error[exec-failed]: the command `exit 3`: it ended with exit code 3
    1 | parameters: { topic: "${exec:exit 3}" }
      |                       ^~~~~~~~~~~~~~
   hint: run it in a shell: it has to print the value, and to exit with 0 within 30s
)");
}

std::string problem_of(const std::string& command, std::size_t limit = 100, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::string problem;
    EXPECT_FALSE(command_output(command, limit, patience, problem)) << command;
    return problem;
}

TEST(CommandOutput, HasBounds) {
    std::string problem;
    EXPECT_EQ(command_output("cat; printf a; printf b", 100, std::chrono::seconds(30), problem), "ab");  // there is no input
    EXPECT_EQ(problem_of("yes"), "it printed more than 100 bytes");
    EXPECT_EQ(problem_of("kill -9 $$"), "signal 9 ended it");
    EXPECT_EQ(problem_of("exec tail -f /dev/null", 100, std::chrono::milliseconds(1)), "it took longer than 1ms");
    // A machine that is busy may not even come to closing it.
    EXPECT_THAT(problem_of("exec >/dev/null; exec tail -f /dev/null", 100, std::chrono::milliseconds(200)),
                ::testing::AnyOf("it has closed its output and does not end", "it took longer than 200ms"));
}

}  // namespace
}  // namespace weir::host
