#include "host/cli/table.hpp"

#include <gtest/gtest.h>

#include "host/cli/terminal.hpp"

namespace weir::host {
namespace {

TEST(Table, AlignsColumnsAndLeavesNoBlanksAtTheEnd) {
    Table table({"NAME", "SIZE", "NOTE"});
    table.align_right(1);
    table.add({"a", "12345", ""});
    table.add({"größer", "7", "x"});
    EXPECT_EQ(table.text(),
              "NAME     SIZE  NOTE\n"
              "a       12345\n"
              "größer      7  x\n");
}

TEST(WrapColumns, BreaksBetweenPartsAndLosesNone) {
    const std::string line = "  12.3 s  pairs  read 1,998/s  waiting 311  dead-lettered 383";
    EXPECT_EQ(wrap_columns(line, 80), std::vector<std::string>{line});
    EXPECT_EQ(wrap_columns(line, 40), (std::vector<std::string>{"  12.3 s  pairs  read 1,998/s", "          waiting 311  dead-lettered 383"}));
    EXPECT_EQ(wrap_columns("", 40), std::vector<std::string>{""});
    EXPECT_EQ(wrap_columns("abcdef  gh", 4), (std::vector<std::string>{"abc…", "   …"}));
}

TEST(CutColumns, CountsCharactersNotBytes) {
    EXPECT_EQ(cut_columns("größer", 6), "größer");
    EXPECT_EQ(cut_columns("größer", 5), "größ…");
    EXPECT_EQ(cut_columns("", 5), "");
}

}  // namespace
}  // namespace weir::host
