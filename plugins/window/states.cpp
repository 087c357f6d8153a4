#include "states.hpp"

#include "kept_rows.hpp"
#include "windows.hpp"

namespace weir::window {
namespace {

class AggregateStates final : public States {
public:
    AggregateStates(Context context, const Layout &layout)
        : context_(context), aggregation_(layout.aggregation), evaluator_(layout.aggregation), columns_(layout.columns_only) {}

    size_t bytes() const override { return aggregation_.state_bytes(); }
    Status update(const Rows &from, std::span<const int32_t> rows, std::span<void *const> states) override {
        return noting(evaluator_.update(from.batch, rows, states, context_.now()), evaluator_);
    }
    Status merge(std::span<void *const> into, std::span<const void *const> from) override { return evaluator_.merge(into, from); }
    Status results(std::span<const void *const> states, const ArrowArray &group, bool sent, ArrowArray *out) override {
        AggregationEvaluator &evaluator = sent ? columns_ : evaluator_;
        return noting(evaluator.results(states, group, context_.now(), out), evaluator);
    }
    const std::vector<StateError> &errors() const override { return errors_; }
    Status save(const void *state, std::string &out) const override { return aggregation_.save(state, out); }
    Status load(void *state, std::string_view bytes) const override { return aggregation_.load(state, bytes); }
    void drop(void *state) const override { aggregation_.drop(state); }
    uint64_t outside_bytes(const void *state) const override { return aggregation_.outside_bytes(state); }

private:
    Status noting(Status status, AggregationEvaluator &evaluator) {
        errors_.clear();
        if (status.ok()) append_errors(evaluator, errors_);
        return status;
    }

    Context context_;
    const Aggregation &aggregation_;
    AggregationEvaluator evaluator_, columns_;
    std::vector<StateError> errors_;
};

}  // namespace

void append_errors(AggregationEvaluator &evaluator, std::vector<StateError> &to) {
    for (const weir_expression_error &error : evaluator.errors())
        to.push_back({error.row, error.expression, std::string(view(error.code)), std::string(view(error.message))});
}

Result<std::unique_ptr<States>> States::create(Context context, const Spec &spec, const Layout &layout, const Schema &input,
                                               const Config &config) {
    if (!spec.keep()) return std::unique_ptr<States>(new AggregateStates(context, layout));
    return make_kept_rows(context, spec, layout, input, config);
}

}  // namespace weir::window
