// A topology as the engine takes it: checked, resolved, in order. No text of YAML is left to interpret.
//
// Ownership: plain values; `op` pointers point into the Catalog, which must outlive the Topology.
// Threads: const access from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/loader/manifest.hpp"
#include "host/topology/diagnostic.hpp"
#include "host/topology/event_time.hpp"
#include "host/topology/restart.hpp"
#include "host/topology/source_file.hpp"
#include "host/topology/source_texts.hpp"
#include "host/topology/stop_above.hpp"
#include "host/topology/trial.hpp"
#include "host/topology/views.hpp"

namespace weir::host {

// The id of the node that `dead_letters:` with a sink makes; no node of a file may have it.
inline constexpr std::string_view kDeadLettersNode = "dead_letters";

// The output port that every operator has besides those of its descriptor.
inline constexpr std::string_view kErrorsPort = "errors";

struct Edge {
    int from_node = 0;  // index into Topology::nodes
    std::string from_port;
    int to_node = 0;
    std::string to_port;
    Place place;  // of the name in `from`; for an edge to dead_letters, of `dead_letters:`
};

// What becomes of the rows that a node refuses.
enum class ErrorsPolicy {
    kStop,         // the topology stops and names the record
    kDeadLetters,  // there is an edge to the node dead_letters
    kLog,
    kDrop,
    kWired,  // another node reads this errors port
};

// A checked configuration and where each of its values was written.
struct CheckedConfig {
    // Every parameter that was given or has a default, typed as weir::host::ParamType says.
    Json value = Json::object();
    // By path, such as `record.n` or `topics[0]`; values that nobody wrote have none.
    std::map<std::string, Place, std::less<>> places;
    // The texts of expressions that are written, by path.
    std::map<std::string, std::string, std::less<>> expressions;
    // Paths whose values are secret; show redacted(value), never value.
    std::set<std::string, std::less<>> secret_paths;
    Place place;  // of the configuration as a whole

    // The place of the value at `path`, or of the nearest value around it.
    Place place_of(std::string_view path) const;
    // Of a part of the expression at `path`.
    Place place_in(std::string_view path, std::size_t offset, std::size_t length) const;
    // `value` with `***` for secrets.
    Json redacted() const;
};

// A line of the clauses as they are written: `set`, `n`, `value::int64`; without a name: `where`, `n > 5`.
struct ClauseText {
    std::string clause, name, text;
};

struct NodeSpec {
    std::string id;
    Place place;  // of the id
    const OperatorInfo* op = nullptr;
    Place op_place;  // of the operator's name
    CheckedConfig config;
    std::vector<std::string> key;  // columns; empty if there is none or the operator computes its own
    Place key_place;               // of what is written behind `key:`
    std::string connection;        // name of a ConnectionSpec, or empty
    ErrorsPolicy errors = ErrorsPolicy::kStop;
    std::string of;                   // not empty: it does the clauses of that node, which is what users know
    std::vector<ClauseText> clauses;  // of a node that does clauses
    std::string tag;                  // the column that says where its rows came from; empty: none
    bool adds_tag = false;            // it adds that column for one edge of the node `of`
    std::optional<EventTimeSpec> event_time;  // of a source with clauses it stands at these
    Json key_expressions;             // of a computed key: what its columns are; null where they are there as they are
    Json key_parameters;              // the values of parameters in these, by name; null where there are none
    std::string renamed_from;         // what users called it before; empty: as now
    Place renamed_from_place;

    // What users call it.
    const std::string& name() const { return of.empty() ? id : of; }
    // The id that it had before it was renamed; of what belongs to a renamed node, too.
    std::string former_id() const { return renamed_from.empty() ? id : renamed_from + id.substr(name().size()); }
};

struct ConnectionSpec {
    std::string name;
    Place place;
    const OperatorInfo* op = nullptr;  // its kind
    CheckedConfig config;
};

enum class Origin { kDefault, kParamsFile, kSet };

struct ResolvedParameter {
    std::string name;
    std::string type;  // as in a file: `int64`, `column`
    Json value;        // a secret one's real value: show shown(), never value
    bool secret = false;
    std::string doc;
    Origin origin = Origin::kDefault;
    Place place;        // of the declaration
    Place value_place;  // of the value that holds
    std::string hidden = {};  // as the file has it, where that is another and --set hides it; `***` for a secret
    std::vector<std::string> outside = {};  // what stands in it: `${env:NAME}`, `${file:PATH}`, `${exec:COMMAND}`

    // The value for display; `***` for a secret.
    std::string shown() const;
    // "default", "--set", or "params.yaml:3"; with what stands in it: "default, ${env:BROKERS}".
    std::string origin_text() const;
};

struct Topology {
    std::string name;
    std::shared_ptr<SourceFile> file;
    std::vector<NodeSpec> nodes;  // each after all those that it reads; sources first, else as written
    std::vector<Edge> edges;      // by to_node, then as written
    std::vector<ConnectionSpec> connections;
    std::vector<ResolvedParameter> parameters;
    std::vector<std::pair<std::string, std::string>> plugin_requirements;  // plugin id, ">=1.2"

    bool exactly_once = false;  // delivery
    Place delivery_place;
    std::chrono::microseconds checkpoint{std::chrono::seconds(1)};
    std::chrono::microseconds checkpoint_timeout{std::chrono::minutes(1)};
    int64_t workers = 0;       // 0: one a core
    int64_t memory_limit = 0;  // bytes; 0: none
    RestartSpec restart;
    TrialSpec trial;
    std::optional<StopAbove> stop_above;  // of dead letters
    std::optional<ServeSpec> serve;
    std::vector<ViewSpec> views;
    std::optional<DashboardSpec> dashboard;

    // The index of the node of that id, or -1.
    int find_node(std::string_view id) const;
    const ConnectionSpec* find_connection(std::string_view connection_name) const;
    const ViewSpec* find_view(std::string_view view_name) const;
};

struct LoadOptions {
    std::vector<std::string> sets;                    // `name=value`, later ones win
    std::vector<std::filesystem::path> params_files;  // later ones win; --set wins over all
    // Names that sets and params files may have although this topology does not: they mean another one that
    // is loaded with it.
    std::set<std::string> declared_elsewhere;
    bool allow_exec = false;  // whether `${exec:COMMAND}` runs its command
    // What the files say, and where that is kept; null: as they are.
    std::shared_ptr<SourceTexts> texts;
    // Where `${env:NAME}` looks; the process environment unless a test says otherwise.
    std::function<std::optional<std::string>(const std::string&)> environment;
};

// Reads and checks one topology file. Besides it, only params files and those of `${file:…}` are read; no
// plugin code runs. All errors of the file are in `diagnostics` afterwards; nullopt if and only if there is
// one.
std::optional<Topology> load_topology(const std::filesystem::path& path, const LoadOptions& options,
                                      const Catalog& catalog, Diagnostics& diagnostics);

// The same for a text already read; `path` is its name in messages and the base of relative paths.
std::optional<Topology> load_topology_text(const std::filesystem::path& path, std::string text,
                                           const LoadOptions& options, const Catalog& catalog,
                                           Diagnostics& diagnostics);

// The name that a file gives its topology. Nothing else of it is checked but that it is YAML.
std::optional<std::string> topology_name(const std::filesystem::path& path, Diagnostics& diagnostics);

}  // namespace weir::host
