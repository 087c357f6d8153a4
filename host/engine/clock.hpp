// The clock of a run: microseconds since 1970-01-01 UTC, as in the ABI. Any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir::host {

inline int64_t system_now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace weir::host
