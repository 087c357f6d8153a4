// Gathers rows of several batches into one: what an emitter has for one worker behind an exchange, until it is worth
// a delivery.
//
// Order is kept. Where the rows came from is kept, too: the batch's origin joins those of the batches that its rows
// are of. The split is lost when rows of several meet.
//
// Threads: one user at a time.
#pragma once

#include <cstdint>
#include <vector>

#include <weir/builder.hpp>
#include <weir/memory.hpp>

#include "host/engine/batch.hpp"

namespace weir::host {

class PartBuilder {
public:
    // `types` describes the columns and must outlive it.
    explicit PartBuilder(const Schema& types);
    ~PartBuilder();
    PartBuilder(PartBuilder&&) = delete;

    bool empty() const { return rows_ == 0; }
    // A batch is worth it: it has WEIR_BATCH_MAX_ROWS rows, or about WEIR_BATCH_MAX_BYTES bytes.
    bool full() const { return rows_ == WEIR_BATCH_MAX_ROWS || bytes_ >= WEIR_BATCH_MAX_BYTES; }
    // Copies rows until it is full; returns how many. `hashes` are those of all rows of `from`.
    int64_t append(const HostBatch& from, const int32_t* rows, int64_t n, const uint64_t* hashes);
    // REQUIRES: not empty.
    BatchRef take();

private:
    struct Source {  // an origin whose rows are numbered from `first` on in the joined one
        weir_origin* origin;
        int32_t first;
    };
    struct JoinedOrigin;

    void append_column(size_t column, const ArrowArray& from, const int32_t* rows, int64_t n);
    void append_origin(const weir_batch& from, const int32_t* rows, int64_t n);
    weir_origin* take_origin();

    const Schema& types_;
    BatchBuilder builder_;
    std::vector<bool> has_nulls_;  // by column
    Buffer hashes_, origin_rows_;
    std::vector<Source> sources_;
    const ArrowSchema* schema_ = nullptr;
    int64_t rows_ = 0, bytes_ = 0;
    int32_t next_first_ = 0;
    uint64_t split_ = WEIR_NO_SPLIT;
};

}  // namespace weir::host
