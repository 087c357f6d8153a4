#include "host/test/script.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/test/json_rows.hpp"
#include "host/test/script_rows.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/ports.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host::test {
namespace {

constexpr const char* kAnyOrderWord = "any_order";
constexpr const char* kContainsWord = "contains";
constexpr const char* kInOrderWord = "in_order";

class Checker {
public:
    Checker(const FileCase& of, TestedTopology& tested, World& world, OperatorResolver& plugins,
            Diagnostics& diagnostics)
        : case_(of), tested_(tested), world_(world), rows_(plugins, diagnostics), diagnostics_(diagnostics) {}

    std::optional<Script> check() {
        const size_t before = diagnostics_.error_count();
        tap_all();
        world_.begin(0, 1, false);
        if (!tested_.plan(1, true, diagnostics_)) return std::nullopt;
        for (const FilePartitions& of : case_.partitions) check_partitions(of);
        for (const FileStep& step : case_.steps) check_step(step);
        if (diagnostics_.error_count() > before) return std::nullopt;
        return std::move(script_);
    }

private:
    const Topology& topology() const { return tested_.topology(); }

    std::vector<std::string> sources() const {
        std::vector<std::string> names;
        for (size_t i = 0; i < topology().nodes.size(); ++i)
            if (tested_.is_stand_in(i) && topology().nodes[i].op->is_a(OperatorKind::kSource))
                names.push_back(topology().nodes[i].id);
        return names;
    }

    // What an expectation names: a node, or a port of one.
    struct Named {
        int node = -1;
        std::string port;
    };
    Named find_output(const std::string& name) const {
        if (const int node = topology().find_node(name); node >= 0) return {node, ""};
        const size_t dot = name.rfind('.');
        if (dot == std::string::npos) return {};
        return {topology().find_node(name.substr(0, dot)), name.substr(dot + 1)};
    }

    // Every port that an expectation names, but for sinks: those note their rows themselves.
    void tap_all() {
        std::set<std::string> tapped;
        for (const FileStep& step : case_.steps) {
            if (step.kind != StepKind::kExpect) continue;
            for (const YamlKey& key : step.value.keys)
                if (tapped.insert(key.text).second && !tap(key)) unknown_.insert(key.text);
        }
    }

    // False after an error.
    bool tap(const YamlKey& key) {
        if (key.text == kDeadLetters) {
            if (tested_.has_dead_letters()) return true;
            diagnostics_.error(Code::kUnknownNode, key.place, "the topology has no `dead_letters:`").hint =
                "a record that fails stops it; to look at those of one node expect `NODE.errors`";
            return false;
        }
        const Named named = find_output(key.text);
        if (named.node < 0) {
            report_unknown(key);
            return false;
        }
        const auto index = static_cast<size_t>(named.node);
        const OperatorInfo& op = *topology().nodes[index].op;
        if (op.is_a(OperatorKind::kSink) && named.port.empty()) {
            return true;
        }
        std::vector<std::string> ports = output_names(topology().nodes[index]);
        ports.emplace_back(kErrorsPort);
        const std::string first = default_output(op);
        const std::string port = named.port.empty() ? first : named.port;
        if (std::find(ports.begin(), ports.end(), port) != ports.end()) {
            tested_.tap(port == first ? behind(index) : index, port, key.text);
            for (size_t i = 0; port == kErrorsPort && i < topology().nodes.size(); ++i)
                if (topology().nodes[i].of == topology().nodes[index].id) tested_.tap(i, port, key.text);
            return true;
        }
        auto& d = diagnostics_.error(
            Code::kUnknownPort, key.place,
            fmt::format("node `{}` has no port {}", topology().nodes[index].id, port.empty() ? "without a name" : ticked(port)));
        d.expected = one_of_text(ports);
        d.nearest = nearest_name(port, ports);
        return false;
    }

    // Whose rows are a node's output to others: those of the clauses of a source, where it has some.
    size_t behind(size_t index) const {
        for (const Edge& edge : topology().edges) {
            const auto from = static_cast<size_t>(edge.from_node), to = static_cast<size_t>(edge.to_node);
            if (from == index && topology().nodes[to].of == topology().nodes[index].id) return to;
        }
        return index;
    }

    void report_unknown(const YamlKey& key) {
        std::vector<std::string> names;
        for (const NodeSpec& node : topology().nodes)
            if (node.of.empty() && node.id != kTapNode) names.push_back(node.id);
        auto& d = diagnostics_.error(Code::kUnknownNode, key.place,
                                     fmt::format("there is no node {}", ticked(key.text)));
        d.expected = one_of_text(names);
        d.nearest = nearest_name(key.text, names);
    }

    void check_step(const FileStep& step) {
        if (ended_ && step.kind != StepKind::kExpect) {
            diagnostics_.error(Code::kNotAllowedValue, step.place,
                               "behind `end_of_input` nothing happens any more").expected =
                "`expect`";
            return;
        }
        ScriptStep& out = script_.steps.emplace_back();
        out.written = &step;
        switch (step.kind) {
            case StepKind::kSend: return check_send(step, out);
            case StepKind::kWatermark: return check_watermark(step, out);
            case StepKind::kExpect: return check_expect(step, out);
            case StepKind::kEndOfInput: ended_ = true; return;
            case StepKind::kCrash: return check_crash(step);
            case StepKind::kAdvance: return;
        }
    }

