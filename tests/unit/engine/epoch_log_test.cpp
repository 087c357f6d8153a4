// What is known of a topology's last epochs: where its sources stood.
#include "host/engine/epoch_log.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir::host {
namespace {

SplitMarks at(const std::string& position) {
    return std::make_shared<std::vector<SplitMark>>(std::vector<SplitMark>{{"raw", "a/0", position}});
}

std::string text(const EpochLog& log) {
    std::string out;
    for (const auto& [epoch, marks] : log.marks())
        for (const SplitMark& mark : *marks) out += fmt::format("{}: {}/{} {}\n", epoch, mark.node, mark.split, mark.position);
    return out;
}

TEST(EpochLog, KnowsWhereSourcesStoodAtTheEndOfItsLastEpochs) {
    EpochLog log;
    log.opened(4, at("40"));
    for (uint64_t epoch = 5; epoch < 7; ++epoch) {
        log.began(epoch, 1);
        log.reported(0);
        log.committed(0, 0, at(std::to_string(epoch * 10)));
    }
    EXPECT_EQ(text(log), "4: raw/a/0 40\n5: raw/a/0 50\n6: raw/a/0 60\n");
}

TEST(EpochLog, ForgetsEpochsOfAGraphThatWasRolledBack) {
    EpochLog log;
    log.opened(4, at("40"));
    log.began(5, 1);
    log.committed(0, 0, at("50"));
    log.opened(4, at("40"));
    EXPECT_EQ(text(log), "4: raw/a/0 40\n");
}

TEST(EpochLog, HoldsOnlyTheLast) {
    EpochLog log;
    for (uint64_t epoch = 1; epoch <= EpochLog::kMostMarked + 3; ++epoch) log.opened(epoch, at("1"));
    ASSERT_EQ(log.marks().size(), EpochLog::kMostMarked);
    EXPECT_EQ(log.marks().front().first, 4U);
}

}  // namespace
}  // namespace weir::host
