// Definitions for weir/pass.hpp.
#pragma once

#include <weir/detail/linkage.hpp>
#include <weir/pass.hpp>

namespace weir {

WEIR_INLINE Status PassThrough::bind(const Binding &binding, uint32_t port) {
    port_ = port;
    schema_ = {};
    columns_.assign(binding.inputs(), {});
    for (uint32_t i = 0; i < binding.inputs(); ++i) binding.reads_nothing(i);  // but what follows
    for (const Field &field : binding.input(0).fields)
        if (binding.wanted(port, field.name))
            if (Status s = add_column(binding, field); !s.ok()) return s;
    if (Status s = check_others(binding); !s.ok()) return s;
    for (uint32_t i = 1; i < binding.inputs(); ++i) agree_on_event_time(schema_, binding.input(i));
    binding.set_output(port, schema_);
    return {};
}

WEIR_INLINE Status PassThrough::add_column(const Binding &binding, const Field &field) {
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

WEIR_INLINE Status PassThrough::check_others(const Binding &binding) {
    for (uint32_t i = 1; i < binding.inputs(); ++i)
        for (const Field &field : binding.input(i).fields)
            if (!is_metadata_column(field.name) && !binding.input(0).find(field.name))
                return Status::config("", "its inputs must have the same columns, and `" + field.name + "` of `" +
                                              std::string(view(binding.input_info(i).node)) + "` is missing in `" +
                                              std::string(view(binding.input_info(0).node)) + "`");
    return {};
}

}  // namespace weir
