#include "host/topology/graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include <fmt/format.h>

#include "host/text/nearest.hpp"
#include "host/topology/ports.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

constexpr const char* kOnlyInput = "in";  // of an operator whose descriptor names none
constexpr const char* kFromExpected = "`a`, `a.port`, `[a, b]`, or `{ left: a, right: b }` for named inputs";

std::vector<std::string> inputs_of(const OperatorInfo& op) {
    std::vector<std::string> names;
    for (const PortInfo& port : op.inputs) names.push_back(port.name);
    if (names.empty()) names.emplace_back(kOnlyInput);
    return names;
}

bool is_source(const OperatorInfo* op) { return op != nullptr && op->is_a(OperatorKind::kSource); }

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

int GraphBuilder::find(std::string_view id) const {
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
        if (drafts_[i].spec.id == id && drafts_[i].spec.of.empty()) return static_cast<int>(i);
    }
    return -1;
}

std::string GraphBuilder::subject(int node) const {
    return fmt::format("node {}: ", ticked(drafts_[static_cast<std::size_t>(node)].spec.name()));
}

// Of nodes that another one can read: rows, or, where a port is asked for, the errors of a sink as well.
std::vector<std::string> GraphBuilder::readable_ids(int node, bool with_sinks) const {
    std::vector<std::string> out;
    for (int i = 0; i < static_cast<int>(drafts_.size()); ++i) {
        const NodeSpec& spec = drafts_[static_cast<std::size_t>(i)].spec;
        const bool same = spec.id == drafts_[static_cast<std::size_t>(node)].spec.name();
        const bool is_sink = spec.op != nullptr && spec.op->is_a(OperatorKind::kSink);
        if (!same && spec.of.empty() && i != rule_.node && (with_sinks || !is_sink)) out.push_back(spec.id);
    }
    return out;
}

std::vector<Edge> GraphBuilder::build() {
    for (int i = 0; i < static_cast<int>(drafts_.size()); ++i) {
        if (i != rule_.node) connect(i);
    }
    add_tags();
    unite_inputs();
    wire_errors();
    const std::vector<int> in_order = order();
    if (in_order.size() == drafts_.size()) apply_order(in_order);
    return edges_;
}

void GraphBuilder::connect(int to) {
    const NodeDraft& draft = drafts_[static_cast<std::size_t>(to)];
    const OperatorInfo* op = draft.spec.op;
    if (draft.fed_by >= 0) return feed(to);
    if (is_source(op)) {
        if (draft.from == nullptr) return;
        diagnostics_
            .error(Code::kBadFrom, draft.from_place,
                   fmt::format("{}{} is a source and reads no other node", subject(to), ticked(op->name)))
            .hint = "remove `from`, or choose an operator";
        return;
    }
    if (draft.from == nullptr) {
        if (op != nullptr) report_no_from(to);
        return;
    }
    connect_inputs(to, *draft.from);
    if (op != nullptr && draft.from->is_map() && !draft.from->keys.empty()) report_missing_inputs(to);
}

// From the node's own clauses, or for these from its source.
void GraphBuilder::feed(int to) {
    const NodeDraft& draft = drafts_[static_cast<std::size_t>(to)];
    const OperatorInfo* from = drafts_[static_cast<std::size_t>(draft.fed_by)].spec.op;
    if (from == nullptr || draft.spec.op == nullptr) return;
    edges_.push_back({draft.fed_by, first_output(*from), to, inputs_of(*draft.spec.op).front(), draft.spec.place});
}

// Inputs may be of unlike columns: each edge into a node with `tag` leads through a node of its own, which adds the column.
void GraphBuilder::add_tags() {
    const std::size_t n = edges_.size();
    for (std::size_t e = 0; e < n; ++e) {
        const int to = edges_[e].to_node;
        const NodeDraft& tagged = drafts_[static_cast<std::size_t>(to)];
        const NodeSpec& from = drafts_[static_cast<std::size_t>(edges_[e].from_node)].spec;
        if (tagged.tagger == nullptr || from.op == nullptr) continue;
        const bool is_default = edges_[e].from_port == first_output(*from.op);
        NodeDraft made;
        made.spec.of = tagged.spec.name();
        made.spec.id = fmt::format("{}/tag{}", tagged.spec.id, e);
        made.spec.place = edges_[e].place;
        made.spec.op = tagged.tagger;
        made.spec.op_place = made.spec.config.place = tagged.tag_place;
        made.spec.adds_tag = true;
        const std::string name = is_default ? from.name() : from.name() + "." + edges_[e].from_port;
        Json step = {{"tag", {{"column", tagged.spec.tag}, {"value", name}}}};
        made.spec.config.value["steps"] = Json::array({std::move(step)});
        const int tag = static_cast<int>(drafts_.size());
        edges_.push_back({tag, first_output(*made.spec.op), to, edges_[e].to_port, edges_[e].place});
        edges_[e].to_node = tag;
        edges_[e].to_port = inputs_of(*made.spec.op).front();
        drafts_.push_back(std::move(made));
    }
}

