// The command line of what is asked of hosts that run.
#include "host/cli/command_group.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/options.hpp"

namespace weir::host {

void ControlCommands::add_change_options(CLI::App& app, ChangeArguments& arguments) {
    app.add_option("FILE", arguments.file, "The topology, with the name of the one that runs")->required()->type_name("");
    add_each(app, "--set", arguments.sets, "Set a parameter, beside those that the run was given")->type_name("NAME=VALUE");
    add_each(app, "--params", arguments.params_files, "Values of parameters, a YAML file")->type_name("FILE");
    add_each(app, "--allow-loss", arguments.allow_loss, "Drop the state of a node that the topology no longer has")->type_name("NODE");
    add_data_dir(app, arguments.data_dir);
    add_format(app, arguments.format, "text");
}

void ControlCommands::add(CommandGroup& commands, CLI::App& app) {
    CLI::App& status = commands.command(app, "status", "Show the topologies that run, or the nodes of one",
                                        "weir status\nweir status pair-match --format json",
                                        [this, &commands] { return status_command(status_, commands.terminal()); });
    status.add_option("TOPOLOGY", status_.topology, "Its name")->type_name("");
    add_data_dir(status, status_.data_dir);
    add_format(status, status_.format, "table");

    add_change_options(commands.command(app, "plan", "Say what a change of a running topology would do, node by node",
                                        "weir plan orders.yaml\nweir plan orders.yaml --set window=10s --format json",
                                        [this, &commands] { return plan_command(plan_, commands.terminal()); }),
                       plan_);
    CLI::App& apply = commands.command(app, "apply", "Change a running topology; its state stays, and what fails is rolled back",
                                       "weir apply orders.yaml\nweir apply orders.yaml --set window=10s --trial 5s",
                                       [this, &commands] { return apply_command(apply_, commands.terminal()); });
    add_change_options(apply, apply_);
    add_duration(apply, "--trial", [this](auto d) { apply_.trial = d; },
                 "How long the new graph has to run before its output counts (an epoch)");

    CLI::App& set = commands.command(app, "set", "Change parameters of a running topology", "weir set pair-match pair_sum=10",
                                     [this, &commands] { return set_command(set_, commands.terminal()); });
    set.add_option("TOPOLOGY", set_.topology, "Its name")->required()->type_name("");
    set.add_option("NAME=VALUE", set_.sets, "Values")->required()->type_name("");
    add_data_dir(set, set_.data_dir);
    add_format(set, set_.format, "text");

    CLI::App& stop = commands.command(app, "stop", "End a topology; its state is kept", "weir stop orders\nweir stop orders --drain",
                                      [this, &commands] { return stop_command(stop_, commands.terminal()); });
    stop.add_option("TOPOLOGY", stop_.topology, "Its name")->required()->type_name("");
    stop.add_flag("--drain", stop_.drain, "As at the end of its input: open windows fire, everything is written");
    add_data_dir(stop, stop_.data_dir);
}

}  // namespace weir::host
