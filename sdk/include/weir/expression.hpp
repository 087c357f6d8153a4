// SQL expressions of an operator's own, over the columns of its input: compiled in bind, evaluated by column.
//
//   constexpr weir_param kParams[] = {weir::param("keep", WEIR_PARAM_EXPRESSION, "Which rows to keep.").required()};
//
//   weir::Status bind(const weir::Binding &binding) override {
//       auto compiler = weir::ExpressionCompiler::create(context_, binding.input(0));
//       if (!compiler) return compiler.status();
//       auto keep = compiler->condition(config_.json().at("keep"), "keep");
//       if (!keep) return keep.status();  // the user sees it at its place in the file
//       program_ = compiler->finish();
//       program_.reads(binding, 0);
//       ...
//   weir::Status process(const weir::BatchView &in, uint32_t) override {
//       evaluator_.begin(in, 0, in.rows(), context_.now());
//       evaluator_.evaluate(keep_, {}, in.rows(), outcomes);  // WEIR_OUTCOME_TRUE, _FALSE, _NULL or _FAILED by row
//
// What each call means is told in weir/ext/expression.h. One user at a time.
#pragma once

#include <cassert>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <weir/config.hpp>
#include <weir/ext/expression.h>
#include <weir/operator.hpp>

namespace weir {

// What the compiler made. Copies share it.
class ExpressionProgram {
public:
    ExpressionProgram() = default;
    ExpressionProgram(const weir_expression_api *api, weir_expression_program *program, size_t expressions, Schema input)
        : api_(api), program_(program, api->release), expressions_(expressions), input_(std::move(input)) {}

    explicit operator bool() const { return program_ != nullptr; }
    const weir_expression_api &api() const { return *api_; }
    const weir_expression_program *raw() const { return program_.get(); }
    uint32_t expressions() const { return static_cast<uint32_t>(expressions_); }
    const Schema &input() const { return input_; }

    // The input's column that the expression is, unchanged.
    std::optional<size_t> column(uint32_t number) const {
        const int64_t column = api_->column(raw(), number);
        return column < 0 ? std::nullopt : std::optional(static_cast<size_t>(column));
    }
    // Marks the input's columns that an expression reads.
    void mark_reads(uint32_t number, std::vector<uint8_t> &columns) const {
        columns.resize(input_.size());
        api_->reads(raw(), number, columns.data(), nullptr);
    }
    // Marks the expressions that one is made of, itself included.
    void mark_uses(uint32_t number, std::vector<uint8_t> &expressions) const {
        expressions.resize(expressions_);
        api_->reads(raw(), number, nullptr, expressions.data());
    }
    // Tells the host of all columns that the expressions read.
    void reads(const Binding &binding, uint32_t input) const {
        std::vector<uint8_t> columns(input_.size());
        for (uint32_t i = 0; i < expressions(); ++i) mark_reads(i, columns);
        binding.reads_nothing(input);
        for (size_t i = 0; i < columns.size(); ++i)
            if (columns[i]) binding.reads(input, input_.fields[i].name);
    }

private:
    const weir_expression_api *api_ = nullptr;
    std::shared_ptr<weir_expression_program> program_;
    size_t expressions_ = 0;
    Schema input_;
};

class ExpressionCompiler {
public:
    // Not ok: the host has no expressions.
    static Result<ExpressionCompiler> create(Context context, const Schema &input);

