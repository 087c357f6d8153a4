#include "host/topology/diagnostic.hpp"

#include <set>

#include <gtest/gtest.h>

namespace weir::host {
namespace {

TEST(Diagnostic, ShowsPlaceLineCaretAndAdvice) {
    const auto file =
        SourceFile::create("topologies/x.yaml", "nodes:\n  pairs:\n    pair_mach: { value: n }\n");
    Diagnostics diagnostics;
    auto& d = diagnostics.error(Code::kUnknownOperator, file->place(20, 9),
                                "node `pairs`: there is no operator `pair_mach`");
    d.expected = "an operator";
    d.nearest = "pair_match";
    d.hint = "see `weir plugin ls`";
    d.related.push_back({file->place(9, 5), "the node begins here"});
    EXPECT_EQ(
        diagnostics.text(),
        "topologies/x.yaml:3:5: error[unknown-operator]: node `pairs`: there is no operator `pair_mach`\n"
        "    3 |     pair_mach: { value: n }\n"
        "      |     ^~~~~~~~~\n"
        "   expected: an operator; nearest: `pair_match`\n"
        "   hint: see `weir plugin ls`\n"
        "   topologies/x.yaml:2:3: the node begins here\n");
    EXPECT_EQ(
        diagnostics.json().dump(),
        R"([{"file":"topologies/x.yaml","line":3,"column":5,"end_line":3,"end_column":14,"severity":"error",)"
        R"("code":"unknown-operator","message":"node `pairs`: there is no operator `pair_mach`",)"
        R"("expected":"an operator","nearest":"pair_match","hint":"see `weir plugin ls`",)"
        R"("related":[{"file":"topologies/x.yaml","line":2,"column":3,"message":"the node begins here"}]}])");
}

TEST(Diagnostic, KeepsTabsUnderTabs) {
    const auto file = SourceFile::create("x.yaml", "a:\t\tb\n");
    Diagnostics diagnostics;
    diagnostics.error(Code::kWrongType, file->place(4, 1), "m");
    EXPECT_EQ(diagnostics.text(), "x.yaml:1:5: error[wrong-type]: m\n    1 | a:\t\tb\n      |   \t\t^\n");
}

TEST(Diagnostic, ShowsNoControlCharacters) {
    const auto file = SourceFile::create("x.yaml",
                                         "a: \x1B[31m\xC2\x9B\xFF"
                                         "b\n");
    Diagnostics diagnostics;
    diagnostics.error(Code::kWrongType, file->place(3, 1), ticked("\x1B[31m\n"));
    EXPECT_EQ(
        diagnostics.text(),
        "x.yaml:1:4: error[wrong-type]: `\uFFFD[31m `\n    1 | a: \uFFFD[31m\uFFFD\uFFFDb\n      |    ^\n");
}

TEST(Diagnostic, SortsByPlaceAndKeepsFilesTogether) {
    const auto a = SourceFile::create("a.yaml", "1\n2\n"), b = SourceFile::create("b.yaml", "1\n");
    Diagnostics diagnostics;
    diagnostics.error(Code::kWrongType, b->place(0, 1), "b1");
    diagnostics.warning(Code::kUnusedParameter, a->place(2, 1), "a2");
    diagnostics.note(Code::kUnreadOutput, a->place(0, 1), "a1");
    std::string order;
    for (const Diagnostic* d : diagnostics.sorted()) order += d->message + " ";
    EXPECT_EQ(order, "b1 a1 a2 ");
    EXPECT_EQ(diagnostics.error_count(), 1U);
    EXPECT_EQ(diagnostics.text(false).find("a1"), std::string::npos);
}

TEST(Diagnostic, IsBoundedInNumber) {
    Diagnostics diagnostics;
    for (int i = 0; i < 250; ++i) diagnostics.error(Code::kWrongType, {}, "m").hint.assign(1, 'h');
    EXPECT_EQ(diagnostics.error_count(), 250U);
    EXPECT_EQ(diagnostics.sorted().size(), 200U);
    EXPECT_TRUE(diagnostics.text().ends_with("and 50 more\n"));
}

TEST(DiagnosticCodes, AreDifferentAndExplained) {
    std::set<std::string_view> texts;
    for (const CodeInfo& info : all_codes()) {
        EXPECT_TRUE(texts.insert(info.text).second) << info.text;
        EXPECT_TRUE(info.meaning.ends_with('.')) << info.text;
        EXPECT_EQ(&info_of(info.code), &info);
    }
}

}  // namespace
}  // namespace weir::host
