// A catalog made by hand, with an operator for everything that a topology can say, and ways to load texts
// with it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "host/topology/topology.hpp"

namespace weir::host {

const Catalog& test_catalog();

// Loads `text` as the file `t.yaml` with this environment (and no other).
struct Loaded {
    std::optional<Topology> topology;
    Diagnostics diagnostics;

    std::string text() const { return diagnostics.text(); }
    const NodeSpec& node(std::string_view id) const {
        return topology->nodes.at(static_cast<std::size_t>(topology->find_node(id)));
    }
    const Json& config(std::string_view id) const { return node(id).config.value; }
};

Loaded load(const std::string& text, LoadOptions options = {},
            std::map<std::string, std::string> environment = {});

// tests/unit/topology of the sources.
std::filesystem::path test_folder();
std::string file_text(const std::filesystem::path& path);

}  // namespace weir::host
