#include "route.hpp"

#include <algorithm>
#include <numeric>

namespace weir::route {
namespace {

constexpr weir_param kCondition[] = {param("", WEIR_PARAM_EXPRESSION, "")};
constexpr weir_param kParams[] = {
    param("to", WEIR_PARAM_MAP,
          "The ports by name, each with its condition: `{ large: amount > 100 }`. Other nodes read them as `NODE.large`.")
        .required()
        .fields(kCondition),
    param("match", WEIR_PARAM_STRING,
          "Whether a row goes to the first port, as they are written, whose condition is true, or to all of those.")
        .default_json("\"first\"")
        .one_of(R"(["first","all"])"),
};
constexpr weir_port kOutputs[] = {
    port("to", "Rows for which its condition is true.", WEIR_PORT_BY_KEYS),
    port("default", "Rows for which no condition is true."),
};

}  // namespace

constexpr OperatorSpec kRouteSpec =
    operator_spec<Route>("route", "Sends each row to the port whose condition is true for it. Null is not true; a row for which a "
                                  "condition fails goes to `errors` alone.")
        .params(kParams)
        .outputs(kOutputs);

Route::Route(Context context, const Config &config)
    : Instance(context),
      conditions_(config.child("to").json()),
      all_(config.string("match") == "all"),
      unrouted_(context_.metric("unrouted", WEIR_METRIC_COUNTER, "Rows for which no condition is true.")),
      chosen_(conditions_.size() + 1) {}

Result<std::unique_ptr<Instance>> Route::create(Context context, const Config &config) {
    return std::unique_ptr<Instance>(new Route(context, config));
}

Result<Route::Input> Route::compile(const Schema &columns) {
    auto compiler = ExpressionCompiler::create(context_, columns);
    if (!compiler) return compiler.status();
    Input input;
    Status fault;
    for (const auto &[name, condition] : conditions_.items()) {
        const auto number = compiler->condition(condition, "to." + name);
        if (number)
            input.conditions.push_back(number.value());
        else if (fault.ok())
            fault = number.status();  // of the first; all are reported
    }
    if (!fault.ok()) return fault;
    input.program = compiler->finish();
    input.evaluator = ExpressionEvaluator(input.program);
    return input;
}

Status Route::bind(const Binding &binding) {
    inputs_.clear();
    for (uint32_t i = 0; i < binding.inputs(); ++i) {
        auto input = compile(binding.input(i));
        if (!input) return input.status();
        inputs_.push_back(std::move(*input));
    }
    ports_.assign(conditions_.size() + 1, PassThrough());
    for (uint32_t port = 0; port < ports_.size(); ++port)
        if (Status s = ports_[port].bind(binding, port); !s.ok()) return s;
    for (uint32_t i = 0; i < binding.inputs(); ++i) inputs_[i].program.reads(binding, i);
    return {};
}

void Route::choose(const BatchView &batch, Input &input) {
    const auto n = static_cast<size_t>(batch.rows());
    fates_.assign(n, Fate::kOpen);
    open_.resize(n);
    std::iota(open_.begin(), open_.end(), 0);
    for (auto &rows : chosen_) rows.clear();
    input.evaluator.begin(batch, 0, batch.rows(), context_.now());
    for (size_t port = 0; port < input.conditions.size() && !open_.empty(); ++port) {
        outcomes_.resize(open_.size());
        input.evaluator.evaluate(input.conditions[port], open_, static_cast<int64_t>(open_.size()), outcomes_.data());
        take_outcomes(port);
    }
    for (int32_t row : open_)
        if (fates_[static_cast<size_t>(row)] == Fate::kOpen) chosen_.back().push_back(row);
    take_failures(input);
}

void Route::take_outcomes(size_t port) {
    size_t left = 0;
    for (size_t i = 0; i < open_.size(); ++i) {
        const int32_t row = open_[i];
        Fate &fate = fates_[static_cast<size_t>(row)];
        const bool is_true = outcomes_[i] == WEIR_OUTCOME_TRUE;
        if (outcomes_[i] == WEIR_OUTCOME_FAILED) {
            fate = Fate::kFailed;
            continue;
        }
        if (is_true) {
            chosen_[port].push_back(row);
            fate = Fate::kRouted;
        }
        if (all_ || !is_true) open_[left++] = row;
    }
    open_.resize(left);
}

// A row that has failed goes to `errors` alone, whatever was true for it before.
void Route::take_failures(Input &input) {
    errors_.clear();
    const auto failures = input.evaluator.errors();
    if (failures.empty()) return;
    for (const weir_expression_error &failure : failures) {
        const auto at = std::find(input.conditions.begin(), input.conditions.end(), failure.expression) - input.conditions.begin();
        const std::string name = at < static_cast<std::ptrdiff_t>(conditions_.size()) ? std::next(conditions_.begin(), at).key() : "";
        errors_.push_back({failure.row, std::string(view(failure.code)), name, std::string(view(failure.message))});
    }
    std::sort(errors_.begin(), errors_.end(), [](const RowError &a, const RowError &b) { return a.row < b.row; });
    for (auto &rows : chosen_)
        std::erase_if(rows, [&](int32_t row) { return fates_[static_cast<size_t>(row)] == Fate::kFailed; });
}

Status Route::process(const BatchView &batch, uint32_t number) {
    choose(batch, inputs_[number]);
    if (!errors_.empty()) context_.fail(batch, errors_);
    if (!chosen_.back().empty()) context_.metric_add(unrouted_, static_cast<int64_t>(chosen_.back().size()));
    bool room = true;
    for (size_t port = 0; port < ports_.size(); ++port) room = ports_[port].emit(context_, batch, number, chosen_[port]) && room;
    return room ? Status() : Status::more();
}

}  // namespace weir::route
