// The output ports of a node: those that its operator declares, and those that its configuration names.
//
// Threads: any, on values that nobody changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/topology/topology.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

// By which operators that wait for watermarks give rows that came too late.
inline constexpr std::string_view kLatePort = "late";

// In the order in which emit numbers them, without `errors`. A configuration that is wrong names none.
std::vector<std::string> output_names(const NodeSpec& node);

// The port that `from: node` reads; empty where there is none, or one must be named.
std::string default_output(const OperatorInfo& op);

// What can be read of a node without `errors`: nothing of a sink, `out` of an operator that declares none.
std::vector<std::string> readable_outputs(const NodeSpec& node);

// The one that is read where none is named; empty: one must be named.
std::string first_output(const OperatorInfo& op);

// Whether a port is one of those that the configuration names.
bool is_named_by_config(const NodeSpec& node, std::string_view port);

// Whether ports that the configuration should have named are not known, since it is wrong.
bool lacks_outputs(const NodeSpec& node);

// Refuses keys that cannot be ports. `config`: as it is written. False after an error.
bool check_port_names(const std::string& subject, const NodeSpec& node, const YamlNode& config, Diagnostics& diagnostics);

}  // namespace weir::host
