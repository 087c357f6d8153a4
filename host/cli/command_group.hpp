// How commands are put on the command line, and those that make groups of their own. Threads: the main thread, before anything
// else runs.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "host/cli/arguments.hpp"

namespace weir::host {

class Terminal;

// Adds commands; parsing leaves the chosen one in action().
class CommandGroup {
public:
    explicit CommandGroup(Terminal& terminal) : terminal_(terminal) {}

    CLI::App& command(CLI::App& parent, const std::string& name, const std::string& doc, const std::string& examples,
                      std::function<int()> action);
    // A command of which its subcommands are chosen. `examples`: one a line.
    static CLI::App& group(CLI::App& parent, const std::string& name, const std::string& doc, const std::string& examples);
    Terminal& terminal() { return terminal_; }
    const std::function<int()>& action() const { return action_; }

protected:
    Terminal& terminal_;
    std::function<int()> action_;
};

// `weir savepoint` and `weir state`. Outlives the app that it was added to.
class StateCommands {
public:
    void add(CommandGroup& commands, CLI::App& app);

private:
    CLI::App& savepoint_command(CommandGroup& commands, CLI::App& parent, const std::string& name, const std::string& doc,
                                const std::string& examples, int (*run)(const SavepointArguments&, Terminal&));
    void add_savepoint(CommandGroup& commands, CLI::App& app);
    CLI::App& state_command(CommandGroup& commands, CLI::App& parent, const std::string& name, const std::string& doc,
                            const std::string& examples, int (*run)(const StateArguments&, Terminal&));
    void add_state(CommandGroup& commands, CLI::App& app);

    SavepointArguments savepoint_;
    StateArguments state_;
};

// What is asked of hosts that run: `weir status`, `plan`, `apply`, `set`, `pause`, `resume`, `stop`,
// `remove`. Outlives the app that it was added to.
class ControlCommands {
public:
    void add(CommandGroup& commands, CLI::App& app);

private:
    void add_change_options(CLI::App& app, ChangeArguments& arguments);
    void add_changes(CommandGroup& commands, CLI::App& app);
    void add_holds(CommandGroup& commands, CLI::App& app);
    void add_seek(CommandGroup& commands, CLI::App& app);

    StatusArguments status_;
    ChangeArguments plan_, apply_;
    SetArguments set_;
    HoldArguments pause_, resume_;
    SeekArguments seek_;
    StopArguments stop_;
    RemoveArguments remove_;
};

// Looking at hosts that run: `weir top`, `tap`, `logs`, `why`. Outlives the app that it was added to.
class WatchCommands {
public:
    void add(CommandGroup& commands, CLI::App& app);

private:
    void add_tap(CommandGroup& commands, CLI::App& app);
    void add_logs(CommandGroup& commands, CLI::App& app);

    TapArguments tap_;
    TopArguments top_;
    LogsArguments logs_;
    WhyArguments why_;
};

}  // namespace weir::host
