#include "host/loader/elf.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/loader/support.hpp"

namespace weir::host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ReadElf, FindsTheModuleSymbolAndNothingElse) {
    auto elf = read_elf(test_plugin("good"));
    ASSERT_TRUE(elf.ok()) << elf.status().message();
    EXPECT_TRUE(elf->has_module);
    EXPECT_TRUE(elf->module_is_data);
    EXPECT_EQ(elf->module_size, sizeof(weir_module));
    EXPECT_THAT(elf->exports, IsEmpty());
    EXPECT_THAT(elf->unique, IsEmpty());
    EXPECT_FALSE(elf->own_unwinder);
    EXPECT_FALSE(elf->manifest.has_value());
    EXPECT_TRUE(check_elf(*elf, "good.so").ok());
}

TEST(ReadElf, ReadsTheManifestSection) {
    auto elf = read_elf(test_plugin("modern"));
    ASSERT_TRUE(elf.ok()) << elf.status().message();
    ASSERT_TRUE(elf->manifest.has_value());
    EXPECT_THAT(*elf->manifest, HasSubstr(R"("id":"modern")"));
}

TEST(ReadElf, AcceptsAPlainSharedObjectOfC) {
    auto elf = read_elf(test_plugin("plain_c"));
    ASSERT_TRUE(elf.ok()) << elf.status().message();
    EXPECT_EQ(check_elf(*elf, "plain.so").message(), "");
}

std::string refusal(const std::string& plugin) {
    auto elf = read_elf(test_plugin(plugin));
    return elf.ok() ? check_elf(*elf, plugin + ".so").message() : elf.status().message();
}

TEST(CheckElf, RefusesUniqueSymbolsAndPrintsTheFlag) {
    const std::string message = refusal("unique");
    EXPECT_THAT(message, HasSubstr("unique.so: has unique symbols (`"));
    EXPECT_THAT(message, HasSubstr("; link with -Wl,--version-script=plugin.map, which comes with the SDK, or build it "
                                   "by weir_add_plugin"));
}

TEST(CheckElf, RefusesOtherExportsAndListsThem) {
    auto elf = read_elf(test_plugin("exports"));
    ASSERT_TRUE(elf.ok()) << elf.status().message();
    EXPECT_THAT(elf->exports, testing::UnorderedElementsAre("acme_counter", "acme_helper"));
    elf->exports = {"acme_counter", "acme_helper"};
    EXPECT_EQ(check_elf(*elf, "exports.so").message(),
              "exports.so: has unexpected exports (`acme_counter`, `acme_helper`); link with "
              "-Wl,--version-script=plugin.map, which comes with the SDK, or build it by weir_add_plugin");
}

TEST(CheckElf, ListsOnlyTheFirstOfManyExports) {
    auto elf = read_elf(test_plugin("good"));
    ASSERT_TRUE(elf.ok());
    elf->exports = {"a", "b", "c", "d", "e", "f", "g"};
    EXPECT_THAT(check_elf(*elf, "x.so").message(), HasSubstr("(`a`, `b`, `c`, `d`, `e` and 2 more)"));
}

TEST(CheckElf, RefusesAnUnwinderOfItsOwnEvenIfHidden) {
    EXPECT_EQ(refusal("unwinder"),
              "unwinder.so: brings its own unwinder (it defines _Unwind_RaiseException): an exception would end the "
              "process; link without -static-libgcc");
}

TEST(CheckElf, RefusesAFileWithoutTheModuleSymbol) {
    EXPECT_EQ(refusal("no_symbol"),
              "no_symbol.so: has no symbol weir_module_v1; it is not a weir plugin, or the symbol is hidden: define it "
              "with WEIR_EXPORT");
}

TEST(CheckElf, RefusesAFunctionInPlaceOfTheModule) {
    EXPECT_EQ(refusal("function"),
              "function.so: its symbol weir_module_v1 is not data; define it as a constant of type weir_module");
}

