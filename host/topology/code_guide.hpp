// What a code of `weir lint` means, at more length than its message: what to do, a file that is wrong, and the same
// file right. The reference page docs/lint.md and `weir lint --explain CODE` are made of it; a test lints the examples.
//
// Plain values and pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/topology/diagnostic_codes.hpp"

namespace weir::host {

struct CodeGuide {
    Code code;
    std::string_view advice;      // what to do, or why it is so
    std::string_view wrong = {};  // a whole file; empty where no file shows it by itself
    std::string_view right = {};
};

// Those of each part of the language; of a code there is one.
const std::vector<CodeGuide>& text_guides();   // YAML, values, parameters
const std::vector<CodeGuide>& graph_guides();  // operators, nodes, connections, what the whole promises
const std::vector<CodeGuide>& view_guides();   // views and dashboards

// A code that lint does not tell: how a run ended, or why a row was refused.
struct RunGuide {
    std::string_view text;
    std::string_view meaning;
    std::string_view advice;
};
const std::vector<RunGuide>& run_guides();
// Null: there is none.
const RunGuide* find_run_guide(std::string_view text);

// Null: there is none.
const CodeGuide* find_guide(Code code);

// The code that has this text, or null.
const CodeInfo* find_code(std::string_view text);

std::string explain_code(const CodeInfo& code);
std::string explain_code(const RunGuide& code);
// All of them, as a page of Markdown.
std::string lint_reference();

}  // namespace weir::host
