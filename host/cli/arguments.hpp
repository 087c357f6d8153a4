// The command line as the commands take it: parsed and typed. parse.cpp fills these, once.
//
// Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/topology/source_texts.hpp"

namespace weir::host {

using PluginDirs = std::vector<std::filesystem::path>;  // --plugin-dir, in order
using PluginBuilds = std::map<std::string, std::string>;  // names of copies in the staging folder, by plugin id

enum class Format { kText, kJson };  // kText is `table` for lists

// A run may be started together with its server; who asks something waits for an answer.
inline constexpr std::chrono::microseconds kDefaultConnectTimeout = std::chrono::seconds(30);
inline constexpr std::chrono::microseconds kToolConnectTimeout = std::chrono::seconds(5);

// What `run` and `lint` share: which topologies, with which values.
struct TopologyArguments {
    std::vector<std::filesystem::path> files;
    std::vector<std::string> sets;  // `name=value`
    std::vector<std::filesystem::path> params_files;
    std::vector<std::string> may_lack;  // names that sets and params files may have though no file declares them
    bool allow_exec = false;
    PluginDirs plugin_dirs;
    PluginBuilds builds;                 // that take the place of those that are found
    std::shared_ptr<SourceTexts> texts;  // what the files say, of one topology; null: as they are
};

// Where a host is asked over TCP, and by whom.
struct ListenArguments {
    std::string address;  // HOST:PORT; empty: nowhere
    std::filesystem::path token_file, certificate, key;  // empty: none
    std::vector<std::string> hosts;                      // names by which requests may call it
};

struct RunArguments {
    TopologyArguments topologies;
    ListenArguments listen;
    std::optional<std::chrono::microseconds> duration;  // --for
    std::optional<int64_t> records;
    std::chrono::microseconds connect_timeout = kDefaultConnectTimeout;
    std::filesystem::path stats_json;  // empty: none
    std::filesystem::path data_dir;       // empty: the default, where state is worth keeping
    std::vector<std::string> allow_loss;  // nodes
    bool reset = false;
    bool from_group = false;
    std::string savepoint;  // to begin from; empty: none
    bool watch = false;
    bool stay = false;
    bool supervise = false;
    std::vector<std::string> words;  // the command line, from its first word on
    bool quiet = false;
    std::string log_level = "info";
};

// Of hosts that run, in whose data directory.
struct StatusArguments {
    std::string topology;  // empty: all
    std::filesystem::path data_dir;
    Format format = Format::kText;
};

struct ChangeArguments {
    std::filesystem::path file;
    std::vector<std::string> sets;  // `name=value`
    std::vector<std::filesystem::path> params_files;
    std::vector<std::string> allow_loss;  // nodes
    std::chrono::microseconds trial{0};
    bool add = false;
    std::filesystem::path data_dir;
    Format format = Format::kText;
};

struct SetArguments {
    std::string topology;
    std::vector<std::string> sets;
    std::filesystem::path data_dir;
    Format format = Format::kText;
};

struct HoldArguments {
    std::string topology;
    std::filesystem::path data_dir;
};

// What `--savepoint` without a name stands for; no savepoint is called so.
inline constexpr const char* kSavepointOfNow = "*";

struct StopArguments {
    std::string topology;
    bool drain = false;
    std::string savepoint;  // empty: none
    std::filesystem::path data_dir;
};

struct RemoveArguments {
    std::string topology;
    bool drain = false;
    std::filesystem::path data_dir;
};

struct TapArguments {
    std::string point;     // NODE or NODE.PORT
    std::string topology;  // empty: the one that has the node
    std::string where;     // empty: all rows
    std::optional<int64_t> records;
    std::filesystem::path data_dir;
};

struct TopArguments {
    std::string topology;  // empty: all
    std::chrono::microseconds interval = std::chrono::seconds(1);
    std::optional<int64_t> times;  // none: without end
    std::filesystem::path data_dir;
};

struct LogsArguments {
    std::string node, topology;  // empty: of any
    bool follow = false;
    int64_t last = 100;
    std::filesystem::path data_dir;
    Format format = Format::kText;
};

struct WhyArguments {
    std::string subject;   // a topology, or a record as NODE@PARTITION:OFFSET; empty: the only one
    std::string topology;  // that has the record's node; empty: the one that has it
    std::filesystem::path data_dir;
    Format format = Format::kText;
};

struct SeekArguments {
    std::string node, topology;  // the latter empty: the one that has the node
    std::vector<std::string> to;
    bool dry_run = false;
    std::filesystem::path data_dir;
    Format format = Format::kText;
};

enum class LintFormat { kText, kJson, kGithub };

struct LintArguments {
    TopologyArguments topologies;  // files and folders
    LintFormat format = LintFormat::kText;
    bool deep = false;       // connect, and look at what the nodes name on servers
    std::chrono::microseconds connect_timeout = kToolConnectTimeout;
    std::string explain;     // a code
    bool reference = false;  // all codes
};

struct TestArguments {
    std::vector<std::filesystem::path> files;
    PluginDirs plugin_dirs;
    std::string filter;  // empty: all cases
    std::optional<uint64_t> seed;
    int64_t runs = 5;
    std::filesystem::path junit;  // empty: none
    bool update = false;
};

struct ExplainArguments {
    TopologyArguments topologies;
    Format format = Format::kText;
};

struct GraphArguments {
    TopologyArguments topologies;
    bool dot = false;  // otherwise Mermaid
};

struct EvalArguments {
    std::string expression;
    std::string row = "{}";         // JSON
    std::vector<std::string> sets;  // `name=value`
    bool reference = false;
};

struct PluginLsArguments {
    PluginDirs plugin_dirs;
    bool verbose = false;
    Format format = Format::kText;
};

struct PluginGenerationsArguments {
    std::filesystem::path data_dir;
    Format format = Format::kText;
};

struct PluginFileArguments {
    std::filesystem::path file;
    bool write = false;
};

struct TopologySchemaArguments {
    PluginDirs plugin_dirs;
};

struct TopologyDocsArguments {
    PluginDirs plugin_dirs;
    std::string name;  // of an operator; empty: all
    bool markdown = false;
    bool aggregates = false;  // of all aggregates, as Markdown
};

struct TopologyNewArguments {
    PluginDirs plugin_dirs;
    std::string name = "my-topology";
    std::string from = "generate", to = "console";  // operators
};

// What the `topic` commands share: whose topics.
struct ClusterArguments {
    std::string brokers;  // --brokers, or WEIR_BROKERS
    PluginDirs plugin_dirs;
    std::chrono::microseconds connect_timeout = kToolConnectTimeout;
};

struct TopicLsArguments {
    ClusterArguments cluster;
    Format format = Format::kText;
};

struct TopicCreateArguments {
    ClusterArguments cluster;
    std::vector<std::string> topics;
    int32_t partitions = 0;   // 0: the broker's default
    int32_t replication = 0;  // 0: the broker's default
};

enum class TailFormat { kText, kPayload, kJson };

struct TopicTailArguments {
    ClusterArguments cluster;
    std::string topic;
    bool from_start = false;
    TailFormat format = TailFormat::kText;
    std::optional<int64_t> records;
};

struct TopicProduceArguments {
    ClusterArguments cluster;
    std::string topic;
    std::string key_separator;  // empty: records have no key
};

// What the `dlq` commands share: which topic of dead letters, and which of them.
struct DlqArguments {
    TopologyArguments topology;  // at most one file: whose dead letters
    ClusterArguments cluster;    // otherwise --topic and --brokers
    std::string topic;
    std::string node, code;  // empty: of any
    std::string at;          // PARTITION/OFFSET; empty: all
    Format format = Format::kText;
};

struct DlqShowArguments {
    DlqArguments letters;
    int64_t count = 10;
};

struct DlqReplayArguments {
    DlqArguments letters;
    std::string to;  // a topic; empty: where each came from
    bool dry_run = false;
    bool again = false;  // also those that were replayed before
};

struct BrokerArguments {
    std::vector<std::string> topics;  // `name` or `name:partitions`
    PluginDirs plugin_dirs;
};

// What the `savepoint` commands share.
struct SavepointArguments {
    std::filesystem::path data_dir;  // empty: the default
    std::string topology, name;      // empty: all; of now
    bool replace = false;
    Format format = Format::kText;
};

// What the `state` commands share.
struct StateArguments {
    std::filesystem::path data_dir;  // empty: the default
    std::string topology, node, key;
    std::string savepoint;  // empty: the state itself
    std::string prefix;
    int64_t limit = 100;
    Format format = Format::kText;
};

}  // namespace weir::host
