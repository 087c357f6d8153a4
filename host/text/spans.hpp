// Spans of time as people read them. Pure functions; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weir::host {

// The two units that matter: `300 ms`, `5.2 s`, `12m 5s`, `3h 12m`, `325d 8h`. Below nothing with a `-` before it.
std::string span_text(std::chrono::microseconds span);

// Whether a watermark is so far from the clock that the moment says more than the span.
bool is_far_behind(int64_t watermark, int64_t now);

// How far event time is behind the clock: the span, or, where it is years, the watermark itself, `at 1970-01-01T00:00:05Z`.
// Both in microseconds since 1970.
std::string behind_text(int64_t watermark, int64_t now);

}  // namespace weir::host
