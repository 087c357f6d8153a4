// What the topology's views need of its nodes and connections, and what is wrong with the columns that they name.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/engine/plan.hpp"
#include "host/engine/plan_views.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

std::vector<std::string> columns_of(const Schema& schema) {
    std::vector<std::string> out;
    for (const Field& field : schema.fields)
        if (!is_metadata_column(field.name)) out.push_back(field.name);
    return out;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_number(const Type& type) {
    return type.is_signed_integer() || type.is_unsigned_integer() || type.id == TypeId::kFloat32 || type.id == TypeId::kFloat64 ||
           type.id == TypeId::kDecimal128;
}

// What a request's value can be compared with as text.
bool is_filter(const Type& type) {
    return type.is_signed_integer() || type.is_unsigned_integer() || type.id == TypeId::kString || type.id == TypeId::kBool ||
           type.id == TypeId::kDate;
}

Diagnostic& no_column(Diagnostics& diagnostics, const Place& place, const std::string& what, const std::string& column,
                      const std::vector<std::string>& columns) {
    auto& d = diagnostics.error(Code::kUnknownColumn, place, fmt::format("{} no column `{}`", what, column));
    d.expected = columns.empty() ? "" : one_of_text(columns);
    d.nearest = nearest_name(column, columns);
    return d;
}

void check_column(const std::string& subject, const PanelColumn& column, const Schema& schema, Diagnostics& diagnostics) {
    const auto found = schema.find(column.column);
    if (!found)
        no_column(diagnostics, column.place, subject + " has", column.column, columns_of(schema));
    else if (column.is_number && !is_number(schema.fields[*found].type))
        diagnostics
            .error(Code::kWrongType, column.place,
                   fmt::format("{}: `{}` cannot be `{}`, which is a {}", subject, column.parameter, column.column,
                               to_string(schema.fields[*found].type)))
            .expected = "a column of numbers";
}

void check_filter(const std::string& subject, const std::string& column, const Place& place, const Schema& schema, Diagnostics& diagnostics) {
    const auto found = schema.find(column);
    if (!found)
        no_column(diagnostics, place, subject + " has", column, columns_of(schema));
    else if (!is_filter(schema.fields[*found].type))
        diagnostics
            .error(Code::kWrongType, place,
                   fmt::format("{}: rows cannot be chosen by `{}`, which is a {}", subject, column, to_string(schema.fields[*found].type)))
            .expected = "a column of strings, whole numbers, dates or bools";
}

}  // namespace

std::vector<weir_query_argument> standard_arguments(const QuerySpec& query) {
    std::vector<weir_query_argument> out;
    for (const ViewArgument& one : query.arguments)
        out.push_back({sizeof(weir_query_argument), 0, to_abi(one.name), to_abi(one.type),
                       one.standard ? to_abi(*one.standard) : weir_str{nullptr, 0}});
    for (const auto& one : query.constants)
        out.push_back({sizeof(weir_query_argument), 0, to_abi(one.name), to_abi(one.type), to_abi(one.text)});
    return out;
}

bool check_panel_columns(const Topology& topology, const std::vector<std::optional<Schema>>& columns, Diagnostics& diagnostics) {
    if (!topology.dashboard) return true;
    const size_t before = diagnostics.error_count();
    for (size_t i = 0; i < topology.dashboard->panels.size(); ++i) {
        const PanelSpec& panel = topology.dashboard->panels[i];
        const auto subject = [&](int view) { return fmt::format("panel {}: the view `{}`", i + 1, topology.views[static_cast<size_t>(view)].name); };
        for (const PanelColumn& column : panel.columns)
            if (const auto& schema = columns[static_cast<size_t>(column.view)])
                check_column(subject(column.view), column, *schema, diagnostics);
        if (panel.view < 0 || !columns[static_cast<size_t>(panel.view)]) continue;
        for (const auto& [column, place] : panel.filters)
            check_filter(subject(panel.view), column, place, *columns[static_cast<size_t>(panel.view)], diagnostics);
    }
    return diagnostics.error_count() == before;
}

const PlannedPort* Plan::viewed_port(const ViewSpec& view) const {
    const ViewTap& tap = view.latest->taps.front();
    const auto& outputs = nodes_[static_cast<size_t>(tap.node)].outputs;
    const auto port = std::find_if(outputs.begin(), outputs.end(), [&](const PlannedPort& p) { return p.name == tap.port; });
    return port == outputs.end() ? nullptr : &*port;
}

bool Plan::is_viewed(size_t node, const std::string& port, const std::string& column) const {
    return std::any_of(topology_.views.begin(), topology_.views.end(), [&](const ViewSpec& view) {
        if (!view.latest || !view.latest->reads(static_cast<int>(node), port)) return false;
        if (view.latest->columns.empty() && !is_metadata_column(column)) return true;
        return contains(view.latest->columns, column) || (view.latest->key && contains(*view.latest->key, column));
    });
}

