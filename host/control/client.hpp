// The side of control that a command has.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include <weir/result.hpp>

#include "host/http/answer.hpp"
#include "host/http/request.hpp"

namespace weir::host {

// Asks the host on that socket, and waits for its answer, whatever its status is. WEIR_E_RETRYABLE: nobody listens there, or
// no answer came. Any thread.
Result<Answer> ask_host(const std::filesystem::path& socket, const HttpRequest& request, std::chrono::seconds timeout);

// The same for an answer of server-sent events: each is told, until there are no more, or `on_event` returns false. An answer of
// another kind comes back as it is.
using OnEvent = std::function<bool(const std::string& name, const std::string& data)>;
Result<Answer> follow_host(const std::filesystem::path& socket, const HttpRequest& request, const OnEvent& on_event);

}  // namespace weir::host