    // The number of a new expression, from 0. `expression`: the value of a WEIR_PARAM_EXPRESSION, or a text. A problem is
    // reported to the user at `path`, and the Status is what bind has to return (after further expressions, if it likes:
    // all that was reported is told).
    Result<uint32_t> value(const Config::Json &expression, const std::string &path) {
        return add(expression, WEIR_EXPRESSION_VALUE, path);
    }
    Result<uint32_t> condition(const Config::Json &expression, const std::string &path) {
        return add(expression, WEIR_EXPRESSION_CONDITION, path);
    }
    // The same of a condition that may be meant for something else: nullopt, and nothing is reported, where it does not fit;
    // `problem`: why.
    std::optional<uint32_t> try_condition(const Config::Json &expression, weir_expression_problem &problem) {
        return try_add(expression, WEIR_EXPRESSION_CONDITION, problem);
    }
    // Reports a problem that was found so; the Status is what bind has to return.
    Status report(const std::string &path, const weir_expression_problem &problem) const {
        api_->report(context_.raw(), to_abi(path), &problem);
        return Status::config(path, problem.message);
    }
    // A column by its exact name.
    Result<uint32_t> column(std::string_view name, const std::string &path) {
        return add(Config::Json{{"column", std::string(name)}}, WEIR_EXPRESSION_VALUE, path);
    }

    // The type of an expression, as a field of that name.
    Field field(uint32_t number, std::string name) const {
        ArrowSchema type{};
        api_->type(compiler_.get(), number, &type);
        auto schema = import_schema(type);
        type.release(&type);
        Field out = schema ? std::move(schema->fields.front()) : Field{};
        out.name = std::move(name);
        return out;
    }
    // What is added from now on sees the expression as a column of that name.
    void define(std::string_view name, uint32_t number) { api_->define(compiler_.get(), to_abi(name), number); }
    // What is added from now on sees no columns but those defined behind this call.
    void hide_columns() { api_->hide_columns(compiler_.get()); }

    // The compiler is empty then.
    ExpressionProgram finish() {
        return {api_, api_->finish(compiler_.release()), expressions_, std::move(input_)};
    }

private:
    ExpressionCompiler(Context context, const weir_expression_api *api, weir_expression_compiler *compiler, Schema input)
        : context_(context), api_(api), compiler_(compiler, api->discard), input_(std::move(input)) {}

    Result<uint32_t> add(const Config::Json &expression, uint32_t kind, const std::string &path);
    std::optional<uint32_t> try_add(const Config::Json &expression, uint32_t kind, weir_expression_problem &problem);

    Context context_;
    const weir_expression_api *api_;
    std::unique_ptr<weir_expression_compiler, void (*)(weir_expression_compiler *)> compiler_;
    size_t expressions_ = 0;
    Schema input_;
};

// The memory of one instance's evaluations.
class ExpressionEvaluator {
public:
    ExpressionEvaluator() = default;
    explicit ExpressionEvaluator(const ExpressionProgram &program)
        : api_(&program.api()), evaluator_(api_->evaluator(program.raw()), api_->free) {}

    // Rows [from, from + rows) of a batch of the program's schema, at most WEIR_BATCH_MAX_ROWS of them; the batch stays
    // until the next begin. Rows count from `from` in what follows.
    void begin(const BatchView &batch, int64_t from, int64_t rows, int64_t now) {
        [[maybe_unused]] const int32_t code = api_->begin(evaluator_.get(), batch.raw().array, from, rows, now);
        assert(code == WEIR_OK);
    }
    // For `rows`, or for the first n where that is empty; outcomes: WEIR_OUTCOME_* of each.
    void evaluate(uint32_t number, std::span<const int32_t> rows, int64_t n, uint8_t *outcomes) {
        api_->evaluate(evaluator_.get(), number, rows.empty() ? nullptr : rows.data(), n, outcomes);
    }
    // The values of rows that this expression was last evaluated for.
    ArrowArray values(uint32_t number, std::span<const int32_t> rows, int64_t n) {
        ArrowArray out{};
        api_->values(evaluator_.get(), number, rows.empty() ? nullptr : rows.data(), n, &out);
        return out;
    }
    // Of all evaluations since begin; valid until the next one.
    std::span<const weir_expression_error> errors() {
        const weir_expression_error *first = nullptr;
        uint64_t n = 0;
        api_->errors(evaluator_.get(), &first, &n);
        return {first, n};
    }

private:
    const weir_expression_api *api_ = nullptr;
    std::unique_ptr<weir_expression_evaluator, void (*)(weir_expression_evaluator *)> evaluator_{nullptr, nullptr};
};

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/expression_impl.hpp>
#endif
