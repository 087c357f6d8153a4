// SQL expressions over aggregates, such as `round(sum(amount) / count(), 2)`, and the states of groups of rows for them.
//
//   weir::Status bind(const weir::Binding &binding) override {
//       auto compiler = weir::AggregationCompiler::create(context_, binding.input(0), group_columns);
//       if (!compiler) return compiler.status();
//       auto total = compiler->add(config_.json().at("total"), "total");
//       if (!total) return total.status();  // the user sees it at its place in the file
//       aggregation_ = compiler->finish();
//       aggregation_.reads(binding, 0);
//       ...
//   weir::Status process(const weir::BatchView &in, uint32_t) override {
//       auto status = evaluator_.update(in, rows, states, context_.now());
//       for (const weir_expression_error &error : evaluator_.errors()) ...  // rows that are in no state
//
// What each call means is told in weir/ext/aggregation.h. One user at a time of a compiler and of an evaluator.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <weir/config.hpp>
#include <weir/ext/aggregation.h>
#include <weir/operator.hpp>

namespace weir {

// What the compiler made. Copies share it; const access from any thread.
class Aggregation {
public:
    Aggregation() = default;
    Aggregation(const weir_aggregation_api *api, weir_aggregation *aggregation, size_t expressions, Schema rows,
                Schema group)
        : api_(api),
          aggregation_(aggregation, api->release),
          expressions_(expressions),
          rows_(std::move(rows)),
          group_(std::move(group)) {}

    explicit operator bool() const { return aggregation_ != nullptr; }
    const weir_aggregation_api &api() const { return *api_; }
    const weir_aggregation *raw() const { return aggregation_.get(); }
    uint32_t expressions() const { return static_cast<uint32_t>(expressions_); }

    // Of a group's state, which the caller owns: zeroed at first, aligned to 16 bytes, may be moved in memory.
    size_t state_bytes() const { return static_cast<size_t>(api_->state_bytes(raw())); }
    std::string_view signature() const { return view(api_->signature(raw())); }
    bool retracts() const { return api_->retracts(raw()) != 0; }

    // Tells the host of all columns of the rows that are read.
    void reads(const Binding &binding, uint32_t input) const {
        binding.reads_nothing(input);
        also_reads(binding, input);
    }
    // The same beside what the operator has told it already.
    void also_reads(const Binding &binding, uint32_t input) const {
        const std::vector<uint8_t> columns = row_columns();
        for (size_t i = 0; i < columns.size(); ++i)
            if (columns[i]) binding.reads(input, rows_.fields[i].name);
    }
    // By column: 1 where it is read.
    std::vector<uint8_t> row_columns() const {
        std::vector<uint8_t> out(rows_.size());
        api_->reads(raw(), out.data(), nullptr);
        return out;
    }
    std::vector<uint8_t> group_columns() const {
        std::vector<uint8_t> out(group_.size());
        api_->reads(raw(), nullptr, out.data());
        return out;
    }

    // A state as bytes, appended to `out`.
    Status save(const void *state, std::string &out) const;
    // Into a zeroed state.
    Status load(void *state, std::string_view bytes) const;
    // Frees what the state has outside; it is zeroed then.
    void drop(void *state) const { api_->drop(raw(), state); }
    uint64_t outside_bytes(const void *state) const { return api_->outside_bytes(raw(), state); }

private:
    const weir_aggregation_api *api_ = nullptr;
    std::shared_ptr<weir_aggregation> aggregation_;
    size_t expressions_ = 0;
    Schema rows_, group_;
};

class AggregationCompiler {
public:
    // Of aggregates over `rows`, in expressions over `group`. Not ok: the host has no aggregations.
    static Result<AggregationCompiler> create(Context context, const Schema &rows, const Schema &group);

    // The number of a new expression, from 0. `expression`: the value of a WEIR_PARAM_EXPRESSION, or a text. A problem is
    // reported to the user at `path`, and the Status is what bind has to return (after further expressions, if it likes:
    // all that was reported is told).
    Result<uint32_t> add(const Config::Json &expression, const std::string &path);

