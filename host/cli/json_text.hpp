// JSON as the commands print it.
#pragma once

#include <string>

#include "host/loader/manifest.hpp"

namespace weir::host {

// Indented. What is not UTF-8 in it (a path, a message of a plugin) is replaced by U+FFFD. Any thread.
inline std::string json_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace weir::host
