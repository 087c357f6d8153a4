#include "host/cli/explain_views.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

std::string latest_text(const LatestSpec& latest, const PlannedView& planned) {
    std::string columns;
    for (const Field& field : planned.schema.fields)
        columns += fmt::format("{}{}: {}{}", columns.empty() ? "" : ", ", field.name, to_string(field.type), field.nullable ? "?" : "");
    const std::string which = planned.key.empty() ? fmt::format("the last {} rows", latest.rows)
                                                  : fmt::format("the last row of each {}, at most {}", fmt::join(planned.key, ", "), latest.rows);
    return fmt::format("{} of {}: {}", which, latest.from, columns);
}

std::string arguments_text(const QuerySpec& query) {
    std::string out;
    for (const ViewArgument& one : query.arguments)
        out += fmt::format("{}{}: {}{}", out.empty() ? "" : ", ", one.name, one.type, one.standard ? " = " + *one.standard : "");
    return out.empty() ? "" : "(" + out + ")";
}

Json view_json(const ViewSpec& view, const PlannedView& planned) {
    Json out = {{"name", view.name}};
    if (view.latest) {
        out.update({{"latest", view.latest->from}, {"rows", view.latest->rows}, {"key", planned.key}, {"columns", Json::array()}});
        for (const Field& field : planned.schema.fields)
            out["columns"].push_back({{"name", field.name}, {"type", to_string(field.type)}, {"nullable", field.nullable}});
        return out;
    }
    out.update({{"sql", view.query->sql}, {"connection", planned.connection}, {"args", Json::array()}});
    for (const ViewArgument& one : view.query->arguments)
        out["args"].push_back({{"name", one.name}, {"type", one.type}, {"default", one.standard ? Json(*one.standard) : Json()}});
    return out;
}

}  // namespace

std::string views_text(const Plan& plan) {
    const Topology& topology = plan.topology();
    if (!topology.serve) return "";
    std::string out = fmt::format("\nserved at {}:{}\n", topology.serve->address, topology.serve->port);
    for (size_t i = 0; i < topology.views.size(); ++i) {
        const ViewSpec& view = topology.views[i];
        if (view.latest)
            out += fmt::format("    view {}: {}\n", view.name, latest_text(*view.latest, plan.views()[i]));
        else
            out += fmt::format("    view {}{}: a query to {}\n", view.name, arguments_text(*view.query), plan.views()[i].connection);
    }
    if (const auto& dashboard = topology.dashboard) {
        std::vector<std::string> kinds;
        for (const PanelSpec& panel : dashboard->panels) kinds.push_back(panel.kind);
        out += fmt::format("    dashboard, refreshed every {}: {}\n", duration_text(dashboard->refresh.count()), fmt::join(kinds, ", "));
    }
    return out;
}

Json views_json(const Plan& plan) {
    const Topology& topology = plan.topology();
    if (!topology.serve) return nullptr;
    Json out = {{"serve", {{"address", topology.serve->address}, {"port", topology.serve->port}}}, {"views", Json::array()}};
    for (size_t i = 0; i < topology.views.size(); ++i) out["views"].push_back(view_json(topology.views[i], plan.views()[i]));
    if (const auto& dashboard = topology.dashboard) {
        out["dashboard"] = {{"title", dashboard->title}, {"refresh_us", dashboard->refresh.count()}, {"panels", Json::array()}};
        for (const PanelSpec& panel : dashboard->panels) out["dashboard"]["panels"].push_back(panel.kind);
    }
    return out;
}

std::vector<std::string> viewers(const Topology& topology, size_t node, const std::string& port) {
    std::vector<std::string> out;
    for (const ViewSpec& view : topology.views)
        if (view.latest && view.latest->reads(static_cast<int>(node), port)) out.push_back("view " + view.name);
    return out;
}

}  // namespace weir::host
