// The command line: every command, its options and its help. What they do is elsewhere (commands.hpp).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <weir/abi.h>

#include "host/cli/command_group.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/completion.hpp"
#include "host/cli/logging.hpp"
#include "host/cli/options.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

constexpr size_t kHelpColumn = 32;

// All commands on one CLI::App; parsing leaves the chosen one in action().
class CommandLine : private CommandGroup {
public:
    explicit CommandLine(Terminal& terminal) : CommandGroup(terminal) {
        app_.name("weir");
        app_.get_formatter()->column_width(kHelpColumn);
        app_.footer("Examples:\n"
                    "  weir run topologies/pair-match.yaml --for 10s\n"
                    "  weir lint topologies\n"
                    "  weir plugin ls\n"
                    "`weir COMMAND --help` explains each command.");
        app_.set_version_flag("--version", version());
        app_.require_subcommand(1);
        add_run();
        add_lint();
        add_test();
        add_explain();
        add_eval();
        add_plugin();
        add_topology();
        add_topic();
        add_dlq();
        add_broker();
        state_commands_.add(*this, app_);
        control_commands_.add(*this, app_);
        watch_commands_.add(*this, app_);
        CLI::App& completion = command(app_, "completion", "Print a script by which a shell completes commands, options and names",
                                       "source <(weir completion bash)\nweir completion zsh > ~/.zfunc/_weir",
                                       [this] { terminal_.print(completion_script(shell_)); return kExitOk; });
        completion.add_option("SHELL", shell_, "The shell")->required()->check(is_one_of({"bash", "zsh"}))->type_name("bash|zsh");
        command(app_, "version", "Print the version of weir and of its plugin ABI", "weir version",
                [this] { terminal_.print(version()); return kExitOk; });
    }

    CLI::App& app() { return app_; }
    using CommandGroup::action;
    void set_words(std::vector<std::string> words) { run_.words = std::move(words); }
    // Which log lines are shown.
    std::string log_level() const { return is_run_ && !run_.quiet ? run_.log_level : "warning"; }

private:
    static std::string version() {
        return fmt::format("weir {} (plugin ABI {}.{})", WEIR_VERSION, WEIR_ABI_MAJOR, WEIR_ABI_MINOR);
    }

    void add_run() {
        CLI::App& run = command(app_, "run", "Run topologies until their input ends, or a signal comes",
                                "weir run topologies/pair-match.yaml\n"
                                "weir run topologies/pair-match.yaml topologies/pair-match-producer.yaml --for 10s\n"
                                "weir run topologies/pair-match.yaml --set brokers=localhost:9092 --set pair_sum=10\n"
                                "weir run --data-dir /var/lib/weir --supervise",
                                nullptr);
        run.preparse_callback([this](size_t) { is_run_ = true; });
        const CLI::Option* files = add_lasting_topologies(run, run_.topologies);
        run.callback([this, files] {
            if (files->count() == 0 && run_.data_dir.empty() && !run_.stay) throw CLI::RequiredError("FILE");
            action_ = [this] { return run_command(run_, terminal_); };
        });
        add_duration(run, "--for", [this](auto d) { run_.duration = d; },
                     "End after so long, as at the end of the input: 10s, 5m");
        run.add_option("--records", run_.records, "End after so many records, of each topology")
            ->check(is_positive())
            ->type_name("N");
        add_duration(run, "--connect-timeout", [this](auto d) { run_.connect_timeout = d; },
                     "How long to try to reach a server (30s)");
        run.add_option("--data-dir", run_.data_dir, "Where state is kept (~/.local/state/weir)")->type_name("DIR");
        run.add_flag("--reset", run_.reset, "Forget the topologies' state, and begin as configured");
        run.add_option("--savepoint", run_.savepoint, "Begin from a savepoint; with --reset instead of the state there is")
            ->type_name("NAME");
        run.add_flag("--from-group", run_.from_group,
                     "Begin where the consumer group is, though there is no state that goes with it");
        add_each(run, "--allow-loss", run_.allow_loss, "Give up what a node kept that is gone, or columns that a node keeps no more")
            ->type_name("NODE");
        run.add_option("--stats-json", run_.stats_json, "Write CPU, rate and memory of the first topology to a file")
            ->check(is_not_empty())
            ->type_name("FILE");
        add_listen(run, run_.listen);
        run.add_flag("--watch", run_.watch, "Apply changes of the files, of params files and plugins as they come");
        run.add_flag("--stay", run_.stay, "Stay when nothing runs any more, for `weir apply --add`; as without files");
        run.add_flag("--supervise", run_.supervise, "Begin the host again when its process dies; --for counts anew then");
        run.add_flag("--quiet", run_.quiet, "Only warnings and errors");
        run.add_option("--log-level", run_.log_level, "Which log lines to show (info)")
            ->check(is_one_of(log_level_names()))
            ->type_name("debug|info|warning|error");
    }

