// `weir test` of folders.
#include <gtest/gtest.h>

#include <filesystem>

#include "process.hpp"

namespace weir::test {
namespace {

TEST(TestFolders, AreTakenWithAllTestsInThem) {
    const Folder folder;
    std::filesystem::create_directories(folder.path() / "all/more");
    std::filesystem::create_directories(folder.path() / "none");
    folder.write("all/t.yaml", "name: t\nnodes:\n  numbers: { generate: { columns: { n: { sequence: {} } } } }\n"
                               "  shown: { from: numbers, console: json }\n");
    folder.write("all/t.test.yaml", "topology: t.yaml\ncases:\n  a case:\n    steps:\n      - send: { numbers: [{ n: 5 }] }\n");
    folder.write("all/more/t.test.yaml", "topology: ../t.yaml\ncases:\n  another:\n    steps:\n      - send: { numbers: [{ n: 5 }] }\n");
    const Outcome got = weir({"test", "all", "--seed", "7"}, folder.path());
    EXPECT_EQ(got.out, "ok    all/more/t.test.yaml: another\nok    all/t.test.yaml: a case\n2 cases, all ok; seed 7\n") << got.err;
    EXPECT_EQ(weir({"test", "none"}, folder.path()).err, "weir test: the folder none has no test: no *.test.yaml\n");
}

}  // namespace
}  // namespace weir::test
