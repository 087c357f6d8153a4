// What holds a topology back: an epoch, event time, a queue. Pure functions; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "host/admin/watched.hpp"

namespace weir::host {

struct Finding {
    std::string about;  // topology, epoch, watermark, queue
    std::string node;   // that it is about; or empty
    std::string text;   // a sentence for people
    bool holds = false;  // something is held back; else it says that all is well
};

// From two looks at it, so long apart. At least one finding about the topology or its epochs. `now`: the clock, in microseconds
// since 1970.
std::vector<Finding> why_held(const Watched& before, const Watched& after, std::chrono::nanoseconds apart, int64_t now);

}  // namespace weir::host