    void add_lint() {
        CLI::App& lint = command(app_, "lint", "Check topologies and say all that is wrong; nothing is started",
                                 "weir lint topologies\n"
                                 "weir lint orders.yaml --set group_by=region --format json\n"
                                 "weir lint topologies --deep --set brokers=localhost:9092\n"
                                 "weir lint --explain yaml-comma",
                                 nullptr);
        const CLI::Option* files = add_lint_options(lint, lint_);
        lint.callback([this, files] {
            if (files->count() == 0 && lint_.explain.empty() && !lint_.reference) throw CLI::RequiredError("FILE");
            action_ = [this] { return lint_command(lint_, terminal_); };
        });
    }

    void add_test() {
        CLI::App& test = command(app_, "test", "Run topologies against what their tests expect; nothing outside is touched",
                                 "weir test topologies/*.test.yaml\n"
                                 "weir test orders.test.yaml --filter \"bad line\" --seed 7",
                                 [this] { return test_command(test_, terminal_); });
        test.add_option("FILE", test_.files, "Test files, or folders of them")->required()->type_name("");
        test.add_option("--filter", test_.filter, "Only cases with this text in `FILE: NAME`")->type_name("TEXT");
        test.add_option("--seed", test_.seed, "The orders of a run before; it prints its seed")->type_name("N");
        test.add_option("--runs", test_.runs, "How often each case runs: as it stands, then in drawn orders (5)")
            ->check(is_positive())
            ->type_name("N");
        test.add_flag("--update", test_.update, "Write what came into the files, where it is not as expected");
        test.add_option("--junit", test_.junit, "Write the results as JUnit's XML, too")
            ->check(is_not_empty())
            ->type_name("FILE");
        add_plugin_dirs(test, test_.plugin_dirs);
    }

    void add_explain() {
        CLI::App& explain = command(app_, "explain", "Show a topology as it would run: types on edges, keys, exchanges, state",
                                    "weir explain topologies/pair-match.yaml\nweir explain orders.yaml --format json",
                                    [this] { return explain_command(explain_, terminal_); });
        add_topologies(explain, explain_.topologies);
        add_format(explain, explain_.format, "text");
        CLI::App& graph = command(app_, "graph", "Print a topology's graph, with the types on its edges",
                                  "weir graph topologies/pair-match.yaml\nweir graph orders.yaml --format dot | dot -Tsvg",
                                  [this] { return graph_command(graph_, terminal_); });
        add_topologies(graph, graph_.topologies);
        graph.add_option_function<std::string>("--format", [this](auto& format) { graph_.dot = format == "dot"; },
                                               "Output format (mermaid)")
            ->check(is_one_of({"mermaid", "dot"}))
            ->type_name("mermaid|dot");
    }

    void add_eval() {
        CLI::App& eval = command(app_, "eval", "Evaluate an expression, as of clauses in topologies",
                                 "weir eval '1 + 2'\n"
                                 "weir eval 'upper(user.name)' --row '{\"user\": {\"name\": \"Ann\"}}'\n"
                                 "weir eval 'price > $limit' --row '{\"price\": 12.5}' --set limit=10",
                                 [this] { return eval_command(eval_, terminal_); });
        CLI::Option* text = eval.add_option("EXPRESSION", eval_.expression, "The expression")->type_name("");
        eval.add_option("--row", eval_.row, "The row, an object; its values say the columns' types")->type_name("JSON");
        add_each(eval, "--set", eval_.sets, "Set a parameter")->type_name("NAME=VALUE");
        CLI::Option* reference = eval.add_flag("--reference", eval_.reference, "Print all functions, as Markdown");
        eval.callback([this, text, reference] {
            if (text->count() == 0 && reference->count() == 0) throw CLI::RequiredError("EXPRESSION");
            action_ = [this] { return eval_command(eval_, terminal_); };
        });
    }

