// file.source reading files that do not change: lines, codecs, splits, positions.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "file_support.hpp"

namespace weir::testing {
namespace {

const Json kJsonRecord = {{"format", {{"codec", "json"}, {"config", Json::object()}}}, {"record", {{"n", "int64"}}}};

TEST(FileSource, ReadsALineARecordWithAnyLineEnd) {
    ScratchFolder folder;
    folder.write("a.log", "\xEF\xBB\xBFone\ntwo\r\n\n\r\n three\nlast");
    auto h = reading(folder / "a.log");
    EXPECT_TRUE(h->poll(0).is_end());
    EXPECT_EQ(h->take(), values({"one", "two", " three", "last"}));
    EXPECT_EQ(h->metric("blank_lines"), 2);
    EXPECT_EQ(h->metric("read_bytes"), 3 + 3 + 6 + 4);
}

TEST(FileSource, ReadsAnEmptyFile) {
    ScratchFolder folder;
    folder.write("a", "");
    auto h = reading(folder / "a");
    EXPECT_TRUE(h->poll(0).is_end());
    EXPECT_EQ(h->take(), Lines());
}

TEST(FileSource, SendsLinesThatDoNotDecodeToErrorsWithFileAndByte) {
    ScratchFolder folder;
    folder.write("a.json", "{\"n\":1}\n{\"n\":\"x\"}\n{\"n\":3}\n");
    Json config = kJsonRecord;
    config["metadata"] = {"path", "offset"};
    auto h = reading(folder / "a.json", config);
    EXPECT_TRUE(h->poll(0).is_end());
    const std::string path = Json(folder / "a.json").dump();
    EXPECT_EQ(h->take(), (Lines{"{\"n\":1,\"path\":" + path + ",\"offset\":0}", "{\"n\":3,\"path\":" + path + ",\"offset\":18}"}));
    EXPECT_EQ(h->take_failed(), (std::vector<FailedRow>{{"decode", "n", "`\"x\"` is not an int64 (at byte 5)", "{\"n\":\"x\"}"}}));
}

TEST(FileSource, GoesOnFromAnyPositionWithTheSameRows) {
    ScratchFolder folder;
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i * i) + "\n";
    folder.write("a", text);
    const Lines whole = [&] { auto h = reading(folder / "a"); return read_all(*h); }();
    ASSERT_EQ(whole.size(), 5000u);
    for (uint64_t n : {1u, 7u, 1000u}) {
        Lines rows;
        std::optional<std::string> position;
        for (bool ended = false; !ended;) {
            auto h = reading(folder / "a", {}, position);
            ended = h->poll(0, n).is_end();
            for (auto &row : h->take()) rows.push_back(row);
            position = h->position(0);
            if (n == 1 && rows.size() == 20) break;
        }
        EXPECT_EQ(rows, Lines(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(rows.size()))) << n;
        EXPECT_EQ(rows.size(), n == 1 ? 20u : 5000u);
    }
}

TEST(FileSource, AddsNothingOfAFileThatWasReadToItsEndUntilItGrows) {
    ScratchFolder folder;
    folder.write("a", "one\ntwo\n");
    auto first = reading(folder / "a");
    EXPECT_EQ(read_all(*first), values({"one", "two"}));
    const std::string position = first->position(0);
    EXPECT_TRUE(position.starts_with("8 tail=8:") && position.ends_with(" end")) << position;
    EXPECT_EQ(read_all(*reading(folder / "a", {}, position)), Lines());
    folder.append("a", "three\n");
    EXPECT_EQ(read_all(*reading(folder / "a", {}, position)), values({"three"}));
    folder.write("a", "another\n");  // what was there was read to its end
    EXPECT_EQ(read_all(*reading(folder / "a", {}, position)), values({"another"}));
}

TEST(FileSource, RefusesToGoOnWhereTheFileIsAnotherOne) {
    ScratchFolder folder;
    folder.write("a", "one\ntwo\nthree\n");
    auto first = reading(folder / "a");
    EXPECT_TRUE(first->poll(0, 2).is_more());
    const std::string position = first->position(0);
    folder.write("a", "eins\nzwei\ndrei\n");
    auto h = file_harness("file.source", {{"path", folder / "a"}});
    ASSERT_TRUE(h->start().ok());
    Status refused = h->assign(0, folder / "a", position);
    EXPECT_EQ(refused.code(), WEIR_E_STATE_VERSION);
    EXPECT_EQ(refused.message(), "`" + (folder / "a") + "`: it does not hold any more what was read, 8 bytes. What was not read "
              "of it is lost: put it back, go on with what is there now (`lost: skip`), or begin anew (--reset)");
    EXPECT_EQ(read_all(*reading(folder / "a", {{"lost", "skip"}}, position)), values({"eins", "zwei", "drei"}));
    EXPECT_EQ(h->assign(0, folder / "a", "12").message(), "`12` is no position in `" + (folder / "a") + "`");
}

TEST(FileSource, ReadsCsvUnderItsHeader) {
    ScratchFolder folder;
    folder.write("a.csv", "\xEF\xBB\xBFn,name,x\n1,Ann,\n2,\"B, b\",7\nx,C,\n");
    const Json config = {{"format", {{"codec", "csv"}, {"config", {{"header", true}}}}}, {"record", {{"name", "string"}, {"n", "int64"}}}};
    std::string position;
    {
        auto h = reading(folder / "a.csv", config);
        EXPECT_TRUE(h->poll(0, 1).is_more());
        position = h->position(0);
        EXPECT_TRUE(h->poll(0).is_end());
        EXPECT_EQ(h->take(), (Lines{R"({"name":"Ann","n":1})", R"({"name":"B, b","n":2})"}));
        ASSERT_EQ(h->take_failed().at(0).payload, "x,C,");
    }
    EXPECT_EQ(read_all(*reading(folder / "a.csv", config, position)), (Lines{R"({"name":"B, b","n":2})"}));
    folder.write("only.csv", "n,name");
    EXPECT_EQ(read_all(*reading(folder / "only.csv", config)), Lines());
}

TEST(FileSource, SendsLinesThatAreTooLongToErrorsAndGoesOn) {
    ScratchFolder folder;
    const std::string huge(700'000, 'x');
    folder.write("a", "one\n" + huge + "\ntwo\n" + huge);
    auto h = reading(folder / "a", {{"max_line", 1000}});
    EXPECT_EQ(read_all(*h), values({"one", "two"}));
    auto failed = h->take_failed();
    ASSERT_EQ(failed.size(), 2u);
    EXPECT_EQ(failed[0].code, "too-long");
    EXPECT_EQ(failed[0].message, "the line is 700000 bytes long, and `max_line` is 1000; its first bytes are kept");
    EXPECT_EQ(failed[0].payload, huge.substr(0, failed[0].payload.size()));
    EXPECT_GT(failed[0].payload.size(), 1000u);
    EXPECT_EQ(read_all(*reading(folder / "a", {{"max_line", 1000}}, h->position(0))), Lines());
    auto again = reading(folder / "a", {{"max_line", 1000}});
    EXPECT_TRUE(again->poll(0, 2).is_more());
    EXPECT_EQ(read_all(*reading(folder / "a", {{"max_line", 1000}}, again->position(0))), values({"two"}));
}

TEST(FileSource, ReadsALineThatIsLongerThanWhatItReadsAtOnce) {
    ScratchFolder folder;
    const std::string big(3'000'000, 'y');
    folder.write("a", "one\n" + big + "\ntwo\n");
    auto h = reading(folder / "a");
    EXPECT_EQ(read_all(*h), (Lines{"{\"value\":\"one\"}", "{\"value\":\"" + big + "\"}", "{\"value\":\"two\"}"}));
}

TEST(FileSource, HasASplitForEachFileOfAPattern) {
    ScratchFolder folder;
    for (const char *name : {"b.log", "a.log", "c.txt"}) folder.write(name, std::string(name) + "\n");
    ::mkdir((folder / "d.log").c_str(), 0700);
    auto h = file_harness("file.source", {{"path", {folder / "*.log", folder / "a.log"}}});
    ASSERT_TRUE(h->start().ok());
    EXPECT_EQ(h->discover(), (Lines{folder / "a.log", folder / "b.log"}));
    ASSERT_TRUE(h->assign(7, folder / "b.log").ok());
    EXPECT_TRUE(h->poll(7).is_end());
    EXPECT_EQ(h->take(), values({"b.log"}));
}

TEST(FileSource, NamesWhatItCannotRead) {
    ScratchFolder folder;
    auto fault = [&](const std::string &path) -> std::string {
        try {
            auto h = reading(path);
            return h->poll(0).message();
        } catch (const std::runtime_error &e) {
            return e.what();
        }
    };
    EXPECT_EQ(fault(folder / "none"), "`" + (folder / "none") + "`: cannot be read: No such file or directory. Check the path; a "
              "relative one begins where weir was started");
    EXPECT_EQ(fault(folder / "*.csv"), "no file matches `" + (folder / "*.csv") + "`. Check the pattern; a relative one begins where "
              "weir was started; `follow: true` waits for files");
    EXPECT_EQ(fault(folder / "."), "`" + (folder / ".") + "` is no ordinary file. A folder is read by a pattern, such as `DIR/*.csv`");
    EXPECT_EQ(file_harness("file.source", {{"path", Json::array()}})->start().message(), "is empty: name a file, or a pattern such as `logs/*.json`");
    EXPECT_EQ(file_harness("file.source", {{"path", "x"}, {"format", {{"codec", "json"}, {"config", Json::object()}}}})->start().message(),
              "is missing: `json` needs to know the columns, as in `record: { n: int64 }`");
}

TEST(FileSource, GivesBackWhatItTook) {
    const int64_t before = TestHost::get().live_blocks();
    {
        ScratchFolder folder;
        folder.write("a.json", "{\"n\":1}\nx\n");
        auto h = reading(folder / "a.json", kJsonRecord);
        EXPECT_TRUE(h->poll(0).is_end());
        EXPECT_EQ(h->take_failed().size(), 1u);
    }
    EXPECT_EQ(TestHost::get().live_blocks(), before);
}

}  // namespace
}  // namespace weir::testing
