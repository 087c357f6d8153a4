#include "host/cli/options.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "host/cli/savepoints.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

std::chrono::microseconds to_duration(const std::string& option, const std::string& text) {
    const auto parsed = parse_duration(text);
    if (const auto* error = std::get_if<ScalarError>(&parsed))
        throw CLI::ValidationError(option, fmt::format("{}; expected: {}", error->what, error->expected));
    return std::chrono::microseconds(std::get<int64_t>(parsed));
}

}  // namespace

CLI::Validator is_positive() {
    return {[](std::string& text) {
                const auto value = parse_int64(text);
                return value && *value > 0 ? "" : fmt::format("`{}` is not a number above 0", text);
            },
            ""};
}

CLI::Validator is_one_of(std::vector<std::string> names) {
    return {[names = std::move(names)](std::string& text) {
                if (std::find(names.begin(), names.end(), text) != names.end()) return std::string();
                return fmt::format("there is no `{}`; expected: {}", text, one_of_text(names));
            },
            ""};
}

CLI::Validator is_name() {
    return {[](std::string& text) {
                if (is_savepoint_name(text)) return std::string();
                return fmt::format("`{}` is no name: letters, digits, `-`, `_` and `.`, beginning with a letter or digit", text);
            },
            ""};
}

CLI::Validator is_not_empty() {
    return {[](std::string& text) { return text.empty() ? "the name of the file is empty" : ""; }, ""};
}

void add_plugin_dirs(CLI::App& app, PluginDirs& dirs) {
    add_each(app, "--plugin-dir", dirs, "A folder with more plugins; later ones win")->type_name("DIR");
}

void add_duration(CLI::App& app, const std::string& name, std::function<void(std::chrono::microseconds)> set,
                         const std::string& doc) {
    app.add_option_function<std::string>(
           name, [name, set = std::move(set)](const std::string& text) { set(to_duration(name, text)); }, doc)
        ->type_name("DURATION");
}

void add_format(CLI::App& app, Format& format, const std::string& text_name) {
    const std::map<std::string, Format> names = {{text_name, Format::kText}, {"json", Format::kJson}};
    auto choose = [&format, names](const std::string& name) { format = names.at(name); };
    app.add_option_function<std::string>("--format", choose, "Output format")
        ->check(is_one_of({text_name, "json"}))
        ->type_name(fmt::format("{}|json", text_name));
}

namespace {

CLI::Option* add_files(CLI::App& app, TopologyArguments& topologies, const std::string& doc) {
    CLI::Option* files = app.add_option("FILE", topologies.files, doc)->type_name("");
    add_each(app, "--set", topologies.sets, "Set a parameter; with several files, of each that has it")
        ->type_name("NAME=VALUE");
    add_each(app, "--params", topologies.params_files, "A YAML file of parameters and their values")
        ->type_name("FILE");
    app.add_flag("--allow-exec", topologies.allow_exec, "Let ${exec:COMMAND} in the files run its command");
    add_plugin_dirs(app, topologies.plugin_dirs);
    return files;
}

}  // namespace

void add_topologies(CLI::App& app, TopologyArguments& topologies) {
    add_files(app, topologies, "Topology files")->required();
}

CLI::Option* add_lasting_topologies(CLI::App& app, TopologyArguments& topologies) {
    return add_files(app, topologies, "Topology files; without any, with --data-dir or --stay: what ran there last");
}

CLI::Option* add_lint_options(CLI::App& app, LintArguments& lint) {
    CLI::Option* files = add_files(app, lint.topologies, "Topology files, and folders of them");
    const std::map<std::string, LintFormat> formats = {
        {"text", LintFormat::kText}, {"json", LintFormat::kJson}, {"github", LintFormat::kGithub}};
    auto choose = [&lint, formats](const std::string& name) { lint.format = formats.at(name); };
    app.add_option_function<std::string>("--format", choose, "Output format: for people, programs, pull requests (text)")
        ->check(is_one_of({"text", "json", "github"}))
        ->type_name("text|json|github");
    app.add_flag("--deep", lint.deep, "Connect, too: servers, topics, tables and what else the nodes name there");
    add_duration(app, "--connect-timeout", [&lint](auto d) { lint.connect_timeout = d; }, "With --deep: how long to try (5s)");
    app.add_option("--explain", lint.explain, "Explain a code, with an example")->type_name("CODE");
    app.add_flag("--reference", lint.reference, "Print all codes, as Markdown");
    return files;
}

