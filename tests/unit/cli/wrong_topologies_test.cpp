// wrong/*.yaml are topologies with a mistake, as one makes them; the comment at the end of each is what `weir lint` says
// of the whole folder at once: place, severity, code, the nearest name and the hint. Those of wrong_with_exec/ may run commands.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

using Texts = std::map<std::string, std::string>;  // by file

std::filesystem::path folder_of(const char* name) { return std::filesystem::path(std::getenv("WEIR_SOURCE_DIR")) / "tests/unit/cli" / name; }

// The comment at the end of each file, without its `# `.
Texts expected(const std::filesystem::path& folder) {
    Texts out;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path());
        std::string& text = out[entry.path().filename()];
        for (std::string line; std::getline(file, line);)
            if (line.starts_with("# ")) text += line.substr(2) + "\n";
    }
    return out;
}

Texts found(const std::string& json) {
    Texts out;
    for (const auto& d : nlohmann::json::parse(json)) {
        std::ostringstream text;
        const auto member = [&](const char* name) { return d.contains(name) ? d[name].dump(-1, ' ', false) : ""; };
        text << member("line") << ":" << member("column") << "-" << member("end_column") << " " << d["severity"].get<std::string>()
             << " " << d["code"].get<std::string>() << "\n";
        for (const char* name : {"nearest", "hint"})
            if (d.contains(name)) text << "  " << name << ": " << d[name].get<std::string>() << "\n";
        out[std::filesystem::path(d["file"].get<std::string>()).filename()] += text.str();
    }
    return out;
}

void expect_told(const Texts& wanted, const Texts& told) {
    for (const auto& [file, text] : wanted) {
        EXPECT_NE(text, "") << file << " says nothing of what is wrong with it";
        EXPECT_EQ(told.contains(file) ? told.at(file) : "", text) << file;
    }
    EXPECT_EQ(told.size(), wanted.size());
}

TEST(WrongTopologies, AreToldWithPlaceAndHint) {
    const auto folder = folder_of("wrong");
    const Texts wanted = expected(folder);
    ASSERT_GE(wanted.size(), 60U);
    // With an operator that keeps state for good, one of two inputs, and one whose plugin cannot be loaded.
    const std::string plugins = std::string(std::getenv("WEIR_BUILD_DIR")) + "/tests/";
    const Outcome got = weir({"lint", folder.string(), "--format", "json", "--plugin-dir", plugins + "conformance_plugins",
                              "--plugin-dir", plugins + "cli_plugins"});
    EXPECT_EQ(got.code, 3);  // some want plugins that are not there, or cannot be used
    expect_told(wanted, found(got.out));
}

TEST(WrongTopologies, AreToldWhereTheirCommandsFail) {
    const auto folder = folder_of("wrong_with_exec");
    const Outcome got = weir({"lint", folder.string(), "--format", "json", "--allow-exec"});
    EXPECT_EQ(got.code, 2);
    expect_told(expected(folder), found(got.out));
}

}  // namespace
}  // namespace weir::test
