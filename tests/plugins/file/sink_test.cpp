// file.sink: lines, files that roll, and files that appear with their epoch.
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>

#include <weir/errors.hpp>

#include "file_support.hpp"

namespace weir::testing {
namespace {

const Schema kNumbers = schema_of({{"n", "int64"}, {"s", "string?"}, {"_offset", "int64"}});
constexpr int64_t kNow = 1'716'467'696'789'000;  // 2024-05-23T12:34:56.789Z

std::unique_ptr<Harness> writing(const std::string &path, Json config = Json::object(), HarnessOptions options = {}) {
    config["path"] = path;
    options.now = kNow;
    auto h = file_harness("file.sink", config, {kNumbers}, options);
    if (Status s = h->start(); !s.ok()) throw std::runtime_error(s.path() + ": " + s.message());
    return h;
}

HarnessOptions exactly_once(uint32_t worker = 0) {
    HarnessOptions options;
    options.flags = WEIR_CONTEXT_EXACTLY_ONCE;
    options.worker = worker;
    return options;
}

TEST(FileSink, AddsALineARow) {
    ScratchFolder folder;
    {
        auto h = writing(folder / "new/a.jsonl");
        EXPECT_TRUE(h->process(R"([[1,"x",0],[2,null,1]])").done());
        EXPECT_TRUE(h->prepare(1).done());
    }
    auto again = writing(folder / "new/a.jsonl");
    EXPECT_TRUE(again->process(R"([[3,"y\nz",0]])").done());
    EXPECT_TRUE(again->process("[]").done());
    EXPECT_EQ(folder.read("new/a.jsonl"), "{\"n\":1,\"s\":\"x\"}\n{\"n\":2,\"s\":null}\n{\"n\":3,\"s\":\"y\\nz\"}\n");
}

TEST(FileSink, EndsALineThatWasTorn) {
    ScratchFolder folder;
    folder.write("a", "{\"n\":1}\n{\"n\"");
    auto h = writing(folder / "a");
    EXPECT_TRUE(h->process(R"([[2,null,0]])").done());
    EXPECT_EQ(folder.read("a"), "{\"n\":1}\n{\"n\"\n{\"n\":2,\"s\":null}\n");
}

TEST(FileSink, WritesAHeaderOnceAFile) {
    ScratchFolder folder;
    const Json csv = {{"format", {{"codec", "csv"}, {"config", {{"header", true}}}}}};
    for (int run = 0; run < 2; ++run) {
        auto h = writing(folder / "a.csv", csv);
        EXPECT_TRUE(h->process(R"([[1,"x",0],[2,"a, b",0]])").done());
        EXPECT_TRUE(h->process(R"([[3,null,0]])").done());
    }
    EXPECT_EQ(folder.read("a.csv"), "n,s\n1,x\n2,\"a, b\"\n3,\n1,x\n2,\"a, b\"\n3,\n");
}

TEST(FileSink, SendsWhatIsNoLineToErrors) {
    ScratchFolder folder;
    auto h = writing(folder / "a", {{"format", {{"codec", "template"}, {"config", {{"text", "{s}"}}}}}});
    EXPECT_TRUE(h->process(R"([[1,"good",0],[2,"two\nlines",0],[3,null,0]])").done());
    auto failed = h->take_failed();
    ASSERT_EQ(failed.size(), 2u);
    EXPECT_EQ(failed[0].code, "encode");
    EXPECT_EQ(failed[0].message, "the payload has a line break at byte 3, and a record is one line");
    EXPECT_EQ(folder.read("a"), "good\n");
}

TEST(FileSink, RollsBySizeAndByAge) {
    ScratchFolder folder;
    auto h = writing(folder / "a.jsonl", {{"max_bytes", 40}, {"max_age", 5'000'000}});
    for (int n = 0; n < 3; ++n) EXPECT_TRUE(h->process("[[" + std::to_string(n) + R"(,"xy",0]])").done());
    h->options().now = kNow + 5'000'000;
    EXPECT_TRUE(h->process(R"([[3,null,0]])").done());
    EXPECT_TRUE(h->prepare(1).done());
    EXPECT_EQ(folder.names(), (Lines{"a-20240523T123456.789Z-0-1.jsonl", "a-20240523T123456.789Z-0-2.jsonl",
                                    "a-20240523T123501.789Z-0-3.jsonl"}));
    EXPECT_EQ(folder.read("a-20240523T123456.789Z-0-1.jsonl"), "{\"n\":0,\"s\":\"xy\"}\n{\"n\":1,\"s\":\"xy\"}\n");
    EXPECT_EQ(h->metric("files"), 3);
}

TEST(FileSink, ShowsAFileOnceItsEpochIsCommitted) {
    ScratchFolder folder;
    auto h = writing(folder / "a.jsonl", {}, exactly_once());
    EXPECT_TRUE(h->process(R"([[1,null,0]])").done());
    ASSERT_EQ(folder.names().size(), 1u);
    EXPECT_TRUE(folder.names()[0].starts_with(".a-") && folder.names()[0].ends_with(".writing"));
    Lines committables;
    EXPECT_TRUE(h->prepare(4, &committables).done());
    ASSERT_EQ(committables.size(), 1u);
    EXPECT_TRUE(folder.names()[0].ends_with(".ready-4"));
    EXPECT_TRUE(h->process(R"([[2,null,0]])").done());  // of the next epoch
    for (int times = 0; times < 2; ++times) EXPECT_TRUE(h->commit(4, committables[0]).done());
    EXPECT_EQ(folder.read("a-20240523T123456.789Z-0-1.jsonl"), "{\"n\":1,\"s\":null}\n");
    Lines none;
    h.reset();  // what was not prepared is given up
    EXPECT_EQ(folder.names(), Lines{"a-20240523T123456.789Z-0-1.jsonl"});
    auto empty = writing(folder / "a.jsonl", {}, exactly_once());
    EXPECT_TRUE(empty->prepare(5, &none).done());
    EXPECT_EQ(none, Lines());
}

TEST(FileSink, LeavesOtherEpochsAndFilesAlone) {
    ScratchFolder folder;
    const std::string time = "-20240523T123456.789Z-0-1";
    const Lines kept = {".a" + time + ".jsonl.0.ready-4", ".a" + time + ".txt.0.writing", ".a-b" + time + ".jsonl.0.writing",
                       "a" + time + ".jsonl"};
    for (const auto &name : kept) folder.write(name, "x\n");
    for (const char *suffix : {".jsonl.0.writing", ".jsonl.0.ready-5"}) folder.write(".a" + time + suffix, "x\n");
    auto h = writing(folder / "a.jsonl", {}, exactly_once());
    EXPECT_EQ(folder.names().size(), kept.size() + 1);
    EXPECT_TRUE(h->prepare(5).done());  // the one before it was decided: its files may wait for their commit
    EXPECT_EQ(folder.names(), kept);
}

TEST(FileSink, SharesAPathWithOtherSinks) {
    ScratchFolder folder;
    auto a = writing(folder / "a.jsonl", {}, exactly_once()), b = writing(folder / "a.jsonl", {}, exactly_once());
    Lines committables;
    EXPECT_TRUE(a->process(R"([[1,null,0]])").done());
    EXPECT_TRUE(a->prepare(7, &committables).done());
    EXPECT_TRUE(b->process(R"([[2,null,0]])").done());
    EXPECT_TRUE(b->prepare(7, &committables).done());
    ASSERT_EQ(committables.size(), 2u);
    for (const auto &one : committables) EXPECT_TRUE(a->commit(7, one).done());
    EXPECT_EQ(folder.names(), (Lines{"a-20240523T123456.789Z-0-1.jsonl", "a-20240523T123456.789Z-0-2.jsonl"}));
}

TEST(FileSink, ReplacesNoFileAndTellsOfOneThatIsLost) {
    ScratchFolder folder;
    auto h = writing(folder / "a.jsonl", {}, exactly_once());
    EXPECT_TRUE(h->process(R"([[1,null,0]])").done());
    Lines committables;
    EXPECT_TRUE(h->prepare(1, &committables).done());
    const std::string name = "a-20240523T123456.789Z-0-1.jsonl";
    folder.write(name, "of somebody else\n");
    EXPECT_THAT(h->commit(1, committables[0]).message(), ::testing::HasSubstr(name + "` is there already and is not what weir wrote. Move it away"));
    EXPECT_EQ(folder.read(name), "of somebody else\n");
    for (const auto &left : folder.names()) std::filesystem::remove(folder / left);
    EXPECT_THAT(h->commit(1, committables[0]).message(), ::testing::HasSubstr("is gone, which held rows of an epoch that is decided"));
    EXPECT_EQ(h->commit(1, "x").message(), "the state names a file that cannot be understood: x");
}

TEST(FileSink, WritesABatchWholeOrNotAtAllWhereThereIsNoRoom) {
    ScratchFolder folder;
    auto h = writing(folder / "a");
    EXPECT_TRUE(h->process(R"([[1,null,0]])").done());
    const std::string before = folder.read("a");
    rlimit old{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{before.size() + 5, old.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    Status status = h->process(R"([[2,null,0]])");
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(status.message(), "`" + (folder / "a") + "`: cannot be written: File too large");
    EXPECT_EQ(folder.read("a"), before);
}

TEST(FileSink, WritesFailedRowsToo) {
    ScratchFolder folder;
    HarnessOptions options;
    options.input_stream = WEIR_STREAM_ERRORS;
    auto h = file_harness("file.sink", {{"path", folder / "dead"}}, {error_schema()}, options);
    ASSERT_EQ(h->start().message(), "");
    EXPECT_TRUE(h->process(R"([["in","decode","n","no number","{x",null,null,"a.json",null,7,null,null]])").done());
    EXPECT_EQ(folder.read("dead"), "{\"node\":\"in\",\"code\":\"decode\",\"field\":\"n\",\"message\":\"no number\",\"payload\":\"{x\","
              "\"key\":null,\"headers\":null,\"topic\":\"a.json\",\"partition\":null,\"offset\":7,\"timestamp\":null,\"row\":null}\n");
}

TEST(FileSink, RefusesWhatCannotWork) {
    ScratchFolder folder;
    auto fault = [&](Json config, HarnessOptions options = {}) {
        Status s = file_harness("file.sink", std::move(config), {kNumbers}, options)->start();
        return s.path() + ": " + s.message();
    };
    EXPECT_EQ(fault({{"path", ""}}), "path: is empty: name a file, such as out/orders.jsonl");
    EXPECT_EQ(fault({{"path", "out/"}}), "path: `out/` is no name of a file");
    EXPECT_EQ(fault({{"path", folder / "."}}), "path: `" + (folder / ".") + "` is no name of a file");
    EXPECT_THAT(fault({{"path", folder / "a"}, {"max_age", 5}}, exactly_once()), ::testing::HasSubstr("max_age: is not for `exactly_once`"));
    folder.write("file", "");
    EXPECT_THAT(fault({{"path", folder / "file/a"}}), ::testing::HasSubstr("/file`: the folder cannot be made: Not a directory"));
}

}  // namespace
}  // namespace weir::testing