// An operator that takes the rows of one node reads several through a node that unites them.
void GraphBuilder::unite_inputs() {
    const std::size_t n = drafts_.size();
    for (std::size_t i = 0; i < n; ++i) {
        if (drafts_[i].spec.op == nullptr || !drafts_[i].spec.op->takes_one_input()) continue;
        std::vector<Edge*> into;
        for (Edge& edge : edges_)
            if (edge.to_node == static_cast<int>(i)) into.push_back(&edge);
        if (into.size() < 2) continue;
        if (uniter_ == nullptr) {
            diagnostics_.error(Code::kMissingPlugin, into.front()->place,
                               subject(static_cast<int>(i)) + "several inputs need the plugin `union`, which is not present")
                .hint = "see `weir plugin ls`, and --plugin-dir";
            continue;
        }
        const NodeSpec& reader = drafts_[i].spec;
        NodeDraft made;
        made.spec.of = reader.name();
        made.spec.id = reader.id + "/inputs";
        made.spec.renamed_from = reader.renamed_from;
        made.spec.place = into.front()->place;
        made.spec.op = uniter_;
        made.spec.op_place = made.spec.config.place = into.front()->place;
        const int united = static_cast<int>(drafts_.size());
        const Edge out{united, first_output(*made.spec.op), static_cast<int>(i), into.front()->to_port, into.front()->place};
        for (Edge* edge : into) {
            edge->to_node = united;
            edge->to_port = inputs_of(*made.spec.op).front();
        }
        edges_.push_back(out);
        drafts_.push_back(std::move(made));
    }
}

void GraphBuilder::report_no_from(int to) {
    const NodeSpec& spec = drafts_[static_cast<std::size_t>(to)].spec;
    const OperatorInfo* op = spec.op;
    for (const NodeDraft& draft : drafts_)
        if (draft.fed_by == to && draft.spec.op != nullptr) op = draft.spec.op;
    const bool only_clauses = spec.of.empty() && !spec.clauses.empty();
    auto& d = diagnostics_.error(
        Code::kMissingKey, spec.place,
        fmt::format("{}{} needs `from`", subject(to), only_clauses ? ticked(spec.clauses[0].clause) : ticked(op->name)));
    d.expected = fmt::format("`from: …` with {}", kFromExpected);
}

void GraphBuilder::connect_inputs(int to, const YamlNode& from) {
    const NodeDraft& draft = drafts_[static_cast<std::size_t>(to)];
    const OperatorInfo* op = draft.spec.op;
    if (from.is_null()) {
        diagnostics_.error(Code::kBadFrom, draft.from_place, subject(to) + "`from` has no value").expected =
            kFromExpected;
        return;
    }
    const std::vector<std::string> inputs =
        op == nullptr ? std::vector<std::string>{} : inputs_of(*op);
    if (!from.is_map()) {
        if (inputs.size() > 1) {
            std::string named;
            for (const std::string& input : inputs)
                named += fmt::format("{}{}: …", named.empty() ? "" : ", ", input);
            diagnostics_
                .error(Code::kBadFrom, from.place,
                       fmt::format("{}{} has several inputs, so each must be named", subject(to),
                                   ticked(op->name)))
                .expected = fmt::format("`{{ {} }}`", named);
        }
        connect_port(to, inputs.size() == 1 ? inputs[0] : "", from);
        return;
    }
    if (from.keys.empty())
        diagnostics_.error(Code::kBadFrom, from.place, subject(to) + "`from` is empty").expected =
            kFromExpected;
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
        const YamlKey& port = from.keys[i];
        if (op != nullptr && !contains(inputs, port.text)) {
            auto& d = diagnostics_.error(
                Code::kUnknownPort, port.place,
                fmt::format("{}{} has no input {}", subject(to), ticked(op->name), ticked(port.text)));
            d.expected = one_of_text(inputs);
            d.nearest = nearest_name(port.text, inputs);
        }
        connect_port(to, port.text, from.items[i]);
    }
}

