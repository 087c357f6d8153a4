#include "host/cli/explain.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/cli/explain_views.hpp"
#include "host/topology/ports.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {

namespace {

const char* kind_word(OperatorKind kind) {
    return kind == OperatorKind::kSource ? "source" : kind == OperatorKind::kSink ? "sink" : "operator";
}

std::string port_name(const NodeSpec& node, const std::string& port) {
    return port == default_output(*node.op) ? "" : port;
}

// `raw` or `raw.errors`.
std::string from_text(const Topology& topology, const Edge& edge) {
    const NodeSpec& node = topology.nodes[static_cast<size_t>(edge.from_node)];
    const std::string port = port_name(node, edge.from_port);
    return port.empty() ? node.name() : node.name() + "." + port;
}

// How an edge's rows find the instances of its node, where there are several workers.
std::string routing_text(const PlannedEdge& edge, const NodeSpec& to) {
    switch (edge.routing) {
        case Routing::kForward: return "stays on its worker";
        case Routing::kBroadcast: return "to all workers";
        case Routing::kKeyed: break;
    }
    if (to.op->has_own_key()) return "by its own key, across workers";
    return to.key.empty() ? "all rows to one worker" : fmt::format("by key ({}), across workers", fmt::join(to.key, ", "));
}

const char* routing_word(Routing routing) {
    return routing == Routing::kForward ? "forward" : routing == Routing::kKeyed ? "key" : "broadcast";
}

std::vector<std::string> state_words(const PlannedNode& node) {
    const Instance& instance = node.instance();
    const uint32_t kinds = instance.descriptor().state_version > 0 ? instance.descriptor().state_kinds : 0;
    std::vector<std::string> words;
    if (kinds & WEIR_STATE_KEYED) words.push_back("by key");
    if (kinds & WEIR_STATE_SPLIT) words.push_back("by split");
    if (kinds & WEIR_STATE_LIST) words.push_back("as a list");
    if (kinds & WEIR_STATE_BROADCAST) words.push_back("for all keys");
    if (instance.keyed()) words.push_back("held by the host");
    return words;
}

// Columns as `n: int64, name: string?`.
std::string columns_text(const Schema& schema) {
    std::string out;
    for (const Field& field : schema.fields)
        out += fmt::format("{}{}: {}{}", out.empty() ? "" : ", ", field.name, to_string(field.type), field.nullable ? "?" : "");
    return out.empty() ? "no columns" : out;
}

std::vector<std::string> readers(const Topology& topology, const PlannedPort& port) {
    std::vector<std::string> out;
    for (int e : port.edges) {
        const std::string& id = topology.nodes[static_cast<size_t>(topology.edges[static_cast<size_t>(e)].to_node)].name();
        if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
    }
    return out;
}

// To users a node and the one that does its clauses are one: where these clauses stand, if it has any.
struct ClausesOf {
    std::optional<size_t> before, behind;  // nodes
};

ClausesOf clauses_of(const Topology& topology, size_t index) {
    ClausesOf out;
    for (size_t e = 0; e < topology.edges.size(); ++e) {
        const auto from = static_cast<size_t>(topology.edges[e].from_node), to = static_cast<size_t>(topology.edges[e].to_node);
        if (topology.nodes[from].name() != topology.nodes[to].name() || topology.nodes[from].adds_tag) continue;
        if (to == index) out.before = from;
        if (from == index) out.behind = to;
    }
    return out;
}

// The edges that a user sees to come in, and those on which their rows reach the operator.
std::vector<std::pair<size_t, size_t>> inputs_of(Plan& plan, size_t index) {
    const Topology& topology = plan.topology();
    std::vector<std::pair<size_t, size_t>> out;
    std::set<std::string> there;  // a node's errors are those of its clauses, too
    for (size_t e = 0; e < topology.edges.size(); ++e) {
        const Edge& edge = topology.edges[e];
        const NodeSpec& to = topology.nodes[static_cast<size_t>(edge.to_node)];
        const bool is_within = topology.nodes[static_cast<size_t>(edge.from_node)].name() == to.name();
        if (is_within || to.name() != topology.nodes[index].id || !there.insert(from_text(topology, edge)).second) continue;
        const bool is_last = static_cast<size_t>(edge.to_node) == index;
        out.emplace_back(e, is_last ? e : static_cast<size_t>(plan.nodes()[index].inputs.front()));
    }
    return out;
}

const PlannedPort& shown_port(Plan& plan, size_t index, size_t port, const ClausesOf& clauses) {
    return plan.nodes()[port == 0 && clauses.behind ? *clauses.behind : index].outputs[port];
}

void append_clauses(std::string& out, Plan& plan, size_t index, const ClausesOf& clauses) {
    const Topology& topology = plan.topology();
    const NodeSpec& node = topology.nodes[index];
    const size_t at = clauses.before ? *clauses.before : clauses.behind.value_or(index);
    if (clauses.behind)
        out += fmt::format("    {} -> clauses: {}\n", node.op->name, columns_text(plan.nodes()[index].outputs[0].schema));
    for (const ClauseText& one : topology.nodes[at].clauses)
        out += fmt::format("    {}{}: {}\n", one.clause, one.name.empty() ? "" : " " + one.name, one.text);
    if (clauses.before)
        out += fmt::format("    {} -> {}: {}\n", topology.nodes[at].clauses.empty() ? "united" : "clauses", node.op->name,
                           columns_text(plan.nodes()[at].outputs[0].schema));
}

// The event time of a node's first output, and who makes the watermarks that it sees: a node that declares event time, or a source
// that does not.
struct ShownTime {
    const EventTimeSpec* declared = nullptr;
    std::optional<Field> column;
    std::set<std::string> from, none_from;
    std::set<size_t> seen;  // nodes on the way there
};

void find_watermarks(const Topology& topology, size_t index, ShownTime& out) {
    const NodeSpec& node = topology.nodes[index];
    if (!out.seen.insert(index).second) return;
    if (node.event_time) {
        out.from.insert(node.name());
        return;
    }
    if (node.op->is_a(OperatorKind::kSource)) out.none_from.insert(node.name());
    for (const Edge& edge : topology.edges)
        if (static_cast<size_t>(edge.to_node) == index && edge.from_port != kErrorsPort)
            find_watermarks(topology, static_cast<size_t>(edge.from_node), out);
}

ShownTime time_of(Plan& plan, size_t index, const ClausesOf& clauses) {
    const Topology& topology = plan.topology();
    const size_t last = clauses.behind.value_or(index);
    ShownTime out;
    if (topology.nodes[index].op->is_a(OperatorKind::kSink)) return out;
    if (topology.nodes[last].event_time) out.declared = &*topology.nodes[last].event_time;
    const Schema& schema = plan.nodes()[last].outputs[0].schema;
    if (const auto column = schema.event_time()) out.column = schema.fields[*column];
    find_watermarks(topology, last, out);
    if (out.from.empty()) out.none_from.clear();
    return out;
}

std::string time_text(const ShownTime& time) {
    if (const EventTimeSpec* spec = time.declared) {
        std::string out = fmt::format("{}, max_delay: {}", spec->column, duration_text(spec->max_delay.count()));
        const auto add = [&out](const char* name, const auto& value) {
            if (value) out += fmt::format(", {}: {}", name, duration_text(value->count()));
        };
        add("idle_after", spec->idle_after);
        add("max_future", spec->max_future);
        add("align", spec->align);
        return out;
    }
    if (time.from.empty()) return "";
    std::string out = time.column ? time.column->name : "no column";
    out += fmt::format("; watermarks of {}", fmt::join(time.from, ", "));
    for (const std::string& source : time.none_from) out += fmt::format(", held back by {}, which has no event_time", source);
    return out;
}

Json time_json(const ShownTime& time) {
    Json out = {{"column", time.column ? Json(time.column->name) : Json()}, {"watermarks_of", time.from}};
    if (time.column) out["offset_us"] = *time.column->event_time;
    if (!time.none_from.empty()) out["held_back_by"] = time.none_from;
    if (const EventTimeSpec* spec = time.declared) {
        out["max_delay_us"] = spec->max_delay.count();
        if (spec->idle_after) out["idle_after_us"] = spec->idle_after->count();
        if (spec->max_future) out["max_future_us"] = spec->max_future->count();
        if (spec->align) out["align_us"] = spec->align->count();
    }
    return out;
}

// What becomes of rows that fail and that no node reads.
const char* errors_text(ErrorsPolicy policy) {
    switch (policy) {
        case ErrorsPolicy::kStop: return "the topology stops";
        case ErrorsPolicy::kLog: return "logged";
        case ErrorsPolicy::kDrop: return "counted and dropped";
        default: return "";
    }
}

std::string settings_text(const Topology& topology) {
    std::string out = fmt::format("  delivery: {}, checkpoint: {}, workers: {}", topology.exactly_once ? "exactly_once" : "at_least_once",
                                  duration_text(topology.checkpoint.count()),
                                  topology.workers > 0 ? std::to_string(topology.workers) : "one a core");
    if (topology.memory_limit > 0) out += ", memory_limit: " + bytes_text(topology.memory_limit);
    return out + "\n";
}

void append_parameters(std::string& out, const Topology& topology) {
    size_t name_width = 0, value_width = 0;
    for (const ResolvedParameter& one : topology.parameters) {
        name_width = std::max(name_width, one.name.size());
        value_width = std::max(value_width, one.shown().size());
    }
    for (const ResolvedParameter& one : topology.parameters)
        out += fmt::format("  ${:<{}}  {:<{}}  {}\n", one.name, name_width, one.shown(), value_width, one.origin_text());
}

void append_node(std::string& out, Plan& plan, size_t index) {
    const Topology& topology = plan.topology();
    const NodeSpec& node = topology.nodes[index];
    const PlannedNode& planned = plan.nodes()[index];
    out += fmt::format("\n{}  {} ({})\n", node.id, node.op->name, node.op->plugin);
    const ClausesOf clauses = clauses_of(topology, index);
    for (const auto& [edge, routed] : inputs_of(plan, index))
        out += fmt::format("    <- {}: {}\n", from_text(topology, topology.edges[edge]), routing_text(plan.edges()[routed], node));
    if (!node.tag.empty()) out += fmt::format("    tag: {}\n", node.tag);
    append_clauses(out, plan, index, clauses);
    if (const auto words = state_words(planned); !words.empty()) out += fmt::format("    state: {}\n", fmt::join(words, ", "));
    if (const std::string text = time_text(time_of(plan, index, clauses)); !text.empty()) out += "    event time: " + text + "\n";
    for (size_t p = 0; p + 1 < planned.outputs.size(); ++p) {
        const PlannedPort& port = shown_port(plan, index, p, clauses);
        const std::string name = port_name(node, planned.outputs[p].name);
        auto names = readers(topology, port);
        const auto seen_by = viewers(topology, p == 0 && clauses.behind ? *clauses.behind : index, port.name);
        names.insert(names.end(), seen_by.begin(), seen_by.end());
        out += fmt::format("    {}-> {}: {}\n", name.empty() ? "" : name + " ",
                           names.empty() ? "nobody" : fmt::format("{}", fmt::join(names, ", ")), columns_text(port.schema));
    }
    const auto names = readers(topology, planned.outputs.back());
    out += fmt::format("    errors -> {}\n", names.empty() ? errors_text(node.errors) : fmt::format("{}", fmt::join(names, ", ")));
}

Json columns_json(const Schema& schema) {
    Json out = Json::array();
    for (const Field& field : schema.fields)
        out.push_back({{"name", field.name}, {"type", to_string(field.type)}, {"nullable", field.nullable}});
    return out;
}

Json node_json(Plan& plan, size_t index) {
    const Topology& topology = plan.topology();
    const NodeSpec& node = topology.nodes[index];
    const PlannedNode& planned = plan.nodes()[index];
    Json out = {{"id", node.id}, {"kind", kind_word(node.op->kind)}, {"operator", node.op->name}, {"plugin", node.op->plugin},
                {"key", node.key}, {"state", state_words(planned)}, {"inputs", Json::array()}, {"outputs", Json::array()}};
    const ClausesOf clauses = clauses_of(topology, index);
    if (!node.tag.empty()) out["tag"] = node.tag;
    for (const auto& [e, routed] : inputs_of(plan, index)) {
        const Edge& edge = topology.edges[e];
        out["inputs"].push_back({{"node", topology.nodes[static_cast<size_t>(edge.from_node)].name()}, {"port", edge.from_port},
                                 {"as", topology.edges[routed].to_port},
                                 {"routing", routing_word(plan.edges()[routed].routing)}});
    }
    const size_t at = clauses.before ? *clauses.before : clauses.behind.value_or(index);
    for (const ClauseText& one : topology.nodes[at].clauses)
        out["clauses"].push_back({{"clause", one.clause}, {"name", one.name}, {"expression", one.text}});
    if (clauses.before) out["behind_clauses"] = columns_json(plan.nodes()[at].outputs[0].schema);
    if (clauses.behind) out["before_clauses"] = columns_json(planned.outputs[0].schema);
    for (size_t p = 0; p < planned.outputs.size(); ++p) {
        const PlannedPort& port = shown_port(plan, index, p, clauses);
        out["outputs"].push_back({{"port", planned.outputs[p].name}, {"readers", readers(topology, port)},
                                  {"columns", columns_json(port.schema)}});
    }
    if (const ShownTime time = time_of(plan, index, clauses); !time.from.empty()) out["event_time"] = time_json(time);
    const char* unread = errors_text(node.errors);
    if (*unread) out["unread_errors"] = unread;
    return out;
}

// In double quotes.
std::string mermaid_quoted(const std::string& text) {
    std::string out = "\"";
    for (char c : text) out += c == '"' ? "#quot;" : std::string(1, c);
    return out + '"';
}
std::string dot_quoted(const std::string& text) {
    std::string out = "\"";
    for (char c : text) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    return out + '"';
}

// `end` would end a block.
std::string mermaid_id(const std::string& id) { return id == "end" ? "end_" : id; }

// What is written on an edge: its port where it is not the default one, and its columns.
std::string edge_label(Plan& plan, const Edge& edge) {
    if (edge.from_port == kErrorsPort) return "errors";
    const NodeSpec& node = plan.topology().nodes[static_cast<size_t>(edge.from_node)];
    for (const PlannedPort& port : plan.nodes()[static_cast<size_t>(edge.from_node)].outputs) {
        if (port.name != edge.from_port) continue;
        const std::string name = port_name(node, port.name);
        return (name.empty() ? "" : name + ": ") + columns_text(port.schema);
    }
    return "";
}

// Of edges that a user sees, each once: `line(edge, from, to)`.
template <class Line>
void append_edges(std::string& out, const Topology& topology, Line line) {
    std::set<std::string> there;
    for (const Edge& edge : topology.edges) {
        const std::string& from = topology.nodes[static_cast<size_t>(edge.from_node)].name();
        const std::string& to = topology.nodes[static_cast<size_t>(edge.to_node)].name();
        if (from == to) continue;
        const std::string text = line(edge, from, to);
        if (there.insert(text).second) out += text;
    }
}

}  // namespace

