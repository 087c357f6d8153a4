// What became of cases, for people and for CI. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "host/test/suite.hpp"

namespace weir::host::test {

// A line of the case, and below it what failed: with file, line and column, and the rows that are different.
std::string case_text(const CaseResult& result);
// The last line.
std::string summary_text(const std::vector<CaseResult>& results, uint64_t seed);
// JUnit's XML, a suite for each file.
std::string junit_xml(const std::vector<CaseResult>& results, uint64_t seed);

}  // namespace weir::host::test