void add_topology_options(CLI::App& app, TopologyNewArguments& arguments) {
    app.add_option("NAME", arguments.name, "The topology's name (my-topology)")->check(is_name())->type_name("");
    app.add_option("--from", arguments.from, "The source that it begins with (generate)")->type_name("OPERATOR");
    app.add_option("--to", arguments.to, "The sink that it ends with (console)")->type_name("OPERATOR");
    add_plugin_dirs(app, arguments.plugin_dirs);
}

void add_topology_options(CLI::App& app, TopologyDocsArguments& arguments) {
    app.add_option("OPERATOR", arguments.name, "An operator, codec, connection or aggregate")->type_name("");
    app.add_option_function<std::string>("--format", [&arguments](auto& format) { arguments.markdown = format == "markdown"; },
                                         "Output format (text)")
        ->check(is_one_of({"text", "markdown"}))
        ->type_name("text|markdown");
    app.add_flag("--aggregates", arguments.aggregates, "Print all aggregates, as Markdown");
    add_plugin_dirs(app, arguments.plugin_dirs);
}

void add_cluster(CLI::App& app, ClusterArguments& cluster) {
    app.add_option("--brokers", cluster.brokers, "HOST:PORT of the cluster, several with commas")
        ->envname("WEIR_BROKERS")
        ->type_name("ADDRESS");
    add_duration(app, "--connect-timeout", [&cluster](auto d) { cluster.connect_timeout = d; },
                 "How long to try to reach it (5s)");
    add_plugin_dirs(app, cluster.plugin_dirs);
}

void add_dlq_options(CLI::App& app, DlqArguments& dlq) {
    add_files(app, dlq.topology, "The topology whose dead letters are meant")->expected(0, 1);
    app.add_option("--topic", dlq.topic, "Without a topology: the topic they are in")->type_name("TOPIC");
    app.add_option("--brokers", dlq.cluster.brokers, "And its cluster, HOST:PORT (WEIR_BROKERS)")->type_name("ADDRESS");
    add_duration(app, "--connect-timeout", [&dlq](auto d) { dlq.cluster.connect_timeout = d; }, "How long to try to reach it (5s)");
    app.add_option("--node", dlq.node, "Only letters of this node")->type_name("NODE");
    app.add_option("--code", dlq.code, "Only letters with this code")->type_name("CODE");
    app.add_option("--at", dlq.at, "Only the letter at this place, as `show` writes it: 0/12")->type_name("PARTITION/OFFSET");
    add_format(app, dlq.format, "table");
}

void add_data_dir(CLI::App& app, std::filesystem::path& data_dir) {
    app.add_option("--data-dir", data_dir, "Where state is kept (~/.local/state/weir)")->type_name("DIR");
}

void add_listen(CLI::App& app, ListenArguments& listen) {
    app.add_option("--listen", listen.address, "Take requests over TCP, too: metrics, health and all that commands ask")->type_name("HOST:PORT");
    app.add_option("--token-file", listen.token_file, "What such requests show, in a file that others cannot read")->type_name("FILE");
    app.add_option("--tls-cert", listen.certificate, "A certificate, PEM: needed beyond this machine")->type_name("FILE");
    app.add_option("--tls-key", listen.key, "Its key, PEM")->type_name("FILE");
    add_each(app, "--allow-host", listen.hosts, "A name by which requests may call this host, beside its addresses")->type_name("NAME");
}

}  // namespace weir::host
