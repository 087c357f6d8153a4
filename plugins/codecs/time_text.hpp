// Dates and times of ISO 8601. Plain functions, any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "scalar.hpp"

namespace weir::codecs {

// YYYY-MM-DDTHH:MM[:SS[.fraction]][Z|+HH|+HHMM|+HH:MM]; a blank may stand for the T, and a missing zone means
// UTC. What is finer than a microsecond is cut. kRange: no such day or time of day.
Parse parse_iso(std::string_view text, int64_t *micros);

}  // namespace weir::codecs
