// Definitions for weir/expression.hpp.
#pragma once

#include <weir/detail/linkage.hpp>
#include <weir/expression.hpp>

namespace weir {

WEIR_INLINE Result<ExpressionCompiler> ExpressionCompiler::create(Context context, const Schema &input) {
    const weir_host *host = context.raw()->host;
    const auto *api = static_cast<const weir_expression_api *>(host->extension(host, WEIR_EXT_EXPRESSION));
    if (!api) return Status::unsupported("this host has no expressions (" WEIR_EXT_EXPRESSION ")");
    ArrowSchema columns;
    export_schema(input, &columns);
    weir_error error{};
    error.size = sizeof error;
    weir_expression_compiler *compiler = nullptr;
    const int32_t code = api->compiler(&columns, &compiler, &error);
    columns.release(&columns);
    if (code < 0) return Status::from_abi(code, error);
    return ExpressionCompiler(context, api, compiler, input);
}

WEIR_INLINE std::optional<uint32_t> ExpressionCompiler::try_add(const Config::Json &expression, uint32_t kind,
                                                                weir_expression_problem &problem) {
    const std::string json = expression.dump();
    problem = {};
    problem.size = sizeof problem;
    uint32_t number = 0;
    if (api_->add(compiler_.get(), to_abi(json), kind, &number, &problem) != WEIR_OK) return std::nullopt;
    ++expressions_;
    return number;
}

WEIR_INLINE Result<uint32_t> ExpressionCompiler::add(const Config::Json &expression, uint32_t kind, const std::string &path) {
    weir_expression_problem problem;
    if (const auto number = try_add(expression, kind, problem)) return *number;
    return report(path, problem);
}

}  // namespace weir
