#include "host/reload/graph_diff.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "host/text/grouped.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/view_text.hpp"

namespace weir::host {
namespace {

// All that is of a node as users know it: itself, its clauses, and what unites its inputs.
struct Known {
    const NodeSpec* node = nullptr;  // that does the work
    size_t index = 0;
    std::vector<size_t> parts;  // indices of all
};

std::map<std::string, Known> known_nodes(const Topology& topology) {
    std::map<std::string, Known> out;
    for (size_t i = 0; i < topology.nodes.size(); ++i) {
        Known& known = out[topology.nodes[i].name()];
        known.parts.push_back(i);
        if (topology.nodes[i].of.empty()) {
            known.node = &topology.nodes[i];
            known.index = i;
        }
    }
    return out;
}

// By ids of before: what these nodes are called now.
using Names = std::map<std::string, std::string>;

const std::string& called(const Names& names, const std::string& id) {
    const auto found = names.find(id);
    return found == names.end() ? id : found->second;
}

std::string port_text(const Topology& topology, const Edge& edge, const Names& names) {
    const NodeSpec& from = topology.nodes[static_cast<size_t>(edge.from_node)];
    const bool is_default = !from.op->outputs.empty() && edge.from_port == from.op->outputs.front().name;
    const std::string& name = called(names, from.name());
    return is_default || !from.of.empty() ? name : name + "." + edge.from_port;
}

// What comes in from outside of the node: who sends it, to which port.
std::set<std::string> inputs_of(const Topology& topology, const Known& known, const Names& names = {}) {
    std::set<std::string> out;
    for (const Edge& edge : topology.edges) {
        const NodeSpec &from = topology.nodes[static_cast<size_t>(edge.from_node)], &to = topology.nodes[static_cast<size_t>(edge.to_node)];
        if (to.name() != known.node->name() || from.name() == to.name() || edge.from_port == kErrorsPort) continue;
        out.insert(port_text(topology, edge, names));
    }
    return out;
}

std::string joined(const std::set<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
    return out.empty() ? "nothing" : out;
}

std::string short_text(const Json& value) {
    constexpr size_t kMost = 60;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    return text.size() <= kMost ? text : text.substr(0, kMost - 3) + "...";
}

// An expression as a configuration has it: its text, and the parameters that are bound into it.
bool is_expression(const Json& value) { return value.is_object() && value.contains("text") && value["text"].is_string(); }

void compare_expressions(const std::string& path, const Json& before, const Json& after, std::vector<std::string>& what) {
    if (before["text"] != after["text"]) {
        what.push_back(fmt::format("{}: {} -> {}", path, short_text(before["text"]), short_text(after["text"])));
        return;
    }
    const Json was = before.value("parameters", Json::object()), is = after.value("parameters", Json::object());
    for (const auto& [name, now] : is.items())
        if (!was.contains(name) || was[name] != now)
            what.push_back(fmt::format("{}: ${}: {} -> {}", path, name, was.contains(name) ? short_text(was[name].value("value", Json())) : "none",
                                       short_text(now.value("value", Json()))));
}

void compare_values(const std::string& path, const Json& before, const Json& after, std::vector<std::string>& what) {
    if (before == after) return;
    if (is_expression(before) && is_expression(after)) return compare_expressions(path, before, after, what);
    if (before.is_array() && after.is_array() && before.size() == after.size()) {
        for (size_t i = 0; i < before.size(); ++i) compare_values(fmt::format("{}[{}]", path, i), before[i], after[i], what);
        return;
    }
    if (!before.is_object() || !after.is_object() || is_expression(before) || is_expression(after)) {
        const auto text = [](const Json& value) { return is_expression(value) ? short_text(value["text"]) : short_text(value); };
        what.push_back(fmt::format("{}: {} -> {}", path, text(before), text(after)));
        return;
    }
    std::set<std::string> names;
    for (const auto& [name, value] : before.items()) names.insert(name);
    for (const auto& [name, value] : after.items()) names.insert(name);
    for (const std::string& name : names) {
        const std::string at = path.empty() ? name : path + "." + name;
        if (!before.contains(name)) what.push_back(fmt::format("{}: {}", at, short_text(after[name])));
        else if (!after.contains(name)) what.push_back(fmt::format("{}: {} -> none", at, short_text(before[name])));
        else compare_values(at, before[name], after[name], what);
    }
}

// Secrets are compared and not told.
void compare_config(const CheckedConfig& before, const CheckedConfig& after, std::vector<std::string>& what) {
    if (before.value == after.value) return;
    const size_t told = what.size();
    compare_values("", before.redacted(), after.redacted(), what);
    if (what.size() == told) what.push_back("a secret is another");
}

std::string key_text(const NodeSpec& node) {
    if (node.key.empty()) return "none";
    std::string out;
    for (size_t i = 0; i < node.key.size(); ++i) {
        out += (out.empty() ? "" : ", ") + node.key[i];
        if (!node.key_expressions.is_null()) out += ": " + short_text(node.key_expressions[i]);
    }
    for (const auto& [name, value] : node.key_parameters.items()) out += fmt::format(" (${}: {})", name, short_text(value));
    return out;
}

// Of a node and what does its clauses, in their order: `set.vat` or `where`, and what is written there.
using ClauseLines = std::vector<std::pair<std::string, std::string>>;

ClauseLines clauses_of(const Topology& topology, const Known& known) {
    ClauseLines out;
    std::map<std::string, int> nameless;  // of a list: they are told apart by their place
    for (const size_t part : known.parts)
        for (const ClauseText& clause : topology.nodes[part].clauses) {
            if (clause.clause == "key") continue;  // key_text has it
            const int place = clause.name.empty() ? nameless[clause.clause]++ : 0;
            const std::string name = !clause.name.empty() ? "." + clause.name : place > 0 ? fmt::format("[{}]", place) : "";
            out.emplace_back(clause.clause + name, clause.text);
        }
    return out;
}

const std::string* find_clause(const ClauseLines& lines, const std::string& name) {
    const auto found = std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.first == name; });
    return found == lines.end() ? nullptr : &found->second;
}

