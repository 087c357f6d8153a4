// What a command prints: for `${exec:COMMAND}`.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace weir::host {

// Runs `sh -c COMMAND` without input, its standard error being that of this process, and returns its standard output.
// nullopt, and *problem: it cannot be started, did not exit with 0, printed more than `limit` bytes, or took longer than
// `patience`, after which it and what it has started are killed. Any thread; blocks so long.
std::optional<std::string> command_output(const std::string& command, std::size_t limit, std::chrono::milliseconds patience,
                                          std::string& problem);

}  // namespace weir::host
