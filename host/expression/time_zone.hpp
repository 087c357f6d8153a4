// Time zones by name, from the system's database.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::host::expression {

class TimeZone;  // lives as long as the process

// `Europe/Berlin`, `UTC`, `Z`; null for a name that there is not. Any thread.
const TimeZone* find_time_zone(std::string_view name);

// Offsets of one zone, the last period kept. One thread at a time.
class TimeZoneCache {
public:
    explicit TimeZoneCache(const TimeZone* zone) : zone_(zone) {}

    const TimeZone* zone() const { return zone_; }
    // All: microseconds since 1970; nullopt outside of the calendar.
    std::optional<int64_t> to_local(int64_t utc);
    // A wall clock's time that a change of the offset skips counts with the offset before it, one that occurs twice
    // with the one behind it, as in PostgreSQL.
    std::optional<int64_t> to_utc(int64_t local);
    // The offset from UTC in seconds, as of a moment.
    int64_t offset_s(int64_t utc);

private:
    const TimeZone* zone_;
    int64_t from_ = 1, to_ = 0;  // [from, to) seconds of UTC, in which offset_ holds
    int64_t offset_ = 0;
};

}  // namespace weir::host::expression
