// A list of things as a table for people: columns aligned, two spaces between them, a header line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir::host {

class Table {
public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}

    // REQUIRES: as many cells as the header has. A cell is one line of text.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    // From now on the column of that index is aligned to the right.
    void align_right(std::size_t column) { right_.push_back(column); }

    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
    std::vector<std::size_t> right_;
};

}  // namespace weir::host
