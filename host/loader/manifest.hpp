// What a plugin says of itself, as data: the host's own copy of the descriptors in weir/abi.h.
//
// It is read from the ELF section `.weir.manifest` (no foreign code runs) or, where a module has none, from
// its descriptors after it was loaded. Lint, schema, documentation and `weir plugin ls` read only this.
//
// Ownership: plain values. Threads: none of its own; const access from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <weir/abi.h>

namespace weir::host {

// Keys keep the order in which they were written: columns and cases are declared by maps.
using Json = nlohmann::ordered_json;

enum class ParamType {
    kString,
    kInt64,
    kFloat64,
    kBool,
    kDuration,    // written `30s`, `5m`, `200ms`; in JSON an integer of microseconds
    kBytes,       // written `64MiB`, `1GiB`; in JSON an integer of bytes
    kColumn,      // the name of a column of the node's input; in JSON a string
    kExpression,  // SQL scalar text; in JSON as weir/ext/expression.h takes it
    kRecord,      // a record schema; in JSON {"fields":[{"name","type","nullable"}]}
    kCodec,       // `json` or `{ json: {…} }`; in JSON {"codec":"json","config":{…}}
    kObject,      // members in `fields`
    kList,        // elements as fields[0]
    kMap,         // any key; values as fields[0]
    kAny,         // any YAML value, unchecked
};

struct ParamInfo {
    std::string name;
    ParamType type = ParamType::kString;
    bool required = false;
    bool secret = false;
    bool primary = false;  // may be written as the operator's whole value: `kafka.sink: topic`
    bool scalar_or_list = false;  // a kList that one bare element may stand for
    std::optional<Json> default_value;
    std::vector<Json> one_of;
    std::string doc;
    std::vector<ParamInfo> fields;
};

struct PortInfo {
    std::string name;
    std::string doc;
    bool many = false;       // an input that takes several edges (fan-in of unlike schemas)
    bool broadcast = false;  // an input whose every row reaches every instance
    bool by_keys = false;    // an output: a port for each key of the map parameter of this name
};

enum class OperatorKind { kSource, kOperator, kSink, kCodec, kConnection, kAggregate };

struct OperatorInfo {
    std::string name;  // as written in a topology: `kafka.source`, `pair_match`, `json`
    OperatorKind kind = OperatorKind::kOperator;
    std::string doc;
    std::vector<ParamInfo> params;
    std::vector<PortInfo> inputs;   // empty for sources; one unnamed-in-YAML port `in` for most
    std::vector<PortInfo> outputs;  // without `errors`, which every operator has; the first is the default, unless by_keys
    std::string connection;         // name of the connection operator that it needs, or empty
    uint32_t flags = 0;             // WEIR_OP_* and WEIR_SOURCE_* bits
    uint32_t state_version = 0;
    uint32_t state_kinds = 0;     // WEIR_STATE_* bits
    uint32_t async_capacity = 0;  // at most so many rows in flight; 0: synchronous
    std::string plugin;  // id of the plugin it comes from

    bool is_a(OperatorKind k) const { return kind == k; }
    // A source, operator or sink: what a topology's node can be.
    bool is_node() const { return kind <= OperatorKind::kSink; }
    // Whether the two would be found by one name: they are of one group of kinds.
    bool collides_with(const OperatorInfo& other) const {
        return name == other.name && (kind == other.kind || (is_node() && other.is_node()));
    }
    // Computes its own key; `key:` on the node is refused.
    bool has_own_key() const { return (flags & WEIR_OP_OWN_KEY) != 0; }
    // Takes the rows of one node: those of several are to be united before it.
    bool takes_one_input() const { return (flags & WEIR_OP_ONE_INPUT) != 0; }
    // Stateful by key: needs `key:` unless it has its own.
    bool is_keyed() const { return (flags & WEIR_OP_KEYED) != 0; }
};

// Names that no source, operator or sink may have: the keys that a node has beside its operator, or will have.
const std::vector<std::string_view>& reserved_operator_names();
bool is_reserved(const OperatorInfo& op);

struct PluginInfo {
    std::string id;
    std::string version;
    uint32_t abi_major = 0;
    uint32_t abi_minor = 0;
    std::vector<OperatorInfo> operators;
    std::filesystem::path path;
};

// All operators of all plugins that were found, by name. Codecs, connections and aggregates have name
// spaces of their own: the codec `json` and an operator `json` do not collide.
class Catalog {
public:
    // Adds a plugin, or replaces the one of the same id. Pointers into the replaced one are no longer valid.
    void add(PluginInfo plugin);

    // The operator of that kind group, or null. `find` looks among sources, operators and sinks. Of two
    // plugins with the same name the one with the smaller id is found; find_plugins lets none get that far.
    const OperatorInfo* find(std::string_view name) const;
    const OperatorInfo* find_codec(std::string_view name) const;
    const OperatorInfo* find_connection(std::string_view name) const;
    const OperatorInfo* find_aggregate(std::string_view name) const;

    // Names for "did you mean": sources, operators and sinks.
    std::vector<std::string> operator_names() const;
    std::vector<std::string> codec_names() const;
    std::vector<std::string> connection_names() const;
    std::vector<std::string> aggregate_names() const;

    const PluginInfo* plugin(std::string_view id) const;
    const std::map<std::string, PluginInfo, std::less<>>& plugins() const { return plugins_; }

private:
    std::map<std::string, PluginInfo, std::less<>> plugins_;
};

}  // namespace weir::host
