#include "host/loader/write_manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/loader/elf.hpp"
#include "host/loader/manifest_json.hpp"
#include "tests/unit/loader/support.hpp"

namespace weir::host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(WriteManifest, PutsTheDescriptionIntoTheFile) {
    TemporaryFolder folder;
    const auto file = folder / "plain.so";
    std::filesystem::copy_file(test_plugin("plain_c"), file);
    const auto permissions = std::filesystem::status(file).permissions();
    auto written = write_manifest(file);
    ASSERT_TRUE(written.ok()) << written.status().message();

    auto elf = read_elf(file);
    ASSERT_TRUE(elf.ok()) << elf.status().message();
    EXPECT_EQ(elf->manifest, to_json(*written).dump() + "\n");
    EXPECT_EQ(check_elf(*elf, file).message(), "");
    EXPECT_EQ(std::filesystem::status(file).permissions(), permissions);
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) files += entry.exists();
    EXPECT_EQ(files, 1u);
}

TEST(WriteManifest, ReplacesWhatWasThere) {
    TemporaryFolder folder;
    const auto file = folder / "modern.so";
    std::filesystem::copy_file(test_plugin("modern"), file);
    auto before = read_elf(file);
    ASSERT_TRUE(write_manifest(file).ok());
    ASSERT_TRUE(write_manifest(file).ok());
    auto after = read_elf(file);
    ASSERT_TRUE(before.ok() && after.ok());
    EXPECT_EQ(before->manifest, after->manifest);
}

TEST(WriteManifest, LeavesARefusedFileAsItIs) {
    TemporaryFolder folder;
    const auto file = folder / "bad.so";
    std::filesystem::copy_file(test_plugin("null_operator"), file);
    auto written = write_manifest(file);
    ASSERT_FALSE(written.ok());
    EXPECT_THAT(written.status().message(), HasSubstr("bad.so: operators[1]: is NULL"));
    EXPECT_EQ(read_file(file), read_file(test_plugin("null_operator")));
}

}  // namespace
}  // namespace weir::host
