// What a user calls a record, and a split.
#include "host/cli/record_fate.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/cli/record_source.hpp"

namespace weir::host {
namespace {

std::string record_read(const char* text) {
    const auto record = parse_record_name(text);
    return record ? fmt::format("{} {} {}", record->node, record->split, record->offset) : "none";
}

TEST(RecordName, IsANodeASplitAndAnOffset) {
    EXPECT_EQ(record_read("raw@2:48213"), "raw 2 48213");
    EXPECT_EQ(record_read("raw@a.b/2:0"), "raw a.b/2 0");
    EXPECT_EQ(record_read("raw@a:b/2:7"), "raw a:b/2 7");
    for (const char* text : {"", "raw", "raw@", "raw@2", "@2:1", "raw@:1", "raw@2:", "raw@2:-1", "raw@2:x", "raw:2@1"}) EXPECT_EQ(record_read(text), "none") << text;
}

TEST(SplitName, IsTheWholeIdOrWhatStandsBehindItsLastSlash) {
    const std::vector<SplitMark> marks = {{"raw", "a/0", "5"}, {"raw", "a/1", "5"}, {"raw", "b/1", "5"}};
    const std::vector<const SplitMark*> all = {&marks[0], &marks[1], &marks[2]};
    const auto found = [&](const char* name) {
        auto split = find_split(all, name, "raw");
        return split ? (*split)->split : split.status().message();
    };
    EXPECT_EQ(found("0"), "a/0");
    EXPECT_EQ(found("b/1"), "b/1");
    EXPECT_EQ(found("1"), "`raw` reads several that are called `1`; expected: `a/0`, `a/1` or `b/1`");
    EXPECT_EQ(found("c/1"), "`raw` does not read `c/1`; expected: `a/0`, `a/1` or `b/1`");
    EXPECT_EQ(find_split({}, "0", "raw").status().code(), WEIR_E_RETRYABLE);
    EXPECT_EQ(find_split({}, "0", "raw").status().message(), "`raw` has no epoch yet that says what it reads: ask again behind the first");
}

}  // namespace
}  // namespace weir::host
