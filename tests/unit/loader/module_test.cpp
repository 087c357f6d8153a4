#include "host/loader/module.hpp"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/loader/staging.hpp"
#include "tests/unit/loader/support.hpp"

namespace weir::host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

// A host that keeps what plugins log.
class LoggingHost {
public:
    LoggingHost() {
        abi_.size = sizeof abi_;
        abi_.abi_minor = WEIR_ABI_MINOR;
        abi_.data = this;
        abi_.log = [](const weir_host* host, uint32_t, weir_str text) {
            static_cast<LoggingHost*>(host->data)->lines.emplace_back(text.data, text.size);
        };
    }
    const weir_host* abi() const { return &abi_; }
    std::vector<std::string> lines;

private:
    weir_host abi_{};
};

class ModuleTest : public testing::Test {
protected:
    // The refusal of a test plugin, without the path that it begins with.
    std::string refusal(const std::string& plugin) {
        auto module = loader.load(test_plugin(plugin));
        EXPECT_FALSE(module.ok());
        if (module.ok()) return "";
        EXPECT_EQ(module.status().code(), WEIR_E_CONFIG);
        const std::string path = test_plugin(plugin).native();
        EXPECT_TRUE(module.status().message().starts_with(path + ": ")) << module.status().message();
        return module.status().message().substr(path.size() + 2);
    }
    std::vector<std::string> staged_files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder / "staged"))
            names.push_back(entry.path().filename());
        return names;
    }

    TemporaryFolder folder;
    LoggingHost host;
    ModuleLoader loader{folder / "staged", host.abi()};
};

TEST_F(ModuleTest, LoadsDescribesAndInitializes) {
    auto module = loader.load(test_plugin("good"));
    ASSERT_TRUE(module.ok()) << module.status().message();
    const Module& good = **module;
    EXPECT_EQ(good.info().id, "good");
    EXPECT_EQ(good.info().path, test_plugin("good"));
    EXPECT_EQ(good.info().operators.size(), 1u);
    EXPECT_THAT(host.lines, ElementsAre("init 1.0.0"));
    const weir_operator* pass = good.find("good.pass", OperatorKind::kOperator);
    ASSERT_NE(pass, nullptr);
    EXPECT_STREQ(pass->doc, "Lets rows through.");
    EXPECT_EQ(good.find("good.pass", OperatorKind::kSink), nullptr);
    EXPECT_EQ(good.find("good", OperatorKind::kOperator), nullptr);
    EXPECT_NE(good.extension("good.answer/0"), nullptr);
    EXPECT_EQ(good.extension("other/0"), nullptr);
}

TEST_F(ModuleTest, RunsACopyNamedByItsContent) {
    auto module = loader.load(test_plugin("good"));
    ASSERT_TRUE(module.ok()) << module.status().message();
    EXPECT_EQ((*module)->staged_path(), folder / "staged" / ("loader_good-" + (*module)->hash() + ".so"));
    EXPECT_THAT((*module)->hash(), MatchesRegex("[0-9a-f]{32}"));
    EXPECT_EQ(read_file((*module)->staged_path()), read_file(test_plugin("good")));
    EXPECT_THAT(staged_files(), ElementsAre("loader_good-" + (*module)->hash() + ".so"));
}

TEST_F(ModuleTest, UnloadsWhenTheLastUserGoes) {
    auto module = loader.load(test_plugin("good"));
    ASSERT_TRUE(module.ok()) << module.status().message();
    std::shared_ptr<Module> user = *module;
    *module = nullptr;
    EXPECT_THAT(host.lines, ElementsAre("init 1.0.0"));
    EXPECT_TRUE(loader.generations()[0].in_use);
    user.reset();
    EXPECT_THAT(host.lines, ElementsAre("init 1.0.0", "deinit 1.0.0"));
    EXPECT_FALSE(loader.generations()[0].in_use);
    EXPECT_FALSE(loader.generations()[0].resident);
}

TEST_F(ModuleTest, LoadsTheSameContentOnce) {
    std::filesystem::copy_file(test_plugin("good"), folder / "loader_good.so");
    auto first = loader.load(test_plugin("good"));
    auto second = loader.load(folder / "loader_good.so");
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(*first, *second);
    EXPECT_THAT(host.lines, ElementsAre("init 1.0.0"));
    EXPECT_EQ(staged_files().size(), 1u);
    EXPECT_EQ(loader.generations().size(), 1u);
}

TEST_F(ModuleTest, KeepsTheStagedFileThatIsThere) {
    auto module = loader.load(test_plugin("good"));
    ASSERT_TRUE(module.ok());
    const auto staged = (*module)->staged_path();
    const auto written = std::filesystem::last_write_time(staged);
    *module = nullptr;
    ASSERT_TRUE(loader.load(test_plugin("good")).ok());
    EXPECT_EQ(std::filesystem::last_write_time(staged), written);
}

