#include "host/http/request.hpp"

#include <strings.h>

namespace weir::host {

std::string_view HttpRequest::header(std::string_view name) const {
    const std::string* found = nullptr;
    for (const auto& [other, value] : headers) {
        if (other.size() != name.size() || ::strncasecmp(other.data(), name.data(), name.size()) != 0) continue;
        if (found) return {};
        found = &value;
    }
    return found ? std::string_view(*found) : std::string_view();
}

std::string_view HttpRequest::parameter(std::string_view name) const {
    for (const auto& [other, value] : query)
        if (other == name) return value;
    return {};
}

}  // namespace weir::host
