#include "host/topology/ports.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/topology/substitution.hpp"

namespace weir::host {
namespace {

constexpr const char* kOnlyOutput = "out";  // of an operator whose descriptor names none

// What is wrong with a port of that name; empty: nothing.
std::string port_fault(const OperatorInfo& op, const std::string& name) {
    if (!is_identifier(name)) return fmt::format("a port cannot be called {}", ticked(name));
    const bool is_declared = name == kErrorsPort || std::any_of(op.outputs.begin(), op.outputs.end(), [&](const PortInfo& port) {
                                 return !port.by_keys && port.name == name;
                             });
    return is_declared ? fmt::format("{} has a port {} of its own", ticked(op.name), ticked(name)) : "";
}

}  // namespace

std::vector<std::string> output_names(const NodeSpec& node) {
    std::vector<std::string> names;
    for (const PortInfo& port : node.op->outputs) {
        if (!port.by_keys)
            names.push_back(port.name);
        else if (const auto map = node.config.value.find(port.name); map != node.config.value.end())
            for (const auto& [key, value] : map->items()) names.push_back(key);
    }
    return names;
}

std::string default_output(const OperatorInfo& op) {
    return op.outputs.empty() || op.outputs.front().by_keys ? "" : op.outputs.front().name;
}

std::vector<std::string> readable_outputs(const NodeSpec& node) {
    if (node.op->is_a(OperatorKind::kSink)) return {};
    return node.op->outputs.empty() ? std::vector<std::string>{kOnlyOutput} : output_names(node);
}

std::string first_output(const OperatorInfo& op) { return op.outputs.empty() ? kOnlyOutput : default_output(op); }

bool is_named_by_config(const NodeSpec& node, std::string_view port) {
    return std::any_of(node.op->outputs.begin(), node.op->outputs.end(), [&](const PortInfo& declared) {
        const auto map = declared.by_keys ? node.config.value.find(declared.name) : node.config.value.end();
        return map != node.config.value.end() && map->contains(port);
    });
}

bool lacks_outputs(const NodeSpec& node) {
    return std::any_of(node.op->outputs.begin(), node.op->outputs.end(), [&](const PortInfo& port) {
        return port.by_keys && !node.config.value.contains(port.name);
    });
}

bool check_port_names(const std::string& subject, const NodeSpec& node, const YamlNode& config, Diagnostics& diagnostics) {
    bool good = true;
    for (const PortInfo& port : node.op->outputs) {
        if (!port.by_keys || lacks_outputs(node)) continue;
        const Json& map = node.config.value.at(port.name);
        const YamlNode* written = config.find(port.name);
        if (map.empty()) {
            diagnostics
                .error(Code::kMissingValue, node.config.place_of(port.name),
                       fmt::format("{}{} is empty", subject, ticked(node.op->name + "." + port.name)))
                .expected = "`{ port: … }`, a port at least";
            good = false;
        }
        for (const auto& [key, value] : map.items()) {
            const std::string fault = port_fault(*node.op, key);
            if (fault.empty()) continue;
            const YamlKey* place = written == nullptr ? nullptr : written->find_key(key);
            diagnostics.error(Code::kBadName, place == nullptr ? node.config.place_of(port.name) : place->place, subject + fault)
                .expected = "letters, digits and `_`, not beginning with a digit, and no other port's name";
            good = false;
        }
    }
    return good;
}

}  // namespace weir::host
