// What `event_time:` of a node says: which column has the time of a row, and how watermarks follow from it.
//
// Plain values. Reading: one thread, while loading.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "host/loader/manifest.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {

struct EventTimeSpec {
    std::string column;  // of the node's first output; of timestamps
    Place place;         // of the column's name
    std::chrono::microseconds max_delay{0};  // by how much a row may come behind a later one and not be late
    std::optional<std::chrono::microseconds> idle_after;  // who has sent no row for so long is not waited for
    std::optional<std::chrono::microseconds> max_future;  // rows further ahead of the clock go to `errors`
    std::optional<std::chrono::microseconds> align;  // a source is not read further ahead of the slowest than that
};

// The declaration behind the loader, its messages and the JSON Schema.
const std::vector<ParamInfo>& event_time_params();

class ConfigChecker;
class Diagnostics;
struct NodeSpec;
struct YamlKey;
struct YamlNode;

// Into `spec`, whose operator is known, or null where it is not; clauses alone have none either. `subject` begins messages.
void read_event_time(const std::string& subject, const YamlKey& key, const YamlNode& value, ConfigChecker& checker,
                     Diagnostics& diagnostics, NodeSpec& spec);

}  // namespace weir::host