std::string explain_text(Plan& plan, const std::string& path) {
    const Topology& topology = plan.topology();
    std::string out = fmt::format("{} ({})\n", topology.name, path);
    out += settings_text(topology);
    append_parameters(out, topology);
    for (size_t i = 0; i < topology.nodes.size(); ++i)
        if (topology.nodes[i].of.empty()) append_node(out, plan, i);
    return out + views_text(plan);
}

Json explain_json(Plan& plan, const std::string& path) {
    const Topology& topology = plan.topology();
    Json out = {{"topology", topology.name},
                {"file", path},
                {"delivery", topology.exactly_once ? "exactly_once" : "at_least_once"},
                {"checkpoint_us", topology.checkpoint.count()},
                {"workers", topology.workers > 0 ? Json(topology.workers) : Json("one a core")},
                {"parameters", Json::array()},
                {"nodes", Json::array()}};
    for (const ResolvedParameter& one : topology.parameters)
        out["parameters"].push_back({{"name", one.name}, {"type", one.type}, {"value", one.shown()}, {"origin", one.origin_text()}});
    for (size_t i = 0; i < topology.nodes.size(); ++i)
        if (topology.nodes[i].of.empty()) out["nodes"].push_back(node_json(plan, i));
    if (const Json served = views_json(plan); !served.is_null()) out.update(served);
    return out;
}

