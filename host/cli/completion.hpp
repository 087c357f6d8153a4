// Completion in shells: the scripts that `weir completion` prints, and the words that they ask for by `weir __complete`.
//
// Threads: the main thread.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace weir::host {

// `shell`: bash or zsh.
std::string completion_script(const std::string& shell);

// What the last of `words`, which stand behind `weir`, may become: commands, options, values of options, operators, codes
// of lint, and parameters of the topologies that are named. Sorted; empty where a file is wanted, or anything.
std::vector<std::string> complete(CLI::App& app, const std::vector<std::string>& words);

}  // namespace weir::host