void GraphBuilder::connect_port(int to, const std::string& port, const YamlNode& from) {
    if (from.is_scalar()) {
        connect_one(to, port, from);
        return;
    }
    const bool names_only =
        std::all_of(from.items.begin(), from.items.end(), [](const YamlNode& n) { return n.is_scalar(); });
    if (!from.is_sequence() || from.items.empty() || !names_only) {
        diagnostics_.error(Code::kBadFrom, from.place, subject(to) + "`from` cannot be understood").expected =
            kFromExpected;
        return;
    }
    for (const YamlNode& reference : from.items) connect_one(to, port, reference);
}

void GraphBuilder::connect_one(int to, const std::string& port, const YamlNode& reference) {
    const std::string& text = reference.text;
    const std::size_t dot = text.find('.');
    const std::string id = text.substr(0, dot);
    const std::string from_port = dot == std::string::npos ? "" : text.substr(dot + 1);
    if (text.find('$') != std::string::npos) {
        diagnostics_
            .error(Code::kBadFrom, reference.place,
                   subject(to) + "`from` names nodes; a parameter cannot stand there")
            .hint = "parameters are values; the structure of a topology is fixed";
        return;
    }
    const int from = find(id);
    if (from < 0 || from == rule_.node) {
        auto& d = diagnostics_.error(Code::kUnknownNode, reference.place,
                                     fmt::format("{}there is no node {}", subject(to), ticked(id)));
        const auto names = readable_ids(to, dot != std::string::npos);
        if (!names.empty()) d.expected = one_of_text(names);
        d.nearest = nearest_name(id, names);
        if (text.find_first_of(", ") != std::string::npos)
            d.hint = "several nodes are a list: `from: [a, b]`";
        if (from >= 0)
            d.hint = "what `dead_letters` receives goes to its sink alone; read `node.errors` instead";
        return;
    }
    std::string output;
    if (!find_output(from, to, from_port, reference, output)) return;
    const bool twice = std::any_of(edges_.begin(), edges_.end(), [&](const Edge& e) {
        return e.to_node == to && e.to_port == port && e.from_node == from && e.from_port == output;
    });
    if (twice) {
        diagnostics_.error(Code::kBadFrom, reference.place,
                           fmt::format("{}{} is named twice", subject(to), ticked(text)));
        return;
    }
    add_edge(from, output, to, port, reference.place);
}

// To users a node and its clauses are one: what a source's clauses make is its output, and what either refuses its errors.
void GraphBuilder::add_edge(int from, const std::string& output, int to, const std::string& port, const Place& place) {
    const NodeDraft& draft = drafts_[static_cast<std::size_t>(from)];
    const int clauses = draft.behind >= 0 ? draft.behind : draft.fed_by;
    const OperatorInfo* op = clauses < 0 ? nullptr : drafts_[static_cast<std::size_t>(clauses)].spec.op;
    const bool is_error = output == kErrorsPort;
    const bool is_default = draft.spec.op != nullptr && output == first_output(*draft.spec.op);
    if (op != nullptr && (is_error || (draft.behind >= 0 && is_default)))
        edges_.push_back({clauses, is_error ? output : first_output(*op), to, port, place});
    if (op == nullptr || is_error || draft.behind < 0 || !is_default)
        edges_.push_back({from, output, to, port, place});
}

bool GraphBuilder::find_output(int from, int to, const std::string& port, const YamlNode& reference,
                               std::string& out) {
    const NodeSpec& spec = drafts_[static_cast<std::size_t>(from)].spec;
    const OperatorInfo* op = spec.op;
    out = port;
    if (op == nullptr || port == kErrorsPort) return true;
    std::vector<std::string> outputs = readable_outputs(spec);
    const std::string& id = spec.id;
    if (port.empty() && !outputs.empty()) {
        out = first_output(*op);
        if (out.empty()) report_no_port(to, spec, reference);
        return !out.empty();
    }
    if (contains(outputs, port) || (lacks_outputs(spec) && !port.empty())) return true;
    outputs.emplace_back(kErrorsPort);
    if (port.empty()) {
        diagnostics_
            .error(Code::kUnknownPort, reference.place,
                   fmt::format("{}{} is a sink ({}) and has no output", subject(to), ticked(id),
                               ticked(op->name)))
            .expected = fmt::format("a source or operator; of a sink only `{}.errors` can be read", id);
        return false;
    }
    const std::size_t index = id.size() + 1;
    auto& d = diagnostics_.error(
        Code::kUnknownPort, place_within(reference, index, port.size()),
        fmt::format("{}{} ({}) has no output {}", subject(to), ticked(id), ticked(op->name), ticked(port)));
    d.expected = one_of_text(outputs);
    d.nearest = nearest_name(port, outputs);
    return false;
}