    void add_plugin() {
        CLI::App& plugin = group(app_, "plugin", "Plugins: what there is, and whether it is right",
                                 "weir plugin ls -v\nweir plugin check build/acme.so");
        plugin.require_subcommand(1);
        CLI::App& ls = command(plugin, "ls", "List the plugins and their operators, without running them",
                               "weir plugin ls\nweir plugin ls -v\nweir plugin ls --format json --plugin-dir build",
                               [this] { return plugin_ls_command(plugin_ls_, terminal_); });
        ls.add_flag("-v,--verbose", plugin_ls_.verbose, "With operators, parameters and documentation");
        add_format(ls, plugin_ls_.format, "table");
        add_plugin_dirs(ls, plugin_ls_.plugin_dirs);
        CLI::App& generations = command(plugin, "generations", "Show the builds of plugins that running hosts have in memory, and who uses them",
                                        "weir plugin generations\nweir plugin generations --format json",
                                        [this] { return plugin_generations_command(plugin_generations_, terminal_); });
        add_data_dir(generations, plugin_generations_.data_dir);
        add_format(generations, plugin_generations_.format, "table");
        CLI::App& manifest = command(plugin, "manifest", "Show a plugin's description, or write it into its file",
                                     "weir plugin manifest build/acme.so\nweir plugin manifest build/acme.so --write",
                                     [this] { return plugin_manifest_command(plugin_file_, terminal_); });
        manifest.add_option("FILE", plugin_file_.file, "The plugin")->required()->type_name("");
        manifest.add_flag("--write", plugin_file_.write, "Write it into the section .weir.manifest");
        CLI::App& check = command(plugin, "check", "Load a plugin and say what the host would refuse",
                                  "weir plugin check build/acme.so",
                                  [this] { return plugin_check_command(plugin_file_, terminal_); });
        check.add_option("FILE", plugin_file_.file, "The plugin")->required()->type_name("");
    }

    void add_topology() {
        CLI::App& topology = group(app_, "topology", "About topology files",
                                   "weir topology new orders\nweir topology docs kafka.source");
        topology.require_subcommand(1);
        add_topology_options(
            command(topology, "new", "Write a topology to begin with, with comments: NAME.yaml",
                    "weir topology new orders\nweir topology new orders --from kafka.source --to kafka.sink",
                    [this] { return topology_new_command(topology_new_, terminal_); }),
            topology_new_);
        add_topology_options(
            command(topology, "docs", "Explain an operator and its parameters; without one, list all",
                    "weir topology docs\nweir topology docs kafka.source\nweir topology docs --format markdown > docs/operators.md",
                    [this] { return topology_docs_command(topology_docs_, terminal_); }),
            topology_docs_);
        CLI::App& schema = command(topology, "schema", "Print the JSON Schema of topology files, for editors",
                                   "weir topology schema > schemas/topology.schema.json",
                                   [this] { return topology_schema_command(schema_, terminal_); });
        add_plugin_dirs(schema, schema_.plugin_dirs);
    }

    void add_topic() {
        CLI::App& topic = group(app_, "topic", "Topics of a message cluster",
                                "weir topic ls --brokers localhost:9092\n"
                                "weir topic tail enriched-topic --from start -n 10");
        topic.require_subcommand(1);
        CLI::App& ls = command(topic, "ls", "List the topics", "weir topic ls --brokers localhost:9092 --format json",
                               [this] { return topic_ls_command(topic_ls_, terminal_); });
        add_format(ls, topic_ls_.format, "table");
        add_cluster(ls, topic_ls_.cluster);
        CLI::App& create = command(topic, "create", "Create topics",
                                   "weir topic create orders --partitions 8\nweir topic create a:4 b:1",
                                   [this] { return topic_create_command(topic_create_, terminal_); });
        create.add_option("TOPIC", topic_create_.topics, "NAME or NAME:PARTITIONS")->required()->type_name("");
        create.add_option("--partitions", topic_create_.partitions, "Partitions of each (the broker's default)")
            ->check(is_positive())
            ->type_name("N");
        create.add_option("--replication", topic_create_.replication, "Copies of each (the broker's default)")
            ->check(is_positive())
            ->type_name("N");
        add_cluster(create, topic_create_.cluster);
        add_tail_and_produce(topic);
    }

    static TailFormat tail_format(const std::string& name) {
        return name == "json" ? TailFormat::kJson : name == "payload" ? TailFormat::kPayload : TailFormat::kText;
    }

