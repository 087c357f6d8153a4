#include "host/topology/source_texts.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

class SourceTextsOfAFolder : public ::testing::Test {
protected:
    SourceTextsOfAFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "weir-texts-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~SourceTextsOfAFolder() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }

    std::filesystem::path folder_;
};

TEST_F(SourceTextsOfAFolder, KeepWhatWasReadFirst) {
    write("a", "1");
    SourceTexts texts;
    std::string problem;
    EXPECT_EQ(texts.read(folder_ / "a", 10, problem), "1");
    write("a", "2");
    EXPECT_EQ(texts.read(folder_ / "b" / ".." / "a", 10, problem), "1");
    EXPECT_FALSE(texts.read(folder_ / "b", 10, problem));
    EXPECT_EQ(problem, "No such file or directory");
    EXPECT_EQ(texts.all(), (SourceTexts::Texts{{(folder_ / "a").string(), "1"}}));
}

TEST_F(SourceTextsOfAFolder, AreAllThereIsWhereTheyAreGiven) {
    write("a", "2");
    write("b", "2");
    SourceTexts texts({{(folder_ / "a").string(), "1"}});
    std::string problem;
    EXPECT_EQ(texts.read(folder_ / "a", 10, problem), "1");
    EXPECT_FALSE(texts.read(folder_ / "b", 10, problem));
    EXPECT_TRUE(texts.has(folder_ / "a"));
    EXPECT_FALSE(texts.has(folder_ / "b"));
    EXPECT_TRUE(has_source(nullptr, folder_ / "b"));
}

// Its file, what that includes, records by their names and by paths, parameters.
TEST_F(SourceTextsOfAFolder, MakeATopologyAgainWhateverHasBecomeOfItsFiles) {
    write("t.yaml", "name: t\ninclude: parts/nodes.yaml\nparameters: { topic: numbers }\n");
    write("parts/nodes.yaml", "connections: { kafka: { brokers: embedded } }\nnodes: { raw: { kafka.source: $topic }, out: { from: raw, kafka.sink: out } }\n");
    write("params.yaml", "topic: given\n");
    LoadOptions options;
    options.params_files = {folder_ / "params.yaml"};
    options.texts = std::make_shared<SourceTexts>();
    Diagnostics diagnostics;
    const auto first = load_topology(folder_ / "t.yaml", options, test_catalog(), diagnostics);
    ASSERT_TRUE(first) << diagnostics.text();
    EXPECT_EQ(options.texts->all().size(), 3u);
    const SourceTexts::Texts kept = options.texts->all();
    std::filesystem::remove_all(folder_ / "parts");
    write("params.yaml", "topic: other\n");
    options.texts = std::make_shared<SourceTexts>(kept);
    const auto again = load_topology(folder_ / "t.yaml", options, test_catalog(), diagnostics);
    ASSERT_TRUE(again) << diagnostics.text();
    EXPECT_EQ(again->nodes[0].config.value, first->nodes[0].config.value);
    EXPECT_EQ(again->nodes[0].config.value["topic"], Json::array({"given"}));
}

}  // namespace
}  // namespace weir::host
