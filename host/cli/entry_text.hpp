// How entries of a committed state are shown and named on the command line.
//
// A state that the host holds has a typed schema in the epoch's record: its keys and values are shown by it, a key of
// one column as its bare value, of several as a JSON array, a value as a JSON object. Rows that an operator keeps as bytes
// by layouts (weir/row_layouts.hpp) are shown by their columns. An operator's own tables are bytes
// to the host: printable ASCII stands for itself, everything else as \xNN, and a backslash as \\.
//
// Plain values and functions; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/result.hpp>
#include <weir/types.hpp>

#include "host/loader/manifest.hpp"

namespace weir::host {

std::string escaped_bytes(std::string_view bytes);
// For a line of a table: of more than kShownBytes the first, and how many they are.
std::string shortened_bytes(std::string_view bytes);
inline constexpr size_t kShownBytes = 32;
// The other way round. WEIR_E_CONFIG: an escape that there is not.
Result<std::string> unescaped_bytes(std::string_view text);

// The layouts of rows of a node, by their numbers.
using RowSchemas = std::map<uint16_t, Schema>;
// Takes in an entry of the state that has them. False: it is no layout.
bool add_row_schema(std::string_view key, std::string_view value, RowSchemas& out);
// The name of a state that the host holds; its number where it is an operator's own. `record`: of the epoch.
std::string state_name(const Json& record, const std::string& node, uint32_t state);

class EntryCodec {
public:
    // For a state of a node, by the record of the epoch.
    EntryCodec(const Json& record, const std::string& node, uint32_t state, RowSchemas rows = {});

    std::string key(std::string_view bytes) const;
    // `version`: of the block that the value is in.
    std::string value(std::string_view bytes, uint32_t version) const;
    // The same, bytes shortened.
    std::string short_value(std::string_view bytes, uint32_t version) const;
    // The bytes of a key as key() shows it. WEIR_E_CONFIG: it is none.
    Result<std::string> parse_key(std::string_view text) const;

private:
    std::optional<std::string> fields(std::string_view bytes, uint32_t version) const;
    bool is_typed() const { return !kinds_.empty(); }

    std::vector<std::string> kinds_;        // of the key's columns: `integer`, `float`, `text`
    std::map<uint32_t, Schema> schemas_;    // of values, by version
    RowSchemas rows_;
};

}  // namespace weir::host
