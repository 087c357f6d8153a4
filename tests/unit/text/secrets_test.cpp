#include "host/text/secrets.hpp"

#include <gtest/gtest.h>

namespace weir::host {
namespace {

TEST(Secrets, AreHiddenWhereverTheyStand) {
    Secrets secrets;
    secrets.add("hunter22");
    EXPECT_EQ(secrets.hide("hunter22: hunter22 and hunter2"), "***: *** and hunter2");
    EXPECT_EQ(secrets.hide("nothing"), "nothing");
}

TEST(Secrets, AreHiddenAsJsonHasThemToo) {
    Secrets secrets;
    secrets.add("a\"b\\c\nd");
    EXPECT_EQ(secrets.hide(R"({"x":"a\"b\\c\nd"} a"b\c)" "\nd"), R"({"x":"***"} ***)");
}

TEST(Secrets, OfWhichOneIsAPartOfAnotherAreHiddenWhole) {
    Secrets secrets;
    secrets.add("secret");
    secrets.add("secret-and-more");
    EXPECT_EQ(secrets.hide("secret-and-more, secret"), "***, ***");
}

TEST(Secrets, ThatAreAsShortAsWordsAreNotLookedFor) {
    Secrets secrets;
    secrets.add("");
    secrets.add("admin");
    EXPECT_EQ(secrets.hide("the admin API"), "the admin API");
}

}  // namespace
}  // namespace weir::host
