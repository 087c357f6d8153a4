// `weir eval` from outside.
#include <gtest/gtest.h>

#include "process.hpp"

namespace weir::test {
namespace {

TEST(Eval, PrintsTheValue) {
    const Outcome got =
        weir({"eval", "price * quantity > $limit", "--row", R"({"price": 12.5, "quantity": 9})", "--set", "limit=100"});
    EXPECT_EQ(got.out, "true\n");
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.code, 0);
}

TEST(Eval, InfersTheTypesOfTheRow) {
    const std::string row = R"({"user": {"tags": ["a", "b"]}, "n": 3, "big": 18446744073709551615, "none": null})";
    EXPECT_EQ(weir({"eval", "user.tags[n - 1] || coalesce(none, '!')", "--row", row}).out, "b!\n");
    EXPECT_EQ(weir({"eval", "big + 1", "--row", row}).out, "18446744073709551616\n");
    EXPECT_EQ(weir({"eval", "none", "--row", row}).out, "null\n");
}

TEST(Eval, MarksWhatIsWrong) {
    const Outcome got = weir({"eval", "uper(name)", "--row", R"({"name": "x"})"});
    EXPECT_EQ(got.out, "");
    EXPECT_EQ(got.err, "weir eval: error: there is no function `uper`\n  uper(name)\n  ^~~~\n   nearest: `upper`\n");
    EXPECT_EQ(got.code, 2);
}

TEST(Eval, MarksWhatFailed) {
    const Outcome got = weir({"eval", "1 + n / 0", "--row", R"({"n": 5})"});
    EXPECT_EQ(got.err, "weir eval: error: division-by-zero: 5 / 0\n  1 + n / 0\n      ^~~~~\n");
    EXPECT_EQ(got.code, 2);
}

TEST(Eval, RefusesARowThatIsNone) {
    const Outcome got = weir({"eval", "1", "--row", "[1]"});
    EXPECT_EQ(got.err, "weir eval: --row: `[1]` is not a JSON object\n   expected: an object, as {\"n\": 1}\n");
    EXPECT_EQ(got.code, 2);
    EXPECT_EQ(weir({"eval"}).code, 2);
}

TEST(Eval, RefusesARowThatIsTooDeep) {
    const std::string deep = R"({"a": )" + std::string(50'000, '[') + std::string(50'000, ']') + "}";
    const Outcome got = weir({"eval", "a", "--row", deep});
    EXPECT_EQ(got.err, "weir eval: --row: the row has more than 64 lists and objects in each other\n"
                       "   expected: an object, as {\"n\": 1}\n");
    EXPECT_EQ(got.code, 2);
}

}  // namespace
}  // namespace weir::test
