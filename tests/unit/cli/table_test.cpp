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

TEST(CutColumns, CountsCharactersNotBytes) {
    EXPECT_EQ(cut_columns("größer", 6), "größer");
    EXPECT_EQ(cut_columns("größer", 5), "größ…");
    EXPECT_EQ(cut_columns("", 5), "");
}

}  // namespace
}  // namespace weir::host
