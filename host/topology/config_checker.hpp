// A configuration as it is written, against the parameters that an operator declares: unknown keys, types,
// required and allowed values, defaults. One declaration, one checker, for operators, connections, codecs and
// the top level.
//
// Threads: one, while loading.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/loader/manifest.hpp"
#include "host/topology/diagnostic.hpp"
#include "host/topology/parameters.hpp"
#include "host/topology/records.hpp"
#include "host/topology/topology.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

struct CheckRequest {
    std::string subject;  // begins messages: "node `pairs`: "
    std::string name;     // of what is configured: "pair_match"; may be empty
    const std::vector<ParamInfo>* params = nullptr;
    const YamlNode* value = nullptr;
    Place place;                         // of the name, for what is missing
    const Json* defaults = nullptr;      // typed values that stand before the declared defaults; may be null
    std::vector<std::string> also = {};  // keys that are allowed and left alone
    bool partial = false;                // only what is written: nothing is missing, no defaults
};

class ConfigChecker {
public:
    // REQUIRES: all of them outlive this object.
    ConfigChecker(Parameters& parameters, Records& records, const Catalog& catalog,
                  Diagnostics& diagnostics)
        : parameters_(parameters), records_(records), catalog_(catalog), diagnostics_(diagnostics) {}

    // nullopt after an error.
    std::optional<CheckedConfig> check(const CheckRequest& request);

private:
    // Where in the configuration the checker is, and whose value it reads.
    struct Spot {
        std::string label;   // for messages: "kafka.source.record"
        std::string path;    // for places: "record"
        Place via;           // known: the value is not written here but came through what is named here
        std::string origin;  // of such a value: "parameter `x`", "the default"
        bool secret = false;
        bool written = true;  // false: a declared default
    };

    static Spot member(const Spot& spot, const std::string& name);
    static Spot element(const Spot& spot, std::size_t index);

    // Each returns nullopt after an error.
    std::optional<Json> read(const ParamInfo& param, const YamlNode& raw, Spot spot);
    std::optional<Json> read_typed(const ParamInfo& param, const YamlNode& node, const Spot& spot);
    std::optional<Json> read_simple(const ParamInfo& param, const YamlNode& node, const Spot& spot);
    std::optional<Json> read_record_value(const YamlNode& node, const Spot& spot);
    std::optional<Json> read_codec(const YamlNode& node, const Spot& spot);
    std::optional<Json> read_expression(const YamlNode& node, const Spot& spot);
    std::optional<Json> read_list(const ParamInfo& param, const YamlNode& node, const Spot& spot);
    std::optional<Json> read_map(const ParamInfo& param, const YamlNode& node, const Spot& spot);
    std::optional<Json> read_any_value(const YamlNode& node, const Spot& spot);

    // What an object may hold, and what stands in for what is not written.
    struct Members {
        const std::vector<ParamInfo>& params;
        Place missing_at;
        const Json* defaults = nullptr;
        const std::vector<std::string>* also = nullptr;
        bool partial = false;
    };
    std::optional<Json> read_object(const Members& members, const YamlNode& node, const Spot& spot);
    std::optional<Json> read_primary(const Members& members, const YamlNode& node, const Spot& spot);
    // `there`: the members that are written, misspelt ones included.
    bool fill(const Members& members, const std::set<std::string>& there, const Spot& spot, Json& out);
    bool fill_one(const ParamInfo& param, const Members& members, const Spot& spot, Json& out);
    std::optional<Json> default_of(const ParamInfo& param, const Place& place, const Spot& spot);
    // Returns the member that was probably meant, or "".
    std::string unknown_key(const Members& members, const YamlKey& key, const Spot& spot);
    bool is_allowed(const ParamInfo& param, const Json& value, const YamlNode& node, const Spot& spot);

    Diagnostic& error(Code code, const Spot& spot, const Place& place, const std::string& what);
    Diagnostic& wrong_kind(const Spot& spot, const YamlNode& node, const std::string& expected);

    Parameters& parameters_;
    Records& records_;
    const Catalog& catalog_;
    Diagnostics& diagnostics_;
    std::string subject_;
    CheckedConfig* out_ = nullptr;
};

}  // namespace weir::host
