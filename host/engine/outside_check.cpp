#include "host/engine/outside_check.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <weir/memory.hpp>
#include <weir/types.hpp>

#include "host/engine/plan_views.hpp"
#include "host/loader/plugin_call.hpp"

namespace weir::host {
namespace {

constexpr auto kCloseTimeout = std::chrono::seconds(5);

Code code_of(uint32_t kind) {
    switch (kind) {
        case WEIR_FINDING_MISSING: return Code::kOutsideMissing;
        case WEIR_FINDING_DENIED: return Code::kOutsideDenied;
        case WEIR_FINDING_MADE: return Code::kOutsideMade;
        default: return Code::kOutsideMismatch;
    }
}

// Of the parameter at fault; of what says where the server is, where none is named.
Place place_of(const ConnectionSpec& spec, const std::string& path) {
    if (!path.empty()) return spec.config.place_of(path);
    for (const ParamInfo& param : spec.op->params)
        if (param.primary) return spec.config.place_of(param.name);
    return spec.config.place;
}

Status open_once(const ConnectionSpec& spec, ConnectionInstance& connection, const std::atomic<bool>& stop, ServersAway& away) {
    const std::pair key(spec.op->name, spec.config.value.dump());
    if (const auto known = away.find(key); known != away.end()) return known->second;
    const Status status = connection.open(stop);
    if (status.code() == WEIR_E_RETRYABLE && !stop.load()) away.emplace(key, status);
    return status;
}

bool reach(const ConnectionSpec& spec, ConnectionInstance& connection, Diagnostics& diagnostics, const std::atomic<bool>& stop,
           ServersAway& away) {
    const Status status = open_once(spec, connection, stop, away);
    if (status.ok()) return true;
    const bool is_away = status.code() == WEIR_E_RETRYABLE;
    diagnostics.error(is_away ? Code::kUnreachable : Code::kOutsideDenied, place_of(spec, status.path()),
                      fmt::format("connection `{}`: {}", spec.name, status.message()));
    return false;
}

struct Finder {
    const NodeSpec& node;
    Diagnostics& diagnostics;

    Diagnostic& tell(Code code, const std::string& path, std::string_view message) const {
        const std::string text = fmt::format("node `{}`: {}", node.name(), message);
        const Place place = node.config.place_of(path);
        return code == Code::kOutsideMade ? diagnostics.note(code, place, text) : diagnostics.error(code, place, text);
    }
    void find(const weir_finding& finding) const {
        Diagnostic& told = tell(code_of(finding.kind), std::string(view(finding.path)), view(finding.message));
        told.expected = view(finding.expected);
        told.nearest = view(finding.nearest);
        told.hint = view(finding.hint);
    }
};

void look(Instance& instance, Diagnostics& diagnostics) {
    if (!instance.api().check) return;
    Finder finder{instance.node(), diagnostics};
    const weir_check check{sizeof check, 0, &finder, [](const weir_check* c, const weir_finding* finding) {
                               static_cast<const Finder*>(c->data)->find(*finding);
                           }};
    const Status status = instance.call_done(
        "check", [&](void* self, weir_error* error) { return instance.api().check(self, &check, error); });
    if (status.ok()) return;
    const bool is_away = status.code() == WEIR_E_RETRYABLE;
    finder.tell(is_away ? Code::kUnreachable : Code::kOutsideMismatch, status.path(), status.message());
}

// What the server says of a query: its columns, or why it refuses it.
std::optional<Schema> ask_columns(const ViewSpec& view, const PlannedView& planned, void* connection, bool is_to_be_made,
                                  Diagnostics& diagnostics) {
    const auto arguments = standard_arguments(*view.query);
    Schema columns;
    const Status status = call_plugin([&](weir_error* error) {
        return planned.api->describe(connection, to_abi(view.query->sql), arguments.data(), arguments.size(), &columns,
                                     [](void* data, weir_str name, weir_str type) {
                                         auto field = parse_field(std::string(weir::view(name)), weir::view(type));
                                         if (field) static_cast<Schema*>(data)->fields.push_back(std::move(*field));
                                     },
                                     error);
    });
    if (status.ok()) return columns;
    if (is_to_be_made && status.code() == WEIR_E_CONFIG) {
        diagnostics.note(Code::kOutsideMade, view.query->sql_place,
                         fmt::format("view `{}` cannot be looked at before a run has made what is missing: {}", view.name, status.message()));
        return std::nullopt;
    }
    diagnostics.error(status.code() == WEIR_E_RETRYABLE ? Code::kUnreachable : Code::kOutsideMismatch, view.query->sql_place,
                      fmt::format("view `{}`: {}", view.name, status.message()));
    return std::nullopt;
}

void check_queries(const Plan& plan, const std::set<std::string>& reached, Diagnostics& diagnostics) {
    const auto told = diagnostics.sorted();
    const bool is_to_be_made = std::any_of(told.begin(), told.end(), [](const Diagnostic* d) { return d->code == Code::kOutsideMade; });
    const auto& views = plan.topology().views;
    std::vector<std::optional<Schema>> columns(views.size());
    for (size_t i = 0; i < views.size(); ++i) {
        if (!views[i].query || !reached.contains(plan.views()[i].connection)) continue;
        for (const auto& connection : plan.connections())
            if (connection->name() == plan.views()[i].connection)
                columns[i] = ask_columns(views[i], plan.views()[i], connection->self(), is_to_be_made, diagnostics);
    }
    check_panel_columns(plan.topology(), columns, diagnostics);
}

}  // namespace

void check_outside(Plan& plan, Diagnostics& diagnostics, const std::atomic<bool>& stop, ServersAway& away) {
    std::set<std::string> reached;
    for (size_t i = 0; i < plan.connections().size(); ++i) {
        const ConnectionSpec& spec = plan.topology().connections[i];
        if (reach(spec, *plan.connections()[i], diagnostics, stop, away)) reached.insert(spec.name);
    }
    for (PlannedNode& planned : plan.nodes()) {
        Instance& instance = planned.instance();
        if (instance.node().connection.empty() || reached.contains(instance.node().connection)) look(instance, diagnostics);
    }
    check_queries(plan, reached, diagnostics);
    for (const auto& connection : plan.connections())
        if (reached.contains(connection->name()))
            (void)connection->close(std::chrono::steady_clock::now() + kCloseTimeout);  // nothing was written
}

}  // namespace weir::host