// The names of those that are not the same.
std::vector<std::string> compare_clause_lines(const ClauseLines& before, const ClauseLines& after, std::vector<std::string>& what) {
    std::vector<std::string> told;
    for (const auto& [name, text] : after) {
        const std::string* was = find_clause(before, name);
        if (was != nullptr && *was == text) continue;
        what.push_back(was == nullptr ? fmt::format("{}: {}", name, text) : fmt::format("{}: {} -> {}", name, *was, text));
        told.push_back(name);
    }
    for (const auto& [name, text] : before) {
        if (find_clause(after, name) != nullptr) continue;
        what.push_back(fmt::format("{}: {} -> none", name, text));
        told.push_back(name);
    }
    if (told.empty() && before != after) what.push_back("the clauses stand in another order");
    return told;
}

// Whether one of the names is this one, something in it, or what it is in.
bool is_among(const std::vector<std::string>& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& one) {
        return one == name || one.starts_with(name + ".") || name.starts_with(one + ".");
    });
}

bool has_state(const Plan& plan, const Known& known) {
    const Instance& instance = plan.nodes()[known.index].instance();
    return instance.keyed() || instance.descriptor().state_version > 0;
}

bool is_same(const EventTimeSpec& a, const EventTimeSpec& b) {
    return a.max_delay == b.max_delay && a.idle_after == b.idle_after && a.max_future == b.max_future && a.align == b.align;
}

class Comparison {
public:
    Comparison(const Plan& before, Plan& after, const StatePreviews& previews) : before_(before), after_(after), previews_(previews) {}