    void add_tail_and_produce(CLI::App& topic) {
        CLI::App& tail = command(topic, "tail", "Print records as they arrive",
                                 "weir topic tail enriched-topic\n"
                                 "weir topic tail orders --from start -n 10 --format payload | jq .amount",
                                 [this] { return topic_tail_command(topic_tail_, terminal_); });
        tail.add_option("TOPIC", topic_tail_.topic, "The topic")->required()->type_name("");
        tail.add_option_function<std::string>("--from", [this](auto& from) { topic_tail_.from_start = from == "start"; },
                                              "Where to begin (end)")
            ->check(is_one_of({"start", "end"}))
            ->type_name("start|end");
        tail.add_option("-n", topic_tail_.records, "End after so many records")
            ->check(is_positive())
            ->type_name("N");
        add_cluster(tail, topic_tail_.cluster);
        tail.add_option_function<std::string>("--format", [this](auto& format) { topic_tail_.format = tail_format(format); },
                                              "Payloads behind partition, key and headers, alone, or whole records (text)")
            ->check(is_one_of({"text", "payload", "json"}))
            ->type_name("text|payload|json");
        CLI::App& produce = command(topic, "produce", "Write each line of standard input as a record",
                                    "seq 0 12 | weir topic produce raw-topic\n"
                                    "echo 'k1:7' | weir topic produce raw-topic --key-separator :",
                                    [this] { return topic_produce_command(topic_produce_, terminal_); });
        produce.add_option("TOPIC", topic_produce_.topic, "The topic")->required()->type_name("");
        produce.add_option("--key-separator", topic_produce_.key_separator,
                           "What separates key and value; without it records have no key")
            ->type_name("TEXT");
        add_cluster(produce, topic_produce_.cluster);
    }

    void add_dlq() {
        CLI::App& dlq = group(app_, "dlq", "Dead letters: how many, what is wrong with them, and back to where they came from",
                              "weir dlq ls orders.yaml\nweir dlq replay --topic orders-dlq --brokers localhost:9092 --dry-run");
        dlq.require_subcommand(1);
        add_dlq_options(command(dlq, "ls", "Count them by node, code and field", "weir dlq ls orders.yaml --set brokers=localhost:9092",
                                [this] { return dlq_ls_command(dlq_ls_, terminal_); }),
                        dlq_ls_);
        CLI::App& show = command(dlq, "show", "Show the newest with payload and headers",
                                 "weir dlq show orders.yaml --node parsed -n 1\nweir dlq show orders.yaml --at 0/12",
                                 [this] { return dlq_show_command(dlq_show_, terminal_); });
        add_dlq_options(show, dlq_show_.letters);
        show.add_option("-n", dlq_show_.count, "So many (10)")->check(is_positive())->type_name("N");
        CLI::App& replay = command(dlq, "replay", "Write them back as they were, each once, to the topic each came from",
                                   "weir dlq replay orders.yaml --node parsed --code decode --dry-run\n"
                                   "weir dlq replay orders.yaml --to orders-again",
                                   [this] { return dlq_replay_command(dlq_replay_, terminal_); });
        add_dlq_options(replay, dlq_replay_.letters);
        replay.add_option("--to", dlq_replay_.to, "To this topic instead")->type_name("TOPIC");
        replay.add_flag("--dry-run", dlq_replay_.dry_run, "Only say what would be written, and where");
        replay.add_flag("--again", dlq_replay_.again, "Also those that were replayed before");
    }

    void add_broker() {
        CLI::App& broker = command(app_, "broker", "Run the embedded broker until a signal comes, for several terminals",
                                   "weir broker\nweir broker --topic raw-topic:4 --topic enriched-topic:4",
                                   [this] { return broker_command(broker_, terminal_); });
        add_each(broker, "--topic", broker_.topics, "Create a topic")->type_name("NAME:PARTITIONS");
        add_plugin_dirs(broker, broker_.plugin_dirs);
    }

