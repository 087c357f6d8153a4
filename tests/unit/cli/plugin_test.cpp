// `weir plugin` and `weir topology schema` from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string faulty_folder() { return std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/cli_plugins"; }
std::string faulty_file() { return faulty_folder() + "/cli_faulty.so"; }

TEST(PluginLs, ListsPluginsAndOperatorsAsATable) {
    const Outcome got = weir({"plugin", "ls"});
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(got.err, "");
    EXPECT_THAT(got.out, StartsWith("PLUGIN        VERSION  OPERATORS\n"));
    EXPECT_THAT(got.out, HasSubstr("\npair_match    0.1.0    pair_match\n"));
    EXPECT_THAT(got.out, HasSubstr("\nkafka         0.1.0    kafka, kafka.source, kafka.sink\n"));
}

TEST(PluginLs, ListsPluginsAsJsonWithTheirFiles) {
    const Outcome got = weir({"plugin", "ls", "--format", "json", "--plugin-dir", faulty_folder()});
    EXPECT_EQ(got.code, 0);
    const auto plugins = nlohmann::json::parse(got.out);
    nlohmann::json faulty;
    for (const auto& plugin : plugins)
        if (plugin["id"] == "faulty") faulty = plugin;
    EXPECT_EQ(faulty["path"], faulty_file());
    EXPECT_EQ(faulty["version"], "1.0.0");
    EXPECT_EQ(faulty["operators"][0]["name"], "faulty.sink");
}

TEST(PluginLs, ShowsParametersWhenAskedTo) {
    const Outcome got = weir({"plugin", "ls", "-v", "--plugin-dir", faulty_folder()});
    EXPECT_EQ(got.code, 0);
    EXPECT_THAT(got.out, HasSubstr("faulty 1.0.0 (" + faulty_file() + ")\n"
                                   "  sink faulty.sink: Fails as told.\n"
                                   "      when (string, default \"never\"): In which call.\n"
                                   "      how (string, default \"fatal\"): What happens then.\n"));
}

TEST(PluginLs, TellsOfFilesThatCannotBeUsed) {
    const Folder folder;
    folder.write("broken.so", "not a library");
    const Outcome got = weir({"plugin", "ls", "--plugin-dir", folder.path().string()});
    EXPECT_EQ(got.code, 0);
    EXPECT_THAT(got.err, StartsWith("refused: " + folder.path().string() + "/broken.so: "));
}

TEST(PluginLs, RefusesAFolderThatIsNotThere) {
    const Outcome got = weir({"plugin", "ls", "--plugin-dir", "nowhere"});
    EXPECT_EQ(got.err,
              "weir: nowhere: cannot be searched for plugins (--plugin-dir): No such file or directory; name a folder "
              "that holds .so files\n");
    EXPECT_EQ(got.code, 2);
}

TEST(PluginCheck, PassesARightPlugin) {
    const Outcome got = weir({"plugin", "check", faulty_file()});
    EXPECT_EQ(got.out, faulty_file() + ": ok: plugin `faulty` 1.0.0, ABI 0.6, 1 operator\n");
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.code, 0);
}

TEST(PluginCheck, SaysWhatTheHostRefuses) {
    const Outcome got = weir({"plugin", "check", faulty_folder() + "/cli_reluctant.so"});
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, StartsWith("refused: " + faulty_folder() + "/cli_reluctant.so: "));
    EXPECT_THAT(got.err, HasSubstr("the licence has expired"));
    EXPECT_EQ(got.code, 3);
}

std::string plain_file() { return std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/cli_plain/cli_plain.so"; }

TEST(PluginCheck, WarnsOfNamesWithoutADot) {
    const Outcome got = weir({"plugin", "check", plain_file()});
    EXPECT_EQ(got.out, plain_file() + ": ok: plugin `plain` 1.0.0, ABI 0.6, 1 operator\n");
    EXPECT_EQ(got.err, plain_file() + ": warning: names without a dot are those of weir's own operators; call `console` "
                                      "`plain.console`\n");
    EXPECT_EQ(got.code, 0);
}

TEST(PluginCheck, LetsTheBuiltInOnesHaveNamesWithoutADot) {
    const std::string file = std::string(std::getenv("WEIR_BUILD_DIR")) + "/lib/weir/plugins/console.so";
    const Outcome got = weir({"plugin", "check", file});
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.code, 0);
}

TEST(PluginCheck, RefusesWhatIsNoRegularFile) {
    const Folder folder;
    const Outcome got = shell("mkfifo pipe.so && exec \"$WEIR_BIN\" plugin check pipe.so", folder.path());
    EXPECT_EQ(got.err, "refused: pipe.so: is not a regular file\n");
    EXPECT_EQ(got.code, 3);
}

TEST(PluginLs, WarnsOfAnOperatorThatTakesThePlaceOfAnother) {
    const auto folder = std::filesystem::path(plain_file()).parent_path();
    const Outcome got = weir({"plugin", "ls", "--plugin-dir", folder.string()});
    const std::string built_in = std::string(std::getenv("WEIR_BUILD_DIR")) + "/lib/weir/plugins/console.so";
    EXPECT_THAT(got.err, HasSubstr(" warning: " + plain_file() + ": plugin `plain` takes the place of plugin `console` (" +
                                   built_in + ") for `console`; "));
    EXPECT_EQ(got.code, 0);
}

TEST(PluginLs, LeavesOutAMessageThatIsNotUtf8OnlyAsFarAsItIsNot) {
    const Folder folder;
    folder.write("t.yaml", "name: t\n"
                           "nodes:\n"
                           "  a: { generate: { columns: { n: { sequence: {} } }, count: 1 } }\n"
                           "  b: { from: a, console: json }\n");
    const auto plugins = std::filesystem::path(plain_file()).parent_path();
    const Outcome got = weir({"lint", "t.yaml", "--format", "json", "--plugin-dir", plugins.string()}, folder.path());
    EXPECT_THAT(got.out, HasSubstr("spoken from \uFFFD the other `console`"));
    EXPECT_EQ(got.code, 2);
}

TEST(PluginManifest, PrintsTheDescription) {
    const Outcome got = weir({"plugin", "manifest", faulty_file()});
    EXPECT_EQ(got.code, 0);
    const auto plugin = nlohmann::json::parse(got.out);
    EXPECT_EQ(plugin["id"], "faulty");
    EXPECT_EQ(plugin["operators"][0]["kind"], "sink");
}

TEST(PluginManifest, WritesTheDescription) {
    const Folder folder;
    const auto copy = folder.path() / "copy.so";
    std::filesystem::copy_file(faulty_file(), copy);
    const Outcome got = weir({"plugin", "manifest", "copy.so", "--write"}, folder.path());
    EXPECT_EQ(got.out, "copy.so: plugin `faulty` 1.0.0 described in its section .weir.manifest\n");
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(weir({"plugin", "check", "copy.so"}, folder.path()).code, 0);
}

TEST(PluginManifest, RefusesWhatIsNoPlugin) {
    const Folder folder;
    folder.write("broken.so", "not a library");
    const Outcome got = weir({"plugin", "manifest", "broken.so"}, folder.path());
    EXPECT_THAT(got.err, StartsWith("refused: broken.so: "));
    EXPECT_EQ(got.code, 3);
}

TEST(TopologySchema, DescribesTheOperatorsThatArePresent) {
    const Outcome got = weir({"topology", "schema", "--plugin-dir", faulty_folder()});
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(got.err, "");
    const auto schema = nlohmann::json::parse(got.out);
    EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    EXPECT_THAT(got.out, HasSubstr("\"faulty.sink\""));
}

}  // namespace
}  // namespace weir::test
