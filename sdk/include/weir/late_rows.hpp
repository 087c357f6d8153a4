// The output port of rows that came too late: they leave as they came, with `lateness_ms` behind them, how far their time is behind
// the watermark, unless the input has a column of that name. One user at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <weir/builder.hpp>
#include <weir/operator.hpp>

namespace weir {

class LateRows {
public:
    static constexpr const char *kLateness = "lateness_ms";

    // Of the first input: reads what is read of the port.
    void bind(const Binding &binding, uint32_t port) {
        port_ = port;
        columns_.clear();
        Schema rows;
        const Schema &input = binding.input(0);
        for (size_t i = 0; i < input.size(); ++i) {
            const Field &field = input.fields[i];
            if (!binding.wanted(port, field.name)) continue;
            columns_.push_back(i);
            rows.fields.push_back(field);
            binding.reads(0, field.name);
        }
        has_lateness_ = !input.find(kLateness) && binding.wanted(port, kLateness);
        if (has_lateness_) rows.fields.push_back({kLateness, type_of(TypeId::kInt64), false});
        binding.set_output(port, rows);
    }
    // These rows of the batch, and of each its lateness in microseconds. False: no room left, return Status::more() soon.
    bool emit(Context &context, const BatchView &batch, std::span<const int32_t> rows, std::span<const int64_t> lateness) const {
        if (rows.empty()) return true;
        const auto n = static_cast<int64_t>(rows.size());
        std::vector<ArrowArray> columns;
        for (const size_t c : columns_) {
            const Column from = batch.column(c);
            ColumnBuilder to(from.type());
            to.reserve(n);
            for (const int32_t row : rows) to.append_from(from, row);
            to.finish(&columns.emplace_back());
        }
        if (has_lateness_) {
            ColumnBuilder to(type_of(TypeId::kInt64));
            auto *out = to.append_n<int64_t>(n);
            for (const int64_t each : lateness) *out++ = each / 1000;
            to.finish(&columns.emplace_back());
        }
        ArrowArray late;
        make_struct(std::move(columns), n, &late);
        return context.emit_derived(port_, late, batch.raw(), rows);
    }

private:
    uint32_t port_ = 0;
    std::vector<size_t> columns_;  // of the input
    bool has_lateness_ = false;
};

}  // namespace weir