std::string mermaid_text(Plan& plan) {
    const Topology& topology = plan.topology();
    std::string out = "flowchart LR\n";
    for (const NodeSpec& node : topology.nodes) {
        if (!node.of.empty()) continue;
        const bool at_the_edge = !node.op->is_a(OperatorKind::kOperator);
        out += fmt::format("    {}{}\"{}<br/>{}\"{}\n", mermaid_id(node.id), at_the_edge ? "([" : "[", node.id, node.op->name,
                           at_the_edge ? "])" : "]");
    }
    append_edges(out, topology, [&](const Edge& edge, const std::string& from, const std::string& to) {
        return fmt::format("    {} {}|{}| {}\n", mermaid_id(from), edge.from_port == kErrorsPort ? "-.->" : "-->",
                           mermaid_quoted(edge_label(plan, edge)), mermaid_id(to));
    });
    return out;
}

std::string dot_text(Plan& plan) {
    const Topology& topology = plan.topology();
    std::string out = fmt::format("digraph {} {{\n    rankdir=LR;\n    node [shape=box];\n", dot_quoted(topology.name));
    for (const NodeSpec& node : topology.nodes)
        if (node.of.empty())
            out += fmt::format("    \"{0}\" [label=\"{0}\\n{1}\"{2}];\n", node.id, node.op->name,
                           node.op->is_a(OperatorKind::kOperator) ? "" : ", style=rounded");
    append_edges(out, topology, [&](const Edge& edge, const std::string& from, const std::string& to) {
        return fmt::format("    \"{}\" -> \"{}\" [label={}{}];\n", from, to, dot_quoted(edge_label(plan, edge)),
                           edge.from_port == kErrorsPort ? ", style=dashed" : "");
    });
    return out + "}\n";
}

}  // namespace weir::host
