#include "host/aggregation/arguments.hpp"

namespace weir::host::aggregation {

using expression::Op;
using expression::RowList;
using expression::RowSet;
using expression::Selection;
using expression::Vector;

// An argument's values as a column. Rows that were not evaluated hold anything.
struct BatchArguments::Computed {
    ArrowArray array{};
    const void* buffers[2] = {nullptr, nullptr};
    ArrowArray built{};

    ~Computed() { release(); }
    void release() {
        if (built.release) built.release(&built);
    }
    // `rows`: those that were evaluated.
    ArrowArray* set(const Vector& values, const RowSet& rows, int n) {
        release();
        const Type& type = values.type();
        if (values.is_constant() || value_width(type.id) == 0 || value_width(type.id) != values.width()) {
            build(values, rows, n);
            return &built;
        }
        array = ArrowArray{};
        array.length = n;
        array.n_buffers = 2;
        array.buffers = buffers;
        array.null_count = values.has_nulls() ? 1 : 0;  // some
        buffers[0] = values.has_nulls() ? const_cast<RowSet&>(values.valid()).bytes() : nullptr;
        buffers[1] = values.bytes();
        return &array;
    }

private:
    void build(const Vector& values, const RowSet& rows, int n) {
        ColumnBuilder builder(values.type());
        builder.reserve(n);
        for (int row = 0; row < n; ++row) {
            const auto at = static_cast<uint16_t>(row);
            if (rows.test(row))
                append_rows(values, Selection(&at, 1), builder);
            else
                builder.append_null();
        }
        builder.finish(&built);
    }
};

BatchArguments::BatchArguments(std::shared_ptr<const Aggregation> aggregation) : aggregation_(std::move(aggregation)) {
    const Program& program = *aggregation_->rows;
    bool computes = false;
    for (const AggregateCall& call : aggregation_->calls) {
        OneCall& one = calls_.emplace_back();
        one.children.resize(call.arguments.size());
        for (const size_t argument : call.arguments) {
            const bool is_column = program.result(argument).op == Op::kColumn;
            one.computed.push_back(is_column ? nullptr : std::make_unique<Computed>());
            computes = computes || !is_column;
        }
        computes = computes || call.filter;
    }
    if (computes) evaluator_ = std::make_unique<expression::Evaluator>(aggregation_->rows);
}

BatchArguments::~BatchArguments() = default;

void BatchArguments::prepare(const ArrowArray& batch, const int32_t* rows, int64_t n, int64_t now) {
    rows_ = static_cast<int>(batch.length);
    failing_.clear();
    any_failed_ = false;
    if (evaluator_) {
        RowSet wanted;
        if (rows)
            for (int64_t i = 0; i < n; ++i) wanted.set(rows[i]);
        else
            wanted.fill(static_cast<int>(n));
        evaluator_->begin(batch, 0, rows_, now);
        evaluate(wanted);
    }
    for (size_t i = 0; i < calls_.size(); ++i) set_columns(i, batch);
}

Selection BatchArguments::still_there(RowSet rows, RowList& list) const {
    if (any_failed_) rows.subtract(evaluator_->failed());
    list.clear();
    for (int row = 0; row < rows_; ++row) list.add_if(row, rows.test(row));
    return list.size() == rows_ ? Selection::all(rows_) : list.selection();
}

void BatchArguments::note_failures(uint32_t expression) {
    failing_.resize(evaluator_->errors().size(), expression);
    any_failed_ = !failing_.empty();
}

void BatchArguments::evaluate(const RowSet& wanted) {
    RowList list;
    for (size_t i = 0; i < calls_.size(); ++i) {
        const AggregateCall& call = aggregation_->calls[i];
        calls_[i].passing = wanted;
        if (call.filter) {
            const Selection rows = still_there(wanted, list);
            const Vector& holds = evaluator_->evaluate_result(*call.filter, rows);
            note_failures(call.expression);
            RowSet& passing = calls_[i].passing;
            passing.clear();
            rows.for_each([&](int row) {
                if (!holds.is_null(row) && holds.at<uint8_t>(row) != 0) passing.set(row);
            });
        }
        for (size_t k = 0; k < call.arguments.size(); ++k) {
            if (!calls_[i].computed[k]) continue;
            evaluator_->evaluate_result(call.arguments[k], still_there(calls_[i].passing, list));
            note_failures(call.expression);
        }
    }
}

void BatchArguments::set_columns(size_t call, const ArrowArray& batch) {
    OneCall& one = calls_[call];
    one.has_keys = false;
    RowSet evaluated = one.passing;
    if (any_failed_) evaluated.subtract(evaluator_->failed());
    const auto& arguments = aggregation_->calls[call].arguments;
    for (size_t k = 0; k < arguments.size(); ++k)
        one.children[k] = one.computed[k] ? one.computed[k]->set(evaluator_->result(arguments[k]), evaluated, rows_)
                                          : batch.children[aggregation_->rows->result(arguments[k]).column];
    one.columns = ArrowArray{};
    one.columns.length = rows_;
    one.columns.n_buffers = 1;
    one.columns.buffers = buffers_;
    one.columns.n_children = static_cast<int64_t>(one.children.size());
    one.columns.children = one.children.data();
}

const KeyBatch& BatchArguments::keys(size_t call) {
    OneCall& one = calls_[call];
    if (!one.has_keys) {
        one.keys.clear();
        aggregation_->calls[call].keys.encode(one.columns, one.keys);
        one.has_keys = true;
    }
    return one.keys;
}

}  // namespace weir::host::aggregation
