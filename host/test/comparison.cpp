#include "host/test/comparison.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/test/yaml_text.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host::test {
namespace {

constexpr size_t kMostShown = 10;         // differences of one kind
constexpr size_t kMostAligned = 4'000'000;  // cells of the table of the longest common rows

using Found = std::vector<std::optional<size_t>>;

// The longest sequence of rows that both have.
Found align(const std::vector<ExpectedRow>& expected, const std::vector<Row>& rows) {
    const size_t n = expected.size(), m = rows.size();
    Found found(n);
    size_t begin = 0;
    for (; begin < std::min(n, m) && is_row(expected[begin], rows[begin]); ++begin) found[begin] = begin;
    const size_t left = n - begin, right = m - begin;
    if (left == 0 || right == 0 || left * right > kMostAligned) return found;
    std::vector<std::vector<uint32_t>> best(left + 1, std::vector<uint32_t>(right + 1, 0));
    std::vector<std::vector<bool>> same(left, std::vector<bool>(right));
    for (size_t i = left; i-- > 0;) {
        for (size_t j = right; j-- > 0;) {
            same[i][j] = is_row(expected[begin + i], rows[begin + j]);
            best[i][j] = std::max({best[i + 1][j], best[i][j + 1], same[i][j] ? best[i + 1][j + 1] + 1 : 0});
        }
    }
    for (size_t i = 0, j = 0; i < left && j < right;) {
        if (same[i][j] && best[i][j] == best[i + 1][j + 1] + 1) {
            found[begin + i++] = begin + j++;
        } else if (best[i + 1][j] >= best[i][j + 1]) {
            ++i;
        } else {
            ++j;
        }
    }
    return found;
}

// Each expected row with a row of its own, for as many as can have one: an expected row that leaves columns out may be
// several rows.
class Matching {
public:
    Matching(const std::vector<ExpectedRow>& expected, const std::vector<Row>& rows)
        : expected_(expected), rows_(rows), taken_by_(rows.size()), found_(expected.size()) {
        for (size_t i = 0; i < expected.size(); ++i) {
            seen_.assign(rows.size(), false);
            find(i);
        }
    }
    Found take() { return std::move(found_); }

private:
    bool find(size_t i) {
        for (size_t j = 0; j < rows_.size(); ++j)
            if (!taken_by_[j] && is_row(expected_[i], rows_[j])) return give(i, j);
        for (size_t j = 0; j < rows_.size(); ++j) {
            if (seen_[j] || !is_row(expected_[i], rows_[j])) continue;
            seen_[j] = true;
            if (find(*taken_by_[j])) return give(i, j);
        }
        return false;
    }
    bool give(size_t i, size_t j) {
        taken_by_[j] = i;
        found_[i] = j;
        return true;
    }
    const std::vector<ExpectedRow>& expected_;
    const std::vector<Row>& rows_;
    std::vector<std::optional<size_t>> taken_by_;
    std::vector<bool> seen_;
    Found found_;
};

std::vector<size_t> others(const Found& found, size_t rows) {
    std::vector<bool> known(rows, false);
    for (const auto& row : found)
        if (row) known[*row] = true;
    std::vector<size_t> out;
    for (size_t i = 0; i < rows; ++i)
        if (!known[i]) out.push_back(i);
    return out;
}

bool has_all(const Found& found) {
    return std::all_of(found.begin(), found.end(), [](const auto& row) { return row.has_value(); });
}

bool has_payloads(const Expectation& expectation) {
    return std::any_of(expectation.rows.begin(), expectation.rows.end(),
                       [](const ExpectedRow& row) { return !row.is_map; });
}

bool shows_payload(const Expectation& expectation, const Row& row, const std::vector<Schema>& schemas) {
    if (!row.has_payload) return false;
    if (!expectation.rows.empty()) return has_payloads(expectation);
    return schemas[row.input].find("code") == std::nullopt || schemas[row.input].find("value") == std::nullopt;
}

std::string expected_text(const ExpectedRow& row) { return flow_text(*row.written); }

// The column, or the place in the payload, where the two are different.
std::string first_difference(const ExpectedRow& expected, const Row& row, const std::vector<Schema>& schemas) {
    if (!expected.is_map) {
        if (!expected.payload || !row.payload) return "";
        const std::string_view a = *expected.payload, b = *row.payload;
        const auto at = static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
        return fmt::format("from character {}: expected {}, got {}", count_columns(a.substr(0, at)) + 1,
                           ticked(a.substr(at)), ticked(b.substr(at)));
    }
    const auto& values = expected.values[row.input];
    for (size_t i = 0; i < values.size(); ++i)
        if (values[i] && *values[i] != row.values[i])
            return fmt::format("{}: expected {}, got {}", schemas[row.input].fields[i].name, *values[i], row.values[i]);
    return "";
}

// How much of the row is as expected.
size_t likeness(const ExpectedRow& expected, const Row& row) {
    if (!expected.is_map) {
        if (!expected.payload || !row.payload) return 0;
        const std::string_view a = *expected.payload, b = *row.payload;
        return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
    }
    const auto& values = expected.values[row.input];
    size_t same = 0;
    for (size_t i = 0; i < values.size(); ++i) same += values[i] && *values[i] == row.values[i];
    return same;
}

std::string counted(size_t n, const char* what) { return fmt::format("{} {}", n, what); }

}  // namespace

