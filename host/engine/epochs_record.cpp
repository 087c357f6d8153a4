// What the record of an epoch says, by nodes' ids, so that another graph can read it: how far sources were, event time, and what
// state was kept under.
#include <algorithm>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/engine/epochs.hpp"
#include "host/engine/state_conversion.hpp"

namespace weir::host {

namespace {

// Of what users call the node; empty: it has no event time. Times of another column say nothing of this one.
std::string time_column(const Topology& topology, const std::string& id) {
    for (const NodeSpec& node : topology.nodes)
        if (node.event_time && node.name() == id) return node.event_time->column;
    return "";
}

// What decides where the state of a node's keys lies: its key, or the configuration of an operator that computes its
// own.
Json key_of(const NodeSpec& node) {
    if (node.op->flags & WEIR_OP_OWN_KEY) return node.config.redacted();
    if (node.key_expressions.is_null()) return node.key;
    Json computed = Json::object();
    for (size_t i = 0; i < node.key.size(); ++i) computed[node.key[i]] = node.key_expressions[i];
    for (const auto& [name, value] : node.key_parameters.items()) computed["$" + name] = value;
    return computed;
}

}  // namespace

// Empty: there is none.
Result<std::string> Epochs::record_at(uint64_t epoch) const {
    if (left_ && epoch == left_->epoch) return left_->record;
    if (epoch == 0) return std::string();
    auto record = store_->record(epoch);
    if (!record) return record.status();
    return record->value_or("");
}

// Without a folder there is no state that a record could fit or not.
Status Epochs::read_record(uint64_t epoch) {
    progress_ = {};
    renamed_.clear();
    rekeyed_.clear();
    if (!store_) {
        const Json before = Json::parse(options_.record.empty() ? "{}" : options_.record, nullptr, false);
        if (Status s = find_renamed(before.value("operators", Json::object())); !s.ok()) return s;
        find_replaced(before.value("operators", Json::object()));
        read_times(before.value("times", Json::object()));
        return read_positions(before.value("positions", Json::array()));
    }
    if (epoch == 0) return {};
    auto record = record_at(WEIR_BUG("positions-of-epoch-before") && epoch > 1 ? epoch - 1 : epoch);
    if (!record) return record.status();
    const Json parsed = Json::parse(*record, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("positions"))
        return Status::fatal(fmt::format("{}: the record of epoch {} is corrupt", options_.dir.string(), epoch));
    last_marker_ = parsed.value("marker", "");
    const Json operators = parsed.value("operators", Json::object());
    if (Status s = find_renamed(operators); !s.ok()) return s;
    find_replaced(operators);
    if (Status s = check_keys(parsed.value("keys", Json::object()), parsed.value("key_kinds", Json::object())); !s.ok()) return s;
    states_ = parsed.value("states", Json::object());
    for (size_t i = 0; i < plan_.nodes().size(); ++i)
        if (begins_anew(i)) states_.erase(former_id(i));
    read_times(parsed.value("times", Json::object()));
    return read_positions(parsed["positions"]);
}

// From a savepoint a run begins where that was, however far others have read on.
Status Epochs::read_positions(const Json& positions) {
    const bool exact = store_ && is_restored();
    for (const Json& one : positions) {
        const std::string id = one.value("node", "");
        const int node = find_former(id);
        if (node < 0 || begins_anew(static_cast<size_t>(node))) {
            if (Status s = store_ ? may_lose(id, "positions") : Status(); !s.ok()) return s;
            continue;
        }
        SplitPosition& position = progress_.positions.emplace_back();
        position.node = static_cast<size_t>(node);
        position.split = one.value("split", "");
        position.position = one.value("position", "");
        position.given_back = !exact && one.value("given_back", false);
        if (one.contains("time") && one.value("time_of", "") == time_column(plan_.topology(), plan_.topology().nodes[position.node].id)) position.time = one["time"].get<int64_t>();
    }
    return {};
}

// Of nodes that are there still: it is no loss where one begins to wait anew.
void Epochs::read_times(const Json& times) {
    for (const auto& [id, one] : times.items()) {
        const int node = find_former(id);
        if (node < 0 || begins_anew(static_cast<size_t>(node))) continue;
        NodeTime& time = progress_.times.emplace_back(NodeTime{static_cast<size_t>(node), {}, {}});
        if (one.contains("watermark")) time.watermark = one["watermark"].get<int64_t>();
        if (one.contains("greatest") && one.value("time_of", "") == time_column(plan_.topology(), plan_.topology().nodes[time.node].id))
            time.greatest = one["greatest"].get<int64_t>();
    }
}

std::string Epochs::former_id(size_t node) const {
    const NodeSpec& spec = plan_.topology().nodes[node];
    return renamed_.contains(spec.name()) ? spec.former_id() : spec.id;
}

// The node that was called so, or -1.
int Epochs::find_former(const std::string& id) const {
    for (size_t i = 0; i < plan_.nodes().size(); ++i)
        if (former_id(i) == id) return static_cast<int>(i);
    return -1;
}

// Which nodes go on under another id; who has gone on already is called so in the record. Of what never ran nothing is known.
Status Epochs::find_renamed(const Json& operators) {
    for (const NodeSpec& node : plan_.topology().nodes) {
        if (!node.of.empty() || node.renamed_from.empty() || operators.empty()) continue;
        const bool was = operators.contains(node.renamed_from), is = operators.contains(node.id);
        if (was && !is) renamed_.emplace(node.id, node.renamed_from);
        if (was == is)
            return Status::config("", fmt::format("{}: node `{}`: `renamed_from` names `{}`, and the last epoch has {}. {}", node.renamed_from_place.text(), node.id,
                                                  node.renamed_from, was ? "both" : "neither of them",
                                                  was ? "Give the node an id of its own, or remove `renamed_from` and drop the state of the other: --allow-loss " + node.renamed_from
                                                      : "Name the id that the node had, or remove `renamed_from`"));
    }
    return {};
}

// For good with the next epoch.
Status Epochs::rename_stored() {
    const std::vector<std::string> stored = store_->nodes();
    for (size_t i = 0; i < plan_.nodes().size(); ++i) {
        const std::string &now = plan_.topology().nodes[i].id, before = former_id(i);
        if (before == now || std::find(stored.begin(), stored.end(), before) == stored.end()) continue;
        if (Status s = store_->rename_with_epoch(before, now); !s.ok()) return s;
        renamed_stored_[now] = before;
    }
    return {};
}

// What a node held as another operator, or as it is not read any more, is nobody's now.
void Epochs::find_replaced(const Json& operators) {
    replaced_.clear();
    for (size_t i = 0; i < plan_.nodes().size(); ++i) {
        const NodeSpec& node = plan_.topology().nodes[i];
        if (std::string before = operators.value(former_id(i), node.op->name); before != node.op->name)
            replaced_.emplace(node.id, fmt::format("a `{}`", before));
    }
    for (const std::string& node : options_.begin_anew) replaced_.emplace(node, "kept in a way that cannot be read any more");
}

// Under another key the entries would lie with workers that do not own them, and those of a key of other kinds could not be read: they
// are put under it, or given up.
Status Epochs::check_keys(const Json& keys, const Json& kinds) {
    for (size_t i = 0; i < plan_.nodes().size(); ++i) {
        const NodeSpec& node = plan_.topology().nodes[i];
        const std::string before = former_id(i);
        if (!keys.contains(before) || begins_anew(i)) continue;
        const std::string now = plan_.key_kinds(i).value_or(""), was = kinds.value(before, now);
        const bool is_same = keys[before] == key_of(node);
        if (is_same && was == now) continue;
        const std::string old = is_same ? fmt::format("a key of ({})", was) : fmt::format("the key {}", keys[before].dump());
        const auto& given_up = options_.allow_loss;
        if (std::find(given_up.begin(), given_up.end(), node.id) != given_up.end()) {
            replaced_.emplace(node.id, "kept under " + old);
        } else if (can_rekey(plan_.nodes()[i].instance())) {
            rekeyed_.insert(node.id);
        } else {
            return Status::config("", fmt::format("the state of node `{}` is kept under {}, and {}. Run it as it was, or drop its state: --allow-loss {}, or "
                                                  "begin anew (--reset)",
                                                  node.id, old, is_same ? fmt::format("it is ({}) now", now) : fmt::format("the topology says {}", key_of(node).dump()),
                                                  node.id));
        }
    }
    return {};
}

std::string Epochs::record_of(uint64_t epoch, const RunProgress& progress) const {
    Json record = {{"epoch", epoch}, {"workers", plan_.workers()}, {"positions", Json::array()}, {"keys", Json::object()}};
    for (size_t i = 0; i < plan_.nodes().size(); ++i) {
        const NodeSpec& node = plan_.topology().nodes[i];
        if (!node.of.empty()) continue;  // clauses are no part of what a node is known by
        record["operators"][node.id] = node.op->name;
        if (node.op->flags & WEIR_OP_KEYED) record["keys"][node.id] = key_of(node);
        if (const auto kinds = plan_.key_kinds(i)) record["key_kinds"][node.id] = *kinds;
    }
    if (!options_.graph.empty()) record["graph"] = options_.graph;
    const std::string marker = decider_ ? marker_of(epoch) : last_marker_;
    if (!marker.empty()) record["marker"] = marker;
    if (!states_.empty()) record["states"] = states_;
    if (!renamed_stored_.empty()) record["renamed"] = renamed_stored_;
    if (!servers_.empty()) record["servers"] = servers_;
    for (const SplitPosition& one : progress.positions) {
        const std::string& id = plan_.topology().nodes[one.node].id;
        Json& position = record["positions"].emplace_back(Json{{"node", id}, {"split", one.split}, {"position", one.position}});
        if (one.given_back) position["given_back"] = true;
        if (one.time) position.update({{"time", *one.time}, {"time_of", time_column(plan_.topology(), id)}});
    }
    for (const NodeTime& one : progress.times) {
        const std::string& id = plan_.topology().nodes[one.node].id;
        Json& time = record["times"][id];
        if (one.watermark) time["watermark"] = *one.watermark;
        if (one.greatest) time.update({{"greatest", *one.greatest}, {"time_of", time_column(plan_.topology(), id)}});
    }
    return record.dump();
}

}  // namespace weir::host
