// Numbers for people. Plain functions.
#pragma once

#include <cstdint>
#include <string>

namespace weir::host {

// 12345 as "12,345".
std::string grouped(int64_t value);

}  // namespace weir::host
