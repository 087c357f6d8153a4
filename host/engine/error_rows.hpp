// The rows of one node's `errors` port, gathered during a call and sent after it.
//
// Threads: the node's worker.
#pragma once

#include <string>

#include <weir/builder.hpp>
#include <weir/errors.hpp>

#include "host/engine/batch.hpp"

namespace weir::host {

class ErrorRows {
public:
    explicit ErrorRows(std::string node);

    // A failed row of `batch`: with the record it stems from where the batch's origin knows, else as JSON.
    void add(const weir_batch& batch, const weir_row_error& error);
    bool empty() const { return rows_.rows() == 0; }
    bool full() const { return rows_.rows() >= WEIR_BATCH_MAX_ROWS || bytes_ >= WEIR_BATCH_MAX_BYTES; }
    // The rows so far, as a batch of error_schema(). `schema` must outlive the batch.
    BatchRef take(const ArrowSchema* schema);

    // A row for a person: `node: code: message (topic/partition@offset: payload)`.
    static std::string describe(const weir_batch& rows, int64_t row);

private:
    void add_record(const weir_origin_record& record);
    void add_row(const weir_batch& batch, int64_t row);

    std::string node_;
    Schema schema_;
    BatchBuilder rows_;
    size_t bytes_ = 0;
};

}  // namespace weir::host
