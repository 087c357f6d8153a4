#include "host/http/origin.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "host/text/address.hpp"

namespace weir::host {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

}  // namespace

bool is_own_host(std::string_view header, const std::vector<std::string>& names) {
    std::string host = lower(header);
    if (host.starts_with('[')) {
        const size_t end = host.find(']');
        return end != std::string::npos && is_ip_address(host.substr(1, end - 1));
    }
    host = host.substr(0, host.find(':'));
    if (host == "localhost" || is_ip_address(host)) return true;
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return lower(name) == host; });
}

std::optional<Answer> refuse_foreign(const HttpRequest& request, const std::vector<std::string>& names, std::string_view names_from) {
    const std::string_view host = request.header("Host");
    if (!is_own_host(host, names))
        return problem(421, fmt::format("requests call this server by `localhost`, an address, or one of {}", names_from));
    // A page from elsewhere may have a link to this server, and must not ask for its data.
    const bool is_link = request.method == "GET" && request.header("Sec-Fetch-Mode") == "navigate";
    if (request.header("Sec-Fetch-Site") == "cross-site" && !is_link) return problem(403, "a page of another site cannot ask");
    return std::nullopt;
}

}  // namespace weir::host
