#include "host/topology/restart.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/topology/scalar.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {
namespace {

struct NamedStrategy {
    const char* name;
    RestartStrategy strategy;
    std::vector<std::string> parameters;
};

const std::array<NamedStrategy, 4>& restart_strategies() {
    static const std::array<NamedStrategy, 4> all = {{
        {"none", RestartStrategy::kNone, {}},
        {"fixed_delay", RestartStrategy::kFixedDelay, {"delay", "attempts", "reset_after"}},
        {"exponential",
         RestartStrategy::kExponential,
         {"delay", "max_delay", "factor", "jitter", "attempts", "reset_after"}},
        {"failure_rate", RestartStrategy::kFailureRate, {"delay", "failures", "per"}},
    }};
    return all;
}

ParamInfo restart_param(std::string name, ParamType type, std::string doc) {
    ParamInfo info;
    info.name = std::move(name);
    info.type = type;
    info.doc = std::move(doc);
    return info;
}

class RestartReader {
public:
    RestartReader(const CheckedConfig& settings, Diagnostics& diagnostics)
        : settings_(settings), value_(settings.value.at("restart")), diagnostics_(diagnostics) {}

    RestartSpec read() {
        const std::string name = value_.at("strategy").get<std::string>();
        const auto& all = restart_strategies();
        const auto& chosen = *std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.name == name; });
        spec_.strategy = chosen.strategy;
        for (const auto& [key, given] : value_.items())
            if (key != "strategy") refuse_what_it_does_not_take(chosen, key);
        read_delays();
        if (take("attempts", [&](const Json& v) { spec_.attempts = v.get<int64_t>(); }))
            demand(*spec_.attempts >= 1, "attempts", "1 or more; without it there is no end");
        if (take("factor", [&](const Json& v) { spec_.factor = v.get<double>(); }))
            demand(spec_.factor >= 1 && spec_.factor <= 100, "factor", "1 to 100");
        if (take("jitter", [&](const Json& v) { spec_.jitter = v.get<double>(); }))
            demand(spec_.jitter >= 0 && spec_.jitter <= 1, "jitter", "0 to 1");
        if (take("failures", [&](const Json& v) { spec_.failures = v.get<int64_t>(); }))
            demand(spec_.failures >= 1, "failures", "1 or more");
        return spec_;
    }

private:
    void read_delays() {
        take_time("delay", spec_.delay);
        demand(spec_.delay.count() >= 0, "delay", "0 or more");
        if (take_time("max_delay", spec_.max_delay))
            demand(spec_.max_delay >= spec_.delay, "max_delay", "at least `delay`");
        else
            spec_.max_delay = std::max(spec_.max_delay, spec_.delay);
        if (take_time("reset_after", spec_.reset_after))
            demand(spec_.reset_after.count() > 0, "reset_after", "more than 0, such as `10m`");
        if (take_time("per", spec_.per)) demand(spec_.per.count() > 0, "per", "more than 0, such as `5m`");
    }

    template <class F>
    bool take(const char* name, F&& set) {
        if (!value_.contains(name)) return false;
        set(value_.at(name));
        return true;
    }

    bool take_time(const char* name, std::chrono::microseconds& to) {
        return take(name, [&](const Json& v) { to = std::chrono::microseconds(v.get<int64_t>()); });
    }

    void demand(bool good, const std::string& name, const std::string& expected) {
        if (good) return;
        diagnostics_
            .error(Code::kNotAllowedValue, settings_.place_of("restart." + name),
                   fmt::format("`restart.{}` is out of its range", name))
            .expected = expected;
    }

    void refuse_what_it_does_not_take(const NamedStrategy& strategy, const std::string& key) {
        const auto& taken = strategy.parameters;
        if (std::find(taken.begin(), taken.end(), key) != taken.end()) return;
        diagnostics_
            .error(Code::kUnknownKey, settings_.place_of("restart." + key),
                   fmt::format("`restart`: the strategy `{}` has no parameter `{}`", strategy.name, key))
            .expected = taken.empty() ? "no parameters at all" : one_of_text(taken);
    }

    const CheckedConfig& settings_;
    const Json& value_;
    Diagnostics& diagnostics_;
    RestartSpec spec_;
};

}  // namespace

ParamInfo restart_setting() {
    ParamInfo restart = restart_param("restart", ParamType::kObject,
                                      "What is done after a failure that may pass, such as a broker that goes away. The "
                                      "topology begins again at the last committed epoch. Without it: exponential.");
    ParamInfo strategy = restart_param("strategy", ParamType::kString, "When to begin again, and when to give up.");
    strategy.primary = true;
    strategy.default_value = "exponential";
    for (const auto& known : restart_strategies()) strategy.one_of.emplace_back(known.name);
    restart.fields = {
        std::move(strategy),
        restart_param("delay", ParamType::kDuration,
                      "Before a restart; exponential: before the first of several in a row. Default 1s."),
        restart_param("max_delay", ParamType::kDuration, "exponential: the longest delay. Default 1m."),
        restart_param("factor", ParamType::kFloat64, "exponential: by which the delay grows. Default 2."),
        restart_param("jitter", ParamType::kFloat64,
                      "exponential: the share by which a delay varies at random. Default 0.1."),
        restart_param("attempts", ParamType::kInt64,
                      "exponential, fixed_delay: restarts in a row, then the run fails. Default: no end."),
        restart_param("reset_after", ParamType::kDuration,
                      "exponential, fixed_delay: who ran so long without failing begins to count anew. Default 10m."),
        restart_param("failures", ParamType::kInt64, "failure_rate: more of them within `per` end the run. Default 3."),
        restart_param("per", ParamType::kDuration, "failure_rate: the time in which failures are counted. Default 5m."),
    };
    return restart;
}

RestartSpec read_restart(const CheckedConfig& settings, Diagnostics& diagnostics) {
    if (!settings.value.contains("restart")) return {};
    return RestartReader(settings, diagnostics).read();
}

}  // namespace weir::host
