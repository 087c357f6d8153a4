// Values as YAML within braces and brackets, on one line. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "host/topology/yaml_tree.hpp"

namespace weir::host::test {

// A text that YAML reads as that text: plain where it can be, else in quotes.
std::string flow_scalar(std::string_view text);
// JSON as YAML reads it: members and elements with blanks between them, texts plain where they can be.
std::string flow_json(std::string_view json);
// What is written at a node.
std::string flow_text(const YamlNode& node);

}  // namespace weir::host::test
