// Record schemas as a topology writes them: `{ n: int64, amount: "decimal(12,2)", name: "string?" }`, or a
// name under `records:`. A nested mapping is a struct.
//
// Threads: one, while loading.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host/loader/manifest.hpp"
#include "host/topology/diagnostic.hpp"
#include "host/topology/parameters.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

using Records = std::map<std::string, Json, std::less<>>;

// The schema of a mapping of column names to types, as {"fields":[{"name","type","nullable"}]} with types in
// the text form of weir/types.hpp. Reports its errors; nullopt if there were any. `subject` begins the
// messages: "record `order`".
std::optional<Json> read_record(const YamlNode& node, std::string_view subject, Parameters& parameters,
                                Diagnostics& diagnostics);

// All of `records:`. A record with errors is there with a null schema, so that its name is known.
Records read_records(const YamlNode* section, Parameters& parameters, Diagnostics& diagnostics);

}  // namespace weir::host
