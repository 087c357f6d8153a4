// Messages of plugins about a parameter, as sentences. Pure; any thread.
#pragma once

#include <string>

#include "host/loader/manifest.hpp"

namespace weir::host {

// A plugin may say what is wrong with a parameter as a predicate, "is empty: name a file": then the parameter is put before it,
// "`file.sink.path` is empty: name a file". Anything else stays as it is.
std::string with_subject(const OperatorInfo& op, const std::string& path, const std::string& message);

}  // namespace weir::host
