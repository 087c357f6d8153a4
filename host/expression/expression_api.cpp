#include "host/expression/expression_api.hpp"

#include <weir/memory.hpp>

#include "host/expression/expression.hpp"

using weir::host::expression::Compiler;
using weir::host::expression::Evaluator;
using weir::host::expression::Program;

struct weir_expression_compiler {
    Compiler compiler;
};

struct weir_expression_program {
    std::shared_ptr<const Program> program;
};

struct weir_expression_evaluator {
    explicit weir_expression_evaluator(std::shared_ptr<const Program> program) : evaluator(std::move(program)) {}

    Evaluator evaluator;
    int rows = 0;
    std::vector<uint32_t> failing;  // by error of the evaluator: whose evaluation made it
    std::vector<weir_expression_error> errors;
};

namespace weir::host::expression {
namespace {

template <size_t N>
void copy_text(char (&to)[N], const std::string& from) {
    weir::detail::copy_text(to, N, from);
}

int32_t make_compiler(const ArrowSchema* columns, weir_expression_compiler** out, weir_error* error) {
    auto schema = import_schema(*columns);
    if (!schema) return schema.status().to_abi(error);
    *out = new weir_expression_compiler{Compiler(std::move(*schema), {})};
    return WEIR_OK;
}

Outcome<size_t> add_expression(Compiler& compiler, std::string_view json, uint32_t kind) {
    auto read = read_expression_json(json);
    if (!read) return read.problem();
    if (!read->column.empty()) return compiler.add_column(read->column);
    const ResultKind result = kind == WEIR_EXPRESSION_CONDITION ? ResultKind::kCondition : ResultKind::kColumn;
    return compiler.add(read->text, result, std::move(read->parameters));
}

int32_t add(weir_expression_compiler* self, weir_str json, uint32_t kind, uint32_t* number,
            weir_expression_problem* problem) {
    const auto added = add_expression(self->compiler, view(json), kind);
    if (added) {
        *number = static_cast<uint32_t>(*added);
        return WEIR_OK;
    }
    problem_to_abi(added.problem(), problem);
    return WEIR_E_CONFIG;
}

void type_of_result(const weir_expression_compiler* self, uint32_t number, ArrowSchema* out) {
    const Node& node = self->compiler.result(number);
    export_schema(Schema{{{"", node.type, node.nullable}}}, out);
}

int64_t column_of(const weir_expression_program* self, uint32_t number) {
    const Node& node = self->program->result(number);
    return node.op == Op::kColumn ? static_cast<int64_t>(node.column) : -1;
}

void mark_reads(const weir_expression_program* self, uint32_t number, uint8_t* columns, uint8_t* expressions) {
    const Program& program = *self->program;
    // Arguments stand before those who use them.
    std::vector<bool> needed(program.nodes.size(), false);
    needed[program.results[number]] = true;
    for (size_t i = program.results[number] + 1; i-- > 0;) {
        if (!needed[i]) continue;
        const Node& node = program.nodes[i];
        for (NodeId arg : node.args) needed[arg] = true;
        if (node.op == Op::kColumn && columns) columns[node.column] = 1;
    }
    for (size_t i = 0; expressions && i < program.results.size(); ++i)
        if (needed[program.results[i]]) expressions[i] = 1;
}

// The chosen rows: a list only where they are not simply the first n.
Selection select(const int32_t* rows, int64_t n, RowList& list) {
    if (!rows) return Selection::all(static_cast<int>(n));
    for (int64_t i = 0; i < n; ++i) list.add(rows[i]);
    return list.selection();
}

int32_t begin(weir_expression_evaluator* self, const ArrowArray* batch, int64_t from, int64_t n, int64_t now) {
    if (n < 0 || n > kChunk || from < 0 || from + n > batch->length) return WEIR_E_UNSUPPORTED;
    self->rows = static_cast<int>(n);
    self->failing.clear();
    self->evaluator.begin(*batch, from, self->rows, now);
    return WEIR_OK;
}

void write_outcomes(const Vector& values, bool is_condition, const Selection& rows, uint8_t* outcomes) {
    if (!is_condition && !values.has_nulls()) {
        std::memset(outcomes, WEIR_OUTCOME_TRUE, static_cast<size_t>(rows.size()));
    } else if (values.has_nulls() || values.is_constant() || !rows.is_all()) {
        for (int i = 0; i < rows.size(); ++i) {
            const bool holds = !is_condition || (!values.is_null(rows[i]) && values.at<uint8_t>(rows[i]) != 0);
            outcomes[i] = values.is_null(rows[i]) ? WEIR_OUTCOME_NULL : holds ? WEIR_OUTCOME_TRUE : WEIR_OUTCOME_FALSE;
        }
    } else {
        std::memcpy(outcomes, values.bytes(), static_cast<size_t>(rows.size()));
    }
}

void evaluate_rows(weir_expression_evaluator* self, uint32_t number, const int32_t* rows, int64_t n, uint8_t* outcomes) {
    RowList list;
    const Selection selection = select(rows, n, list);
    const Vector& values = self->evaluator.evaluate_result(number, selection);
    write_outcomes(values, values.type().id == TypeId::kBool, selection, outcomes);
    if (self->evaluator.errors().size() == self->failing.size()) return;
    self->failing.resize(self->evaluator.errors().size(), number);
    const RowSet& failed = self->evaluator.failed();
    for (int i = 0; i < selection.size(); ++i)
        if (failed.test(selection[i])) outcomes[i] = WEIR_OUTCOME_FAILED;
}

void take_values(weir_expression_evaluator* self, uint32_t number, const int32_t* rows, int64_t n, ArrowArray* out) {
    RowList list;
    const Vector& values = self->evaluator.result(number);
    ColumnBuilder builder(values.type());
    append_rows(values, select(rows, n, list), builder);
    builder.finish(out);
}

void list_errors(weir_expression_evaluator* self, const weir_expression_error** out, uint64_t* n) {
    const auto& errors = self->evaluator.errors();
    self->errors.clear();
    for (size_t i = 0; i < errors.size(); ++i) {
        const char* code = to_text(errors[i].code);
        self->errors.push_back({sizeof(weir_expression_error), self->failing[i], errors[i].row, to_abi(code),
                                to_abi(errors[i].message)});
    }
    *out = self->errors.data();
    *n = self->errors.size();
}

weir_expression_api make_api() {
    weir_expression_api api{};
    api.size = sizeof api;
    api.compiler = make_compiler;
    api.discard = [](weir_expression_compiler* self) { delete self; };
    api.add = add;
    api.type = type_of_result;
    api.define = [](weir_expression_compiler* self, weir_str name, uint32_t number) {
        self->compiler.define(view(name), number);
    };
    api.hide_columns = [](weir_expression_compiler* self) { self->compiler.hide_columns(); };
    api.finish = [](weir_expression_compiler* self) {
        auto* program = new weir_expression_program{self->compiler.finish()};
        delete self;
        return program;
    };
    api.release = [](weir_expression_program* self) { delete self; };
    api.column = column_of;
    api.reads = mark_reads;
    api.evaluator = [](const weir_expression_program* self) { return new weir_expression_evaluator(self->program); };
    api.free = [](weir_expression_evaluator* self) { delete self; };
    api.begin = begin;
    api.evaluate = evaluate_rows;
    api.values = take_values;
    api.errors = list_errors;
    api.report = [](weir_context*, weir_str, const weir_expression_problem*) {};
    return api;
}

}  // namespace

const weir_expression_api& expression_api() {
    static const weir_expression_api api = make_api();
    return api;
}

void problem_to_abi(const Problem& problem, weir_expression_problem* out) {
    out->offset = problem.span.offset;
    out->length = problem.span.length;
    copy_text(out->message, problem.message);
    copy_text(out->expected, problem.expected);
    copy_text(out->nearest, problem.nearest);
    copy_text(out->hint, problem.hint);
}

Problem problem_from_abi(const weir_expression_problem& problem) {
    return {{problem.offset, problem.length}, problem.message, problem.expected, problem.nearest, problem.hint};
}

}  // namespace weir::host::expression
