// The reference of lint codes: each code has an entry, each example does what it says, and the page is what they say.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "host/cli/topology_set.hpp"
#include "host/expression/function.hpp"
#include "host/topology/code_guide.hpp"

namespace weir::host {
namespace {

class CodeExamples : public ::testing::Test {
protected:
    CodeExamples() : plugins_(open_plugins({std::filesystem::path(std::getenv("WEIR_PLUGIN_DIR"))})) {}

    // The codes that a file gets, errors first.
    std::vector<std::string> codes_of(std::string_view text, bool errors_only = false) {
        TopologySet topologies(*plugins_);
        topologies.load_text("t.yaml", std::string(text), {}, {true, std::chrono::seconds(1)});
        std::vector<std::string> codes;
        for (const Diagnostic* d : topologies.diagnostics().sorted())
            if (!errors_only || d->severity == Severity::kError) codes.emplace_back(info_of(d->code).text);
        return codes;
    }

    Result<PluginSet> plugins_;
};

TEST_F(CodeExamples, DoWhatTheySay) {
    ASSERT_TRUE(plugins_) << plugins_.status().message();
    for (const CodeInfo& code : all_codes()) {
        SCOPED_TRACE(std::string(code.text));
        const CodeGuide* guide = find_guide(code.code);
        ASSERT_NE(guide, nullptr) << "host/topology/code_guide_*.cpp has no entry";
        if (guide->wrong.empty()) continue;
        const auto wrong = codes_of(guide->wrong);
        EXPECT_NE(std::find(wrong.begin(), wrong.end(), code.text), wrong.end()) << "the wrong example does not show it";
        const auto right = codes_of(guide->right);
        EXPECT_EQ(std::find(right.begin(), right.end(), code.text), right.end()) << "the right example shows it, too";
        EXPECT_EQ(codes_of(guide->right, true), std::vector<std::string>{});
    }
}

TEST(RunCodes, HaveEntriesForWhatExpressionsRefuse) {
    using expression::ErrorCode;
    for (const ErrorCode code : {ErrorCode::kOverflow, ErrorCode::kDivisionByZero, ErrorCode::kBadCast, ErrorCode::kBadArgument,
                                 ErrorCode::kTooLarge})
        EXPECT_NE(find_run_guide(expression::to_text(code)), nullptr) << expression::to_text(code);
}

TEST(LintReference, IsWhatTheTableSays) {
    std::ifstream file(std::string(std::getenv("WEIR_SOURCE_DIR")) + "/docs/lint.md");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), lint_reference()) << "weir lint --reference >docs/lint.md makes them equal again";
}

}  // namespace
}  // namespace weir::host