bool Plan::limits_columns(size_t node, const std::string& port) const {
    bool any = false;
    for (const ViewSpec& view : topology_.views) {
        if (!view.latest || !view.latest->reads(static_cast<int>(node), port)) continue;
        if (view.latest->columns.empty()) return false;
        any = true;
    }
    return any;
}

// Behind the first round: schemas are what there could be.
bool Plan::check_views() {
    bool good = true;
    views_.resize(topology_.views.size());
    std::vector<Schema> offered(views_.size());
    for (size_t i = 0; i < views_.size(); ++i) {
        const ViewSpec& view = topology_.views[i];
        good = (view.latest ? check_latest(view, offered[i]) : check_query(view, views_[i])) && good;
    }
    return good && check_panels(offered);
}

bool Plan::check_latest(const ViewSpec& view, Schema& offered) {
    const LatestSpec& latest = *view.latest;
    const PlannedPort* port = viewed_port(view);
    if (!port) {
        diagnostics_.error(Code::kUnknownPort, latest.from_place, fmt::format("view `{}`: `{}` has no output", view.name, latest.from));
        return false;
    }
    bool good = true;
    const std::string subject = fmt::format("view `{}`: `{}` has", view.name, latest.from);
    const auto check = [&](const std::string& column, const Place& place) {
        if (port->schema.find(column)) return;
        no_column(diagnostics_, place, subject, column, columns_of(port->schema));
        good = false;
    };
    for (size_t i = 0; i < latest.columns.size(); ++i) check(latest.columns[i], latest.column_places[i]);
    for (size_t i = 0; latest.key && i < latest.key->size(); ++i) check((*latest.key)[i], latest.key_places[i]);
    for (const Field& field : port->schema.fields) {
        const bool is_kept = latest.columns.empty() ? !is_metadata_column(field.name) : contains(latest.columns, field.name);
        if (is_kept || (latest.key && contains(*latest.key, field.name))) offered.fields.push_back(field);
    }
    return good;
}

bool Plan::check_query(const ViewSpec& view, PlannedView& planned) {
    std::vector<std::string> able;
    for (const ConnectionSpec& connection : topology_.connections) {
        const auto* api = static_cast<const weir_query_api*>(resolver_.extension(*connection.op, WEIR_EXT_QUERY));
        if (!api || connection.op->name != api->connection_kind) continue;
        able.push_back(connection.name);
        if (!view.query->connection.empty() && view.query->connection != connection.name) continue;
        planned.connection = connection.name;
        planned.api = api;
    }
    const std::string& named = view.query->connection;
    if (named.empty() && able.size() > 1) {
        diagnostics_
            .error(Code::kAmbiguousConnection, view.place, fmt::format("view `{}`: several connections could answer the query", view.name))
            .expected = fmt::format("`connection: …` beside `sql`, {}", one_of_text(able));
        return false;
    }
    if (planned.api) return true;
    const bool is_named = !named.empty();
    auto& d = diagnostics_.error(is_named ? Code::kBadView : Code::kMissingConnection, is_named ? view.query->connection_place : view.place,
                                 fmt::format("view `{}`: {}", view.name,
                                             is_named ? fmt::format("the connection `{}` answers no queries", named)
                                                      : "there is no connection that answers queries"));
    d.expected = able.empty() ? "a connection to a database under `connections:`" : one_of_text(able);
    d.hint = "for the rows of a node: `{ latest: NODE, rows: 100 }`";
    return false;
}

// Of queries the columns are known to their servers alone.
bool Plan::check_panels(const std::vector<Schema>& offered) {
    std::vector<std::optional<Schema>> columns(offered.size());
    for (size_t i = 0; i < offered.size(); ++i)
        if (topology_.views[i].latest) columns[i] = offered[i];
    return check_panel_columns(topology_, columns, diagnostics_);
}

void Plan::finish_views() {
    for (size_t i = 0; i < views_.size(); ++i) {
        const ViewSpec& view = topology_.views[i];
        if (!view.latest) continue;
        const LatestSpec& latest = *view.latest;
        const NodeSpec& node = topology_.nodes[static_cast<size_t>(latest.taps.front().node)];
        const auto key = latest.key.value_or(node.key);
        for (const Field& field : viewed_port(view)->schema.fields) {
            const bool is_kept = latest.columns.empty() ? !is_metadata_column(field.name) : contains(latest.columns, field.name);
            if (is_kept || (latest.key && contains(key, field.name))) views_[i].schema.fields.push_back(field);
        }
        const bool has_all = std::all_of(key.begin(), key.end(), [&](const std::string& c) { return views_[i].schema.find(c).has_value(); });
        if (has_all) views_[i].key = key;
    }
}

}  // namespace weir::host
