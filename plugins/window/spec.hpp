// What a window's configuration says. Plain values.
#pragma once

#include <cstdint>
#include <string>

#include <weir/config.hpp>
#include <weir/result.hpp>

namespace weir::window {

enum class Kind : uint8_t { kTumbling, kSliding, kCumulative, kCalendar, kSession, kRows, kGlobal };
enum class CalendarUnit : uint8_t { kDay, kWeek, kMonth };
enum class Output : uint8_t { kAccumulate, kDiscard, kChangelog };

// Times are microseconds.
struct Spec {
    Kind kind = Kind::kTumbling;
    int64_t size = 0;    // of tumbling, sliding, cumulative windows; the gap of sessions
    int64_t every = 0;   // of sliding and cumulative ones: between their ends; tumbling: the size
    int64_t offset = 0;  // of the windows' bounds from 1970-01-01 UTC
    CalendarUnit unit = CalendarUnit::kDay;
    std::string zone;
    bool gap_by_row = false;  // sessions: the gap is an expression
    int64_t rows = 0;         // windows of so many rows,
    int64_t every_rows = 0;   // a new result after so many

    bool processing_time = false;
    int64_t allowed_lateness = 0;
    int64_t early_every = 0;  // 0: never
    int64_t early_rows = 0;
    bool early_when = false;  // there is an expression
    int64_t late_every = 0;   // 0: with each row
    Output output = Output::kAccumulate;
    int64_t keep_rows = 0;  // of which rows a result is; 0: of all
    int64_t keep_last = 0;
    bool keep_when = false;

    bool keep() const { return keep_rows || keep_last || keep_when; }
    // Rows belong to windows by their time.
    bool timed() const { return kind <= Kind::kSession; }
    // Bounds do not depend on the key.
    bool aligned() const { return kind <= Kind::kCalendar; }
    bool early() const { return early_every || early_rows || early_when; }

    // Windows overlap, and each has one result: their rows are kept by slice, once.
    bool shares_slices() const {
        return (kind == Kind::kSliding || kind == Kind::kCumulative) && !early() && !late_every && output == Output::kAccumulate &&
               !keep();
    }

    // What must be the same for state to be of use: the windows' bounds, and what they hold.
    std::string identity() const;

    static Result<Spec> parse(const Config &config);
};

}  // namespace weir::window
