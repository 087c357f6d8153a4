// A record batch in the host's hands: counted, shared by every edge it travels, immutable.
//
// Threads: references may be dropped and copied on any thread; the content is read-only.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <weir/abi.h>
#include <weir/types.hpp>

namespace weir::host {

class HostBatch {
public:
    // Takes over array, origin and origin_rows of `emitted` (sets them NULL there), and `hashes` of the rows' keys
    // (from weir_host.alloc). `schema` must outlive the batch.
    static HostBatch* take(weir_batch* emitted, const ArrowSchema* schema, uint64_t* hashes = nullptr);
    // The same batch with the hash of each row's key beside it. `hashes`: from weir_host.alloc, taken over.
    static HostBatch* with_hashes(HostBatch* base, uint64_t* hashes);
    // A copy of these rows of a batch, in this order, that stem from where they did. `types` describes its columns.
    static HostBatch* choose(const HostBatch& from, const Schema& types, std::span<const int32_t> rows);
    // Frees what an emitted batch holds.
    static void discard(weir_batch* emitted);
    // The batch behind a handle that the host gave out, or null.
    static HostBatch* of(const weir_batch& batch) { return static_cast<HostBatch*>(batch.handle); }

    const weir_batch& view() const { return view_; }
    void retain() { refs_.fetch_add(1, std::memory_order_relaxed); }
    void release();

private:
    HostBatch() = default;
    ~HostBatch();

    std::atomic<int64_t> refs_{1};
    ArrowArray array_{};
    weir_batch view_{};
    HostBatch* base_ = nullptr;  // whose array this one shares
};

class BatchRef {
public:
    BatchRef() = default;
    // Takes over one reference.
    explicit BatchRef(HostBatch* batch) : batch_(batch) {}
    BatchRef(const BatchRef& o) : batch_(o.batch_) {
        if (batch_) batch_->retain();
    }
    BatchRef(BatchRef&& o) noexcept : batch_(std::exchange(o.batch_, nullptr)) {}
    BatchRef& operator=(BatchRef o) noexcept {
        std::swap(batch_, o.batch_);
        return *this;
    }
    ~BatchRef() {
        if (batch_) batch_->release();
    }
    explicit operator bool() const { return batch_ != nullptr; }
    const weir_batch& view() const { return batch_->view(); }
    HostBatch* get() const { return batch_; }
    int64_t rows() const { return batch_->view().rows; }

private:
    HostBatch* batch_ = nullptr;
};

// Empty if `array` has the shape that `schema` says (children, lengths, buffers), else what is wrong with it.
// Looks at the structure, not at every value.
std::string shape_fault(const ArrowSchema& schema, const ArrowArray& array, int64_t rows);

// A counted child column as an array of its own. REQUIRES: 0 <= column < children.
void retain_column(HostBatch* batch, int64_t column, ArrowArray* out);

}  // namespace weir::host
