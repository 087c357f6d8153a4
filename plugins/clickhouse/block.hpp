// A block of rows in the Native format: what one insert carries.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <weir/batch.hpp>

#include "column_writer.hpp"

namespace weir::clickhouse {

// A column of the input and the one of the table that it goes to. They have one name.
struct BlockColumn {
    size_t input;
    std::string name;
    std::unique_ptr<ColumnWriter> writer;
};

// One user at a time.
class Block {
public:
    explicit Block(std::vector<BlockColumn> columns) : columns_(std::move(columns)) {}

    // The rows that no column can be written of, in order; they must not be appended. `batch` has the schema of the columns.
    std::vector<RowError> check(const BatchView &batch) const;
    void append(const BatchView &batch, int64_t begin, int64_t end);
    int64_t rows() const { return rows_; }
    size_t bytes() const;  // of the encoded rows, about
    void write(Output &out) const;
    void clear();

private:
    std::vector<BlockColumn> columns_;
    int64_t rows_ = 0;
};

}  // namespace weir::clickhouse