    GraphDiff run() {
        const auto old_nodes = known_nodes(before_.topology()), new_nodes = known_nodes(after_.topology());
        std::set<std::string> done;
        for (const auto& [name, known] : new_nodes) find_renamed(*known.node, old_nodes);
        for (const auto& [before, now] : names_) done.insert(before);
        for (const NodeSpec& node : after_.topology().nodes) {
            if (!node.of.empty() || !done.insert(node.name()).second) continue;
            const auto old = old_nodes.find(former(node));
            const Known& now = new_nodes.at(node.name());
            if (old == old_nodes.end()) diff_.nodes.push_back({node.name(), NodeFate::kAdded, {node.op->name}, ""});
            else compare_node(old->second, now);
        }
        for (const NodeSpec& node : before_.topology().nodes)
            if (node.of.empty() && done.insert(node.name()).second) drop(old_nodes.at(node.name()));
        compare_edges();
        compare_settings();
        return std::move(diff_);
    }

private:
    // Who has gone on already is called so, and the line means nothing any more.
    void find_renamed(const NodeSpec& node, const std::map<std::string, Known>& old_nodes) {
        if (node.renamed_from.empty()) return;
        const bool was = old_nodes.contains(node.renamed_from), is = old_nodes.contains(node.id);
        if (was && !is) names_.emplace(node.renamed_from, node.id);
        if (was != is) return;
        std::vector<std::string> ids;
        for (const auto& [id, known] : old_nodes) ids.push_back(id);
        const std::string nearest = was ? "" : nearest_name(node.renamed_from, ids);
        diff_.refused.push_back(fmt::format(
            "{}: node `{}`: `renamed_from` names `{}`, and {}{}", node.renamed_from_place.text(), node.id, node.renamed_from,
            was ? fmt::format("a node `{}` runs as well: give the renamed one an id of its own, or remove `renamed_from`", node.id)
                : fmt::format("no such node runs; expected: {}", one_of_text(ids)),
            nearest.empty() ? "" : fmt::format("; nearest: `{}`", nearest)));
    }

    std::string former(const NodeSpec& node) const {
        return names_.contains(node.renamed_from) ? node.renamed_from : node.name();
    }

    void drop(const Known& old) {
        NodeChange change{old.node->name(), NodeFate::kDropped, {old.node->op->name}, ""};
        if (has_state(before_, old)) change.lost = old.node->op->is_a(OperatorKind::kSource) ? "its positions" : "its state";
        diff_.nodes.push_back(std::move(change));
    }

    void compare_node(const Known& old, const Known& now) {
        NodeChange change{now.node->name(), NodeFate::kKept, {}, ""};
        if (old.node->op->name != now.node->op->name) {
            change.fate = NodeFate::kReplaced;
            change.what.push_back(fmt::format("{} -> {}", old.node->op->name, now.node->op->name));
            if (has_state(before_, old)) change.lost = "its state";
        } else {
            compare_same(old, now, change);
        }
        if (const std::string before = old.node->name(); before != now.node->name()) {
            change.renamed_from = before;
            change.what.insert(change.what.begin(), fmt::format("renamed from {}", before));
            if (change.fate == NodeFate::kKept) change.fate = NodeFate::kRenamed;
        }
        diff_.nodes.push_back(std::move(change));
    }

    void compare_same(const Known& old, const Known& now, NodeChange& change) {
        if (now.node->clauses.empty()) compare_config(old.node->config, now.node->config, change.what);
        const auto differ = [&](const char* name, const std::string& a, const std::string& b) {
            if (a != b) change.what.push_back(fmt::format("{}: {} -> {}", name, a.empty() ? "none" : a, b.empty() ? "none" : b));
        };
        differ("key", key_text(*old.node), key_text(*now.node));
        compare_clauses(old, now, change);
        differ("from", joined(inputs_of(before_.topology(), old, names_)), joined(inputs_of(after_.topology(), now)));
        differ("connection", old.node->connection, now.node->connection);
        compare_event_time(*old.node, *now.node, change);
        const Instance &old_instance = before_.nodes()[old.index].instance(), &instance = after_.nodes()[now.index].instance();
        const weir_operator &was = old_instance.descriptor(), &is = instance.descriptor();
        if (old_instance.module() != instance.module()) change.what.push_back(fmt::format("another build of the plugin {}", now.node->op->plugin));
        if (!change.what.empty()) change.fate = NodeFate::kReconfigured;
        if (was.state_version != is.state_version) {
            change.fate = NodeFate::kMigrated;
            change.what.push_back(fmt::format("state of version {} -> {}", was.state_version, is.state_version));
            const bool can = is.state_version > was.state_version && instance.api().migrate;
            if (!can) diff_.refused.push_back(fmt::format("node `{}`: {} of version {} cannot read state of version {}", now.node->name(), is.name,
                                                          is.state_version, was.state_version));
        }
        compare_keys(old, now, change);
        if (change.lost.empty() && has_state(before_, old) && (change.fate != NodeFate::kKept || !is_fed_alike(old, now))) preview(old, now, change);
    }

    bool is_fed_alike(const Known& old, const Known& now) const {
        const auto& inputs = before_.nodes()[old.index].inputs;
        const auto& others = after_.nodes()[now.index].inputs;
        return std::equal(inputs.begin(), inputs.end(), others.begin(), others.end(),
                          [&](int a, int b) { return before_.port_of(a).schema == after_.port_of(b).schema; });
    }

