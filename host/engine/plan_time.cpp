// The event time that a node declares: that its column is there, and is known behind it.
#include <algorithm>

#include <fmt/format.h>

#include "host/engine/plan.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/ports.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {

// Of the first output, which is the one without a name.
bool Plan::is_time_port(size_t node, size_t port) const {
    const NodeSpec& spec = topology_.nodes[node];
    const std::string name = default_output(*spec.op);
    return spec.event_time && (name.empty() ? port == 0 : nodes_[node].outputs[port].name == name);
}

// The node's own column is the one of its output from here on, whatever came in with its rows.
bool Plan::mark_event_time(size_t node, size_t port, Schema& schema) {
    if (!is_time_port(node, port)) return true;
    const NodeSpec& spec = topology_.nodes[node];
    const EventTimeSpec& time = *spec.event_time;
    const auto column = schema.find(time.column);
    const auto refuse = [&](const std::string& what) -> Diagnostic& {
        return diagnostics_.error(Code::kBadEventTime, time.place, fmt::format("node `{}`: {}", spec.name(), what));
    };
    if (!column) {
        std::vector<std::string> names, times;
        for (const Field& field : schema.fields) {
            names.push_back(field.name);
            if (field.type.id == TypeId::kTimestamp) times.push_back(field.name);
        }
        auto& d = refuse(fmt::format("its output has no column `{}`", time.column));
        d.expected = times.empty() ? "a column of timestamps; it has none" : one_of_text(times);
        d.nearest = nearest_name(time.column, names);
        return false;
    }
    if (const Type& type = schema.fields[*column].type; type.id != TypeId::kTimestamp) {
        const std::string made = type.is_text() ? time.column + "::timestamp" : fmt::format("to_timestamp({})", time.column);
        refuse(fmt::format("`{}` is {}, and event time is a timestamp", time.column, to_string(type))).hint =
            fmt::format("declare it as `timestamp` in the record, or make one: `set: {{ ts: {} }}`", made);
        return false;
    }
    for (Field& field : schema.fields) field.event_time.reset();
    schema.fields[*column].event_time = 0;
    nodes_[node].event_time = {port, *column};
    return true;
}

}  // namespace weir::host
