// Which windows a time belongs to, for those whose bounds do not depend on keys: tumbling, sliding, cumulative and
// calendar windows; and the slices between which no window begins or ends. Times are microseconds since 1970-01-01 UTC.
// A window is [start, end). Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>

#include <weir/result.hpp>

#include "spec.hpp"

namespace weir::window {

struct Bounds {
    int64_t start = 0, end = 0;
    bool operator==(const Bounds &) const = default;
};

class TimeGrid {
public:
    // WEIR_E_CONFIG: there is no such time zone. REQUIRES: spec.aligned().
    static Result<std::unique_ptr<TimeGrid>> create(const Spec &spec);
    virtual ~TimeGrid() = default;

    virtual Bounds slice(int64_t time) const = 0;
    // The first window that contains a slice which begins at `start`; and the next one, while there is any.
    virtual Bounds first_window(int64_t start) const = 0;
    virtual bool next_window(int64_t slice_start, Bounds &window) const = 0;
    // The first window of a slice whose last moment is behind `time`, and next_window() from there. False: there is none.
    virtual bool first_behind(int64_t slice_start, int64_t time, Bounds &window) const;
    // The end of the last one.
    virtual int64_t last_end(int64_t slice_start) const = 0;
};

}  // namespace weir::window
