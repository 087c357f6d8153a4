#include "host/topology/view_text.hpp"

namespace weir::host {

std::string text_of(const ViewSpec& view) {
    Json out = {{"name", view.name}};
    if (view.latest) {
        out.update({{"latest", view.latest->from}, {"rows", view.latest->rows}, {"columns", view.latest->columns}});
        if (view.latest->key) out["key"] = *view.latest->key;
        return out.dump();
    }
    out.update({{"sql", view.query->sql}, {"connection", view.query->connection}, {"args", Json::array()}});
    for (const ViewArgument& one : view.query->arguments)
        out["args"].push_back({one.name, one.type, one.standard ? Json(*one.standard) : Json(), one.doc});
    for (const auto& one : view.query->constants) out["args"].push_back({one.name, one.type, one.text});
    return out.dump();
}

std::string text_of(const DashboardSpec& dashboard) {
    Json out = {dashboard.title, dashboard.refresh.count()};
    for (const PanelSpec& panel : dashboard.panels) out.push_back({panel.kind, panel.value});
    return out.dump();
}

}  // namespace weir::host