    // The same of an expression that may be meant for something else: nullopt, and nothing is reported, where it does not fit;
    // `problem`: why.
    std::optional<uint32_t> try_add(const Config::Json &expression, weir_expression_problem &problem);

    // The type of an expression, as a field of that name.
    Field field(uint32_t number, std::string name) const;
    // The column of the group that an expression is, unchanged.
    std::optional<size_t> group_column(uint32_t number) const {
        const int64_t column = api_->group_column(compiler_.get(), number);
        return column < 0 ? std::nullopt : std::optional(static_cast<size_t>(column));
    }

    // The compiler is empty then.
    Aggregation finish() {
        return {api_, api_->finish(compiler_.release()), expressions_, std::move(rows_), std::move(group_)};
    }

private:
    AggregationCompiler(Context context, const weir_aggregation_api *api, weir_aggregation_compiler *compiler,
                        Schema rows, Schema group)
        : context_(context),
          api_(api),
          compiler_(compiler, api->discard),
          rows_(std::move(rows)),
          group_(std::move(group)) {}

    Context context_;
    const weir_aggregation_api *api_;
    std::unique_ptr<weir_aggregation_compiler, void (*)(weir_aggregation_compiler *)> compiler_;
    size_t expressions_ = 0;
    Schema rows_, group_;
};

// The memory of one instance's calls.
class AggregationEvaluator {
public:
    AggregationEvaluator() = default;
    explicit AggregationEvaluator(const Aggregation &aggregation)
        : api_(&aggregation.api()), evaluator_(api_->evaluator(aggregation.raw()), api_->free) {}

    // Row rows[i] of the batch goes into states[i]; row i where `rows` is empty. Rows that were not taken are in errors().
    Status update(const BatchView &batch, std::span<const int32_t> rows, std::span<void *const> states, int64_t now) {
        return call([&](weir_error *error) {
            return api_->update(evaluator_.get(), batch.raw().array, rows.empty() ? nullptr : rows.data(),
                                static_cast<int64_t>(states.size()), now, states.data(), error);
        });
    }
    // REQUIRES: retracts(), and rows that were taken.
    Status retract(const BatchView &batch, std::span<const int32_t> rows, std::span<void *const> states, int64_t now) {
        return call([&](weir_error *error) {
            return api_->retract(evaluator_.get(), batch.raw().array, rows.empty() ? nullptr : rows.data(),
                                 static_cast<int64_t>(states.size()), now, states.data(), error);
        });
    }
    // from[i] is added to into[i]; no state is there twice.
    Status merge(std::span<void *const> into, std::span<const void *const> from) {
        return call([&](weir_error *error) {
            return api_->merge(evaluator_.get(), into.data(), from.data(), into.size(), error);
        });
    }
    // The values of all expressions for `n` groups, a struct array; `group`: their columns. The caller releases it.
    Status results(std::span<const void *const> states, const ArrowArray &group, int64_t now, ArrowArray *out) {
        return call([&](weir_error *error) {
            return api_->results(evaluator_.get(), states.data(), &group, static_cast<int64_t>(states.size()), now, out,
                                 error);
        });
    }
    // Of the last update, retract or results; valid until the next one.
    std::span<const weir_expression_error> errors() {
        const weir_expression_error *first = nullptr;
        uint64_t n = 0;
        api_->errors(evaluator_.get(), &first, &n);
        return {first, n};
    }

private:
    template <class F>
    static Status call(F &&f) {
        weir_error error{};
        error.size = sizeof error;
        return Status::from_abi(f(&error), error);
    }

    const weir_aggregation_api *api_ = nullptr;
    std::unique_ptr<weir_aggregation_evaluator, void (*)(weir_aggregation_evaluator *)> evaluator_{nullptr, nullptr};
};

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/aggregation_impl.hpp>
#endif
