// Options that several commands have, and how an option's text is checked: messages say what is expected in full, help
// where the type's name does not say it. Threads: the main thread, before anything else runs.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "host/cli/arguments.hpp"

namespace weir::host {

CLI::Validator is_positive();
CLI::Validator is_one_of(std::vector<std::string> names);
CLI::Validator is_name();  // of a savepoint or topology
CLI::Validator is_not_empty();

// One value each time that it is written.
template <class T>
CLI::Option* add_each(CLI::App& app, const std::string& name, T& values, const std::string& doc) {
    return app.add_option(name, values, doc)->allow_extra_args(false);
}

void add_duration(CLI::App& app, const std::string& name, std::function<void(std::chrono::microseconds)> set,
                  const std::string& doc);
// What is given must outlive the parsing.
void add_plugin_dirs(CLI::App& app, PluginDirs& dirs);
void add_format(CLI::App& app, Format& format, const std::string& text_name);
void add_topologies(CLI::App& app, TopologyArguments& topologies);
// All of them; the files, which a host that comes back with what it ran does not need.
CLI::Option* add_lasting_topologies(CLI::App& app, TopologyArguments& topologies);
// All of them; the files, which are needed where nothing is to be explained.
CLI::Option* add_lint_options(CLI::App& app, LintArguments& lint);
void add_topology_options(CLI::App& app, TopologyNewArguments& arguments);
void add_topology_options(CLI::App& app, TopologyDocsArguments& arguments);
void add_cluster(CLI::App& app, ClusterArguments& cluster);
void add_dlq_options(CLI::App& app, DlqArguments& dlq);
void add_listen(CLI::App& app, ListenArguments& listen);
void add_data_dir(CLI::App& app, std::filesystem::path& data_dir);

}  // namespace weir::host
