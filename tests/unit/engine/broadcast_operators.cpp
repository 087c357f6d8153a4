#include "tests/unit/engine/broadcast_operators.hpp"

#include <stdexcept>
#include <string>

#include <weir/state_collections.hpp>
#include <weir/testing/rows.hpp>
#include <weir/weir.hpp>

#include "tests/unit/engine/test_operators.hpp"

namespace weir::host::testing {

namespace {

constexpr uint32_t kRules = 1;  // the input

template <class T>
Result<std::unique_ptr<weir::Instance>> make_broadcast(Context context, const Config&) {
    return std::unique_ptr<weir::Instance>(new T(context));
}

template <class Value>
struct RuledBy : weir::Instance {
    explicit RuledBy(Context context) : Instance(context), rules_(context, "rules"), names_(context, "names") {}
    static constexpr auto create = make_broadcast<RuledBy>;
    static Schema schema() { return weir::testing::schema_of({{"n", "int64"}, {"value", "int64"}}); }

    Status bind(const Binding& binding) override {
        binding.set_output(0, schema());
        return {};
    }
    Status process(const BatchView& in, uint32_t input) override {
        {
            std::lock_guard lock(world_mutex());
            if (world().crash_after > 0 && --world().crash_after == 0) throw std::runtime_error("crashed as told");
        }
        for (int64_t row = 0; row < in.rows(); ++row) {
            const int64_t n = in.column(0).template value<int64_t>(row), rule = n % 3;
            if (rules_.contains(rule) != names_.get(std::to_string(rule)).has_value())
                return Status::fatal("the two states differ");
            if (input == kRules) change(rule, n);
        }
        return {};
    }
    void change(int64_t rule, int64_t n) {
        if (n % 7 == 0) {
            rules_.remove(rule);
            names_.remove(std::to_string(rule));
            return;
        }
        rules_.put(rule, static_cast<Value>(next_rule(rules_.get(rule).value_or(0), n)));
        names_.put(std::to_string(rule), "since " + std::to_string(n));
    }
    Status finish() override {
        BatchBuilder out(schema());
        for (const auto& [rule, value] : rules_.entries()) {
            out.column(0).append(rule);
            out.column(1).append(static_cast<int64_t>(value));
        }
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit(0, rows) ? Status() : Status::more();
    }
    Status resume(uint64_t) override { return {}; }
    Status snapshot(const weir_snapshot& out) override {
        std::string all;
        for (const auto& [rule, value] : rules_.entries()) all += std::to_string(rule) + "=" + std::to_string(value) + " ";
        for (const auto& [rule, name] : names_.entries()) all += rule + "=" + name + " ";
        std::lock_guard lock(world_mutex());
        world().versions[out.epoch].insert(all);
        return {};
    }
    Status restore(const weir_state_block&) override { return Status::fatal("there is no such state"); }

    BroadcastState<int64_t, Value> rules_;
    BroadcastState<std::string, std::string> names_;
};
using Ruled = RuledBy<int32_t>;
using Ruled2 = RuledBy<int64_t>;

struct RuledByRows : Ruled {
    using Ruled::Ruled;
    static constexpr auto create = make_broadcast<RuledByRows>;
    Status process(const BatchView&, uint32_t input) override {
        if (input != kRules) change(1, 1);
        return {};
    }
};

constexpr weir_port kInputs[] = {port("rows", "Rows."), port("rules", "Rules.", WEIR_PORT_BROADCAST)};
template <class T>
constexpr auto ruled_spec(const char* name) {
    return operator_spec<T>(name, "Is ruled.").inputs(kInputs).state(1, WEIR_STATE_BROADCAST);
}
constexpr auto kRuled = ruled_spec<Ruled>("ruled");
constexpr auto kRuled2 = ruled_spec<Ruled2>("ruled_v2");
constexpr auto kRuledByRows = ruled_spec<RuledByRows>("ruled_by_rows");
constexpr auto kWithoutInput = operator_spec<Ruled>("rules_without_input", "Has none.");

const weir_operator* const kBroadcastOperators[] = {&kRuled, &kRuled2, &kRuledByRows, &kWithoutInput};

}  // namespace

std::span<const weir_operator* const> broadcast_operators() { return kBroadcastOperators; }

}  // namespace weir::host::testing
