// The host's log, and what plugins print: both end on the Terminal.
#pragma once

#include <string>
#include <vector>

namespace weir::host {

class Terminal;

// The names that --log-level takes, most talkative first.
const std::vector<std::string>& log_level_names();

// From now on HostServices logs by spdlog, lines of `level` and above, and prints to the terminal, which must
// outlive all plugins. Call before any plugin runs. REQUIRES: level is one of log_level_names().
void set_up_host_output(Terminal& terminal, const std::string& level);

}  // namespace weir::host
