// The results of groups: those of the aggregates, and the expressions over them.
#include <algorithm>

#include "host/aggregation/distinct_set.hpp"
#include "host/aggregation/evaluator.hpp"

namespace weir::host::aggregation {
namespace {

using expression::Op;
using expression::RowList;
using expression::Selection;

void release_all(std::vector<ArrowArray>& columns) {
    for (ArrowArray& column : columns)
        if (column.release) column.release(&column);
}

struct FailedStates {
    uint32_t expression;
    std::vector<PlaceError>* errors;
};

}  // namespace

Status Evaluator::results(const void* const* states, const ArrowArray& group, int64_t n, int64_t now, ArrowArray* out) {
    errors_.clear();
    std::vector<ArrowArray> columns;
    if (Status status = finish_calls(states, static_cast<uint64_t>(n), columns); !status.ok()) {
        release_all(columns);
        return status;
    }
    std::vector<ArrowArray*> children;
    for (size_t i = 0; i < aggregation_->group_columns; ++i) children.push_back(group.children[i]);
    for (ArrowArray& column : columns) children.push_back(&column);
    const void* buffers[1] = {nullptr};
    ArrowArray batch{};
    batch.length = n;
    batch.n_buffers = 1;
    batch.buffers = buffers;
    batch.n_children = static_cast<int64_t>(children.size());
    batch.children = children.data();
    evaluate_groups(batch, now);
    build_columns(columns, static_cast<int>(n), out);
    release_all(columns);
    return {};
}

Status Evaluator::finish_calls(const void* const* states, uint64_t n, std::vector<ArrowArray>& columns) {
    for (const AggregateCall& call : aggregation_->calls) {
        FailedStates to{call.expression, &errors_};
        const weir_aggregate_states in{sizeof in, 0, states, call.offset, n, &to,
                                       [](const weir_aggregate_states* self, uint64_t i, weir_str code, weir_str message) {
                                           const auto& failed = *static_cast<const FailedStates*>(self->data);
                                           failed.errors->push_back(
                                               {i, failed.expression, std::string(view(code)), std::string(view(message))});
                                       }};
        ArrowArray column{};
        Status status = call.aggregate->result(in, &column);
        if (column.release) columns.push_back(column);
        if (!status.ok()) return status;
        for (uint64_t i = 0; call.distinct && i < n; ++i) {
            const auto* set = *reinterpret_cast<DistinctSet* const*>(static_cast<const char*>(states[i]) + call.set_offset);
            if (set && set->failed())
                errors_.push_back({i, call.expression, "overflow", "a value did not fit when states were merged"});
        }
    }
    sort_errors();
    return {};
}

void Evaluator::evaluate_groups(const ArrowArray& batch, int64_t now) {
    const int rows = static_cast<int>(batch.length);
    expression::RowSet failed;
    for (const PlaceError& error : errors_) failed.set(static_cast<int>(error.place));
    groups_.begin(batch, 0, rows, now);
    RowList left;
    for (size_t i = 0; i < aggregation_->groups->results.size(); ++i) {
        left.clear();
        for (int row = 0; row < rows; ++row) left.add_if(row, !failed.test(row));
        const size_t before = groups_.errors().size();
        groups_.evaluate_result(i, left.size() == rows ? Selection::all(rows) : left.selection());
        for (size_t at = before; at < groups_.errors().size(); ++at) {
            const expression::RowError& error = groups_.errors()[at];
            failed.set(static_cast<int>(error.row));
            errors_.push_back({static_cast<uint64_t>(error.row), static_cast<uint32_t>(i), expression::to_text(error.code),
                               error.message});
        }
    }
    sort_errors();
}

void Evaluator::build_columns(std::vector<ArrowArray>& results, int rows, ArrowArray* out) {
    const Program& program = *aggregation_->groups;
    std::vector<ArrowArray> columns(program.results.size());
    for (size_t i = 0; i < columns.size(); ++i) {
        const expression::Node& node = program.result(i);
        const bool is_result = node.op == Op::kColumn && node.column >= aggregation_->group_columns;
        if (is_result && node.uses == 1) {
            columns[i] = results[node.column - aggregation_->group_columns];
            results[node.column - aggregation_->group_columns].release = nullptr;
            continue;
        }
        ColumnBuilder builder(node.type);
        builder.reserve(rows);
        const expression::Vector& values = groups_.result(i);
        int row = 0;
        for (const PlaceError& error : errors_) {
            for (; row < static_cast<int>(error.place); ++row) {
                const auto at = static_cast<uint16_t>(row);
                append_rows(values, Selection(&at, 1), builder);
            }
            builder.append_null();
            ++row;
        }
        if (row == 0) {
            append_rows(values, Selection::all(rows), builder);
        } else {
            RowList rest;
            for (; row < rows; ++row) rest.add(row);
            append_rows(values, rest.selection(), builder);
        }
        builder.finish(&columns[i]);
    }
    make_struct(std::move(columns), rows, out);
}

}  // namespace weir::host::aggregation
