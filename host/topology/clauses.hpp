// The clauses of a node, `where`, `set`, `select` and `check`, and keys that are computed: what they become is a node of its
// own before the node's operator (behind it, for a source), with the operator `clauses` and an id that no file can have.
//
// Threads: one, while loading.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/topology/config_checker.hpp"
#include "host/topology/topology.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

inline constexpr std::string_view kClausesOperator = "clauses";
// Behind a node's id it makes that of the node that does its clauses; no id that is written has a slash.
inline constexpr std::string_view kHiddenSuffix = "/clauses";

class ClauseReader {
public:
    // REQUIRES: all of them outlive this object. `subject` begins messages.
    ClauseReader(const Catalog& catalog, ConfigChecker& checker, Diagnostics& diagnostics, std::string subject)
        : catalog_(catalog), checker_(checker), diagnostics_(diagnostics), subject_(std::move(subject)) {}

    // The clauses of a node, in the order in which they are written, and then the columns of a computed key.
    void read(const YamlNode& node);
    // Of a node that only says something of its rows, by `key`: all of them pass.
    void pass(const YamlKey& key);
    // Of a key that is a mapping: the columns that it makes. The values of the parameters in it, by name; null: there are none.
    Json read_key(const YamlKey& key, const YamlNode& columns);

    // The operator that does clauses, for `key`; null, after an error, where it is not present.
    const OperatorInfo* find_operator(const YamlKey& key);

    // Whether there is anything to do.
    bool any() const { return first_.has_value(); }
    // The key of the first clause. REQUIRES: any().
    const YamlKey& first() const { return *first_; }
    // The node that does it, with neither id nor place. `op` is null where something was wrong, which was reported.
    NodeSpec take();

private:
    void add(const YamlKey& key, const YamlNode& value);
    void add_step(const YamlKey& key, const std::vector<ParamInfo>& params, const YamlNode& value, const std::string& member);
    bool check_names(const YamlKey& key, const YamlNode& map);
    void add_text(const YamlKey& key, const YamlNode& value);

    const Catalog& catalog_;
    ConfigChecker& checker_;
    Diagnostics& diagnostics_;
    std::string subject_;
    std::optional<YamlKey> first_;
    NodeSpec spec_;
    bool good_ = true;
};

}  // namespace weir::host
