// `include:`: files whose sections become part of a topology.
//
// What the topology says itself wins over what it includes; what two included files say differently is an error.
// Threads: one, while loading.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "host/topology/source_texts.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

inline constexpr std::size_t kMaxIncludeDepth = 8;  // of files that include others

// As parse_yaml, with all that the file includes put in. Places stay those of the files where things are written.
// `texts`: where included files are read; null: as they are.
std::optional<YamlNode> parse_topology(const std::shared_ptr<SourceFile>& file, Diagnostics& diagnostics, SourceTexts* texts = nullptr);

}  // namespace weir::host
