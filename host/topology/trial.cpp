#include "host/topology/trial.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "host/topology/scalar.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {
namespace {

std::optional<double> parse_share(const std::string& text) {
    const std::size_t percent = text.find('%');
    if (percent == std::string::npos || percent + 1 != text.size()) return std::nullopt;
    const auto share = parse_float64(text.substr(0, percent));
    if (!share || *share < 0 || *share > 100) return std::nullopt;
    return *share / 100;
}

}  // namespace

ParamInfo trial_setting() {
    const auto param = [](const char* name, ParamType type, const char* doc) {
        ParamInfo info;
        info.name = name;
        info.type = type;
        info.doc = doc;
        return info;
    };
    ParamInfo trial = param("trial", ParamType::kObject,
                            "What a changed topology has to stand before it takes the place of the one that runs; otherwise that goes on.");
    ParamInfo length = param("for", ParamType::kDuration, "How long it runs at least before its output counts; by default a checkpoint.");
    length.primary = true;
    trial.fields = {std::move(length),
                    param("max_errors", ParamType::kString,
                          "The share of records that may fail meanwhile, such as `1%`. By default ten percent more of them than before.")};
    return trial;
}

TrialSpec read_trial(const CheckedConfig& settings, Diagnostics& diagnostics) {
    TrialSpec out;
    if (!settings.value.contains("trial")) return out;
    const Json& value = settings.value.at("trial");
    const auto refuse = [&](const char* name, const std::string& expected) {
        diagnostics
            .error(Code::kNotAllowedValue, settings.place_of(fmt::format("trial.{}", name)), fmt::format("`trial.{}` is out of its range", name))
            .expected = expected;
    };
    if (value.contains("for")) {
        out.length = std::chrono::microseconds(value.at("for").get<int64_t>());
        if (out.length.count() < 0) refuse("for", "0 or more, such as `5s`");
    }
    if (value.contains("max_errors")) {
        out.max_errors = parse_share(value.at("max_errors").get<std::string>());
        if (!out.max_errors) refuse("max_errors", "a share of the records, `0%` to `100%`");
    }
    return out;
}

}  // namespace weir::host
