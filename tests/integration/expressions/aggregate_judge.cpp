#include "tests/integration/expressions/aggregate_judge.hpp"

#include <map>

#include "tests/unit/aggregation/aggregation_fixture.hpp"

namespace weir::host::aggregation {

std::string judge_groups(const std::string& text, const Schema& schema, const ArrowArray& rows, const std::string& key) {
    const size_t column = *schema.find(key);
    const Schema group_schema{{schema.fields[column]}};
    Compiler compiler(TestAggregates::get(), schema, group_schema);
    auto added = compiler.add(nlohmann::json(text).dump());
    const auto problem = [](const std::string& what) { return nlohmann::json{{"problem", what}}.dump(); };
    if (!added) return problem(problem_text(text, added.problem()));
    const Type type = compiler.result(*added).type;
    const auto aggregation = compiler.finish();
    Evaluator evaluator(aggregation);

    const auto* keys = static_cast<const int32_t*>(rows.children[column]->buffers[1]);
    const size_t bytes = std::max<size_t>(aggregation->state_bytes, 16);
    std::map<int32_t, void*> states;
    std::vector<void*> of_rows;
    for (int64_t i = 0; i < rows.length; ++i) {
        void*& state = states[keys[i]];
        if (!state) state = std::memset(std::aligned_alloc(16, bytes), 0, bytes);
        of_rows.push_back(state);
    }
    const Status updated = evaluator.update(rows, nullptr, rows.length, 0, of_rows.data());
    std::vector<const void*> in_order;
    BatchBuilder group(group_schema);
    for (const auto& [value, state] : states) {
        in_order.push_back(state);
        group.column(0).append(value);
    }
    ArrowArray group_columns, out{};
    group.finish(&group_columns);
    std::string values;
    if (!updated.ok() || !evaluator.errors().empty()) {
        values = problem(updated.ok() ? evaluator.errors()[0].message : updated.message());
    } else if (Status done = evaluator.results(in_order.data(), group_columns, group_columns.length, 0, &out); !done.ok()) {
        values = problem(done.message());
    } else if (!evaluator.errors().empty()) {
        values = problem(evaluator.errors()[0].message);
    } else {
        for (const std::string& value : value_texts(type, *out.children[0])) values += (values.empty() ? "[" : ",") + value;
        values += "]";
    }
    if (out.release) out.release(&out);
    group_columns.release(&group_columns);
    for (const auto& [value, state] : states) {
        aggregation->drop(state);
        std::free(state);
    }
    return values;
}

}  // namespace weir::host::aggregation
