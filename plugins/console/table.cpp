#include "table.hpp"

#include <algorithm>

#include <weir/row_json.hpp>

#include "printable.hpp"

namespace weir::console {
namespace {

bool is_number(const Type &type) { return type.id >= TypeId::kInt8 && type.id <= TypeId::kDecimal128; }

}  // namespace

void append_cell(const Column &column, int64_t row, std::string &out) {
    if (column.is_null(row)) {
        out += "null";
    } else if (column.type().is_text()) {
        append_printable(out, column.text(row));
    } else {
        std::string json;
        append_json_value(json, column, row);
        if (json.starts_with('"')) json = json.substr(1, json.size() - 2);  // dates and timestamps
        append_printable_json(out, json);
    }
}

void Table::append(const BatchView &batch, int64_t rows, const std::string &indent, std::string &out) {
    std::vector<size_t> columns;
    std::vector<std::string> names;
    std::vector<bool> right;
    for (size_t i = 0; i < batch.schema().size(); ++i) {
        const Field &field = batch.schema().fields[i];
        if (is_metadata_column(field.name)) continue;
        columns.push_back(i);
        append_printable(names.emplace_back(), field.name);
        names.back() = cut(std::move(names.back()), kMaxWidth);
        right.push_back(is_number(field.type));
    }
    std::vector<size_t> widths = widths_;
    widths.resize(columns.size());
    std::vector<std::vector<std::string>> lines(static_cast<size_t>(rows), std::vector<std::string>(columns.size()));
    for (size_t c = 0; c < columns.size(); ++c) {
        widths[c] = std::max(widths[c], width_of(names[c]));
        for (int64_t row = 0; row < rows; ++row) {
            std::string &cell = lines[static_cast<size_t>(row)][c];
            append_cell(batch.column(columns[c]), row, cell);
            cell = cut(std::move(cell), kMaxWidth);
            widths[c] = std::max(widths[c], width_of(cell));
        }
    }
    if (widths != widths_) repeat_header();
    widths_ = std::move(widths);
    for (const auto &line : lines) {
        if (since_header_ >= kHeaderEvery) {
            append_line(names, right, indent, out);
            std::vector<std::string> rules;
            for (size_t width : widths_) rules.emplace_back(width, '-');
            append_line(rules, right, indent, out);
            since_header_ = 0;
        }
        append_line(line, right, indent, out);
        ++since_header_;
    }
}

void Table::append_line(const std::vector<std::string> &cells, const std::vector<bool> &right,
                        const std::string &indent, std::string &out) const {
    out += indent;
    for (size_t c = 0; c < cells.size(); ++c) {
        std::string blanks(widths_[c] - width_of(cells[c]), ' ');
        if (c) out += "  ";
        if (right[c]) out += blanks;
        out += cells[c];
        if (!right[c] && c + 1 < cells.size()) out += blanks;
    }
    out += '\n';
}

}  // namespace weir::console
