// For operators that let rows pass as they are: all of them, or some.
//
//   Status bind(const Binding &binding) override { return pass_.bind(binding); }
//   Status process(const BatchView &in, uint32_t input) override {
//       return pass_.emit(context_, in, input, chosen_rows) ? Status() : Status::more();
//   }
//
// Of its inputs it reads what is read of the output port, and what the operator itself asks for by Binding::reads behind
// that. Several inputs have the same columns, in any order; metadata is what all of them have, and so
// is the event time. One user at a time.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <weir/builder.hpp>
#include <weir/codec_call.hpp>
#include <weir/operator.hpp>

namespace weir {

class PassThrough {
public:
    // WEIR_E_CONFIG: the inputs have unlike columns.
    Status bind(const Binding &binding, uint32_t port = 0);
    // All rows; columns are counted, and not copied. False: no room left, return Status::more() soon.
    bool emit(Context &context, const BatchView &batch, uint32_t input) const {
        std::vector<ArrowArray> columns;
        for (size_t i : columns_[input]) columns.push_back(context.retain_column(batch, i));
        ArrowArray rows;
        make_struct(std::move(columns), batch.rows(), &rows);
        return context.emit_derived(port_, rows, batch.raw());
    }
    // These rows, in this order. None are sent as nothing.
    bool emit(Context &context, const BatchView &batch, uint32_t input, std::span<const int32_t> rows) const {
        if (rows.empty()) return true;
        if (is_whole(rows, batch.rows())) return emit(context, batch, input);
        const ColumnSelection selection(batch.raw(), columns_[input]);
        ArrowArray chosen;
        gather(schema_, selection.array(), rows.data(), static_cast<int64_t>(rows.size()), &chosen);
        return context.emit_derived(port_, chosen, batch.raw(), rows);
    }
    // Of the output.
    const Schema &schema() const { return schema_; }
    // Where the output's columns stand in an input.
    const std::vector<size_t> &columns(uint32_t input) const { return columns_[input]; }

private:
    static bool is_whole(std::span<const int32_t> rows, int64_t n) {
        if (static_cast<int64_t>(rows.size()) != n) return false;
        for (size_t i = 0; i < rows.size(); ++i)
            if (rows[i] != static_cast<int32_t>(i)) return false;
        return true;
    }
    Status add_column(const Binding &binding, const Field &field);
    static Status check_others(const Binding &binding);

    uint32_t port_ = 0;
    Schema schema_;
    std::vector<std::vector<size_t>> columns_;  // by input
};

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/pass_impl.hpp>
#endif
