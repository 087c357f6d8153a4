#include "host/test/report.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace weir::host::test {
namespace {

std::string failures_text(const CaseResult& result) {
    std::string out;
    for (const CaseFailure& failure : result.failures)
        out += fmt::format("{}: {}{}\n{}", failure.place.text(), failure.summary,
                           result.is_drawn ? " (in an order that was drawn)" : "", failure.detail);
    return out;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (char c : printable(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

// By line, since what is printable is one line.
std::string escaped_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        out += escaped(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

size_t failed(const std::vector<CaseResult>& results) {
    return static_cast<size_t>(std::count_if(results.begin(), results.end(),
                                             [](auto& r) { return !r.failures.empty(); }));
}

}  // namespace

std::string case_text(const CaseResult& result) {
    return fmt::format("{}  {}: {}\n{}", result.failures.empty() ? "ok  " : "FAIL", result.file, result.name,
                       failures_text(result));
}

std::string summary_text(const std::vector<CaseResult>& results, uint64_t seed) {
    const std::string cases = fmt::format("{} case{}", results.size(), results.size() == 1 ? "" : "s");
    if (const size_t n = failed(results))
        return fmt::format("{}, {} failed; --seed {} gives the same orders again\n", cases, n, seed);
    return fmt::format("{}, all ok; seed {}\n", cases, seed);
}

std::string junit_xml(const std::vector<CaseResult>& results, uint64_t seed) {
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites tests=\"{}\" failures=\"{}\">\n", results.size(), failed(results));
    for (size_t begin = 0, end = 0; begin < results.size(); begin = end) {
        while (end < results.size() && results[end].file == results[begin].file) ++end;
        const std::vector<CaseResult> of_file(results.begin() + static_cast<std::ptrdiff_t>(begin),
                                              results.begin() + static_cast<std::ptrdiff_t>(end));
        out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n", escaped(results[begin].file),
                           of_file.size(), failed(of_file));
        out += fmt::format("    <properties><property name=\"seed\" value=\"{}\"/></properties>\n", seed);
        for (const CaseResult& result : of_file) {
            out += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", escaped(result.file),
                               escaped(result.name));
            if (result.failures.empty()) {
                out += "/>\n";
                continue;
            }
            out += fmt::format(">\n      <failure message=\"{}\">\n{}      </failure>\n    </testcase>\n",
                               escaped(result.failures[0].summary), escaped_lines(failures_text(result)));
        }
        out += "  </testsuite>\n";
    }
    return out + "</testsuites>\n";
}

}  // namespace weir::host::test