bool is_row(const ExpectedRow& expected, const Row& row) {
    if (!expected.is_map) return row.has_payload && expected.payload == row.payload;
    const auto& values = expected.values[row.input];
    if (values.empty()) return expected.written->keys.empty();
    for (size_t i = 0; i < values.size(); ++i)
        if (values[i] && *values[i] != row.values[i]) return false;
    return true;
}

Comparison compare(const Expectation& expectation, const std::vector<Row>& rows) {
    Comparison out;
    out.came_as = expectation.match == Match::kInOrder ? align(expectation.rows, rows)
                                                       : Matching(expectation.rows, rows).take();
    if (expectation.match != Match::kContains) out.unexpected = others(out.came_as, rows.size());
    out.is_good = has_all(out.came_as) && out.unexpected.empty();
    if (!out.is_good && expectation.match == Match::kInOrder && expectation.rows.size() == rows.size())
        out.is_other_order = has_all(Matching(expectation.rows, rows).take());
    return out;
}

std::string row_text(const Expectation& expectation, const Row& row, const std::vector<Schema>& schemas) {
    if (shows_payload(expectation, row, schemas)) return row.payload ? flow_scalar(*row.payload) : "null";
    const Schema& schema = schemas[row.input];
    std::set<size_t> named;
    for (const ExpectedRow& expected : expectation.rows)
        for (size_t i = 0; expected.is_map && i < expected.values[row.input].size(); ++i)
            if (expected.values[row.input][i]) named.insert(i);
    const bool is_dead_letter = schema.find("code") && schema.find("value") && schema.find("payload");
    std::string out;
    for (size_t i = 0; i < schema.size(); ++i) {
        const std::string& name = schema.fields[i].name;
        if (named.empty() ? is_metadata_column(name) : !named.contains(i)) continue;
        const bool is_detail =
            name != "node" && name != "code" && name != "field" && name != "value" && name != "message";
        if (named.empty() && is_dead_letter && (is_detail || row.values[i] == "null")) continue;
        out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", flow_scalar(name), flow_json(row.values[i]));
    }
    return out.empty() ? "{}" : "{ " + out + " }";
}

std::string difference_text(const Expectation& expectation, const Comparison& comparison, const std::vector<Row>& rows,
                            const std::vector<Schema>& schemas) {
    std::string out;
    if (comparison.is_other_order) {
        for (size_t i = 0; i < expectation.rows.size(); ++i) {
            if (is_row(expectation.rows[i], rows[i])) continue;
            return fmt::format("  row {} is expected to be\n  - {}\n  + {}\n"
                               "  rows of different keys and partitions come in no order: `any_order: [ … ]` expects "
                               "them so\n",
                               i + 1, expected_text(expectation.rows[i]), row_text(expectation, rows[i], schemas));
        }
    }
    std::vector<size_t> unexpected = comparison.unexpected;
    size_t shown = 0, missing = 0;
    for (size_t i = 0; i < expectation.rows.size(); ++i) {
        if (comparison.came_as[i] || ++missing > kMostShown) continue;
        const ExpectedRow& expected = expectation.rows[i];
        out += fmt::format("  - {}\n", expected_text(expected));
        const auto likest = std::max_element(unexpected.begin(), unexpected.end(), [&](size_t a, size_t b) {
            return likeness(expected, rows[a]) < likeness(expected, rows[b]);
        });
        const bool is_alone = unexpected.size() == 1 && expectation.rows.size() == 1;
        if (likest == unexpected.end() || (!is_alone && likeness(expected, rows[*likest]) == 0)) continue;
        out += fmt::format("  + {}\n", row_text(expectation, rows[*likest], schemas));
        const std::string what = first_difference(expected, rows[*likest], schemas);
        if (!what.empty()) out += "      " + what + "\n";
        unexpected.erase(likest);
    }
    if (missing > kMostShown) out += fmt::format("  … and {} missing\n", counted(missing - kMostShown, "more are"));
    for (size_t row : unexpected)
        if (++shown <= kMostShown) out += fmt::format("  + {}\n", row_text(expectation, rows[row], schemas));
    if (shown > kMostShown) out += fmt::format("  … and {} unexpected\n", counted(shown - kMostShown, "more are"));
    return out;
}

}  // namespace weir::host::test
