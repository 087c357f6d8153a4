// Definitions for weir/aggregation.hpp.
#pragma once

#include <weir/aggregation.hpp>
#include <weir/detail/linkage.hpp>

namespace weir {

WEIR_INLINE Status Aggregation::save(const void *state, std::string &out) const {
    const weir_bytes_out receiver{sizeof receiver, 0, &out, [](const weir_bytes_out *self, weir_str bytes) {
                                      static_cast<std::string *>(self->data)->append(view(bytes));
                                  }};
    weir_error error{};
    error.size = sizeof error;
    return Status::from_abi(api_->save(raw(), state, &receiver, &error), error);
}

WEIR_INLINE Status Aggregation::load(void *state, std::string_view bytes) const {
    weir_error error{};
    error.size = sizeof error;
    return Status::from_abi(api_->load(raw(), state, to_abi(bytes), &error), error);
}

WEIR_INLINE Result<AggregationCompiler> AggregationCompiler::create(Context context, const Schema &rows,
                                                                    const Schema &group) {
    const weir_host *host = context.raw()->host;
    const auto *api = static_cast<const weir_aggregation_api *>(host->extension(host, WEIR_EXT_AGGREGATION));
    if (!api) return Status::unsupported("this host has no aggregations (" WEIR_EXT_AGGREGATION ")");
    ArrowSchema row_columns, group_columns;
    export_schema(rows, &row_columns);
    export_schema(group, &group_columns);
    weir_error error{};
    error.size = sizeof error;
    weir_aggregation_compiler *compiler = nullptr;
    const int32_t code = api->compiler(context.raw(), &row_columns, &group_columns, &compiler, &error);
    row_columns.release(&row_columns);
    group_columns.release(&group_columns);
    if (code < 0) return Status::from_abi(code, error);
    return AggregationCompiler(context, api, compiler, rows, group);
}

WEIR_INLINE std::optional<uint32_t> AggregationCompiler::try_add(const Config::Json &expression, weir_expression_problem &problem) {
    const std::string json = expression.dump();
    problem = {};
    problem.size = sizeof problem;
    uint32_t number = 0;
    if (api_->add(compiler_.get(), to_abi(json), &number, &problem) != WEIR_OK) return std::nullopt;
    ++expressions_;
    return number;
}

WEIR_INLINE Result<uint32_t> AggregationCompiler::add(const Config::Json &expression, const std::string &path) {
    weir_expression_problem problem;
    if (const auto number = try_add(expression, problem)) return *number;
    api_->report(context_.raw(), to_abi(path), &problem);
    return Status::config(path, problem.message);
}

WEIR_INLINE Field AggregationCompiler::field(uint32_t number, std::string name) const {
    ArrowSchema type{};
    api_->type(compiler_.get(), number, &type);
    auto schema = import_schema(type);
    type.release(&type);
    Field out = schema ? std::move(schema->fields.front()) : Field{};
    out.name = std::move(name);
    return out;
}

}  // namespace weir
