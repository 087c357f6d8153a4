// For operators that let rows pass as they are: all of them, or some.
//
//   Status bind(const Binding &binding) override { return pass_.bind(binding); }
//   Status process(const BatchView &in, uint32_t input) override {
//       return pass_.emit(context_, in, input, chosen_rows) ? Status() : Status::more();
//   }
//
// Of its inputs it reads what is read of the output port, and what the operator itself asks for by Binding::reads behind
// that. Several inputs have the same columns, in any order; metadata is what all of them have. One user at a time.
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

inline Status PassThrough::bind(const Binding &binding, uint32_t port) {
    port_ = port;
    schema_ = {};
    columns_.assign(binding.inputs(), {});
    for (uint32_t i = 0; i < binding.inputs(); ++i) binding.reads_nothing(i);  // but what follows
    for (const Field &field : binding.input(0).fields)
        if (binding.wanted(port, field.name))
            if (Status s = add_column(binding, field); !s.ok()) return s;
    if (Status s = check_others(binding); !s.ok()) return s;
    binding.set_output(port, schema_);
    return {};
}

inline Status PassThrough::add_column(const Binding &binding, const Field &field) {
    std::vector<size_t> places;
    Field merged = field;
    for (uint32_t i = 0; i < binding.inputs(); ++i) {
        const auto found = binding.input(i).find(field.name);
        if (!found && is_metadata_column(field.name)) return {};
        const Field *other = found ? &binding.input(i).fields[*found] : nullptr;
        if (!other || other->type != field.type)
            return Status::config("", "its inputs must have the same columns, and `" + field.name + "` is " + to_string(field.type) +
                                          " in `" + std::string(view(binding.input_info(0).node)) + "`, and " +
                                          (other ? to_string(other->type) : "missing") + " in `" +
                                          std::string(view(binding.input_info(i).node)) + "`");
        merged.nullable = merged.nullable || other->nullable;
        places.push_back(*found);
    }
    for (uint32_t i = 0; i < places.size(); ++i) {
        binding.reads(i, field.name);
        columns_[i].push_back(places[i]);
    }
    schema_.fields.push_back(std::move(merged));
    return {};
}

inline Status PassThrough::check_others(const Binding &binding) {
    for (uint32_t i = 1; i < binding.inputs(); ++i)
        for (const Field &field : binding.input(i).fields)
            if (!is_metadata_column(field.name) && !binding.input(0).find(field.name))
                return Status::config("", "its inputs must have the same columns, and `" + field.name + "` of `" +
                                              std::string(view(binding.input_info(i).node)) + "` is missing in `" +
                                              std::string(view(binding.input_info(0).node)) + "`");
    return {};
}

}  // namespace weir
