// The command line of `weir savepoint` and `weir state`.
#include "host/cli/command_group.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/options.hpp"

namespace weir::host {

void StateCommands::add(CommandGroup& commands, CLI::App& app) {
    add_savepoint(commands, app);
    add_state(commands, app);
}

CLI::App& StateCommands::savepoint_command(CommandGroup& commands, CLI::App& parent, const std::string& name, const std::string& doc,
                                           const std::string& examples, int (*run)(const SavepointArguments&, Terminal&)) {
    CLI::App& app = commands.command(parent, name, doc, examples, [this, run, &commands] { return run(savepoint_, commands.terminal()); });
    add_data_dir(app, savepoint_.data_dir);
    return app;
}

void StateCommands::add_savepoint(CommandGroup& commands, CLI::App& parent) {
    CLI::App& group_app = CommandGroup::group(parent, "savepoint", "Named copies of a topology's committed state",
                                "weir savepoint create pair-match before-upgrade\nweir savepoint ls");
    group_app.require_subcommand(1);
    CLI::App& ls = savepoint_command(commands, group_app, "ls", "List the savepoints", "weir savepoint ls --format json",
                                     savepoint_ls_command);
    ls.add_option("TOPOLOGY", savepoint_.topology, "Of this topology alone")->type_name("");
    add_format(ls, savepoint_.format, "table");
    CLI::App& create = savepoint_command(
        commands, group_app, "create", "Make one of the committed state; a host that runs it goes on meanwhile",
        "weir savepoint create pair-match\nweir savepoint create pair-match before-upgrade", savepoint_create_command);
    create.add_option("TOPOLOGY", savepoint_.topology, "The topology's name")->required()->type_name("");
    create.add_option("NAME", savepoint_.name, "Its name (the time, as 20260131-120000)")
        ->check(is_name())
        ->type_name("");
    add_format(create, savepoint_.format, "table");
    CLI::App& show = savepoint_command(commands, group_app, "show", "Show what is in one",
                                       "weir savepoint show pair-match before-upgrade", savepoint_show_command);
    CLI::App& restore = savepoint_command(
        commands, group_app, "restore", "Make it the topology's state, from which the next run begins",
        "weir savepoint restore pair-match before-upgrade --replace", savepoint_restore_command);
    for (CLI::App* app : {&show, &restore}) {
        app->add_option("TOPOLOGY", savepoint_.topology, "The topology's name")->required()->type_name("");
        app->add_option("NAME", savepoint_.name, "The savepoint's")->required()->type_name("");
    }
    add_format(show, savepoint_.format, "table");
    restore.add_flag("--replace", savepoint_.replace, "Take away the state that there is");
}

CLI::App& StateCommands::state_command(CommandGroup& commands, CLI::App& parent, const std::string& name, const std::string& doc,
                                       const std::string& examples, int (*run)(const StateArguments&, Terminal&)) {
    CLI::App& app = commands.command(parent, name, doc, examples, [this, run, &commands] { return run(state_, commands.terminal()); });
    app.add_option("TOPOLOGY", state_.topology, "The topology's name")->required()->type_name("");
    add_data_dir(app, state_.data_dir);
    app.add_option("--savepoint", state_.savepoint, "Of a savepoint instead of the state")->type_name("NAME");
    add_format(app, state_.format, "table");
    return app;
}

void StateCommands::add_state(CommandGroup& commands, CLI::App& parent) {
    CLI::App& group_app = CommandGroup::group(parent, "state", "What topologies keep, as of their last committed epoch",
                                "weir state ls pair-match\nweir state scan pair-match pairs --limit 10");
    group_app.require_subcommand(1);
    state_command(commands, group_app, "ls", "List the nodes and their states", "weir state ls pair-match", state_ls_command);
    CLI::App& get = state_command(commands, group_app, "get", "Show the value of a key, as `scan` writes it",
                                  "weir state get orders counts SHIPPED", state_get_command);
    CLI::App& scan = state_command(commands, group_app, "scan", "Show the entries of a node",
                                   "weir state scan pair-match pairs --limit 10 --format json", state_scan_command);
    for (CLI::App* app : {&get, &scan})
        app->add_option("NODE", state_.node, "The node")->required()->type_name("");
    get.add_option("KEY", state_.key, "The key; bytes that are no text as \\x00")->required()->type_name("");
    scan.add_option("--prefix", state_.prefix, "Only keys that are shown with this beginning")->type_name("TEXT");
    scan.add_option("--limit", state_.limit, "At most so many entries (100)")->check(is_positive())->type_name("N");
}

}  // namespace weir::host
