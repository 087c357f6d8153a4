// Answers of the HTTP server: rows, or what is wrong, as RFC 9457 has it.
//
// Plain values; any thread.
#pragma once

#include <string>
#include <string_view>

namespace weir::host {

struct Answer {
    int status = 200;
    std::string body;
    std::string type = "application/json";
    int retry_after = 0;  // seconds; 0: it is not worth to try again
};

// application/problem+json. `parameter`: the one that is at fault, or empty.
Answer problem(int status, std::string_view detail, std::string_view parameter = {});

}  // namespace weir::host
