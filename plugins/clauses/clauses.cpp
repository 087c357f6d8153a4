#include "clauses.hpp"

#include <algorithm>

namespace weir::clauses {

Clauses::Clauses(Context context, const Config &config) : Instance(context), steps_(config.json().at("steps")) {
    for (const auto &step : steps_) {
        if (!step.contains("check")) continue;
        for (const auto &[name, condition] : step["check"].items())
            rule_metrics_.push_back(context_.metric(("check." + name).c_str(), WEIR_METRIC_COUNTER,
                                                    "Rows for which the rule is not true."));
    }
}

Result<std::unique_ptr<Instance>> Clauses::create(Context context, const Config &config) {
    return std::unique_ptr<Instance>(new Clauses(context, config));
}

Status Clauses::bind(const Binding &binding) {
    auto steps = compile_steps(context_, steps_, binding);
    if (!steps) return steps.status();
    compiled_.steps = std::move(*steps);
    compiled_.evaluator = ExpressionEvaluator(compiled_.steps.program);
    binding.set_output(0, compiled_.steps.schema);
    return {};
}

Status Clauses::process(const BatchView &batch, uint32_t) {
    begin(batch);
    for (const Step &step : compiled_.steps.steps) {
        switch (step.kind) {
            case Step::Kind::kWhere: where(step); break;
            case Step::Kind::kCheck: check(step); break;
            case Step::Kind::kSet:
                for (const Evaluation &one : step.evaluations) {
                    evaluate(one);
                    keep_unfailed();
                }
        }
    }
    add_failures(batch);
    return left() == 0 || emit(batch) ? Status() : Status::more();
}

void Clauses::begin(const BatchView &batch) {
    all_ = true;
    n_ = batch.rows();
    const auto n = static_cast<size_t>(n_);
    if (rows_.size() < n) rows_.resize(n), outcomes_.resize(n);
    violations_.clear();
    errors_.clear();
    if (!compiled_.steps.steps.empty()) compiled_.evaluator.begin(batch, 0, n_, context_.now());
}

void Clauses::evaluate(const Evaluation &one) {
    if (n_ > 0) compiled_.evaluator.evaluate(one.expression, rows(), n_, outcomes_.data());
}

template <class Keep>
void Clauses::keep_rows(Keep keep) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n_; ++i) {
        rows_[static_cast<size_t>(kept)] = row(i);
        kept += keep(outcomes_[static_cast<size_t>(i)]);
    }
    all_ = all_ && kept == n_;
    n_ = kept;
}

void Clauses::keep_true() {
    keep_rows([](uint8_t outcome) { return outcome == WEIR_OUTCOME_TRUE; });
}

void Clauses::keep_unfailed() {
    const auto end = outcomes_.begin() + n_;
    if (std::find(outcomes_.begin(), end, WEIR_OUTCOME_FAILED) == end) return;
    keep_rows([](uint8_t outcome) { return outcome != WEIR_OUTCOME_FAILED; });
}

void Clauses::where(const Step &step) {
    evaluate(step.evaluations[0]);
    keep_true();
}

// Every rule is looked at for every row, so that each counts all that violates it; the row goes to `errors` once.
void Clauses::check(const Step &step) {
    const auto first = static_cast<std::ptrdiff_t>(violations_.size());
    for (const Evaluation &rule : step.evaluations) {
        evaluate(rule);
        int64_t count = 0;
        for (int64_t i = 0; i < n_; ++i) {
            const uint8_t outcome = outcomes_[static_cast<size_t>(i)];
            if (outcome == WEIR_OUTCOME_TRUE || outcome == WEIR_OUTCOME_FAILED) continue;
            violations_.emplace_back(row(i), Violation{&rule, outcome == WEIR_OUTCOME_NULL, 0});
            ++count;
        }
        if (count > 0) context_.metric_add(rule_metrics_[rule.rule], count);
        keep_unfailed();
    }
    const auto fresh = violations_.begin() + first;
    if (fresh == violations_.end()) return;
    std::stable_sort(fresh, violations_.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    auto to = fresh;
    for (auto from = fresh + 1; from != violations_.end(); ++from) {
        if (from->first == to->first)
            ++to->second.more;
        else
            *++to = *from;
    }
    violations_.erase(to + 1, violations_.end());
    auto next = violations_.begin() + first;
    int64_t kept = 0;
    for (int64_t i = 0; i < n_; ++i) {
        while (next != violations_.end() && next->first < row(i)) ++next;
        const bool violates = next != violations_.end() && next->first == row(i);
        rows_[static_cast<size_t>(kept)] = row(i);
        kept += !violates;
    }
    all_ = all_ && kept == n_;
    n_ = kept;
}

void Clauses::add_failures(const BatchView &batch) {
    if (compiled_.steps.steps.empty()) return;
    const auto failures = compiled_.evaluator.errors();
    if (failures.empty() && violations_.empty()) return;
    for (const weir_expression_error &failure : failures) {
        std::string_view name;
        for (const Step &step : compiled_.steps.steps)
            for (const Evaluation &one : step.evaluations)
                if (one.expression == failure.expression) name = one.name;
        errors_.push_back({failure.row, std::string(view(failure.code)), std::string(name), std::string(view(failure.message))});
    }
    for (const auto &[at, violation] : violations_) {
        // A rule that failed for the row says more.
        const auto same = [number = at](const weir_expression_error &failure) { return failure.row == number; };
        if (std::any_of(failures.begin(), failures.end(), same)) continue;
        std::string message = violation.rule->text + (violation.null ? " is null" : " is false");
        if (violation.more > 0) message += ", and " + std::to_string(violation.more) + " more";
        errors_.push_back({at, "check", violation.rule->name, std::move(message)});
    }
    std::sort(errors_.begin(), errors_.end(), [](const RowError &a, const RowError &b) { return a.row < b.row; });
    context_.fail(batch, errors_);
}

ArrowArray Clauses::column(const BatchView &batch, size_t i) {
    const Visible &from = compiled_.steps.output[i];
    if (from.expression) return compiled_.evaluator.values(*from.expression, rows(), n_);
    if (all_) return context_.retain_column(batch, from.column);
    const Column values = batch.column(from.column);
    ColumnBuilder builder(values.type());
    builder.reserve(n_);
    for (int64_t at = 0; at < n_; ++at) builder.append_from(values, row(at));
    ArrowArray out;
    builder.finish(&out);
    return out;
}

bool Clauses::emit(const BatchView &batch) {
    std::vector<ArrowArray> columns;
    for (size_t i = 0; i < compiled_.steps.output.size(); ++i) columns.push_back(column(batch, i));
    ArrowArray out;
    make_struct(std::move(columns), n_, &out);
    return context_.emit_derived(0, out, batch.raw(), rows());
}

}  // namespace weir::clauses
