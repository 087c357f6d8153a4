#include "time_grid.hpp"

#include <limits>
#include <numeric>

#include <date/tz.h>

#include <weir/saturated.hpp>

namespace weir::window {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min(), kHighest = std::numeric_limits<int64_t>::max();

// The greatest multiple of `step`, moved by `offset`, that is not behind `time`; near the lowest time the lowest.
int64_t floor_to(int64_t time, int64_t step, int64_t offset) {
    const Int128 from = static_cast<Int128>(time) - offset;
    Int128 steps = from / step;
    if (from % step < 0) --steps;
    const Int128 at = steps * step + offset;
    return at < kLowest ? kLowest : static_cast<int64_t>(at);
}

class TumblingGrid final : public TimeGrid {
public:
    TumblingGrid(int64_t size, int64_t offset) : size_(size), offset_(offset) {}
    Bounds slice(int64_t time) const override {
        const int64_t start = floor_to(time, size_, offset_);
        return {start, saturated_add(start, size_)};
    }
    Bounds first_window(int64_t start) const override { return {start, saturated_add(start, size_)}; }
    bool next_window(int64_t, Bounds &) const override { return false; }
    int64_t last_end(int64_t start) const override { return saturated_add(start, size_); }

private:
    const int64_t size_, offset_;
};

class SlidingGrid final : public TimeGrid {
public:
    SlidingGrid(int64_t size, int64_t every, int64_t offset)
        : size_(size), every_(every), offset_(offset), slice_(std::gcd(size, every)) {}
    Bounds slice(int64_t time) const override {
        const int64_t start = floor_to(time, slice_, offset_);
        return {start, saturated_add(start, slice_)};
    }
    // Windows begin at multiples of `every`; the first that contains the slice is the first that ends behind its start.
    Bounds first_window(int64_t start) const override {
        const int64_t begin = saturated_add(floor_to(saturated_add(start, -size_), every_, offset_), every_);
        return {begin, saturated_add(begin, size_)};
    }
    bool next_window(int64_t slice_start, Bounds &window) const override {
        if (saturated_add(window.start, every_) > slice_start || saturated_add(window.start, every_) == window.start) return false;
        window = {saturated_add(window.start, every_), saturated_add(window.end, every_)};
        return true;
    }
    bool first_behind(int64_t slice_start, int64_t time, Bounds &window) const override {
        window = first_window(slice_start);
        const int64_t latest = saturated_sub(saturated_add(time, 1), size_);  // start of a window that ends with `time`
        if (window.start <= latest) window.start = saturated_add(floor_to(latest, every_, offset_), every_);
        window.end = saturated_add(window.start, size_);
        return window.start <= slice_start && window.end - 1 > time;
    }
    int64_t last_end(int64_t slice_start) const override {
        return saturated_add(floor_to(slice_start, every_, offset_), size_);
    }

private:
    const int64_t size_, every_, offset_, slice_;
};

class CumulativeGrid final : public TimeGrid {
public:
    CumulativeGrid(int64_t size, int64_t every, int64_t offset) : size_(size), every_(every), offset_(offset) {}
    Bounds slice(int64_t time) const override {
        const int64_t start = floor_to(time, every_, offset_);
        return {start, saturated_add(start, every_)};
    }
    Bounds first_window(int64_t start) const override { return {floor_to(start, size_, offset_), saturated_add(start, every_)}; }
    bool next_window(int64_t, Bounds &window) const override {
        if (window.end >= saturated_add(window.start, size_)) return false;
        window.end = saturated_add(window.end, every_);
        return true;
    }
    bool first_behind(int64_t slice_start, int64_t time, Bounds &window) const override {
        window = first_window(slice_start);
        if (window.end - 1 <= time) window.end = saturated_add(floor_to(saturated_add(time, 1), every_, offset_), every_);
        return window.end <= saturated_add(window.start, size_) && window.end - 1 > time;
    }
    int64_t last_end(int64_t slice_start) const override { return saturated_add(floor_to(slice_start, size_, offset_), size_); }

private:
    const int64_t size_, every_, offset_;
};

// Days, weeks and months as a time zone has them: 23 to 25 hours a day where its clocks are put forward or back.
class CalendarGrid final : public TimeGrid {
public:
    CalendarGrid(CalendarUnit unit, const date::time_zone *zone) : unit_(unit), zone_(zone) {}

    Bounds slice(int64_t time) const override {
        if (time < kFirst) return {kLowest, kFirst};
        if (time >= kLast) return {kLast, kHighest};
        const auto now = date::sys_time<std::chrono::microseconds>(std::chrono::microseconds(time));
        const date::local_days day = begin_of(date::floor<date::days>(zone_->to_local(now)));
        Bounds out{utc(day), utc(next(day))};
        // Where a day has no midnight, or two, the nearest of them may be on the other side.
        if (time < out.start) out = {utc(begin_of(day - date::days(1))), out.start};
        if (time >= out.end) out = {out.end, utc(next(next(day)))};
        return out;
    }
    Bounds first_window(int64_t start) const override { return slice(start); }
    bool next_window(int64_t, Bounds &) const override { return false; }
    int64_t last_end(int64_t start) const override { return slice(start).end; }

private:
    static constexpr int64_t kCentury = int64_t{36525} * 86'400'000'000;
    static constexpr int64_t kFirst = -19 * kCentury, kLast = 79 * kCentury;  // what the calendar's own arithmetic bears

    date::local_days begin_of(date::local_days day) const {
        if (unit_ == CalendarUnit::kWeek) return day - (date::weekday(day) - date::Monday);
        if (unit_ == CalendarUnit::kDay) return day;
        const date::year_month_day ymd(day);
        return date::local_days(ymd.year() / ymd.month() / 1);
    }
    date::local_days next(date::local_days begin) const {
        if (unit_ == CalendarUnit::kWeek) return begin + date::days(7);
        if (unit_ == CalendarUnit::kDay) return begin + date::days(1);
        return date::local_days(date::year_month_day(begin) + date::months(1));
    }
    int64_t utc(date::local_days day) const {
        const auto local = date::local_time<std::chrono::microseconds>(day.time_since_epoch());
        return zone_->to_sys(local, date::choose::earliest).time_since_epoch().count();
    }

    const CalendarUnit unit_;
    const date::time_zone *zone_;
};

}  // namespace

bool TimeGrid::first_behind(int64_t slice_start, int64_t time, Bounds &window) const {
    window = first_window(slice_start);
    while (window.end - 1 <= time)
        if (!next_window(slice_start, window)) return false;
    return true;
}

Result<std::unique_ptr<TimeGrid>> TimeGrid::create(const Spec &spec) {
    using Grid = std::unique_ptr<TimeGrid>;
    switch (spec.kind) {
        case Kind::kTumbling: return Grid(new TumblingGrid(spec.size, spec.offset));
        case Kind::kSliding: return Grid(new SlidingGrid(spec.size, spec.every, spec.offset));
        case Kind::kCumulative: return Grid(new CumulativeGrid(spec.size, spec.every, spec.offset));
        default: break;
    }
    try {
        return Grid(new CalendarGrid(spec.unit, date::locate_zone(spec.zone)));
    } catch (const std::exception &) {
        return Status::config("calendar.zone", "there is no time zone `" + spec.zone + "`: a name such as Europe/Berlin or UTC");
    }
}

}  // namespace weir::window
