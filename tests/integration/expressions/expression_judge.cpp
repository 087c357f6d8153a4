// Evaluates many expressions over the same rows: what postgres_expressions_test.py compares with PostgreSQL.
//
// Standard input is one JSON object:
//   {"columns": [[name, type], …], "rows": [[text or null, …], …], "expressions": [text, …]}
// Standard output has one line of JSON for each expression, and the intended differences, by their id, in a last one:
//   {"type": …, "values": [text, null or {"error": code}, …]}, or {"problem": message} where it does not compile
// Or, with {"group_by": column, "aggregates": [text, …]} instead of expressions, one line for each of these: the values by
// group, as JSON.
#include <iostream>

#include <nlohmann/json.hpp>

#include <weir/testing/test_host.hpp>

#include "host/expression/expression.hpp"
#include "host/expression/reference.hpp"
#include "host/expression/value_text.hpp"
#include "tests/integration/expressions/aggregate_judge.hpp"

namespace weir::host::expression {
namespace {

using JudgeJson = nlohmann::ordered_json;

// The rows, each text read by a cast to its column's type.
ArrowArray read_rows(const Schema& schema, const JudgeJson& columns, const JudgeJson& rows) {
    Schema texts;
    BatchBuilder builder([&] {
        for (const Field& field : schema.fields) texts.fields.push_back({field.name, type_of(TypeId::kString), true});
        return texts;
    }());
    for (const JudgeJson& row : rows)
        for (size_t i = 0; i < schema.size(); ++i) {
            if (row[i].is_null())
                builder.column(i).append_null();
            else
                builder.column(i).append_text(row[i].get_ref<const std::string&>());
        }
    ArrowArray written;
    builder.finish(&written);
    Compiler compiler(texts, {});
    for (const JudgeJson& column : columns) {
        const std::string cast = "\"" + column[0].get<std::string>() + "\"::" + column[1].get<std::string>();
        if (auto added = compiler.add(cast, ResultKind::kColumn); !added)
            throw std::runtime_error(added.problem().message);
    }
    Evaluator evaluator(compiler.finish());
    evaluator.run(written, 0, static_cast<int>(written.length), 0);
    if (!evaluator.errors().empty()) throw std::runtime_error(evaluator.errors()[0].message);
    BatchBuilder typed(schema);
    for (size_t i = 0; i < schema.size(); ++i)
        append_rows(evaluator.result(i), Selection::all(static_cast<int>(written.length)), typed.column(i));
    ArrowArray out;
    typed.finish(&out);
    written.release(&written);
    return out;
}

JudgeJson judge(const std::string& text, const Schema& schema, const ArrowArray& rows) {
    Compiler compiler(schema, {});
    if (auto added = compiler.add(text, ResultKind::kValue); !added) return {{"problem", added.problem().message}};
    const std::string type = type_name(compiler.result(0).type);
    Evaluator evaluator(compiler.finish());
    evaluator.run(rows, 0, static_cast<int>(rows.length), 0);
    JudgeJson values = JudgeJson::array();
    for (int row = 0; row < rows.length; ++row) {
        if (evaluator.failed().test(row) || evaluator.result(0).is_null(row))
            values.push_back(nullptr);
        else
            values.push_back(value_text(evaluator.result(0), row));
    }
    for (const RowError& error : evaluator.errors())
        values[static_cast<size_t>(error.row)] = {{"error", to_text(error.code)}, {"message", error.message}};
    return {{"type", type}, {"values", std::move(values)}};
}

int run() {
    const JudgeJson input = JudgeJson::parse(std::cin);
    weir::testing::TestHost::get();
    Schema schema;
    for (const JudgeJson& column : input["columns"])
        schema.fields.push_back({column[0].get<std::string>(), *type_from_sql(column[1].get<std::string>()), true});
    ArrowArray rows = read_rows(schema, input["columns"], input["rows"]);
    if (input.contains("aggregates")) {
        for (const JudgeJson& text : input["aggregates"])
            std::cout << aggregation::judge_groups(text.get<std::string>(), schema, rows, input["group_by"].get<std::string>()) << '\n';
        rows.release(&rows);
        return 0;
    }
    for (const JudgeJson& text : input["expressions"])
        std::cout
            << judge(text.get<std::string>(), schema, rows).dump(-1, ' ', false, JudgeJson::error_handler_t::replace)
            << '\n';
    JudgeJson differences = JudgeJson::object();
    for (const Difference& difference : intended_differences())
        differences[std::string(difference.id)] = difference.text;
    std::cout << differences.dump() << '\n';
    rows.release(&rows);
    return 0;
}

}  // namespace
}  // namespace weir::host::expression

int main() {
    try {
        return weir::host::expression::run();
    } catch (const std::exception& error) {
        std::cerr << "expression_judge: " << error.what() << '\n';
        return 1;
    }
}
