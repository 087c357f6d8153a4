// The columns that aggregates are called with, for one batch: those of the batch where an argument is one, else computed.
//
// One thread. Columns are valid until the next prepare, as long as the batch is.
#pragma once

#include <memory>
#include <vector>

#include "host/aggregation/aggregation.hpp"
#include "host/expression/evaluator.hpp"

namespace weir::host::aggregation {

class BatchArguments {
public:
    explicit BatchArguments(std::shared_ptr<const Aggregation> aggregation);
    ~BatchArguments();

    // Evaluates arguments and filters for n rows of the batch; rows NULL: the first n.
    void prepare(const ArrowArray& batch, const int32_t* rows, int64_t n, int64_t now);

    // A struct array of the call's arguments, by row of the batch.
    const ArrowArray& columns(size_t call) const { return calls_[call].columns; }
    // Whether its filter lets the row pass.
    bool passes(size_t call, int32_t row) const { return calls_[call].passing.test(row); }
    // The keys of its rows, for DISTINCT; made when they are asked for.
    const KeyBatch& keys(size_t call);

    // Rows of which an argument or a filter has no value, and why: errors()[i] came in expression failing()[i].
    bool has_failed(int32_t row) const { return any_failed_ && evaluator_->failed().test(row); }
    bool any_failed() const { return any_failed_; }
    const std::vector<expression::RowError>& errors() const { return evaluator_->errors(); }
    const std::vector<uint32_t>& failing() const { return failing_; }

private:
    struct Computed;
    struct OneCall {
        ArrowArray columns{};
        std::vector<ArrowArray*> children;
        std::vector<std::unique_ptr<Computed>> computed;  // null: a column of the batch
        expression::RowSet passing;
        KeyBatch keys;
        bool has_keys = false;
    };

    void evaluate(const expression::RowSet& wanted);
    void set_columns(size_t call, const ArrowArray& batch);
    expression::Selection still_there(expression::RowSet rows, expression::RowList& list) const;
    void note_failures(uint32_t expression);

    std::shared_ptr<const Aggregation> aggregation_;
    std::unique_ptr<expression::Evaluator> evaluator_;  // null: every argument is a column, and there is no filter
    std::vector<OneCall> calls_;
    std::vector<uint32_t> failing_;
    const void* buffers_[1] = {nullptr};
    int rows_ = 0;
    bool any_failed_ = false;
};

}  // namespace weir::host::aggregation
