// What the record of an epoch says, by nodes' ids, so that another graph can read it: how far sources were, event time, and what
// state was kept under.
#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/engine/epochs.hpp"

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
    if (!store_) {
        const Json before = Json::parse(options_.record.empty() ? "{}" : options_.record, nullptr, false);
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
    find_replaced(parsed.value("operators", Json::object()));
    if (parsed.contains("keys"))
        if (Status s = check_keys(parsed["keys"]); !s.ok()) return s;
    states_ = parsed.value("states", Json::object());
    for (const auto& [node, before] : replaced_) states_.erase(node);
    read_times(parsed.value("times", Json::object()));
    return read_positions(parsed["positions"]);
}

// From a savepoint a run begins where that was, however far others have read on.
Status Epochs::read_positions(const Json& positions) {
    const bool exact = store_ && is_restored();
    for (const Json& one : positions) {
        const std::string id = one.value("node", "");
        const int node = plan_.topology().find_node(id);
        if (node < 0 || replaced_.contains(id)) {
            if (Status s = store_ ? may_lose(id, "positions") : Status(); !s.ok()) return s;
            continue;
        }
        SplitPosition& position = progress_.positions.emplace_back();
        position.node = static_cast<size_t>(node);
        position.split = one.value("split", "");
        position.position = one.value("position", "");
        position.given_back = !exact && one.value("given_back", false);
        if (one.contains("time") && one.value("time_of", "") == time_column(plan_.topology(), id)) position.time = one["time"].get<int64_t>();
    }
    return {};
}

// Of nodes that are there still: it is no loss where one begins to wait anew.
void Epochs::read_times(const Json& times) {
    for (const auto& [id, one] : times.items()) {
        const int node = plan_.topology().find_node(id);
        if (node < 0 || replaced_.contains(id)) continue;
        NodeTime& time = progress_.times.emplace_back(NodeTime{static_cast<size_t>(node), {}, {}});
        if (one.contains("watermark")) time.watermark = one["watermark"].get<int64_t>();
        if (one.contains("greatest") && one.value("time_of", "") == time_column(plan_.topology(), id))
            time.greatest = one["greatest"].get<int64_t>();
    }
}

// What a node held as another operator is nobody's now.
void Epochs::find_replaced(const Json& operators) {
    replaced_.clear();
    for (const NodeSpec& node : plan_.topology().nodes)
        if (std::string before = operators.value(node.id, node.op->name); before != node.op->name)
            replaced_.emplace(node.id, std::move(before));
}

// Under another key the entries would lie with workers that do not own them.
Status Epochs::check_keys(const Json& keys) const {
    for (const NodeSpec& node : plan_.topology().nodes) {
        if (!keys.contains(node.id) || replaced_.contains(node.id) || keys[node.id] == key_of(node)) continue;
        return Status::config("", fmt::format("the state of node `{}` is kept under the key {}, and the topology says {}. Run it "
                                              "as it was, or begin anew (--reset)",
                                              node.id, keys[node.id].dump(), key_of(node).dump()));
    }
    return {};
}

std::string Epochs::record_of(uint64_t epoch, const RunProgress& progress) const {
    Json record = {{"epoch", epoch}, {"workers", plan_.workers()}, {"positions", Json::array()}, {"keys", Json::object()}};
    for (const NodeSpec& node : plan_.topology().nodes) {
        if (!node.of.empty()) continue;  // clauses are no part of what a node is known by
        record["operators"][node.id] = node.op->name;
        if (node.op->flags & WEIR_OP_KEYED) record["keys"][node.id] = key_of(node);
    }
    const std::string marker = decider_ ? marker_of(epoch) : last_marker_;
    if (!marker.empty()) record["marker"] = marker;
    if (!states_.empty()) record["states"] = states_;
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
