// Each broken/NAME.yaml is a topology with mistakes, and broken/NAME.txt beside it all that is said about
// them, to the letter. A first line `# --set a=b` gives arguments.
#include <algorithm>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

std::vector<std::string> cases() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(test_folder() / "broken")) {
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

LoadOptions options_of(const std::string& text) {
    LoadOptions options;
    std::istringstream words(text.substr(0, text.find('\n')));
    std::string word;
    if (!(words >> word) || word != "#") return options;
    while (words >> word) {
        if (word == "--set" && words >> word) options.sets.push_back(word);
    }
    return options;
}

TEST(BrokenTopologies, AreExplainedToTheLetter) {
    const auto names = cases();
    ASSERT_GE(names.size(), 60U);
    for (const std::string& name : names) {
        SCOPED_TRACE(name);
        const auto path = test_folder() / "broken" / name;
        const std::string text = file_text(path.string() + ".yaml");
        LoadOptions options = options_of(text);
        options.environment = [](const std::string&) { return std::nullopt; };
        Diagnostics diagnostics;
        const auto topology = load_topology_text(name + ".yaml", text, options, test_catalog(), diagnostics);
        EXPECT_FALSE(topology.has_value());
        EXPECT_EQ(diagnostics.text(), file_text(path.string() + ".txt"));
    }
}

TEST(BrokenTopologies, ShowEveryErrorCodeThatAFileCanCause) {
    std::string all;
    for (const std::string& name : cases()) all += file_text(test_folder() / "broken" / (name + ".txt"));
    // These need a file system or a plugin, are warnings, or belong to other stages; tests of their own show
    // them.
    const std::vector<Code> elsewhere = {
        Code::kFileUnreadable,   Code::kTooDeep,      Code::kYamlTooLarge,    Code::kUnusedParameter,
        Code::kUnusedConnection, Code::kUnreadOutput, Code::kOperatorRefused, Code::kPluginRefused,
        Code::kDelivery,         Code::kUnboundedState, Code::kNoIdleAfter, Code::kExecFailed,
        Code::kBadExpression, Code::kUnreachable,  Code::kOutsideMissing, Code::kOutsideMismatch,
        Code::kOutsideDenied, Code::kOutsideMade,   Code::kFeedback,      Code::kSecretInRows,
        Code::kUnknownColumn};
    for (const CodeInfo& info : all_codes()) {
        if (std::find(elsewhere.begin(), elsewhere.end(), info.code) != elsewhere.end()) continue;
        EXPECT_NE(all.find(fmt::format("[{}]", info.text)), std::string::npos) << info.text;
    }
}

}  // namespace
}  // namespace weir::host
