// The shape of sources whose splits come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/skeleton.hpp"

namespace weir::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using weir::testing::FailedRow;
using weir::testing::Harness;

class FilesTest : public ::testing::Test {
protected:
    FilesTest() { std::filesystem::create_directory(files_); }
    Harness make(const std::string& more = "") {
        return Harness(skeleton_.plugin(), "files.numbers", R"({"folder":")" + files_.native() + "\"" + more + "}");
    }

    Skeleton skeleton_{"discovering_source"};
    std::filesystem::path files_ = skeleton_.folder() / "files";
};

TEST_F(FilesTest, FindsNewSplitsWhenAskedAgain) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    EXPECT_THAT(h.discover(), IsEmpty());
    write_file(files_ / "a", "1\n2\n");
    EXPECT_THAT(h.discover(), ElementsAre("a"));
    write_file(files_ / "b", "");
    EXPECT_THAT(h.discover(), UnorderedElementsAre("a", "b"));
}

TEST_F(FilesTest, ReadsASplitFromItsPositionAndWaitsForMore) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    write_file(files_ / "a", "1\n22\n333\n44");  // the last line is not complete
    ASSERT_TRUE(h.assign(0, "a").done());
    EXPECT_TRUE(h.poll(0, 2).is_more());
    EXPECT_THAT(h.take(), ElementsAre(R"({"n":1})", R"({"n":22})"));
    EXPECT_EQ(h.position(0), "5");
    EXPECT_TRUE(h.poll(0).is_more());
    EXPECT_THAT(h.take(), ElementsAre(R"({"n":333})"));
    EXPECT_TRUE(h.poll(0).done());
    EXPECT_EQ(h.wake_time(), 1'000'000);
    write_file(files_ / "a", "1\n22\n333\n44\n");
    EXPECT_TRUE(h.poll(0).is_more());
    EXPECT_THAT(h.take(), ElementsAre(R"({"n":44})"));

    Harness other = make(R"(,"end_when_dry":true)");
    ASSERT_EQ(other.start().message(), "");
    ASSERT_TRUE(other.assign(3, "a", "5").done());
    EXPECT_TRUE(other.poll(3).is_more());
    EXPECT_TRUE(other.poll(3).is_end());
    EXPECT_THAT(other.take(), ElementsAre(R"({"n":333})", R"({"n":44})"));
}

TEST_F(FilesTest, TellsWhereABadLineCameFrom) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    write_file(files_ / "a", "1\nfive\n\n4\n");
    ASSERT_TRUE(h.assign(0, "a").done());
    EXPECT_TRUE(h.poll(0).is_more());
    EXPECT_THAT(h.take(), ElementsAre(R"({"n":1})", R"({"n":4})"));
    EXPECT_THAT(h.take_failed(), ElementsAre(FailedRow{"decode", "n", "a number is expected", "five"},
                                             FailedRow{"decode", "n", "a number is expected", ""}));
}

TEST_F(FilesTest, SurvivesABatchWithoutAnyGoodLine) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    write_file(files_ / "a", "x\ny\n");
    ASSERT_TRUE(h.assign(0, "a").done());
    EXPECT_TRUE(h.poll(0).is_more());
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.position(0), "4");
    weir_error error = empty_error();
    EXPECT_EQ(h.api().revoke(h.self(), 0, &error), WEIR_OK);
}

TEST_F(FilesTest, LearnsWhatIsDurableDownstream) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    const weir_position position{0, to_abi("2")};
    weir_error error = empty_error();
    EXPECT_EQ(h.api().on_epoch_committed(h.self(), 1, &position, 1, &error), WEIR_OK);
}

}  // namespace
}  // namespace weir::host
