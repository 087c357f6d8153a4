#include "host/loader/search.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/loader/plugin_set.hpp"
#include "tests/unit/loader/support.hpp"

namespace weir::host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Level = PluginProblem::Level;

class SearchTest : public testing::Test {
protected:
    // A folder of test plugins, each under the name that is given.
    PluginDir dir(const std::string& name, const std::vector<std::pair<std::string, std::string>>& plugins) {
        std::filesystem::create_directory(folder / name);
        for (const auto& [plugin, file] : plugins)
            std::filesystem::copy_file(test_plugin(plugin), folder / name / file);
        return {folder / name, "--plugin-dir", true};
    }
    std::string at(const std::string& path) const { return (folder / path).native(); }

    TemporaryFolder folder;
};

TEST_F(SearchTest, FindsPluginsWithAndWithoutManifest) {
    auto found = find_plugins({dir("a", {{"modern", "modern.so"}, {"good", "good.so"}})});
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_THAT(found.catalog.operator_names(), ElementsAre("good.pass", "modern.keep"));
    EXPECT_EQ(found.catalog.plugin("modern")->path, folder / "a/modern.so");
    EXPECT_EQ(found.catalog.find("good.pass")->plugin, "good");
}

TEST_F(SearchTest, LooksOnlyAtFilesNamedSo) {
    PluginDir a = dir("a", {{"good", "good.so.1"}});
    write_file(folder / "a/README.md", "Plugins.");
    auto found = find_plugins({a});
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_THAT(found.catalog.plugins(), IsEmpty());
}

TEST_F(SearchTest, ListsABrokenFileAndGoesOn) {
    PluginDir a = dir("a", {{"good", "good.so"}, {"unique", "unique.so"}});
    write_file(folder / "a/notes.so", "text");
    auto found = find_plugins({a});
    EXPECT_THAT(found.catalog.operator_names(), ElementsAre("good.pass"));
    ASSERT_THAT(found.problems, SizeIs(2));
    EXPECT_EQ(found.problems[0].message,
              at("a/notes.so") + ": no usable shared object: it is too short; rebuild it, or copy it here again");
    EXPECT_THAT(found.problems[1].message, HasSubstr(at("a/unique.so") + ": has unique symbols"));
    EXPECT_EQ(found.problems[1].level, Level::kError);
}

TEST_F(SearchTest, DoesNotKnowWhatABrokenFileWouldOffer) {
    auto found = find_plugins({dir("a", {{"good", "good.so"}, {"unique", "unique.so"}})});
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].path, folder / "a/unique.so");
    EXPECT_THAT(found.problems[0].operators, IsEmpty());
}

TEST_F(SearchTest, RefusesTwoPluginsOfOneFolderWithOneOperator) {
    auto found = find_plugins({dir("a", {{"good", "one.so"}, {"rival", "two.so"}})});
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].message, at("a/two.so") + ": offers `good.pass`, which " + at("a/one.so") +
                                             " offers too; it is not used: remove one of the two");
    EXPECT_THAT(found.problems[0].operators, ElementsAre("good.pass"));
    EXPECT_EQ(found.catalog.find("good.pass")->plugin, "good");
    EXPECT_EQ(found.catalog.plugin("rival"), nullptr);
}

TEST_F(SearchTest, TakesTheSameContentForOnePlugin) {
    auto found = find_plugins({dir("a", {{"good", "good.so"}, {"good", "again.so"}}), dir("b", {{"good", "good.so"}})});
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_EQ(found.catalog.plugin("good")->path, folder / "a/again.so");
}

TEST_F(SearchTest, RefusesTwoBuildsInOneFolder) {
    auto found = find_plugins({dir("a", {{"good", "one.so"}, {"good_2", "two.so"}})});
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].message, at("a/two.so") + ": plugin `good` is also " + at("a/one.so") +
                                             "; neither is used: remove one of the two");
    EXPECT_EQ(found.problems[0].level, Level::kError);
    EXPECT_THAT(found.catalog.plugins(), IsEmpty());
    EXPECT_THAT(found.problems[0].operators, ElementsAre("good.pass"));
}

TEST_F(SearchTest, PrefersTheLaterFolderAndNotesIt) {
    auto found = find_plugins({dir("a", {{"good", "good.so"}}), dir("b", {{"good_2", "good.so"}})});
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].level, Level::kNote);
    EXPECT_EQ(found.problems[0].message, at("b/good.so") + ": plugin `good` 1.1.0 (--plugin-dir) takes the place of 1.0.0 " +
                                             at("a/good.so"));
    EXPECT_EQ(found.catalog.plugin("good")->version, "1.1.0");
}

