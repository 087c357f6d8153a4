// A row of JSON for `weir eval`: its values say the types of the columns.
#pragma once

#include <string>

#include <weir/builder.hpp>
#include <weir/result.hpp>

namespace weir::host {

// A batch of one row. Whole numbers are int64, others float64; a list has the type of its elements, an object is a
// struct; null is a nullable string.
struct EvalRow {
    EvalRow() = default;
    EvalRow(EvalRow&& other) noexcept
        : schema(std::move(other.schema)), rows(std::exchange(other.rows, ArrowArray{})) {}
    EvalRow& operator=(EvalRow&&) = delete;
    ~EvalRow() {
        if (rows.release) rows.release(&rows);
    }

    Schema schema;
    ArrowArray rows{};
};

// Not ok: why the text is no row.
Result<EvalRow> read_eval_row(const std::string& json);

}  // namespace weir::host
