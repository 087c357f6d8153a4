// Record schemas as a topology writes them: `{ n: int64, amount: "decimal(12,2)", name: "string?" }`. A nested mapping is
// a struct, a list of one type a list, and a mapping with `type` and nothing but `path`, `format` and `nullable` beside it
// a column that says more of itself: `city: { type: string, path: user.address.city }`.
//
// Threads: one, while loading.
#pragma once

#include <optional>
#include <string_view>

#include "host/loader/manifest.hpp"
#include "host/topology/diagnostic.hpp"
#include "host/topology/parameters.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

// The schema of a mapping of column names to types, as {"fields":[{"name","type","nullable"}]} with types in
// the text form of weir/types.hpp, and "path" and "format" where there are any. Reports its errors; nullopt if there
// were any. `subject` begins the messages: "record `order`".
std::optional<Json> read_record(const YamlNode& node, std::string_view subject, Parameters& parameters,
                                Diagnostics& diagnostics);

}  // namespace weir::host