TEST_F(SearchTest, TakesAnOperatorFromTheLaterFolderAndWarns) {
    auto found = find_plugins({dir("a", {{"rival", "rival.so"}}), dir("b", {{"good", "good.so"}})});
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].level, Level::kWarning);
    EXPECT_EQ(found.problems[0].message,
              at("b/good.so") + ": plugin `good` takes the place of plugin `rival` (" + at("a/rival.so") +
                  ") for `good.pass`; name operators with a dot, such as `good.name`, where that is not meant");
    EXPECT_EQ(found.catalog.find("good.pass")->plugin, "good");
    EXPECT_THAT(found.catalog.plugin("rival")->operators, IsEmpty());
}

TEST_F(SearchTest, RefusesAnOperatorThatIsCalledLikeAKeyOfNodes) {
    auto found = find_plugins({dir("a", {{"good", "good.so"}, {"reserved", "reserved.so"}})});
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].message,
              at("a/reserved.so") + ": operators[0]: an operator cannot be called `from`, which is a key of nodes in "
                                    "topologies: call it `reserved.from`; correct the plugin's descriptors and rebuild it");
    EXPECT_THAT(found.catalog.operator_names(), ElementsAre("good.pass"));
}

TEST_F(SearchTest, RefusesWhatIsNoRegularFile) {
    PluginDir a = dir("a", {{"good", "good.so"}});
    ASSERT_EQ(mkfifo((folder / "a/pipe.so").c_str(), 0600), 0);
    auto found = find_plugins({a});
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].message, at("a/pipe.so") + ": no usable shared object: it is not a regular file; rebuild "
                                                           "it, or copy it here again");
    EXPECT_THAT(found.catalog.operator_names(), ElementsAre("good.pass"));
}

TEST_F(SearchTest, ComplainsOfAFolderThatWasNamedAndIsNotThere) {
    auto found = find_plugins({{folder / "nowhere", "--plugin-dir", true}, {folder / "optional", "built in", false}});
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].message,
              at("nowhere") + ": cannot be searched for plugins (--plugin-dir): No such file or directory; name a folder "
                              "that holds .so files");
}

TEST(PluginDirs, AreInOrderOfPreference) {
    auto dirs = plugin_dirs("/opt/a::/opt/b", {"mine"});
    ASSERT_THAT(dirs, SizeIs(4));
    const auto executable = std::filesystem::read_symlink("/proc/self/exe");
    EXPECT_EQ(dirs[0].path, executable.parent_path().parent_path() / "lib/weir/plugins");
    EXPECT_EQ(dirs[1].path, "/opt/a");
    EXPECT_EQ(dirs[2].path, "/opt/b");
    EXPECT_EQ(dirs[2].origin, "WEIR_PLUGIN_PATH");
    EXPECT_EQ(dirs[3].path, "mine");
    EXPECT_TRUE(dirs[3].required);
    EXPECT_THAT(plugin_dirs("", {}), SizeIs(1));
}

class PluginSetTest : public SearchTest {
protected:
    PluginSetTest() {
        host.size = sizeof host;
        host.abi_minor = WEIR_ABI_MINOR;
        host.log = [](const weir_host*, uint32_t, weir_str) {};
    }
    PluginSet set_of(const PluginDir& plugins) {
        return {find_plugins({plugins}), std::make_shared<ModuleLoader>(folder / "staged", &host)};
    }
    weir_host host{};
};

TEST_F(PluginSetTest, LoadsAPluginWhenItIsNeeded) {
    PluginSet set = set_of(dir("a", {{"modern", "modern.so"}, {"good", "good.so"}}));
    EXPECT_THAT(set.loader()->generations(), IsEmpty());
    auto descriptor = set.descriptor(*set.catalog().find("good.pass"));
    ASSERT_TRUE(descriptor.ok()) << descriptor.status().message();
    EXPECT_STREQ((*descriptor)->name, "good.pass");
    auto module = set.module_for(*set.catalog().find("good.pass"));
    ASSERT_TRUE(module.ok());
    EXPECT_EQ((*module)->find("good.pass", OperatorKind::kOperator), *descriptor);
    ASSERT_THAT(set.loader()->generations(), SizeIs(1));
    EXPECT_EQ(set.loader()->generations()[0].plugin, "good");
}

TEST_F(PluginSetTest, SaysThatAPluginIsNotThere) {
    PluginSet set = set_of(dir("a", {}));
    EXPECT_EQ(set.module_of("kafka").status().message(),
              "there is no plugin `kafka`; `weir plugin ls` shows those present");
}

TEST_F(PluginSetTest, RefusesAFileThatBecameAnotherPlugin) {
    PluginSet set = set_of(dir("a", {{"good", "good.so"}}));
    std::filesystem::copy_file(test_plugin("plain_c"), folder / "a/good.so",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(set.descriptor(*set.catalog().find("good.pass")).status().message(),
              at("a/good.so") + ": was plugin `good` and is now `plain`; start again");
}

}  // namespace
}  // namespace weir::host
