// `weir test`.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/plugins.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/topology_files.hpp"
#include "host/exit_codes.hpp"
#include "host/test/report.hpp"
#include "host/test/suite.hpp"
#include "host/test/update.hpp"

namespace weir::host {
namespace {

// Each thing once: a topology's errors come with each of its cases.
std::string wrong_text(const Diagnostics& diagnostics) {
    std::string out;
    std::set<std::string> said;
    for (const Diagnostic* d : diagnostics.sorted()) {
        if (d->severity != Severity::kError) continue;
        std::string rendered = render(*d);
        if (said.insert(rendered).second) out += rendered;
    }
    return out;
}

int refused_code(const Diagnostics& diagnostics) {
    for (const Diagnostic* d : diagnostics.sorted())
        if (d->code == Code::kPluginRefused || d->code == Code::kMissingPlugin || d->code == Code::kPluginVersion)
            return kExitPluginRefused;
    return kExitUsage;
}

// Empty, or why it could not be written.
std::string write_file(const std::filesystem::path& path, const std::string& text) {
    errno = 0;
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (out) return "";
    return fmt::format("{}: cannot be written: {}", path.string(), std::strerror(errno != 0 ? errno : EIO));
}

// Every expectation that does not hold, as it would. Empty, or which file could not be written.
std::string update_files(const std::vector<test::CaseResult>& results, Terminal& terminal) {
    std::map<std::string, std::vector<const test::Held*>> by_file;
    for (const test::CaseResult& result : results)
        for (const test::Held& held : result.outcome.held)
            if (!held.comparison.is_good) by_file[result.file].push_back(&held);
    for (const auto& [path, all] : by_file) {
        std::vector<test::Edit> edits;
        for (const test::Held* held : all) edits.push_back(test::edit_of(*held));
        const std::string_view text = all.front()->expectation->place.file->text();
        std::string problem = write_file(path, test::edited(text, std::move(edits)));
        if (!problem.empty()) return problem;
        terminal.message(fmt::format("{}: {} expectation{} rewritten", path, all.size(), all.size() == 1 ? "" : "s"));
    }
    return "";
}

uint64_t any_seed() {
    std::random_device random;
    return random();
}

class TestRun {
public:
    TestRun(OperatorResolver& plugins, const TestArguments& arguments, std::vector<std::filesystem::path> files, Terminal& terminal)
        : plugins_(plugins),
          arguments_(arguments),
          files_(std::move(files)),
          terminal_(terminal),
          seed_(arguments.seed ? *arguments.seed : any_seed()) {}

    int run() {
        if (arguments_.update) {
            auto first = load(1);
            if (!first) return code_;
            const auto results = first->run([](const test::CaseResult&) {});
            if (std::string problem = update_files(results, terminal_); !problem.empty()) return fail(problem);
        }
        auto suite = load(arguments_.runs);
        if (!suite) return code_;
        const auto results =
            suite->run([&](const test::CaseResult& result) { terminal_.print(test::case_text(result)); });
        terminal_.print(test::summary_text(results, seed_));
        if (!arguments_.junit.empty()) {
            const std::string problem = write_file(arguments_.junit, test::junit_xml(results, seed_));
            if (!problem.empty()) return fail(problem);
        }
        const bool good = std::all_of(results.begin(), results.end(),
                                      [](auto& result) { return result.failures.empty(); });
        return good ? kExitOk : kExitFailed;
    }

private:
    // Null where something is wrong with the files; it has been said, and code_ is what it comes to.
    std::unique_ptr<test::Suite> load(int64_t runs) {
        auto suite = std::make_unique<test::Suite>(plugins_, test::SuiteOptions{arguments_.filter, seed_, runs});
        for (const auto& file : files_) suite->load(file);
        if (suite->diagnostics().has_errors()) {
            terminal_.message(wrong_text(suite->diagnostics()));
            code_ = refused_code(suite->diagnostics());
            return nullptr;
        }
        if (suite->cases() > 0 || arguments_.filter.empty()) return suite;
        terminal_.message(fmt::format("weir test: no case has {} in `FILE: NAME` (--filter)",
                                      ticked(arguments_.filter)));
        code_ = kExitUsage;
        return nullptr;
    }

    int fail(const std::string& problem) {
        terminal_.message("weir test: " + problem);
        return kExitFailed;
    }

    OperatorResolver& plugins_;
    const TestArguments& arguments_;
    const std::vector<std::filesystem::path> files_;
    Terminal& terminal_;
    const uint64_t seed_;
    int code_ = kExitOk;
};

}  // namespace

int test_command(const TestArguments& arguments, Terminal& terminal) {
    auto plugins = open_plugins(arguments.plugin_dirs);
    if (!plugins) {
        terminal.message("weir: " + plugins.status().message());
        return kExitUsage;
    }
    auto files = find_tests(arguments.files);
    if (!files) {
        terminal.message("weir test: " + files.status().message());
        return kExitUsage;
    }
    PluginResolver resolver(*plugins);
    return TestRun(resolver, arguments, std::move(*files), terminal).run();
}

}  // namespace weir::host
