// Declared parameters as JSON Schema. Internal to this folder; pure functions, any thread.
#pragma once

#include <string>
#include <vector>

#include "host/loader/manifest.hpp"

namespace weir::host {

// A default as one would write it: durations and sizes with their units. REQUIRES: there is one.
Json written_default(const ParamInfo& param);

Json schema_ref(const std::string& definition);
Json with_description(Json schema, const std::string& doc);

// An object that has no other keys than these.
Json closed_object(Json properties);
// The same with exactly one of them.
Json exactly_one_of(Json properties);

// A text that is `$name` or `${…}`: stands where any other type is declared.
Json reference_schema();

// A record, or the name of one, or of a file.
Json record_or_name();

// The schemas of parameters by name; none is required.
Json schema_of_members(const std::vector<ParamInfo>& params);
std::vector<std::string> required_members(const std::vector<ParamInfo>& params);

// All the ways to write a configuration: the mapping, the primary parameter alone, nothing where nothing is
// required.
Json schema_of_config(const std::vector<ParamInfo>& params, Json mapping);
// The same with the mapping that the parameters alone make.
Json schema_of_config(const std::vector<ParamInfo>& params);

// What stands under `views:` for each name, and under `dashboard:`.
Json view_schema();
Json dashboard_schema();

}  // namespace weir::host
