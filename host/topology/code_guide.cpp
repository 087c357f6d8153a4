#include "host/topology/code_guide.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace weir::host {
namespace {

constexpr std::string_view kLintHead = R"(# Lint codes

Made by `weir lint --reference`. `weir lint FILE...` checks topologies and tells everything that is wrong in them at once;
nothing is started. Each diagnostic has one of the codes below, which never changes its meaning, in all formats: `text` for
people, `json` for editors, `github` for annotations of a pull request. `weir lint --explain CODE` prints one entry.

An *error* refuses the file (exit 2, or 3 where a plugin is at fault); a *warning* and a *note* do not. `weir lint --deep`
also connects, and looks whether what the nodes name on servers is there and fits; exit 4 where a server is not reached and
nothing else is wrong.
)";

constexpr std::string_view kRunsHead = R"(
# Codes of runs and rows

How a run ended, as `error[CODE]` (`warning[retryable]` where it begins again), and why a row was refused, as a dead letter's
`weir.code`. Plugins may have codes of rows of their own. `weir lint --explain CODE` knows these, too.

| code | what it means | what to do |
|---|---|---|
)";

std::string indented(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += fmt::format("    {}\n", text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

const CodeGuide* find_guide(Code code) {
    for (const auto* guides : {&text_guides(), &graph_guides(), &view_guides()})
        for (const CodeGuide& guide : *guides)
            if (guide.code == code) return &guide;
    return nullptr;
}

const CodeInfo* find_code(std::string_view text) {
    const auto& codes = all_codes();
    const auto found = std::find_if(codes.begin(), codes.end(), [&](const CodeInfo& info) { return info.text == text; });
    return found == codes.end() ? nullptr : &*found;
}

std::string explain_code(const CodeInfo& code) {
    std::string out = fmt::format("{}: {}\n", code.text, code.meaning);
    const CodeGuide* guide = find_guide(code.code);
    if (guide == nullptr) return out;
    out += fmt::format("\n{}\n", guide->advice);
    if (!guide->wrong.empty()) out += fmt::format("\nWrong:\n\n{}\nRight:\n\n{}", indented(guide->wrong), indented(guide->right));
    return out;
}

std::string explain_code(const RunGuide& code) { return fmt::format("{}: {}\n\n{}\n", code.text, code.meaning, code.advice); }

std::string lint_reference() {
    std::string out(kLintHead);
    for (const CodeInfo& code : all_codes()) {
        out += fmt::format("\n## {}\n\n{}", code.text, code.meaning);
        const CodeGuide* guide = find_guide(code.code);
        if (guide != nullptr) out += fmt::format(" {}", guide->advice);
        out += "\n";
        if (guide != nullptr && !guide->wrong.empty())
            out += fmt::format("\nWrong:\n\n```yaml\n{}```\n\nRight:\n\n```yaml\n{}```\n", guide->wrong, guide->right);
    }
    out += kRunsHead;
    for (const RunGuide& code : run_guides()) out += fmt::format("| `{}` | {} | {} |\n", code.text, code.meaning, code.advice);
    return out;
}

}  // namespace weir::host
