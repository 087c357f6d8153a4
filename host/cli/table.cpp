#include "host/cli/table.hpp"

#include <algorithm>

#include "host/topology/source_file.hpp"

namespace weir::host {

std::string Table::text() const {
    std::vector<std::size_t> widths(rows_[0].size(), 0);
    auto width_of = [](const std::string& cell) { return static_cast<std::size_t>(count_columns(cell)); };
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - width_of(row[i]), ' ');
            const bool right = std::find(right_.begin(), right_.end(), i) != right_.end();
            line += (i > 0 ? "  " : "") + (right ? padding + row[i] : row[i] + padding);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

}  // namespace weir::host
