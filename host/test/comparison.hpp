// Expected rows against those that came: which is which, and how to tell what is different.
//
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/test/script.hpp"
#include "host/test/world.hpp"

namespace weir::host::test {

struct Comparison {
    bool is_good = false;
    bool is_other_order = false;                // the same rows, but not in that order
    std::vector<std::optional<size_t>> came_as;  // by expected row: the row that it is
    std::vector<size_t> unexpected;              // rows that none of them is; not for Match::kContains
};

bool is_row(const ExpectedRow& expected, const Row& row);

Comparison compare(const Expectation& expectation, const std::vector<Row>& rows);

// What is missing and what is unexpected, each with the first difference to its likeliest counterpart; lines with
// ends. `schemas`: of the rows, by input.
std::string difference_text(const Expectation& expectation, const Comparison& comparison, const std::vector<Row>& rows,
                            const std::vector<Schema>& schemas);

// A row as a test would write it on one line: its payload where the expectation has payloads, else the columns that the
// expectation names, or all but metadata.
std::string row_text(const Expectation& expectation, const Row& row, const std::vector<Schema>& schemas);

}  // namespace weir::host::test
