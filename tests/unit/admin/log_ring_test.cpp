#include "host/admin/log_ring.hpp"

#include <gtest/gtest.h>

namespace weir::host {
namespace {

LoggedLine line(const std::string& text) {
    LoggedLine out;
    out.text = text;
    return out;
}

TEST(LogRing, KeepsTheLastLinesInTheirOrder) {
    LogRing ring;
    for (size_t i = 0; i < LogRing::kMost + 3; ++i) ring.add(line(std::to_string(i)));
    const auto all = ring.behind(0);
    ASSERT_EQ(all.size(), LogRing::kMost);
    EXPECT_EQ(all.front().text, "3");
    EXPECT_EQ(all.back().text, std::to_string(LogRing::kMost + 2));
    EXPECT_EQ(ring.behind(all.back().number - 1).size(), 1u);
    EXPECT_TRUE(ring.behind(all.back().number).empty());
}

TEST(LogRing, CutsALongLineBetweenCharacters) {
    LogRing ring;
    ring.add(line(std::string(LogRing::kMostBytes - 1, 'x') + "\xc3\xa4" + "more"));
    EXPECT_EQ(ring.behind(0)[0].text, std::string(LogRing::kMostBytes - 1, 'x') + "…");
}

}  // namespace
}  // namespace weir::host
