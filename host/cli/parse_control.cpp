// The command line of what is asked of hosts that run.
#include <fmt/format.h>

#include "host/cli/command_group.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/options.hpp"

namespace weir::host {

void ControlCommands::add_change_options(CLI::App& app, ChangeArguments& arguments) {
    app.add_option("FILE", arguments.file, "The topology, with the name of the one that runs")->required()->type_name("");
    add_each(app, "--set", arguments.sets, "Set a parameter, beside those that the run was given")->type_name("NAME=VALUE");
    add_each(app, "--params", arguments.params_files, "Values of parameters, a YAML file")->type_name("FILE");
    add_each(app, "--allow-loss", arguments.allow_loss, "Give up what a node kept that is gone, or columns that a node keeps no more")->type_name("NODE");
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
    add_changes(commands, app);
    add_holds(commands, app);
    add_seek(commands, app);
}

void ControlCommands::add_changes(CommandGroup& commands, CLI::App& app) {
    add_change_options(commands.command(app, "plan", "Say what a change of a running topology would do, node by node",
                                        "weir plan orders.yaml\nweir plan orders.yaml --set window=10s --format json",
                                        [this, &commands] { return plan_command(plan_, commands.terminal()); }),
                       plan_);
    CLI::App& apply = commands.command(app, "apply", "Change a running topology; its state stays, and what fails is rolled back",
                                       "weir apply orders.yaml\nweir apply orders.yaml --set window=10s --trial 5s\nweir apply late-orders.yaml --add",
                                       [this, &commands] { return apply_command(apply_, commands.terminal()); });
    add_change_options(apply, apply_);
    apply.add_flag("--add", apply_.add, "Where no topology of that name runs, begin it in the host that is there");
    add_duration(apply, "--trial", [this](auto d) { apply_.trial = d; },
                 "How long the new graph has to run before its output counts (an epoch)");

    CLI::App& set = commands.command(app, "set", "Change parameters of a running topology", "weir set pair-match pair_sum=10",
                                     [this, &commands] { return set_command(set_, commands.terminal()); });
    set.add_option("TOPOLOGY", set_.topology, "Its name")->required()->type_name("");
    set.add_option("NAME=VALUE", set_.sets, "Values")->required()->type_name("");
    add_data_dir(set, set_.data_dir);
    add_format(set, set_.format, "text");
}

void ControlCommands::add_holds(CommandGroup& commands, CLI::App& app) {
    const auto add = [&](const char* name, const char* doc, const char* example, HoldArguments& arguments,
                         int (*run)(const HoldArguments&, Terminal&)) {
        CLI::App& command = commands.command(app, name, doc, example, [&arguments, &commands, run] { return run(arguments, commands.terminal()); });
        command.add_option("TOPOLOGY", arguments.topology, "Its name")->required()->type_name("");
        add_data_dir(command, arguments.data_dir);
    };
    add("pause", "Stop polling a topology's sources; its epochs go on", "weir pause orders", pause_, pause_command);
    add("resume", "Poll the sources of a paused topology again", "weir resume orders", resume_, resume_command);

    CLI::App& stop = commands.command(app, "stop", "End a topology; its state is kept",
                                      "weir stop orders\nweir stop orders --drain\nweir stop orders --savepoint=before-upgrade",
                                      [this, &commands] { return stop_command(stop_, commands.terminal()); });
    stop.add_option("TOPOLOGY", stop_.topology, "Its name")->required()->type_name("");
    stop.add_flag("--drain", stop_.drain, "As at the end of its input: open windows fire, everything is written");
    stop.add_flag(fmt::format("--savepoint{{{}}}", kSavepointOfNow), stop_.savepoint, "Make a savepoint of its end, too; =NAME names it");
    add_data_dir(stop, stop_.data_dir);

    CLI::App& remove = commands.command(app, "remove", "End a topology, and forget that the host had it; its state is kept", "weir remove orders\nweir remove orders --drain",
                                        [this, &commands] { return remove_command(remove_, commands.terminal()); });
    remove.add_option("TOPOLOGY", remove_.topology, "Its name")->required()->type_name("");
    remove.add_flag("--drain", remove_.drain, "As at the end of its input: open windows fire, everything is written");
    add_data_dir(remove, remove_.data_dir);
}

void ControlCommands::add_seek(CommandGroup& commands, CLI::App& app) {
    CLI::App& seek = commands.command(app, "seek", "Let a source of a running topology read on elsewhere; its state stays as it is",
                                      "weir seek raw --to 2024-05-23T12:00:00Z --dry-run\nweir seek raw --to earliest\nweir seek raw --to 0:48213 --to 2:50000",
                                      [this, &commands] { return seek_command(seek_, commands.terminal()); });
    seek.add_option("NODE", seek_.node, "A source")->required()->type_name("");
    add_each(seek, "--to", seek_.to, "earliest, latest, or a time, for all partitions; or PARTITION:OFFSET, for each that is named")->required()->type_name("PLACE");
    seek.add_flag("--dry-run", seek_.dry_run, "Only say from where to where");
    seek.add_option("--topology", seek_.topology, "Whose node, where several have one of that name")->type_name("NAME");
    add_data_dir(seek, seek_.data_dir);
    add_format(seek, seek_.format, "text");
}

void WatchCommands::add(CommandGroup& commands, CLI::App& app) {
    CLI::App& top = commands.command(app, "top", "Watch the nodes of what runs: rates, busy share, queues, lag, errors",
                                     "weir top\nweir top orders --interval 5s\nweir top -n 1",
                                     [this, &commands] { return top_command(top_, commands.terminal()); });
    top.add_option("TOPOLOGY", top_.topology, "Its name (all)")->type_name("");
    add_duration(top, "--interval", [this](auto d) { top_.interval = d; }, "How long rates are measured (1s)");
    top.add_option("-n", top_.times, "End after so many tables")->check(is_positive())->type_name("N");
    add_data_dir(top, top_.data_dir);
    add_tap(commands, app);
    add_logs(commands, app);
    CLI::App& why = commands.command(app, "why", "Say what holds a topology back (an epoch, event time, a queue), or what became of a record",
                                     "weir why\nweir why orders --format json\nweir why raw@2:48213",
                                     [this, &commands] { return why_command(why_, commands.terminal()); });
    why.add_option("TOPOLOGY|RECORD", why_.subject, "Its name, where several run; or a record, as NODE@PARTITION:OFFSET")->type_name("");
    why.add_option("--topology", why_.topology, "Whose record, where several have a node of that name")->type_name("NAME");
    add_data_dir(why, why_.data_dir);
    add_format(why, why_.format, "text");
}

void WatchCommands::add_tap(CommandGroup& commands, CLI::App& app) {
    CLI::App& tap = commands.command(app, "tap", "Show rows that a node gives, as JSON, a sample where they are many",
                                     "weir tap orders\nweir tap counts.late -n 10\nweir tap orders --where \"amount > 1000\"",
                                     [this, &commands] { return tap_command(tap_, commands.terminal()); });
    tap.add_option("NODE", tap_.point, "A node, or NODE.PORT")->required()->type_name("");
    tap.add_option("--topology", tap_.topology, "Whose node, where several have one of that name")->type_name("NAME");
    tap.add_option("--where", tap_.where, "Only rows for which this holds, in SQL")->type_name("EXPR");
    tap.add_option("-n", tap_.records, "End after so many rows")->check(is_positive())->type_name("N");
    add_data_dir(tap, tap_.data_dir);
}

void WatchCommands::add_logs(CommandGroup& commands, CLI::App& app) {
    CLI::App& logs = commands.command(app, "logs", "Show the log of what runs", "weir logs\nweir logs -f orders\nweir logs --last 1000 --format json",
                                      [this, &commands] { return logs_command(logs_, commands.terminal()); });
    logs.add_option("NODE", logs_.node, "Only what this node says")->type_name("");
    logs.add_flag("-f,--follow", logs_.follow, "Go on with what comes");
    logs.add_option("--last", logs_.last, "How many lines that are there already (100)")->check(is_positive())->type_name("N");
    logs.add_option("--topology", logs_.topology, "Only of this topology")->type_name("NAME");
    add_data_dir(logs, logs_.data_dir);
    add_format(logs, logs_.format, "text");
}

}  // namespace weir::host
