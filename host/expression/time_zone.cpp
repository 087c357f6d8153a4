#include "host/expression/time_zone.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include <date/tz.h>

#include "host/expression/calendar.hpp"

namespace weir::host::expression {

class TimeZone {
public:
    explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}
    const date::time_zone& operator*() const { return *zone_; }

private:
    const date::time_zone* zone_;
};

const TimeZone* find_time_zone(std::string_view name) {
    static std::mutex mutex;
    static std::map<std::string, std::unique_ptr<TimeZone>, std::less<>> known;
    constexpr size_t kMaxKnown = 4096;
    if (name == "Z" || name == "z") name = "UTC";
    std::lock_guard lock(mutex);
    auto found = known.find(name);
    if (found == known.end()) {
        std::unique_ptr<TimeZone> zone;
        try {
            zone = std::make_unique<TimeZone>(date::locate_zone(name));
        } catch (const std::runtime_error&) {  // no such zone
        }
        if (!zone && known.size() >= kMaxKnown) return nullptr;
        found = known.emplace(name, std::move(zone)).first;
    }
    return found->second.get();
}

int64_t TimeZoneCache::offset_s(int64_t utc) {
    const int64_t second = floor_div(utc, kSecond);
    if (second < from_ || second >= to_) {
        const auto info = (**zone_).get_info(date::sys_seconds(std::chrono::seconds(second)));
        from_ = info.begin.time_since_epoch().count();
        to_ = info.end.time_since_epoch().count();
        offset_ = info.offset.count();
    }
    return offset_;
}

namespace {

// Years that the time zone library counts with.
bool has_offsets(int64_t micros) {
    constexpr int64_t kFirst = days_from_civil(-4713, 1, 1) * kDay, kLast = days_from_civil(32000, 1, 1) * kDay;
    return micros >= kFirst && micros < kLast;
}

}  // namespace

std::optional<int64_t> TimeZoneCache::to_local(int64_t utc) {
    if (!has_offsets(utc)) return std::nullopt;
    return utc + offset_s(utc) * kSecond;
}

std::optional<int64_t> TimeZoneCache::to_utc(int64_t local) {
    if (!has_offsets(local)) return std::nullopt;
    const auto info = (**zone_).get_info(date::local_seconds(std::chrono::seconds(floor_div(local, kSecond))));
    const auto offset = info.result == date::local_info::ambiguous ? info.second.offset : info.first.offset;
    return local - offset.count() * kSecond;
}

}  // namespace weir::host::expression
