// The side of control that a command has.
#pragma once

#include <chrono>
#include <filesystem>

#include <weir/result.hpp>

#include "host/control/message.hpp"

namespace weir::host {

// Asks the host on that socket, and waits for its answer, whatever its status is. WEIR_E_RETRYABLE: nobody listens there, or
// no answer came. Any thread.
Result<ControlAnswer> ask_host(const std::filesystem::path& socket, const ControlRequest& request, std::chrono::seconds timeout);

}  // namespace weir::host
