// Answers of a server: a body, what is wrong as RFC 9457 has it, or events that go on.
//
// Plain values but for EventStream; any thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::host {

// What a connection with server-sent events is told, piece by piece. [a thread of the server's]
class EventStream {
public:
    virtual ~EventStream() = default;
    // What is new, as it stands on the wire; empty when nothing came for so long. nullopt: it is over.
    virtual std::optional<std::string> next(std::chrono::milliseconds patience) = 0;
};

struct Answer {
    int status = 200;
    std::string body;
    std::string type = "application/json";
    int retry_after = 0;  // seconds; 0: it is not worth to try again
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::shared_ptr<EventStream> events = nullptr;  // in place of the body
};

// application/problem+json. `parameter`: the one that is at fault, or empty.
Answer problem(int status, std::string_view detail, std::string_view parameter = {});

// One server-sent event. `data` is a line.
std::string event_text(std::string_view name, std::string_view data);

}  // namespace weir::host
