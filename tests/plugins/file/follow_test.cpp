// file.source following files that grow, are truncated, renamed and replaced, as `tail -F` does.
#include <gtest/gtest.h>

#include "file_support.hpp"

namespace weir::testing {
namespace {

constexpr int64_t kWait = 2'000'000;  // rotate_wait
const Json kFollow = {{"follow", true}};

// Polls until it is dry, moves the clock past rotate_wait, and polls again.
Lines read_through_rotation(Harness &h) {
    Lines rows = read_all(h);
    for (int files = 0; files < 4; ++files) {
        h.options().now += kWait;
        for (auto &row : read_all(h)) rows.push_back(row);
    }
    return rows;
}

TEST(FileFollow, ReadsLinesOnceTheirEndIsThere) {
    ScratchFolder folder;
    folder.write("a", "one\ntw");
    auto h = reading(folder / "a", kFollow);
    EXPECT_TRUE(h->poll(0).done());
    EXPECT_EQ(h->take(), values({"one"}));
    EXPECT_EQ(h->wake_time(), 250'000);
    EXPECT_EQ(read_all(*h), Lines());
    const std::string position = h->position(0);
    folder.append("a", "o\nthree\n");
    EXPECT_EQ(read_all(*h), values({"two", "three"}));
    EXPECT_EQ(read_all(*reading(folder / "a", kFollow, position)), values({"two", "three"}));
}

TEST(FileFollow, WaitsForAFileThatIsNotThereYet) {
    ScratchFolder folder;
    auto h = reading(folder / "a", {{"follow", true}, {"start", "end"}});
    EXPECT_EQ(read_all(*h), Lines());
    folder.write("a", "one\n");
    EXPECT_EQ(read_all(*h), values({"one"}));
}

TEST(FileFollow, BeginsBehindWhatIsThereWhereToldSo) {
    ScratchFolder folder;
    folder.write("a", "one\ntwo\nthr");
    auto h = reading(folder / "a", {{"follow", true}, {"start", "end"}});
    EXPECT_EQ(read_all(*h), Lines());
    folder.append("a", "ee\nfour\n");
    EXPECT_EQ(read_all(*h), values({"three", "four"}));
}

TEST(FileFollow, ReadsFilesThatComeLaterFromTheirBeginning) {
    ScratchFolder folder;
    folder.write("a.log", "old\n");
    auto h = file_harness("file.source", {{"path", folder / "*.log"}, {"follow", true}, {"start", "end"}});
    ASSERT_TRUE(h->start().ok());
    EXPECT_EQ(h->discover(), (Lines{folder / "a.log"}));
    folder.write("b.log", "new\n");
    EXPECT_EQ(h->discover(), (Lines{folder / "a.log", folder / "b.log"}));
    folder.rename("a.log", "a.log.1");
    EXPECT_EQ(h->discover(), (Lines{folder / "a.log", folder / "b.log"}));  // it will come again
    ASSERT_TRUE(h->assign(0, folder / "b.log").ok());
    EXPECT_EQ(read_all(*h), values({"new"}));
}

TEST(FileFollow, ReadsARenamedFileToItsEndAndThenTheNewOne) {
    ScratchFolder folder;
    folder.write("a", "one\n");
    auto h = reading(folder / "a", kFollow);
    EXPECT_EQ(read_all(*h), values({"one"}));
    folder.rename("a", "a.1");
    EXPECT_EQ(read_all(*h), Lines());
    folder.append("a.1", "two\n");  // its writer has not noticed yet
    folder.write("a", "four\n");
    EXPECT_EQ(read_all(*h), values({"two"}));
    h->options().now = kWait - 1;
    EXPECT_EQ(read_all(*h), Lines());
    folder.append("a.1", "three\nand a rest");
    EXPECT_EQ(read_all(*h), values({"three"}));
    h->options().now = 2 * kWait - 2;
    EXPECT_EQ(read_all(*h), Lines());
    h->options().now = 2 * kWait - 1;
    EXPECT_EQ(read_all(*h), values({"and a rest", "four"}));
    EXPECT_EQ(h->metric("truncated"), 0);
}

TEST(FileFollow, FindsRenamedFilesAgainAfterARestartAndReadsAllInBetween) {
    ScratchFolder folder;
    folder.write("a", "one\ntwo\n");
    auto first = reading(folder / "a", kFollow);
    EXPECT_TRUE(first->poll(0, 1).is_more());
    const std::string position = first->position(0);
    first.reset();
    folder.rename("a", "a.1");
    folder.write("a", "three\n");
    std::filesystem::last_write_time(folder / "a", std::filesystem::last_write_time(folder / "a.1") + std::chrono::seconds(1));
    folder.rename("a.1", "a.2");
    folder.rename("a", "a.1");
    folder.write("a", "four\n");
    std::filesystem::last_write_time(folder / "a", std::filesystem::last_write_time(folder / "a.1") + std::chrono::seconds(1));
    auto h = reading(folder / "a", kFollow, position);
    EXPECT_EQ(read_through_rotation(*h), values({"two", "three", "four"}));
}

TEST(FileFollow, RefusesToGoOnWhenTheRestOfAFileIsGone) {
    ScratchFolder folder;
    folder.write("a", "one\ntwo\n");
    auto first = reading(folder / "a", kFollow);
    EXPECT_TRUE(first->poll(0, 1).is_more());
    const std::string position = first->position(0);
    std::filesystem::remove(folder / "a");
    auto h = file_harness("file.source", {{"path", folder / "a"}, {"follow", true}});
    ASSERT_TRUE(h->start().ok());
    Status refused = h->assign(0, folder / "a", position);
    EXPECT_EQ(refused.code(), WEIR_E_STATE_VERSION);
    EXPECT_THAT(refused.message(), ::testing::HasSubstr("it is gone, and no renamed one beside it is the one that was read"));
    auto skipping = reading(folder / "a", {{"follow", true}, {"lost", "skip"}}, position);
    EXPECT_EQ(read_all(*skipping), Lines());
    folder.write("a", "three\n");
    EXPECT_EQ(read_all(*skipping), values({"three"}));
}

TEST(FileFollow, ReadsATruncatedFileFromItsBeginning) {
    ScratchFolder folder;
    folder.write("a", "one\ntwo\n");
    auto h = reading(folder / "a", kFollow);
    EXPECT_EQ(read_all(*h), values({"one", "two"}));
    folder.write("a", "3\n");
    EXPECT_EQ(read_all(*h), values({"3"}));
    folder.write("a", "written anew, and longer\n");
    EXPECT_EQ(read_all(*h), values({"written anew, and longer"}));
    EXPECT_EQ(h->metric("truncated"), 2);
    EXPECT_THAT(TestHost::get().logs(), ::testing::HasSubstr("was truncated behind 8 bytes that were read, and is 2 bytes long now"));
}

TEST(FileFollow, LeavesRotatedFilesToThoseWhoseNamesTheyHad) {
    ScratchFolder folder;
    for (const char *name : {"a.log", "a.log.1", "a.log-20240523", "a.log.gz", "a.log.b"}) folder.write(name, "x\n");
    auto h = file_harness("file.source", {{"path", folder / "a.log*"}, {"follow", true}});
    ASSERT_TRUE(h->start().ok());
    EXPECT_EQ(h->discover(), (Lines{folder / "a.log", folder / "a.log.b", folder / "a.log.gz"}));
}

TEST(FileFollow, WaitsForAHeader) {
    ScratchFolder folder;
    folder.write("a.csv", "n,na");
    const Json config = {{"follow", true},
                         {"format", {{"codec", "csv"}, {"config", {{"header", true}}}}},
                         {"record", {{"n", "int64"}, {"name", "string"}}}};
    auto h = reading(folder / "a.csv", config);
    EXPECT_EQ(read_all(*h), Lines());
    folder.append("a.csv", "me\n1,Ann\n");
    EXPECT_EQ(read_all(*h), (Lines{R"({"n":1,"name":"Ann"})"}));
    folder.write("a.csv", "name,n\nB,2\n");
    EXPECT_EQ(read_all(*h), (Lines{R"({"n":2,"name":"B"})"}));
}

}  // namespace
}  // namespace weir::testing
