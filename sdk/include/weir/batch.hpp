// Batches as an operator sees them (BatchView, borrowed) and keeps them (RetainedBatch, counted).
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/builder.hpp>
#include <weir/column.hpp>
#include <weir/types.hpp>

namespace weir {

// A borrowed batch with its schema. Copying is cheap; nothing is owned.
class BatchView {
public:
    BatchView(const weir_batch &batch, const Schema &schema) : batch_(&batch), schema_(&schema) {}

    int64_t rows() const { return batch_->rows; }
    uint64_t split() const { return batch_->split; }
    const Schema &schema() const { return *schema_; }
    Column column(size_t i) const { return {batch_->array->children[i], &schema_->fields[i].type}; }
    const weir_batch &raw() const { return *batch_; }

private:
    const weir_batch *batch_;
    const Schema *schema_;
};

// A counted reference to a batch; released when it goes. Movable. Any thread, one at a time.
class RetainedBatch {
public:
    RetainedBatch() = default;
    RetainedBatch(weir_context *context, const weir_batch &batch) : context_(context) {
        raw_.size = sizeof raw_;
        context_->retain(context_, &batch, &raw_);
    }
    RetainedBatch(RetainedBatch &&o) noexcept { swap(o); }
    RetainedBatch &operator=(RetainedBatch &&o) noexcept {
        RetainedBatch gone(std::move(*this));
        swap(o);
        return *this;
    }
    RetainedBatch(const RetainedBatch &) = delete;
    RetainedBatch &operator=(const RetainedBatch &) = delete;
    ~RetainedBatch() {
        if (context_) context_->release(context_, &raw_);
    }

    explicit operator bool() const { return context_ != nullptr; }
    const weir_batch &raw() const { return raw_; }
    BatchView view(const Schema &schema) const { return {raw_, schema}; }

    // The reference itself, to emit. REQUIRES: it holds one.
    weir_batch take() {
        context_ = nullptr;
        return std::exchange(raw_, weir_batch{});
    }

private:
    void swap(RetainedBatch &o) noexcept {
        std::swap(context_, o.context_);
        std::swap(raw_, o.raw_);
    }
    weir_context *context_ = nullptr;
    weir_batch raw_{};
};

// A failed row, for Context::fail.
struct RowError {
    int64_t row = 0;
    std::string code, field, message;
};

}  // namespace weir