    // Whether its operator can go on with what is stored: what it reads and keeps is its own business.
    void preview(const Known& old, const Known& now, NodeChange& change) {
        if (!previews_.restore) return;
        const Status status = previews_.restore(old.node->id, now.index, false);
        if (status.code() != WEIR_E_STATE_VERSION) return;  // what cannot be looked at is told by the trial
        change.begins_anew = !previews_.restore(old.node->id, now.index, true).ok();
        if (change.begins_anew && old.node->id != now.node->id) {
            diff_.refused.push_back(fmt::format("node `{}`: {}", now.node->name(), status.message()));
            return;
        }
        if (change.fate == NodeFate::kKept) change.fate = NodeFate::kReconfigured;
        change.what.push_back(status.message().substr(0, status.message().find(". ")));
        change.lost = change.begins_anew ? "its state, which cannot be read any more" : "what its state has and it has no more";
    }

    void compare_keys(const Known& old, const Known& now, NodeChange& change) {
        const bool is_keyed = (now.node->op->flags & (WEIR_OP_KEYED | WEIR_OP_OWN_KEY)) != 0;
        if (!is_keyed || !has_state(before_, old)) return;
        const bool own_key_moved = now.node->op->has_own_key() && old.node->config.value != now.node->config.value;
        const std::string was = before_.key_kinds(old.index).value_or(""), is = after_.key_kinds(now.index).value_or("");
        if (own_key_moved || key_text(*old.node) != key_text(*now.node)) {
            rekey(old, now, change);
        } else if (was != is) {
            change.fate = NodeFate::kReconfigured;
            change.what.push_back(fmt::format("key: ({}) -> ({})", was, is));
            change.lost = "its state, which lies under its key, and that is of another type now";
        }
    }

    // Where the operator can, what lies under the old key goes to the new one. Otherwise it is of no use.
    void rekey(const Known& old, const Known& now, NodeChange& change) {
        Instance& instance = after_.nodes()[now.index].instance();
        Result<Rekeyed> count = can_rekey(instance) ? Rekeyed{} : Result<Rekeyed>(Status::unsupported("rekey"));
        if (count && previews_.count) count = previews_.count(old.node->id, instance);
        if (!count && count.status().code() == WEIR_E_UNSUPPORTED) {
            change.lost = "its state, which lies under its key, and that is another now";
        } else if (!count) {
            diff_.refused.push_back(fmt::format("node `{}`: {}", now.node->name(), count.status().message()));
        } else if (!previews_.count) {
            change.fate = NodeFate::kRekeyed;
        } else if (count->has_moved || count->leaving > 0) {
            change.fate = NodeFate::kRekeyed;
            change.rekeyed = *count;
            change.what.push_back(fmt::format("rekeyed {}{}", grouped(count->rows),
                                              count->leaving ? fmt::format(", {} leave by errors", grouped(count->leaving)) : ""));
        }
    }

    // What is written in them; and of those that are written alike what is bound into them.
    void compare_clauses(const Known& old, const Known& now, NodeChange& change) {
        auto told = compare_clause_lines(clauses_of(before_.topology(), old), clauses_of(after_.topology(), now), change.what);
        if (!now.node->key_expressions.is_null())
            for (const std::string& key : now.node->key) told.push_back("set." + key);  // they are a step, too
        std::vector<std::string> bound;
        for (size_t i = 0; i < std::min(old.parts.size(), now.parts.size()); ++i) {
            const NodeSpec &was = before_.topology().nodes[old.parts[i]], &is = after_.topology().nodes[now.parts[i]];
            if (!was.clauses.empty() && !is.clauses.empty()) compare_config(was.config, is.config, bound);
        }
        constexpr std::string_view kStep = "steps[";
        for (const std::string& one : bound) {
            const std::string line = one.starts_with(kStep) ? one.substr(one.find("].") + 2) : one;
            if (!one.starts_with("steps: ") && !is_among(told, line.substr(0, line.find(": ")))) change.what.push_back(line);
        }
    }

