// What a host notes of a topology that it runs, so that a host that begins after it goes on with the same graph: all that the
// graph was made of, but for secrets, and the change that is on trial, if one is.
//
// Plain values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/result.hpp>

#include "host/cli/arguments.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

// Of `name=value`.
inline std::string set_name(const std::string& set) { return set.substr(0, set.find('=')); }

// A graph, as it was given. What was read from files stands here as it was read, so that files may change meanwhile. Values of
// secret parameters (--set) are left out, and so are files that have a secret in them: of these a digest is kept, by which it is
// known whether they are still what was read.
struct RecordedGraph {
    std::filesystem::path file;
    std::vector<std::string> sets;     // `name=value`
    std::vector<std::string> secrets;  // names of parameters whose values are not kept
    std::vector<std::filesystem::path> params_files;
    PluginDirs plugin_dirs;
    PluginBuilds builds;  // that it is of, but for what is built in
    bool allow_exec = false;
    SourceTexts::Texts texts;
    std::map<std::string, std::string> digests;  // SHA-256 in hexadecimal digits, by path

    Json json() const;
    static Result<RecordedGraph> read(const Json& json);
    // By which epochs tell whose they are: equal for what is equal. 32 hexadecimal digits.
    std::string id() const;
};

// `given`: with the texts that were read. Its paths become absolute.
RecordedGraph record_graph(const TopologyArguments& given, const Topology& topology, PluginBuilds builds = {});

// What the parameters of the graph are set to again; `given`: as `sets` below.
Result<std::vector<std::string>> sets_again(const RecordedGraph& graph, const std::vector<std::string>& given);

// What the graph is begun with again. `sets` are those of the host that begins it: of them it takes its secrets. So are
// `plugin_dirs`, which come before those that it was given. With the plugins that are there now. WEIR_E_CONFIG: a secret is not given, or a file with one is another now.
Result<TopologyArguments> given_again(const RecordedGraph& graph, const std::vector<std::string>& sets, const PluginDirs& plugin_dirs);

// What became of a change.
struct LastChange {
    std::string id;      // that the one who asked gave it, or empty
    std::string result;  // kTaken and so on
    std::string why;     // it was not taken
    std::string file;
    int64_t time = 0;    // microseconds since 1970

    static constexpr const char* kTaken = "taken";
    static constexpr const char* kRolledBack = "rolled_back";
    static constexpr const char* kDied = "died";  // the host did, while it was on trial
};

enum class Standing {
    kRuns,
    kStopped,  // by a user, until one begins it again
    kEnded,    // by itself; noted as long as its host runs
};

struct RunRecord {
    std::string topology;
    std::string host;  // which host runs it: the same after it has died and was begun again
    Standing standing = Standing::kRuns;
    RecordedGraph graph;
    // On trial, or a trial whose end could not be noted: whether it was taken is known by the last epoch.
    struct Trial {
        RecordedGraph graph;
        std::string id;
    };
    std::optional<Trial> trial;
    std::optional<LastChange> last_change;

    std::string text() const;
    static Result<RunRecord> read(const std::string& text);
};

// SHA-256 in hexadecimal digits.
std::string digest_of(std::string_view text);

}  // namespace weir::host
