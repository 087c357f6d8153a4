// The operator behind `where`, `set`, `select`, `check` and `tag` of a node: rows are left out, columns added, replaced or left out,
// rules looked at, by expressions over the columns. Columns that stay as they are, and batches of which every row stays,
// are passed on without a copy.
#pragma once

#include <vector>

#include <weir/weir.hpp>

#include "steps.hpp"

namespace weir::clauses {

class Clauses final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status process(const BatchView &batch, uint32_t input) override;

private:
    Clauses(Context context, const Config &config);

    // What is done with rows, and the memory of its expressions.
    struct Compiled {
        Steps steps;
        ExpressionEvaluator evaluator;
    };

    // The rows that are left of the batch at hand; `all_`: the first rows_.size() of them, whose list is not made yet.
    void begin(const BatchView &batch);
    void evaluate(const Evaluation &one);
    void where(const Step &step);
    void check(const Step &step);
    // Keeps the rows whose outcome is that.
    void keep_true();
    void keep_unfailed();
    template <class Keep>
    void keep_rows(Keep keep);
    int64_t left() const { return n_; }
    int32_t row(int64_t i) const { return all_ ? static_cast<int32_t>(i) : rows_[static_cast<size_t>(i)]; }
    std::span<const int32_t> rows() const {
        return all_ ? std::span<const int32_t>() : std::span(rows_).first(static_cast<size_t>(n_));
    }
    void add_failures(const BatchView &batch);
    ArrowArray column(const BatchView &batch, size_t i);
    bool emit(const BatchView &batch);

    Config::Json steps_;
    std::vector<uint32_t> rule_metrics_;
    Compiled compiled_;

    bool all_ = true;
    int64_t n_ = 0;
    std::vector<int32_t> rows_;
    std::vector<uint8_t> outcomes_;
    struct Violation {
        const Evaluation *rule;
        bool null;
        int more;  // further rules that the row violates
    };
    std::vector<std::pair<int32_t, Violation>> violations_;
    std::vector<RowError> errors_;
};

constexpr weir_param kExpression[] = {param("", WEIR_PARAM_EXPRESSION, "")};
constexpr weir_param kColumn[] = {param("", WEIR_PARAM_COLUMN, "")};
constexpr weir_param kTagParams[] = {
    param("column", WEIR_PARAM_STRING, "A column that is not there yet.").required(),
    param("value", WEIR_PARAM_STRING, "What it holds.").required(),
};
constexpr weir_param kStepParams[] = {
    param("tag", WEIR_PARAM_OBJECT, "A column that says where the rows come from.").fields(kTagParams),
    param("where", WEIR_PARAM_EXPRESSION, "A condition: rows for which it is not true are left out."),
    param("set", WEIR_PARAM_MAP, "Columns that are added or replaced, by name.").fields(kExpression),
    param("columns", WEIR_PARAM_LIST, "The columns that stay.").fields(kColumn),
    param("select", WEIR_PARAM_MAP, "The columns that there are from here on, by name.").fields(kExpression),
    param("check", WEIR_PARAM_MAP, "Conditions by the name of their rule: rows that do not meet one go to `errors`.")
        .fields(kExpression),
};
constexpr weir_param kStep[] = {param("", WEIR_PARAM_OBJECT, "One clause.").fields(kStepParams)};
constexpr weir_param kClausesParams[] = {
    param("steps", WEIR_PARAM_LIST, "The clauses, in their order.").required().fields(kStep),
};
inline constexpr auto kClausesSpec =
    operator_spec<Clauses>("clauses", "What `where`, `set`, `select`, `check` and `tag` of a node are made of.")
        .params(kClausesParams)
        .with(WEIR_OP_ONE_INPUT);

}  // namespace weir::clauses
