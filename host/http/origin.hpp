// Whether a request comes from where it says, or from a page that somebody else wrote. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/http/answer.hpp"
#include "host/http/request.hpp"

namespace weir::host {

// Whether requests may call the server by what a Host header says: `localhost`, an address in digits, or one of `names`.
bool is_own_host(std::string_view header, const std::vector<std::string>& names);

// The refusal of a request that calls this server by a name that nobody gave it (DNS rebinding), or that a page of another
// site makes a browser send; nullopt: it is welcome. `names_from`: where names are given, for the message.
std::optional<Answer> refuse_foreign(const HttpRequest& request, const std::vector<std::string>& names, std::string_view names_from);

}  // namespace weir::host