    // The step before a crash that comes before its commit.
    void check_crash(const FileStep& step) {
        script_.has_crash = true;
        if (!step.before_commit) return;
        for (size_t i = script_.steps.size() - 1; i-- > 0;) {
            const StepKind kind = script_.steps[i].written->kind;
            if (kind == StepKind::kExpect) continue;
            if (kind != StepKind::kCrash) {
                script_.steps[i].keep_open = true;
                return;
            }
            break;
        }
        diagnostics_.error(Code::kNotAllowedValue, step.place,
                           "no step before this has an epoch that is not committed").expected =
            "`crash_and_restore: before_commit` behind `send` or `advance`";
    }

    // The source that a key names; null after an error.
    const std::string* source(const YamlKey& key) {
        const auto names = sources();
        if (std::find(names.begin(), names.end(), key.text) != names.end()) return &key.text;
        const int node = topology().find_node(key.text);
        std::string what = fmt::format("there is no source {}", ticked(key.text));
        if (node >= 0 && !topology().nodes[static_cast<size_t>(node)].op->is_a(OperatorKind::kSource))
            what = fmt::format("`{}` is no source", key.text);
        else if (node >= 0)
            what = fmt::format("`{}` is under `real:`, and reads what it reads", key.text);
        auto& d = diagnostics_.error(Code::kUnknownNode, key.place, std::move(what));
        d.expected = names.empty() ? "a source, of which the topology has none to send to" : one_of_text(names);
        d.nearest = nearest_name(key.text, names);
        return nullptr;
    }

    void check_partitions(const FilePartitions& of) {
        const YamlKey key{of.source, of.place};
        const std::string* name = source(key);
        for (int32_t number = 0; name != nullptr && number < of.count; ++number) script_.partitions[*name].insert(number);
    }

    void check_send(const FileStep& step, ScriptStep& out) {
        for (size_t i = 0; i < step.value.keys.size(); ++i) {
            const std::string* name = source(step.value.keys[i]);
            const YamlNode& list = step.value.items[i];
            if (name == nullptr) continue;
            if (!list.is_sequence()) {
                diagnostics_.error(Code::kWrongType, list.place,
                                   fmt::format("what is sent to `{}` is {}", *name, kind_text(list)))
                    .expected = "a list: payloads, rows as mappings, or `{ payload: …, key: …, partition: 1 }`";
                continue;
            }
            for (const YamlNode& item : list.items) {
                auto sending = rows_.sending(*name, world_.shape(*name), item);
                if (!sending) continue;
                script_.partitions[*name].insert(sending->partition);
                out.sendings.push_back(std::move(*sending));
            }
        }
    }

    void check_watermark(const FileStep& step, ScriptStep& out) {
        if (step.value.is_scalar()) {
            const auto time = read_time(step.value, "`watermark`", diagnostics_);
            for (const std::string& name : sources())
                if (time) out.watermarks[name] = *time;
            return;
        }
        for (size_t i = 0; i < step.value.keys.size(); ++i) {
            const std::string* name = source(step.value.keys[i]);
            const auto time = read_time(step.value.items[i], "`watermark`", diagnostics_);
            if (name != nullptr && time) out.watermarks[*name] = *time;
        }
    }

    void check_expect(const FileStep& step, ScriptStep& out) {
        for (size_t i = 0; i < step.value.keys.size(); ++i) {
            if (unknown_.contains(step.value.keys[i].text)) continue;
            Expectation expectation;
            expectation.output = step.value.keys[i].text;
            expectation.place = step.value.keys[i].place;
            // Several nodes' rows fail in no order.
            expectation.match = expectation.output == kDeadLetters ? Match::kAnyOrder : Match::kInOrder;
            if (!find_list(step.value.items[i], expectation)) continue;
            for (const YamlNode& item : expectation.list->items)
                if (auto row = rows_.expected(expectation.output, world_.output(expectation.output), item))
                    expectation.rows.push_back(std::move(*row));
            out.expectations.push_back(std::move(expectation));
        }
    }

    bool find_list(const YamlNode& value, Expectation& out) {
        out.list = &value;
        if (value.is_map() && value.keys.size() == 1) {
            const std::string& word = value.keys[0].text;
            out.list = &value.items[0];
            if (word == kAnyOrderWord) out.match = Match::kAnyOrder;
            else if (word == kContainsWord) out.match = Match::kContains;
            else if (word == kInOrderWord) out.match = Match::kInOrder;
            else out.list = &value;
        }
        if (out.list->is_sequence()) return true;
        diagnostics_.error(Code::kWrongType, out.list->place,
                           fmt::format("what is expected of `{}` is {}", out.output, kind_text(*out.list)))
            .expected = "a list of rows, which come in this order, or one under `any_order:` or `contains:`";
        return false;
    }

    const FileCase& case_;
    TestedTopology& tested_;
    World& world_;
    ScriptRows rows_;
    Diagnostics& diagnostics_;
    Script script_;
    std::set<std::string> unknown_;  // outputs that there are not
    bool ended_ = false;
};

}  // namespace

std::optional<Script> check_script(const FileCase& of, TestedTopology& tested, World& world, OperatorResolver& plugins,
                                   Diagnostics& diagnostics) {
    return Checker(of, tested, world, plugins, diagnostics).check();
}

}  // namespace weir::host::test