void GraphBuilder::report_no_port(int to, const NodeSpec& from, const YamlNode& reference) {
    std::vector<std::string> names;
    for (const std::string& output : output_names(from)) names.push_back(from.id + "." + output);
    diagnostics_
        .error(Code::kUnknownPort, reference.place,
               fmt::format("{}{} ({}) has no output without a name", subject(to), ticked(from.id), ticked(from.op->name)))
        .expected = one_of_text(names);
}

void GraphBuilder::report_missing_inputs(int to) {
    const NodeDraft& draft = drafts_[static_cast<std::size_t>(to)];
    for (const std::string& input : inputs_of(*draft.spec.op)) {
        if (draft.from->find_key(input) != nullptr) continue;
        diagnostics_
            .error(Code::kMissingInput, draft.from_place,
                   fmt::format("{}nothing is connected to the input {} of {}", subject(to), ticked(input),
                               ticked(draft.spec.op->name)))
            .expected = fmt::format("`{}: node`", input);
    }
}

void GraphBuilder::wire_errors() {
    for (int i = 0; i < static_cast<int>(drafts_.size()); ++i) {
        NodeSpec& spec = drafts_[static_cast<std::size_t>(i)].spec;
        const bool wired = std::any_of(edges_.begin(), edges_.end(), [&](const Edge& e) {
            return e.from_node == i && e.from_port == kErrorsPort;
        });
        if (i == rule_.node) {
            spec.errors = ErrorsPolicy::kStop;
        } else if (wired) {
            spec.errors = ErrorsPolicy::kWired;
        } else {
            spec.errors = rule_.policy;
            if (rule_.node < 0) continue;
            const OperatorInfo* sink = drafts_[static_cast<std::size_t>(rule_.node)].spec.op;
            const std::string input =
                sink == nullptr ? kOnlyInput : inputs_of(*sink).front();
            edges_.push_back({i, std::string(kErrorsPort), rule_.node, input, rule_.place});
        }
    }
}

void GraphBuilder::report_unread(const std::vector<ViewSpec>& views) {
    const auto is_seen = [&](int node, const std::string& port) {
        return std::any_of(views.begin(), views.end(), [&](const ViewSpec& view) { return view.latest && view.latest->reads(node, port); });
    };
    for (int i = 0; i < static_cast<int>(drafts_.size()); ++i) {
        const NodeSpec& spec = drafts_[static_cast<std::size_t>(i)].spec;
        if (spec.op == nullptr) continue;
        for (const std::string& port : readable_outputs(spec)) {
            const bool read = std::any_of(edges_.begin(), edges_.end(), [&](const Edge& e) {
                return e.from_node == i && e.from_port == port;
            });
            if (!read && !is_seen(i, port)) report_unread_port(spec, port);
        }
    }
}

// Whoever named a port meant it to be read; what an operator has besides its first one need not be.
void GraphBuilder::report_unread_port(const NodeSpec& spec, const std::string& port) {
    const bool is_default = port == first_output(*spec.op);
    const bool is_named = is_named_by_config(spec, port);
    const std::string name = is_default ? spec.name() : spec.name() + "." + port;
    const std::string message = fmt::format("no node reads {}; its rows are only counted", ticked(name));
    if (is_default || is_named)
        diagnostics_.warning(Code::kUnreadOutput, spec.place, message);
    else
        diagnostics_.note(Code::kUnreadOutput, spec.place, message);
}

std::vector<int> GraphBuilder::order() {
    std::vector<std::size_t> waiting_for(drafts_.size(), 0);
    std::vector<std::vector<int>> readers(drafts_.size());
    for (const Edge& edge : edges_) {
        ++waiting_for[static_cast<std::size_t>(edge.to_node)];
        readers[static_cast<std::size_t>(edge.from_node)].push_back(edge.to_node);
    }
    using Rank = std::pair<bool, int>;  // sources first, then as written
    std::priority_queue<Rank, std::vector<Rank>, std::greater<>> ready;
    auto offer = [&](int node) {
        ready.emplace(!is_source(drafts_[static_cast<std::size_t>(node)].spec.op), node);
    };
    for (int i = 0; i < static_cast<int>(drafts_.size()); ++i) {
        if (waiting_for[static_cast<std::size_t>(i)] == 0) offer(i);
    }
    std::vector<int> out;
    std::vector<bool> ordered(drafts_.size(), false);
    while (!ready.empty()) {
        const int node = ready.top().second;
        ready.pop();
        out.push_back(node);
        ordered[static_cast<std::size_t>(node)] = true;
        for (const int reader : readers[static_cast<std::size_t>(node)]) {
            if (--waiting_for[static_cast<std::size_t>(reader)] == 0) offer(reader);
        }
    }
    if (out.size() < drafts_.size()) report_cycles(ordered);
    report_too_deep(out);
    return out;
}