    static void compare_event_time(const NodeSpec& old, const NodeSpec& now, NodeChange& change) {
        const std::string was = old.event_time ? old.event_time->column : "", is = now.event_time ? now.event_time->column : "";
        if (was != is) change.what.push_back(fmt::format("event_time: {} -> {}", was.empty() ? "none" : was, is.empty() ? "none" : is));
        else if (old.event_time && !is_same(*old.event_time, *now.event_time)) change.what.push_back("event_time has other settings");
    }

    void compare_edges() {
        std::map<std::pair<std::string, std::string>, std::string> was;
        for_each_edge(before_, names_, [&](const auto& ends, std::string type) { was[ends] = std::move(type); });
        for_each_edge(after_, {}, [&](const auto& ends, std::string type) {
            const auto old = was.find(ends);
            if (old != was.end() && old->second != type) diff_.edges.push_back({ends.first, ends.second, old->second, std::move(type)});
        });
    }

    template <class F>
    static void for_each_edge(const Plan& plan, const Names& names, F&& f) {
        const Topology& topology = plan.topology();
        for (size_t e = 0; e < topology.edges.size(); ++e) {
            const Edge& edge = topology.edges[e];
            const NodeSpec& to = topology.nodes[static_cast<size_t>(edge.to_node)];
            if (topology.nodes[static_cast<size_t>(edge.from_node)].name() == to.name() || edge.from_port == kErrorsPort) continue;
            for (const PlannedPort& port : plan.nodes()[static_cast<size_t>(edge.from_node)].outputs)
                if (port.name == edge.from_port) f(std::pair(port_text(topology, edge, names), called(names, to.name())), to_string(port.schema));
        }
    }

    void compare_views(const Topology& old, const Topology& now) {
        for (const ViewSpec& view : now.views) {
            const ViewSpec* before = old.find_view(view.name);
            if (before == nullptr)
                diff_.settings.push_back(fmt::format("view {} is new", view.name));
            else if (text_of(*before) != text_of(view))
                diff_.settings.push_back(fmt::format("view {} is another", view.name));
        }
        for (const ViewSpec& view : old.views)
            if (now.find_view(view.name) == nullptr) diff_.settings.push_back(fmt::format("view {} is gone", view.name));
        const auto text = [](const Topology& t) { return t.dashboard ? text_of(*t.dashboard) : std::string(); };
        if (text(old) != text(now)) diff_.settings.push_back("the dashboard is another");
    }

    void compare_settings() {
        const Topology &old = before_.topology(), &now = after_.topology();
        const auto differ = [&](const char* name, const auto& a, const auto& b) {
            if (a != b) diff_.settings.push_back(fmt::format("{}: {} -> {}", name, a, b));
        };
        differ("workers", before_.workers(), after_.workers());
        differ("checkpoint", fmt::format("{}ms", old.checkpoint.count() / 1000), fmt::format("{}ms", now.checkpoint.count() / 1000));
        differ("memory_limit", old.memory_limit, now.memory_limit);
        const auto delivery = [](const Topology& t) { return t.exactly_once ? "exactly_once" : "at_least_once"; };
        differ("delivery", std::string(delivery(old)), std::string(delivery(now)));
        for (const ConnectionSpec& connection : now.connections) {
            const ConnectionSpec* was = old.find_connection(connection.name);
            if (!was) {
                diff_.settings.push_back(fmt::format("connection {} is new", connection.name));
                continue;
            }
            std::vector<std::string> what;
            compare_config(was->config, connection.config, what);
            for (const std::string& one : what) diff_.settings.push_back(fmt::format("connection {}: {}", connection.name, one));
        }
        compare_views(old, now);
        if (old.name != now.name) diff_.refused.push_back(fmt::format("the topology is called `{}`, and the one that runs `{}`", now.name, old.name));
    }

    const Plan& before_;
    Plan& after_;
    const StatePreviews& previews_;
    Names names_;
    GraphDiff diff_;
};

}  // namespace

bool GraphDiff::is_empty() const {
    return edges.empty() && settings.empty() && refused.empty() &&
           std::all_of(nodes.begin(), nodes.end(), [](const NodeChange& node) { return node.fate == NodeFate::kKept; });
}

bool GraphDiff::loses() const {
    return std::any_of(nodes.begin(), nodes.end(), [](const NodeChange& node) { return !node.lost.empty(); });
}

GraphDiff compare_graphs(const Plan& before, Plan& after, const StatePreviews& previews) { return Comparison(before, after, previews).run(); }

}  // namespace weir::host
