// What a ClickHouse server said to a query: success, or its exception and what is to be done about that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <weir/result.hpp>

#include "http_client.hpp"

namespace weir::clickhouse {

// What an answer asks for.
enum class Reaction : uint8_t {
    kNone,    // success
    kRetry,   // the same may succeed later, or elsewhere
    kData,    // the rows are at fault: fewer of them may succeed
    kDenied,  // the user, or what it shows, is not let in
    kStop,    // neither: the same fails again
};

// By ClickHouse's code of an exception and its text. Codes that are not known may pass: kRetry.
Reaction reaction_to(int code, std::string_view text);

struct Answer {
    Reaction reaction = Reaction::kNone;
    int code = 0;      // of ClickHouse's exception; 0: it told none
    long status = 0;   // of HTTP; 0: none came
    bool sent = true;       // false: the server cannot have seen the query
    bool cancelled = false;  // the connection is going
    bool too_long = false;   // for the query's max_answer_bytes
    std::string message;  // one line, with the server's address where nothing came from it
    std::string server;   // who was asked last, scheme://host:port
    std::string body;     // where it succeeded

    bool ok() const { return reaction == Reaction::kNone; }
    // As an operator returns it: kRetry is retryable, kDenied and kStop are the configuration's, kData is fatal. `what` begins the message.
    Status as_status(const std::string &what) const;
};

// Success is a status of 2xx, no exception header, and no exception in the body.
Answer read_answer(HttpAnswer answer, const std::string &server);

// Of an exception's text: its first line without version and stack, at most 600 bytes of whole characters.
std::string one_line(std::string_view text);

}  // namespace weir::clickhouse
