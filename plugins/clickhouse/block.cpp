#include "block.hpp"

#include <algorithm>

namespace weir::clickhouse {

std::vector<RowError> Block::check(const BatchView &batch) const {
    std::vector<RowError> faults;
    for (const BlockColumn &column : columns_) {
        if (!column.writer->can_fail()) continue;
        column.writer->check(batch.column(column.input), 0, batch.rows(), [&](int64_t row, const std::string &message) {
            faults.push_back({row, "encode", column.name, message});
        });
    }
    // A row fails once, of its first column.
    std::stable_sort(faults.begin(), faults.end(), [](const RowError &a, const RowError &b) { return a.row < b.row; });
    faults.erase(std::unique(faults.begin(), faults.end(), [](const RowError &a, const RowError &b) { return a.row == b.row; }), faults.end());
    return faults;
}

void Block::append(const BatchView &batch, int64_t begin, int64_t end) {
    if (begin >= end) return;
    for (BlockColumn &column : columns_) column.writer->append(batch.column(column.input), begin, end);
    rows_ += end - begin;
}

size_t Block::bytes() const {
    size_t sum = 0;
    for (const BlockColumn &column : columns_) sum += column.writer->bytes();
    return sum;
}

void Block::write(Output &out) const {
    out.put_varint(columns_.size());
    out.put_varint(static_cast<uint64_t>(rows_));
    for (const BlockColumn &column : columns_) {
        out.put_text(column.name);
        out.put_text(column.writer->type());
        column.writer->write_prefix(out);
        column.writer->write(out);
    }
}

void Block::clear() {
    rows_ = 0;
    for (BlockColumn &column : columns_) column.writer->clear();
}

}  // namespace weir::clickhouse
