#include "host/http/answer.hpp"

#include <nlohmann/json.hpp>

namespace weir::host {
namespace {

constexpr int kRetrySeconds = 2;

const char* title_of(int status) {
    switch (status) {
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        default: return status < 500 ? "Request Refused" : "Internal Server Error";
    }
}

}  // namespace

Answer problem(int status, std::string_view detail, std::string_view parameter) {
    nlohmann::ordered_json body = {{"title", title_of(status)}, {"status", status}, {"detail", std::string(detail)}};
    if (!parameter.empty()) body["parameter"] = std::string(parameter);
    Answer out;
    out.status = status;
    out.type = "application/problem+json";
    out.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    if (status == 503) out.retry_after = kRetrySeconds;
    return out;
}

std::string event_text(std::string_view name, std::string_view data) {
    std::string out = "event: ";
    out.append(name).append("\ndata: ").append(data).append("\n\n");
    return out;
}

}  // namespace weir::host
