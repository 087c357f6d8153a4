// Rows as a table whose columns widen as needed. One user at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/batch.hpp>

namespace weir::console {

class Table {
public:
    // The names again before the next row: something else was printed in between.
    void repeat_header() { since_header_ = kHeaderEvery; }
    // Appends the first rows of a batch, under a header where one is due.
    void append(const BatchView &batch, int64_t rows, const std::string &indent, std::string &out);

private:
    static constexpr size_t kMaxWidth = 40;  // longer values are cut
    static constexpr int64_t kHeaderEvery = 50;

    void append_line(const std::vector<std::string> &cells, const std::vector<bool> &right,
                     const std::string &indent, std::string &out) const;

    std::vector<size_t> widths_;
    int64_t since_header_ = kHeaderEvery;
};

// A value as it stands in a line or cell: text without quotes, all else as JSON; printable.
void append_cell(const Column &column, int64_t row, std::string &out);

}  // namespace weir::console
