// Views and dashboards as JSON Schema.
#include <utility>

#include "host/topology/schema_params.hpp"
#include "host/topology/views.hpp"

namespace weir::host {
namespace {

Json closed_with_required(const std::vector<ParamInfo>& params, Json properties) {
    Json out = closed_object(std::move(properties));
    out["required"] = required_members(params);
    return out;
}

Json argument_schema() {
    Json bare = {{"type", {"string", "number", "boolean"}}, {"description", "Its type, such as `string`, or a default that is a number."}};
    return {{"anyOf", Json::array({std::move(bare), closed_with_required(view_argument_params(), schema_of_members(view_argument_params()))})}};
}

Json query_schema() {
    Json properties = schema_of_members(query_view_params());
    properties["args"] = {{"type", "object"},
                          {"additionalProperties", argument_schema()},
                          {"description", "What a request may give: `{ symbol: string, minutes: { type: int32, default: 60 } }`."}};
    return closed_with_required(query_view_params(), std::move(properties));
}

}  // namespace

Json view_schema() {
    Json text = {{"type", "string"}, {"description", "A query, which only reads."}};
    Json latest = closed_with_required(latest_view_params(), schema_of_members(latest_view_params()));
    return {{"anyOf", Json::array({std::move(text), query_schema(), std::move(latest)})}};
}

Json dashboard_schema() {
    Json kinds = Json::object();
    for (const PanelKind& kind : panel_kinds()) kinds[kind.name] = with_description(schema_of_config(kind.params), kind.doc);
    Json properties = schema_of_members(dashboard_params());
    properties["panels"] = {{"type", "array"},
                            {"minItems", 1},
                            {"maxItems", kMaxPanels},
                            {"items", exactly_one_of(std::move(kinds))},
                            {"description", "What the page shows, from top to bottom."}};
    Json out = closed_object(std::move(properties));
    out["required"] = {"panels"};
    return out;
}

}  // namespace weir::host
