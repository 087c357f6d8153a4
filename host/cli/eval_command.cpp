// `weir eval`: one expression over one row, and the reference of the language.
#include <chrono>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/eval_row.hpp"
#include "host/cli/terminal.hpp"
#include "host/engine/host_services.hpp"
#include "host/exit_codes.hpp"
#include "host/expression/expression.hpp"
#include "host/expression/reference.hpp"
#include "host/expression/value_text.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

using expression::Constant;

// As of a bare value in YAML: a whole number, a number, true or false, else a text.
expression::Parameter parameter_of(const std::string& set) {
    const size_t equals = set.find('=');
    const std::string text = equals == std::string::npos ? "" : set.substr(equals + 1);
    expression::Parameter out{set.substr(0, equals), type_of(TypeId::kString), Constant::text(text)};
    if (const auto whole = parse_int64(text)) {
        out.type = type_of(TypeId::kInt64);
        out.value = Constant::of(*whole);
    } else if (const auto number = parse_float64(text)) {
        out.type = type_of(TypeId::kFloat64);
        out.value = Constant::of(*number);
    } else if (text == "true" || text == "false") {
        out.type = type_of(TypeId::kBool);
        out.value = Constant::of<uint8_t>(text == "true");
    }
    return out;
}

int64_t system_micros() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

int refuse_expression(const std::string& text, const expression::Problem& problem, Terminal& terminal) {
    terminal.message(expression::render("weir eval", text, problem));
    return kExitUsage;
}

}  // namespace

int eval_command(const EvalArguments& arguments, Terminal& terminal) {
    if (arguments.reference) {
        terminal.print(expression::reference_markdown());
        return kExitOk;
    }
    HostServices::get();  // whose memory the row is in
    auto row = read_eval_row(arguments.row);
    if (!row) {
        terminal.message(
            fmt::format("weir eval: --row: {}\n   expected: an object, as {{\"n\": 1}}", row.status().message()));
        return kExitUsage;
    }
    std::vector<expression::Parameter> parameters;
    for (const std::string& set : arguments.sets) parameters.push_back(parameter_of(set));
    expression::Compiler compiler(row->schema, std::move(parameters));
    if (auto added = compiler.add(arguments.expression, expression::ResultKind::kValue); !added)
        return refuse_expression(arguments.expression, added.problem(), terminal);
    expression::Evaluator evaluator(compiler.finish());
    evaluator.run(row->rows, 0, 1, system_micros());
    if (!evaluator.errors().empty()) {
        const expression::RowError& error = evaluator.errors()[0];
        return refuse_expression(
            arguments.expression,
            {error.span, fmt::format("{}: {}", expression::to_text(error.code), error.message), "", "", ""}, terminal);
    }
    terminal.print(expression::value_text(evaluator.result(0), 0));
    return kExitOk;
}

}  // namespace weir::host