// Tells of the first node of each path that is behind too many others.
void GraphBuilder::report_too_deep(const std::vector<int>& order) {
    std::vector<std::vector<int>> readers(drafts_.size());
    for (const Edge& edge : edges_) readers[static_cast<std::size_t>(edge.from_node)].push_back(edge.to_node);
    std::vector<std::size_t> depths(drafts_.size(), 1);  // nodes of the longest path that ends here
    for (const int node : order) {
        const std::size_t depth = depths[static_cast<std::size_t>(node)];
        if (depth == kMaxPathNodes + 1 && node != rule_.node) {
            auto& d = diagnostics_.error(
                Code::kTooDeep, drafts_[static_cast<std::size_t>(node)].spec.place,
                fmt::format("{}it is the {}th of nodes that read one another", subject(node), depth));
            d.expected = fmt::format("at most {} nodes from a source to a sink", kMaxPathNodes);
            d.hint = "write to a topic in between and read it in a second topology";
        }
        for (const int reader : readers[static_cast<std::size_t>(node)]) {
            std::size_t& longest = depths[static_cast<std::size_t>(reader)];
            longest = std::max(longest, depth + 1);
        }
    }
}

void GraphBuilder::report_cycles(const std::vector<bool>& ordered) {
    // Each node that is left reads another that is left: going back from one ends in a circle.
    std::vector<int> walk_of(drafts_.size(), -1);
    for (int start = 0; start < static_cast<int>(drafts_.size()); ++start) {
        std::vector<const Edge*> path;
        int node = start;
        while (!ordered[static_cast<std::size_t>(node)] && walk_of[static_cast<std::size_t>(node)] < 0) {
            walk_of[static_cast<std::size_t>(node)] = start;
            const auto edge = std::find_if(edges_.begin(), edges_.end(), [&](const Edge& e) {
                return e.to_node == node && !ordered[static_cast<std::size_t>(e.from_node)];
            });
            path.push_back(&*edge);
            node = edge->from_node;
        }
        if (path.empty() || walk_of[static_cast<std::size_t>(node)] != start) continue;
        const auto first =
            std::find_if(path.begin(), path.end(), [&](const Edge* e) { return e->to_node == node; });
        std::vector<const Edge*> circle(first, path.end());
        std::reverse(circle.begin(), circle.end());
        const auto lowest = std::min_element(circle.begin(), circle.end(), [](const Edge* a, const Edge* b) {
            return a->from_node < b->from_node;
        });
        std::rotate(circle.begin(), lowest, circle.end());
        const auto name = [&](int one) { return drafts_[static_cast<std::size_t>(one)].spec.name(); };
        std::string text = name(circle.front()->from_node);
        // From a node to its own clauses, or back.
        const auto is_within = [&](const Edge& one) {
            return one.from_node != one.to_node && name(one.from_node) == name(one.to_node);
        };
        for (const Edge* edge : circle)
            if (!is_within(*edge)) text += " -> " + name(edge->to_node);
        diagnostics_.error(Code::kCycle, circle.back()->place, "nodes read each other in a circle: " + text)
            .hint = "rows flow one way; write to a topic and read it again where a loop is meant";
    }
}

void GraphBuilder::apply_order(const std::vector<int>& order) {
    std::vector<NodeDraft> drafts;
    std::vector<int> place_of(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        place_of[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
        drafts.push_back(std::move(drafts_[static_cast<std::size_t>(order[i])]));
    }
    drafts_ = std::move(drafts);
    for (Edge& edge : edges_) {
        edge.from_node = place_of[static_cast<std::size_t>(edge.from_node)];
        edge.to_node = place_of[static_cast<std::size_t>(edge.to_node)];
    }
    std::stable_sort(edges_.begin(), edges_.end(),
                     [](const Edge& a, const Edge& b) { return a.to_node < b.to_node; });
}

}  // namespace weir::host