TEST_F(ModuleTest, LoadsACopyThatItMadeAsItIs) {
    auto module = loader.load(test_plugin("good"));
    ASSERT_TRUE(module.ok());
    const auto staged = (*module)->staged_path();
    *module = nullptr;
    auto again = loader.load(staged);
    ASSERT_TRUE(again.ok()) << again.status().message();
    EXPECT_EQ((*again)->staged_path(), staged);
    EXPECT_EQ(staged_files().size(), 1u);
    EXPECT_TRUE(is_whole_copy(staged));
    std::filesystem::permissions(folder / "staged", std::filesystem::perms::others_write, std::filesystem::perm_options::add);
    EXPECT_FALSE(is_whole_copy(staged));
    std::filesystem::permissions(folder / "staged", std::filesystem::perms::others_write, std::filesystem::perm_options::remove);
    std::filesystem::permissions(staged, std::filesystem::perms::owner_all);
    write_file(staged, "half");
    EXPECT_FALSE(is_whole_copy(staged));
    EXPECT_FALSE(is_whole_copy(folder / "staged" / "none.so"));
}

TEST_F(ModuleTest, ReplacesAStagedFileThatWasDamaged) {
    std::filesystem::path staged;
    {
        auto module = loader.load(test_plugin("good"));
        ASSERT_TRUE(module.ok());
        staged = (*module)->staged_path();
    }
    std::filesystem::remove(staged);
    write_file(staged, "half");
    auto module = loader.load(test_plugin("good"));
    ASSERT_TRUE(module.ok()) << module.status().message();
    EXPECT_EQ(read_file(staged), read_file(test_plugin("good")));
}

TEST_F(ModuleTest, LoadsANewBuildBesideTheOldOne) {
    const auto file = folder / "plugin.so";
    std::filesystem::copy_file(test_plugin("good"), file);
    auto old_build = loader.load(file);
    ASSERT_TRUE(old_build.ok()) << old_build.status().message();
    std::filesystem::copy_file(test_plugin("good_2"), file, std::filesystem::copy_options::overwrite_existing);
    auto new_build = loader.load(file);
    ASSERT_TRUE(new_build.ok()) << new_build.status().message();

    EXPECT_EQ((*old_build)->info().version, "1.0.0");
    EXPECT_EQ((*new_build)->info().version, "1.1.0");
    EXPECT_NE((*old_build)->find("good.pass", OperatorKind::kOperator),
              (*new_build)->find("good.pass", OperatorKind::kOperator));
    *old_build = nullptr;
    EXPECT_THAT(host.lines, ElementsAre("init 1.0.0", "init 1.1.0", "deinit 1.0.0"));
    const auto generations = loader.generations();
    ASSERT_EQ(generations.size(), 2u);
    EXPECT_EQ(generations[0].number, 1u);
    EXPECT_EQ(generations[0].version, "1.0.0");
    EXPECT_FALSE(generations[0].resident);
    EXPECT_EQ(generations[1].number, 2u);
    EXPECT_TRUE(generations[1].in_use);
    EXPECT_TRUE(generations[1].resident);
    EXPECT_NE(generations[0].hash, generations[1].hash);
}

TEST_F(ModuleTest, RemembersTheLastBuildsAndCountsTheOthers) {
    const auto file = folder / "built.so";
    constexpr size_t kBuilds = 60;
    std::shared_ptr<Module> used;
    for (size_t i = 0; i < kBuilds; ++i) {
        write_file(file, read_file(test_plugin("good")) + "build " + std::to_string(i));
        auto module = loader.load(file);
        ASSERT_TRUE(module.ok()) << module.status().message();
        if (i == 2) used = *module;
    }
    const auto generations = loader.generations();
    ASSERT_EQ(generations.size(), ModuleLoader::kRemembered + 2);  // the one that is used, and the last, which was when it was noted
    EXPECT_EQ(generations.front().number, 3u);
    EXPECT_EQ(generations.front().module, used.get());
    EXPECT_TRUE(generations.front().in_use);
    EXPECT_EQ(generations.back().number, kBuilds);
    EXPECT_EQ(generations.back().module, nullptr);
    EXPECT_FALSE(generations.back().resident);
    EXPECT_EQ(loader.counts().loads, kBuilds);
    EXPECT_EQ(loader.counts().forgotten, kBuilds - generations.size());
    EXPECT_EQ(staged_files().size(), generations.size());
    // One that comes back keeps its number.
    ASSERT_TRUE(loader.load(file).ok());
    EXPECT_EQ(loader.generations().back().number, kBuilds);
    EXPECT_EQ(loader.counts().loads, kBuilds + 1);
}

