// Nodes, connections and dead letters: which operator, which configuration, which connection.
//
// Threads: one, while loading.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/topology/clauses.hpp"
#include "host/topology/config_checker.hpp"
#include "host/topology/graph.hpp"
#include "host/topology/parameters.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

class NodeReader {
public:
    // REQUIRES: all of them outlive this object.
    NodeReader(const Catalog& catalog, Parameters& parameters, ConfigChecker& checker,
               Diagnostics& diagnostics)
        : catalog_(catalog), parameters_(parameters), checker_(checker), diagnostics_(diagnostics) {}

    // In this order; a section that is not there is null.
    void read_connections(const YamlNode* section);
    void read_defaults(const YamlNode* section);
    void read_nodes(const YamlNode& section);
    // Adds the node dead_letters if there is a sink.
    ErrorsRule read_dead_letters(const YamlKey& key, const YamlNode& value);

    std::vector<NodeDraft>& drafts() { return drafts_; }
    // Those without errors.
    std::vector<ConnectionSpec> take_connections() { return std::move(connections_); }
    // `views`: a query that names no connection may be for any.
    void report_unused_connections(const std::vector<ViewSpec>& views);
    // Of all that are named, also those with errors.
    std::vector<std::string> connection_names() const;

private:
    struct Picked {
        const YamlKey* key = nullptr;  // of the operator; null: there is none
        const YamlNode* config = nullptr;
        const OperatorInfo* op = nullptr;        // null: unknown
        bool refused = false;                    // what is wrong is already reported
        const YamlKey* misspelt_from = nullptr;  // a key that was probably meant to be `from`
    };

    void read_connection(const YamlKey& key, const YamlNode& value);
    void unknown_connection_kind(const YamlKey& key, const YamlNode& value);
    void read_node(const YamlKey& key, const YamlNode& value);
    std::string outdented_hint(const std::string& name) const;
    bool check_id(const YamlKey& key);
    Picked pick_operator(const std::string& subject, const YamlNode& map, bool is_node);
    // Returns the name that was probably meant, or "".
    std::string unknown_operator(const std::string& subject, const YamlKey& key, bool is_node,
                                 const OperatorInfo* beside);
    bool refuse_later(const std::string& subject, const YamlKey& key);
    void configure(const std::string& subject, const Picked& picked, NodeSpec& spec);
    std::string choose_connection(const std::string& subject, const Picked& picked);
    std::optional<std::string> named_connection(const std::string& subject, const Picked& picked,
                                                const YamlNode& node);
    void add_with_clauses(const std::string& subject, ClauseReader& clauses, NodeDraft draft);
    void read_tag(const std::string& subject, const YamlNode& map, NodeDraft& draft, ClauseReader& clauses);
    void read_key(const std::string& subject, const YamlNode& map, NodeSpec& spec, ClauseReader& clauses);
    void read_key_columns(const std::string& subject, const YamlNode& node, NodeSpec& spec);

    const Catalog& catalog_;
    Parameters& parameters_;
    ConfigChecker& checker_;
    Diagnostics& diagnostics_;
    std::vector<NodeDraft> drafts_;
    std::vector<ConnectionSpec> connections_;
    // All that are named, also those with errors: the kind, or null where it is unknown.
    std::vector<std::pair<std::string, const OperatorInfo*>> known_connections_;
    std::set<std::string, std::less<>> used_connections_;
    std::map<std::string, Json, std::less<>> defaults_;  // by operator
};

}  // namespace weir::host
