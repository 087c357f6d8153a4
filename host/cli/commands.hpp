// The commands behind the command line. Each returns the exit code (host/exit_codes.hpp) and has said by then
// what went wrong.
//
// Threads: the main thread; one command a process.
#pragma once

#include "host/cli/arguments.hpp"

namespace weir::host {

class Terminal;

int run_command(const RunArguments& arguments, Terminal& terminal);
int lint_command(const LintArguments& arguments, Terminal& terminal);
int test_command(const TestArguments& arguments, Terminal& terminal);
int explain_command(const ExplainArguments& arguments, Terminal& terminal);
int graph_command(const GraphArguments& arguments, Terminal& terminal);
int eval_command(const EvalArguments& arguments, Terminal& terminal);

int plugin_generations_command(const PluginGenerationsArguments& arguments, Terminal& terminal);
int plugin_ls_command(const PluginLsArguments& arguments, Terminal& terminal);
int plugin_manifest_command(const PluginFileArguments& arguments, Terminal& terminal);
int plugin_check_command(const PluginFileArguments& arguments, Terminal& terminal);
int topology_schema_command(const TopologySchemaArguments& arguments, Terminal& terminal);
int topology_docs_command(const TopologyDocsArguments& arguments, Terminal& terminal);
int topology_new_command(const TopologyNewArguments& arguments, Terminal& terminal);

int topic_ls_command(const TopicLsArguments& arguments, Terminal& terminal);
int topic_create_command(const TopicCreateArguments& arguments, Terminal& terminal);
int topic_tail_command(const TopicTailArguments& arguments, Terminal& terminal);
int topic_produce_command(const TopicProduceArguments& arguments, Terminal& terminal);

int dlq_ls_command(const DlqArguments& arguments, Terminal& terminal);
int dlq_show_command(const DlqShowArguments& arguments, Terminal& terminal);
int dlq_replay_command(const DlqReplayArguments& arguments, Terminal& terminal);

int broker_command(const BrokerArguments& arguments, Terminal& terminal);

int savepoint_ls_command(const SavepointArguments& arguments, Terminal& terminal);
int savepoint_create_command(const SavepointArguments& arguments, Terminal& terminal);
int savepoint_show_command(const SavepointArguments& arguments, Terminal& terminal);
int savepoint_restore_command(const SavepointArguments& arguments, Terminal& terminal);

int state_ls_command(const StateArguments& arguments, Terminal& terminal);
int state_get_command(const StateArguments& arguments, Terminal& terminal);
int state_scan_command(const StateArguments& arguments, Terminal& terminal);

int status_command(const StatusArguments& arguments, Terminal& terminal);
int plan_command(const ChangeArguments& arguments, Terminal& terminal);
int apply_command(const ChangeArguments& arguments, Terminal& terminal);
int set_command(const SetArguments& arguments, Terminal& terminal);
int pause_command(const HoldArguments& arguments, Terminal& terminal);
int resume_command(const HoldArguments& arguments, Terminal& terminal);
int stop_command(const StopArguments& arguments, Terminal& terminal);
int remove_command(const RemoveArguments& arguments, Terminal& terminal);
int tap_command(const TapArguments& arguments, Terminal& terminal);
int top_command(const TopArguments& arguments, Terminal& terminal);
int logs_command(const LogsArguments& arguments, Terminal& terminal);
int seek_command(const SeekArguments& arguments, Terminal& terminal);
int why_command(const WhyArguments& arguments, Terminal& terminal);

// Reads the command line, does what it says, returns the exit code.
int weir_main(int argc, const char* const* argv);

}  // namespace weir::host