TEST_F(ModuleTest, LoadsAPluginOfTheCppSdkWithItsManifest) {
    auto module = loader.load(test_plugin("modern"));
    ASSERT_TRUE(module.ok()) << module.status().message();
    EXPECT_EQ((*module)->info().version, "2.1.0-beta.1");
    *module = nullptr;
    EXPECT_FALSE(loader.generations()[0].resident);
}

TEST_F(ModuleTest, RefusesAnotherAbiAndSaysWhatToRebuild) {
    const std::string expected = "built for ABI 0.99, this host is 0.6: rebuild it against this weir's SDK";
    EXPECT_EQ(refusal("wrong_abi"), expected);
    EXPECT_EQ(refusal("newer_manifest"), "built for ABI 0.7, this host is 0.6: rebuild it against this weir's SDK");
}

TEST_F(ModuleTest, RefusesModulesThatAreMalformed) {
    EXPECT_EQ(refusal("no_symbol"),
              "has no symbol weir_module_v1; it is not a weir plugin, or the symbol is hidden: define it with WEIR_EXPORT");
    EXPECT_EQ(refusal("function"),
              "its symbol weir_module_v1 is not data; define it as a constant of type weir_module");
    const std::string rebuild = "not those of a weir_module; rebuild it against this weir's SDK";
    EXPECT_EQ(refusal("short"), "its symbol weir_module_v1 has 8 bytes, " + rebuild);
    EXPECT_EQ(refusal("cut"), "its symbol weir_module_v1 has 16 bytes, " + rebuild);
    EXPECT_EQ(refusal("null_operator"), "operators[1]: is NULL; correct the plugin's descriptors and rebuild it");
}

TEST_F(ModuleTest, RefusesWhatTheFileShowsBeforeLoadingIt) {
    EXPECT_THAT(refusal("unique"), HasSubstr("has unique symbols"));
    EXPECT_THAT(refusal("exports"), HasSubstr("has unexpected exports (`acme_"));
    EXPECT_THAT(refusal("unwinder"), HasSubstr("brings its own unwinder"));
}

TEST_F(ModuleTest, RefusesAManifestThatIsNotThatOfTheCode) {
    EXPECT_EQ(refusal("other_manifest"), "its section .weir.manifest says other than its code; write it anew: weir plugin "
                                         "manifest " + test_plugin("other_manifest").native() + " --write");
    EXPECT_EQ(refusal("damaged_manifest"), "its section .weir.manifest is damaged: it is not a JSON object; write it "
                                           "anew: weir plugin manifest FILE --write");
}

TEST_F(ModuleTest, PassesOnWhatTheDynamicLinkerSays) {
    EXPECT_EQ(refusal("unresolved"),
              "the dynamic linker cannot load it: undefined symbol: acme_not_there; install the libraries that it needs, "
              "or rebuild it; a folder mounted noexec cannot hold plugins (WEIR_STAGING_DIR names another)");
}

TEST_F(ModuleTest, RefusesAModuleWhoseInitFails) {
    EXPECT_EQ(refusal("failing_init"), "its init failed with code -1: the licence is missing");
    EXPECT_EQ(refusal("throwing_init"), "its init threw an exception: no table");
    EXPECT_THAT(loader.generations(), IsEmpty());
}

TEST_F(ModuleTest, RefusesATextFile) {
    write_file(folder / "notes.so", "#!/bin/sh\necho this is not a plugin, however long it goes on to say so\n");
    EXPECT_EQ(loader.load(folder / "notes.so").status().message(),
              (folder / "notes.so").native() +
                  ": no usable shared object: it is not an ELF file; rebuild it, or copy it here again");
}

TEST_F(ModuleTest, RefusesATruncatedFile) {
    const std::string whole = read_file(test_plugin("modern"));
    write_file(folder / "half.so", whole.substr(0, whole.size() / 2));
    EXPECT_THAT(loader.load(folder / "half.so").status().message(),
                HasSubstr("half.so: no usable shared object: "));
}

TEST_F(ModuleTest, SaysThatAFileIsNotThere) {
    auto module = loader.load(folder / "nothing.so");
    ASSERT_FALSE(module.ok());
    EXPECT_EQ(module.status().code(), WEIR_E_FATAL);
    EXPECT_EQ(module.status().message(),
              (folder / "nothing.so").native() + ": cannot be read: No such file or directory");
}

TEST_F(ModuleTest, RefusesAStagingFolderThatOthersCanWriteTo) {
    std::filesystem::create_directory(folder / "staged");
    std::filesystem::permissions(folder / "staged", std::filesystem::perms::all);
    auto module = loader.load(test_plugin("good"));
    ASSERT_FALSE(module.ok());
    EXPECT_EQ(module.status().message(),
              (folder / "staged").native() +
                  ": others than this user can write to the folder for copies of plugins; chmod 700 it, or set "
                  "WEIR_STAGING_DIR to a folder of your own");
}

}  // namespace
}  // namespace weir::host
