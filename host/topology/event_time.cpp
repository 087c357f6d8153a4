#include "host/topology/event_time.hpp"

#include <utility>

#include <fmt/format.h>

#include "host/topology/config_checker.hpp"
#include "host/topology/ports.hpp"

namespace weir::host {
namespace {

ParamInfo event_time_param(std::string name, ParamType type, std::string doc) {
    ParamInfo info;
    info.name = std::move(name);
    info.type = type;
    info.doc = std::move(doc);
    return info;
}

std::vector<ParamInfo> make_params() {
    ParamInfo column = event_time_param("column", ParamType::kColumn,
                                        "The column, of timestamps, that says when what a row tells of was.");
    column.required = column.primary = true;
    ParamInfo max_delay = event_time_param(
        "max_delay", ParamType::kDuration,
        "By how much a row may come behind a later one. Watermarks keep that distance from the latest row; rows behind them are late.");
    max_delay.default_value = "0s";
    return {
        std::move(column),
        std::move(max_delay),
        event_time_param("idle_after", ParamType::kDuration,
                         "A split that has sent no row for so long is not waited for, until its next one. Without it: never."),
        event_time_param("max_future", ParamType::kDuration,
                         "Rows that are further ahead of the clock go to `errors` and move no watermark. Without it all are taken."),
        event_time_param("align", ParamType::kDuration,
                         "Of a source: its splits are not read further ahead of the slowest one of all sources with `align` than that."),
    };
}

// What stands against event time at this operator; empty: nothing.
std::string objection_to(const OperatorInfo& op) {
    if (op.is_a(OperatorKind::kSink)) return "is a sink, and sends no rows";
    if (!op.outputs.empty() && default_output(op).empty()) return "has no output without a name";
    return "";
}

}  // namespace

const std::vector<ParamInfo>& event_time_params() {
    static const std::vector<ParamInfo> params = make_params();
    return params;
}

void read_event_time(const std::string& subject, const YamlKey& key, const YamlNode& value, ConfigChecker& checker,
                     Diagnostics& diagnostics, NodeSpec& spec) {
    if (const std::string why = spec.op == nullptr ? "" : objection_to(*spec.op); !why.empty()) {
        diagnostics.error(Code::kBadEventTime, key.place, fmt::format("{}{} {}", subject, ticked(spec.op->name), why)).hint =
            "write `event_time` at the node that it reads";
        return;
    }
    const auto checked = checker.check({subject, "event_time", &event_time_params(), &value, key.place});
    if (!checked) return;
    EventTimeSpec out;
    out.column = checked->value.at("column").get<std::string>();
    out.place = checked->place_of("column");
    const auto time = [&](const char* name) -> std::optional<std::chrono::microseconds> {
        if (!checked->value.contains(name)) return std::nullopt;
        return std::chrono::microseconds(checked->value.at(name).get<int64_t>());
    };
    const auto demand = [&](bool good, const char* name, const char* expected) {
        if (good) return;
        diagnostics
            .error(Code::kNotAllowedValue, checked->place_of(name), fmt::format("{}`event_time.{}` is out of its range", subject, name))
            .expected = expected;
    };
    out.max_delay = *time("max_delay");
    out.idle_after = time("idle_after");
    out.max_future = time("max_future");
    out.align = time("align");
    demand(out.max_delay.count() >= 0, "max_delay", "0 or more");
    demand(!out.idle_after || out.idle_after->count() > 0, "idle_after", "more than 0, such as `30s`");
    demand(!out.max_future || out.max_future->count() >= 0, "max_future", "0 or more, such as `1h`");
    demand(!out.align || out.align->count() > 0, "align", "more than 0, such as `10s`");
    if (out.align && (spec.op == nullptr || !spec.op->is_a(OperatorKind::kSource)))
        diagnostics
            .error(Code::kBadEventTime, checked->place_of("align"),
                   fmt::format("{}only a source can be held back, and it reads other nodes", subject))
            .hint = "write `align` at the sources that are to keep together";
    spec.event_time = std::move(out);
}

}  // namespace weir::host
