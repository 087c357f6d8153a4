#include "host/topology/language.hpp"

#include <algorithm>
#include <utility>

#include "host/topology/restart.hpp"
#include "host/topology/trial.hpp"
#include "host/topology/views.hpp"

namespace weir::host {
namespace {

ParamInfo setting(std::string name, ParamType type, std::string doc,
                  std::optional<Json> default_value = std::nullopt) {
    ParamInfo info;
    info.name = std::move(name);
    info.type = type;
    info.doc = std::move(doc);
    info.default_value = std::move(default_value);
    return info;
}

std::vector<ParamInfo> make_settings() {
    ParamInfo delivery =
        setting("delivery", ParamType::kString, "What a crash may do to outputs.", "at_least_once");
    delivery.one_of = {"at_least_once", "exactly_once"};
    return {
        setting("name", ParamType::kString, "The topology's name; without it, that of the file."),
        std::move(delivery),
        setting("checkpoint", ParamType::kDuration, "The time between two checkpoints.", "1s"),
        setting("checkpoint_timeout", ParamType::kDuration, "A checkpoint that takes longer is warned of.", "1m"),
        setting("workers", ParamType::kInt64, "Worker threads; 0 is one a core.", 0),
        setting("memory_limit", ParamType::kBytes, "The memory that state may take; what has not come for long leaves it."),
        restart_setting(),
        trial_setting(),
        serve_setting(),
    };
}

}  // namespace

const std::vector<ParamInfo>& top_level_settings() {
    static const std::vector<ParamInfo> settings = make_settings();
    return settings;
}

const std::vector<Word>& top_level_sections() {
    static const std::vector<Word> words = {
        {"parameters",
         "What a run may choose: a bare value (default and type), or "
         "`{ type, default, one_of, secret, doc }`. `$name` stands for the value."},
        {"connections",
         "What operators share to reach a server. The key is the kind, or a name with the kind inside: "
         "`{ main: { kafka: { … } } }`."},
        {"nodes", "The dataflow: each node reads others (`from`) and has one operator."},
        {"dead_letters",
         "Where rows go that a node refuses: a sink, `log` or `drop`. Without it the topology stops."},
        {"records", "Record schemas by name: `{ column: type }`, or the path of a file that holds the columns."},
        {"plugins", "The plugin versions that this file needs: `{ acme: \">=1.2\" }`."},
        {"include", "Files whose sections are part of this topology: a path, or a list, relative to this file. What is said here wins."},
        {"views",
         "What can be asked by HTTP, by name: a query, `{ args: { … }, sql: … }`, or the rows of a node, `{ latest: NODE, rows: N }`."},
        {"dashboard", "The page that shows the views: `{ title, refresh, panels }`."},
        {"defaults", "Parameters for every use of an operator: `{ kafka.sink: { compression: lz4 } }`."},
    };
    return words;
}

const std::vector<Word>& node_keys() {
    static const std::vector<Word> words = {
        {"from",
         "What the node reads: `a`, `a.port`, `[a, b]`, or `{ left: a, right: b }` for named inputs."},
        {"tag",
         "A column that is added with where each row came from: the node, or `node.port`, as `from` names it."},
        {"key",
         "The columns that rows belong together by, for operators with state: `[a, b]`, or computed, `{ name: expression }`. "
         "`[]`: all rows are one key, on one worker."},
        {"event_time",
         "When what a row tells of was: the column that says it, and how long to wait for rows that come late. docs/event-time.md"},
        {"renamed_from", "The id that the node had: it goes on with the state and the positions that were kept under that."},
        {"where", "A condition, in SQL: rows for which it is not true are left out."},
        {"set", "Columns that are added or replaced: `{ name: expression }`."},
        {"select", "The columns that go on, `[a, b]`, or what is made of them, `{ name: expression }`."},
        {"check", "Rules, `{ name: condition }`: rows that do not meet one go to `errors` with its name."},
    };
    return words;
}

bool is_clause(std::string_view node_key) {
    return node_key == "where" || node_key == "set" || node_key == "select" || node_key == "check";
}

const std::vector<Word>& later_operators() {
    static const std::vector<Word> words = {{"window", "windows"}};
    return words;
}

const Word* find_word(const std::vector<Word>& words, std::string_view name) {
    const auto found =
        std::find_if(words.begin(), words.end(), [&](const Word& w) { return w.name == name; });
    return found == words.end() ? nullptr : &*found;
}

std::vector<std::string> names_of(const std::vector<Word>& words) {
    std::vector<std::string> names;
    for (const Word& word : words) names.push_back(word.name);
    return names;
}

}  // namespace weir::host
