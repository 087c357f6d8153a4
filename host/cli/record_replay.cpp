#include "host/cli/record_replay.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <weir/errors.hpp>

#include "host/test/case_run.hpp"
#include "host/test/tested_topology.hpp"
#include "host/test/world.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

using test::Output;
using test::Row;

std::string tap_name(size_t node, const std::string& port) { return fmt::format("{}/{}", node, port); }

// What it does with a row depends on that row alone.
bool keeps_nothing(const Plan& plan, size_t node) {
    const NodeSpec& spec = plan.topology().nodes[node];
    const Instance& instance = plan.nodes()[node].instance();
    const bool reads_others = std::any_of(spec.op->inputs.begin(), spec.op->inputs.end(), [](const PortInfo& port) { return port.broadcast; });
    return spec.op->is_a(OperatorKind::kOperator) && !spec.op->is_keyed() && !instance.keyed() && spec.op->state_version == 0 &&
           spec.op->state_kinds == 0 && spec.op->async_capacity == 0 && spec.connection.empty() && !reads_others;
}

std::string json_row(const Schema& schema, const Row& row) {
    Json out = Json::object();
    for (size_t i = 0; i < row.values.size() && i < schema.size(); ++i) out[schema.fields[i].name] = Json::parse(row.values[i], nullptr, false);
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A value of a failed row as text; empty where it is null.
std::string value_of(const Row& row, size_t column) {
    const Json value = column < row.values.size() ? Json::parse(row.values[column], nullptr, false) : Json();
    return value.is_string() ? value.get<std::string>() : value.is_null() || value.is_discarded() ? "" : value.dump();
}

class Replay {
public:
    Replay(const Plan& plan, OperatorResolver& plugins, size_t source) : plan_(plan), topology_(plan.topology()), plugins_(plugins), source_(source) {
        reached_.insert(source);
        for (size_t i = 0; i < topology_.nodes.size(); ++i)
            if (keeps_nothing(plan, i) && std::any_of(topology_.edges.begin(), topology_.edges.end(), [&](const Edge& e) { return e.to_node == static_cast<int>(i) && is_reached(e); }))
                reached_.insert(i);
    }

    Status run(const Letter& record, const std::string& topic, int64_t now);
    std::vector<ReplayedNode> told() const;

private:
    bool is_reached(const Edge& edge) const { return reached_.contains(static_cast<size_t>(edge.from_node)); }
    bool is_read(size_t node, const std::string& port) const {
        return std::any_of(topology_.edges.begin(), topology_.edges.end(),
                           [&](const Edge& edge) { return edge.from_node == static_cast<int>(node) && edge.from_port == port; });
    }
    void tap(test::TestedTopology& tested);
    void collect();
    std::vector<const Row*> rows_of(const Output& output) const;
    int64_t rows_to(size_t node) const;
    void tell_rows(size_t node, std::vector<ReplayedNode>& out) const;
    std::string drop_text(size_t node) const;
    const char* fate_of_failed(size_t node) const;

    const Plan& plan_;
    const Topology& topology_;
    OperatorResolver& plugins_;
    const size_t source_;
    std::set<size_t> reached_;
    test::World world_;
    struct Given {
        std::vector<std::string> rows;
        int64_t count = 0;
    };
    std::map<std::pair<size_t, std::string>, Given> given_;  // by node and port
    std::map<size_t, std::vector<std::string>> failed_;      // by node: what is wrong
};

// Ports that nobody reads stay so: to look at them would make columns that the run does not make.
void Replay::tap(test::TestedTopology& tested) {
    for (size_t i = 0; i < topology_.nodes.size(); ++i) {
        for (const PlannedPort& port : plan_.nodes()[i].outputs)
            if (port.name == kErrorsPort || (reached_.contains(i) && is_read(i, port.name))) tested.tap(i, port.name, tap_name(i, port.name));
    }
}

Status Replay::run(const Letter& record, const std::string& topic, int64_t now) {
    Diagnostics diagnostics;
    Topology topology = topology_;
    topology.exactly_once = false;  // nothing of it is written anywhere
    for (NodeSpec& node : topology.nodes)  // whatever becomes of them, they are looked at here
        if (node.errors == ErrorsPolicy::kLog || node.errors == ErrorsPolicy::kDrop) node.errors = ErrorsPolicy::kStop;
    test::TestedTopology tested(std::move(topology), {}, plugins_, world_, diagnostics);
    if (diagnostics.has_errors()) return Status::unsupported(diagnostics.sorted().front()->message);
    tap(tested);
    test::Message message;
    message.payload = record.payload;
    message.key = record.key;
    for (const Letter::Header& header : record.headers) message.headers.emplace_back(header.name, header.value);
    message.timestamp = record.timestamp == INT64_MIN ? now : record.timestamp;
    message.offset = record.offset;
    message.topic = topic;
    test::FileCase as_case;
    as_case.start = now;
    as_case.steps.emplace_back();
    const std::string& source = topology_.nodes[source_].id;
    test::Script script;
    script.partitions[source] = {record.partition};
    script.steps.emplace_back();
    script.steps.front().written = &as_case.steps.front();
    script.steps.front().sendings.push_back({source, record.partition, std::move(message)});
    const test::CaseOutcome outcome = run_case(as_case, script, tested, world_, test::RunOrder{}, {});
    if (outcome.has_stopped) return Status::unsupported(outcome.failures.back().summary);
    collect();
    return {};
}

std::vector<const Row*> Replay::rows_of(const Output& output) const {
    std::vector<const Row*> out;
    for (const auto* rows : {&output.rows, &output.open})
        for (const Row& row : *rows) out.push_back(&row);
    return out;
}

void Replay::collect() {
    const auto note_failed = [this](size_t node, const Output& output) {
        for (const Row* row : rows_of(output)) {
            const std::string field = value_of(*row, kErrorField);
            failed_[node].push_back(
                fmt::format("{}{}: {}", value_of(*row, kErrorCode), field.empty() ? "" : " " + ticked(field), value_of(*row, kErrorMessage)));
        }
    };
    for (size_t i = 0; i < topology_.nodes.size(); ++i) {
        for (const PlannedPort& port : plan_.nodes()[i].outputs) {
            const Output& output = world_.output(tap_name(i, port.name));
            if (port.name == kErrorsPort) {
                note_failed(i, output);
                continue;
            }
            Given& given = given_[{i, port.name}];
            for (const Row* row : rows_of(output)) {
                ++given.count;
                if (given.rows.size() < kMostRows && row->input < output.schemas.size()) given.rows.push_back(json_row(output.schemas[row->input], *row));
            }
        }
    }
}

int64_t Replay::rows_to(size_t node) const {
    int64_t out = 0;
    for (const Edge& edge : topology_.edges) {
        if (edge.to_node != static_cast<int>(node) || edge.from_port == kErrorsPort) continue;
        const auto found = given_.find({static_cast<size_t>(edge.from_node), edge.from_port});
        if (found != given_.end()) out += found->second.count;
    }
    return out;
}

const char* Replay::fate_of_failed(size_t node) const {
    switch (topology_.nodes[node].errors) {
        case ErrorsPolicy::kStop: return "the topology stops at it";
        case ErrorsPolicy::kDeadLetters: return "it goes to the dead letters";
        case ErrorsPolicy::kLog: return "it is logged, and goes nowhere";
        case ErrorsPolicy::kDrop: return "it is dropped";
        case ErrorsPolicy::kWired: return "it goes to those who read its `errors`";
    }
    return "";
}

std::string Replay::drop_text(size_t node) const {
    const NodeSpec& spec = topology_.nodes[node];
    std::string wheres;
    for (const ClauseText& clause : spec.clauses)
        if (clause.clause == "where") wheres += fmt::format("{}`where: {}`", wheres.empty() ? "" : " and ", clause.text);
    if (!wheres.empty()) return fmt::format("{} leaves it out: the condition is not true for it", wheres);
    const auto& ports = plan_.nodes()[node].outputs;
    const bool has_unread = std::any_of(ports.begin(), ports.end(), [&](const PlannedPort& port) { return port.name != kErrorsPort && !is_read(node, port.name); });
    return fmt::format("{} gives no row of it{}", ticked(spec.op->name), has_unread ? " to those who read it; a port that nobody reads may have one" : "");
}

void Replay::tell_rows(size_t node, std::vector<ReplayedNode>& out) const {
    const NodeSpec& spec = topology_.nodes[node];
    int64_t rows = 0;
    for (const PlannedPort& port : plan_.nodes()[node].outputs) {
        const auto found = given_.find({node, port.name});
        if (found == given_.end() || found->second.count == 0) continue;
        rows += found->second.count;
        const bool is_only = spec.op->outputs.size() == 1;
        out.push_back({spec.name(), ReplayedNode::Kind::kGives,
                       fmt::format("gives {}{}", found->second.count == 1 ? "a row" : fmt::format("{} rows", found->second.count),
                                   is_only ? "" : fmt::format(" by `{}`", port.name)),
                       found->second.rows, found->second.count});
    }
    const auto failed = failed_.find(node);
    if (failed != failed_.end())
        for (const std::string& what : failed->second)
            out.push_back({spec.name(), ReplayedNode::Kind::kRefuses, fmt::format("refuses it: {}; {}", what, fate_of_failed(node)), {}, 0});
    if (rows == 0 && failed == failed_.end()) out.push_back({spec.name(), ReplayedNode::Kind::kDrops, drop_text(node), {}, 0});
}

std::vector<ReplayedNode> Replay::told() const {
    std::vector<ReplayedNode> out;
    for (size_t i = 0; i < topology_.nodes.size(); ++i) {
        const NodeSpec& spec = topology_.nodes[i];
        const int64_t rows = rows_to(i);
        if (i == source_ || (reached_.contains(i) && rows > 0)) {
            tell_rows(i, out);
        } else if (rows > 0) {
            const bool is_sink = spec.op->is_a(OperatorKind::kSink);
            out.push_back({spec.name(), ReplayedNode::Kind::kTakes,
                           fmt::format("{} takes {}{}", ticked(spec.op->name), rows == 1 ? "it" : fmt::format("{} rows", rows),
                                       is_sink ? "" : "; what comes of that depends on what it keeps, and is not looked at"),
                           {}, 0});
        }
    }
    return out;
}

}  // namespace

Result<std::vector<ReplayedNode>> replay_record(const Plan& plan, OperatorResolver& plugins, size_t source, const Letter& record,
                                                const std::string& topic, int64_t now) {
    Replay replay(plan, plugins, source);
    if (Status status = replay.run(record, topic, now); !status.ok()) return status;
    return replay.told();
}

}  // namespace weir::host
