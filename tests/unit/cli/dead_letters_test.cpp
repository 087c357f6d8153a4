#include "host/cli/dead_letters.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace weir::host {
namespace {

TEST(ReplayedLetters, AreAllBeforeThePlaceAndRangesBehindIt) {
    Replayed all;
    all.add(0, std::nullopt);
    all.add(5, 3);
    all.add(7, 5);  // offset 6 is no letter
    EXPECT_EQ(all.base(), 1);
    EXPECT_EQ(all.note(), "4+2");
    all.add(12, 9);
    EXPECT_EQ(all.note(), "4+2 11");
    for (const int64_t offset : {0, 5, 7, 12}) EXPECT_TRUE(all.has(offset)) << offset;
    for (const int64_t offset : {3, 9, 13}) EXPECT_FALSE(all.has(offset)) << offset;
    auto again = Replayed::parse(all.base(), all.note());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->note(), all.note());
    EXPECT_TRUE(again->has(7) && again->has(12) && !again->has(3));
    all.add(3, 0);
    EXPECT_EQ(all.base(), 4);
    all.add(5, 3);
    all.add(9, 7);
    EXPECT_EQ(all.base(), 10);
    EXPECT_EQ(all.note(), "2");
}

TEST(ReplayedLetters, RefuseANoteOfSomebodyElse) {
    for (const char* note : {"x", "1+", "-1", "1,2", "1 +2"}) EXPECT_FALSE(Replayed::parse(0, note)) << note;
    for (const char* note : {"9223372036854775807", "1+9223372036854775807", "99999999999999999999"})
        EXPECT_FALSE(Replayed::parse(1, note)) << note;
    EXPECT_FALSE(Replayed::parse(INT64_MAX, "1"));
    EXPECT_TRUE(Replayed::parse(0, ""));
}

// Whatever is replayed in whichever order of passes, exactly that is remembered of the letters there are.
TEST(ReplayedLetters, AreThoseThatWereAdded) {
    for (uint64_t seed = 0; seed < 200; ++seed) {
        std::mt19937_64 random(seed);
        std::vector<int64_t> letters;
        for (int64_t at = static_cast<int64_t>(random() % 3); letters.size() < 30; at += 1 + static_cast<int64_t>(random() % 3)) letters.push_back(at);
        std::set<int64_t> expected;
        Replayed all;
        for (int pass = 0; pass < 4; ++pass) {
            std::optional<int64_t> before;
            for (const int64_t letter : letters) {
                if (random() % 3 == 0) expected.insert(letter);
                if (expected.contains(letter)) all.add(letter, before);
                before = letter;
            }
            auto parsed = Replayed::parse(all.base(), all.note());
            ASSERT_TRUE(parsed);
            all = *parsed;
            for (const int64_t letter : letters) ASSERT_EQ(all.has(letter), expected.contains(letter)) << "seed " << seed << ", " << letter;
        }
        std::optional<int64_t> before;
        for (const int64_t letter : letters) all.add(letter, std::exchange(before, letter));
        EXPECT_EQ(all.note(), "") << "seed " << seed;
        EXPECT_EQ(all.base(), letters.back() + 1);
    }
}

TEST(ReadableBytes, AreTextInALine) {
    EXPECT_EQ(readable("größer"), "größer");
    EXPECT_EQ(readable(std::string_view("a\0b", 3)), std::nullopt);
    EXPECT_EQ(readable("a\nb"), std::nullopt);
    EXPECT_EQ(readable("\xff"), std::nullopt);
    EXPECT_EQ(hexadecimal(std::string_view("\xff\0a", 3)), "ff0061");
}

}  // namespace
}  // namespace weir::host