TEST(CheckElf, RefusesAnotherMachine) {
    auto elf = read_elf(test_plugin("good"));
    ASSERT_TRUE(elf.ok());
    elf->machine = 2;
    EXPECT_THAT(check_elf(*elf, "sparc.so").message(),
                HasSubstr("sparc.so: built for another machine (ELF machine 2, this host is "));
}

TEST(ReadElf, SaysWhatIsWrongWithOtherFiles) {
    TemporaryFolder folder;
    const auto reason_for = [&](const std::string& content) -> std::string {
        write_file(folder / "x.so", content);
        auto elf = read_elf(folder / "x.so");
        if (elf.ok()) return "";
        const std::string& message = elf.status().message();
        const size_t begin = message.find(": no usable shared object: ");
        const size_t end = message.find("; rebuild it, or copy it here again");
        return message.substr(begin + 27, end - begin - 27);
    };
    EXPECT_EQ(reason_for(""), "it is too short");
    EXPECT_EQ(reason_for(std::string(100, 'a')), "it is not an ELF file");
    const std::string elf = read_file(test_plugin("good"));
    std::string other = elf;
    other[4] = 1;
    EXPECT_EQ(reason_for(other), "it is not 64-bit, little-endian");
    other = elf;
    other[16] = 2;
    EXPECT_EQ(reason_for(other), "it is an ELF file of another kind");
    EXPECT_EQ(read_elf(folder / "nothing.so").status().code(), WEIR_E_FATAL);
    EXPECT_THAT(read_elf(folder.path()).status().message(), HasSubstr("it is not a regular file"));
}

TEST(ReadElf, RefusesAFileTruncatedAnywhere) {
    TemporaryFolder folder;
    const std::string whole = read_file(test_plugin("other_manifest"));  // small, with a manifest
    const size_t step = std::max<size_t>(1, whole.size() / 500);
    for (size_t size = 0; size < whole.size(); size += size < 1024 ? 1 : step) {
        write_file(folder / "cut.so", whole.substr(0, size));
        auto elf = read_elf(folder / "cut.so");
        ASSERT_FALSE(elf.ok()) << size << " of " << whole.size();
        ASSERT_EQ(elf.status().code(), WEIR_E_CONFIG) << size;
    }
}

// Whatever it reads, it ends, within the file; the sanitizer builds see to that.
TEST(ReadElf, SurvivesFlippedBytes) {
    TemporaryFolder folder;
    const std::string whole = read_file(test_plugin("other_manifest"));  // small, with a manifest
    std::mt19937 random(20240607);
    const size_t headers = 1024;  // at both ends: header and segments, section table
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = whole;
        for (int i = 0; i < 1 + round % 8; ++i) {
            size_t at = random() % headers;
            if (round % 3 == 1) at = bytes.size() - 1 - random() % std::min(bytes.size(), headers * 3);
            if (round % 3 == 2) at = random() % bytes.size();
            bytes[at] = static_cast<char>(random());
        }
        write_file(folder / "flipped.so", bytes);
        auto elf = read_elf(folder / "flipped.so");
        if (elf.ok()) (void)check_elf(*elf, "flipped.so");
    }
}

TEST(ReadElf, RefusesTablesOutsideOfTheFile) {
    TemporaryFolder folder;
    const std::string whole = read_file(test_plugin("good"));
    for (size_t field : {32u, 40u}) {  // e_phoff, e_shoff
        for (uint64_t offset : {UINT64_MAX, UINT64_MAX - 63, static_cast<uint64_t>(whole.size()), uint64_t{1} << 63}) {
            std::string bytes = whole;
            std::memcpy(bytes.data() + field, &offset, sizeof offset);
            write_file(folder / "x.so", bytes);
            auto elf = read_elf(folder / "x.so");
            ASSERT_FALSE(elf.ok()) << field << " " << offset;
            EXPECT_THAT(elf.status().message(), HasSubstr("does not lie within the file"));
        }
    }
}

}  // namespace
}  // namespace weir::host