    CLI::App app_{"A dataflow plugin host: runs topologies of plugins that YAML files describe"};
    bool is_run_ = false;
    std::string shell_;  // of `completion`
    RunArguments run_;
    LintArguments lint_;
    TestArguments test_;
    ExplainArguments explain_;
    GraphArguments graph_;
    EvalArguments eval_;
    StateCommands state_commands_;
    ControlCommands control_commands_;
    WatchCommands watch_commands_;
    PluginLsArguments plugin_ls_;
    PluginGenerationsArguments plugin_generations_;
    PluginFileArguments plugin_file_;
    TopologySchemaArguments schema_;
    TopologyNewArguments topology_new_;
    TopologyDocsArguments topology_docs_;
    TopicLsArguments topic_ls_;
    TopicCreateArguments topic_create_;
    TopicTailArguments topic_tail_;
    TopicProduceArguments topic_produce_;
    DlqArguments dlq_ls_;
    DlqShowArguments dlq_show_;
    DlqReplayArguments dlq_replay_;
    BrokerArguments broker_;
};

// The command that was meant, as far as the names go; `index` is left at the first argument that is no command.
CLI::App* innermost(CLI::App* app, const std::vector<std::string>& words, size_t& index) {
    for (index = 0; index < words.size(); ++index) {
        CLI::App* next = nullptr;
        for (CLI::App* sub : app->get_subcommands([](CLI::App*) { return true; }))
            if (sub->get_name() == words[index]) next = sub;
        if (next == nullptr) break;
        app = next;
    }
    return app;
}

std::string full_name(const CLI::App* app) {
    return app->get_parent() == nullptr ? app->get_name() : full_name(app->get_parent()) + " " + app->get_name();
}

std::string help_of(CLI::App* app) {
    return app->help(app->get_parent() == nullptr ? "" : full_name(app->get_parent()));
}

std::string nearest_text(const std::string& name, const std::vector<std::string>& names) {
    const std::string nearest = nearest_name(name, names);
    return nearest.empty() ? "" : fmt::format("; nearest: `{}`", nearest);
}

// What is wrong with words that no command and no option takes.
std::optional<std::string> wrong_word(CLI::App* app, const std::vector<std::string>& words, size_t index) {
    const auto commands = app->get_subcommands([](CLI::App*) { return true; });
    if (!commands.empty() && index < words.size() && !words[index].starts_with('-')) {
        std::vector<std::string> names;
        for (const CLI::App* sub : commands) names.push_back(sub->get_name());
        return fmt::format("there is no command `{}`; expected: {}{}", words[index], one_of_text(names),
                           nearest_text(words[index], names));
    }
    std::vector<std::string> names;
    for (const CLI::Option* option : app->get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (size_t i = index; i < words.size() && words[i] != "--"; ++i) {
        const std::string name = words[i].substr(0, words[i].find('='));
        if (name.starts_with("--") && app->get_option_no_throw(name) == nullptr)
            return fmt::format("there is no option `{}`{}", name, nearest_text(name, names));
    }
    return std::nullopt;
}

int refuse(const CLI::App* app, const std::string& what, Terminal& terminal) {
    const std::string name = full_name(app);
    terminal.message(fmt::format("{}: {}\n   see: {} --help", name, what, name));
    return kExitUsage;
}

// A descriptor of the standard ones that is closed would be given to the next file that is opened. What takes its place
// fails as it would: input cannot be read, output cannot be written.
void reserve_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
}

int run_command_line(int argc, const char* const* argv, Terminal& terminal) {
    CommandLine line(terminal);
    const std::vector<std::string> words(argv + 1, argv + argc);
    line.set_words({argv, argv + argc});
    if (!words.empty() && words[0] == "__complete") {
        for (const std::string& word : complete(line.app(), {words.begin() + 1, words.end()})) terminal.print(word);
        return kExitOk;
    }
    size_t index = 0;
    CLI::App* app = innermost(&line.app(), words, index);
    if (index == words.size() && app->get_require_subcommand_min() > 0) {
        terminal.message(help_of(app));
        return kExitUsage;
    }
    try {
        line.app().parse(argc, argv);
    } catch (const CLI::Success&) {
        const bool is_version = app == &line.app() && line.app().get_option("--version")->count() > 0;
        terminal.print(is_version ? line.app().version() : help_of(app));
        return kExitOk;
    } catch (const CLI::ParseError& error) {
        return refuse(app, wrong_word(app, words, index).value_or(error.what()), terminal);
    }
    set_up_host_output(terminal, line.log_level());
    return line.action()();
}

}  // namespace

int weir_main(int argc, const char* const* argv) {
    reserve_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);  // whoever writes to a closed pipe is told by its error
    Terminal terminal;
    const int code = run_command_line(argc, argv, terminal);
    return code == kExitOk && terminal.has_output_failed() ? kExitFailed : code;
}

}  // namespace weir::host
