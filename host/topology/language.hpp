// The words of the topology language that are not operators: one table each, behind the loader, its messages
// and the JSON Schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/loader/manifest.hpp"

namespace weir::host {

struct Word {
    std::string name;
    std::string doc;
};

// Top-level keys with a value: `name`, `checkpoint`, `workers`, …, declared as parameters are.
const std::vector<ParamInfo>& top_level_settings();

// Top-level keys with a structure of their own: `nodes`, `parameters`, ….
const std::vector<Word>& top_level_sections();

// Keys of a node besides its operator: `from`, `key`, `event_time`, and the clauses.
const std::vector<Word>& node_keys();
bool is_clause(std::string_view node_key);

// What TOPOLOGY.md has and this version of weir does not: the loader refuses these by name.
const std::vector<Word>& later_operators();

// The key of an operator's configuration that chooses its connection.
inline constexpr std::string_view kConnectionKey = "connection";

// The key of `dead_letters` beside its sink.
inline constexpr std::string_view kStopAboveKey = "stop_above";

const Word* find_word(const std::vector<Word>& words, std::string_view name);
std::vector<std::string> names_of(const std::vector<Word>& words);

}  // namespace weir::host
