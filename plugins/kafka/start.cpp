#include "start.hpp"

#include <cstdio>

namespace weir::kafka {
namespace {

constexpr const char *kExpected =
    "`earliest`, `latest`, a time like \"2024-05-23T12:34:56Z\", `{ timestamp: … }` or `{ offset: 5 }`";

// Z, or +hh:mm, +hhmm. False: it is no zone.
bool read_zone(std::string_view zone, int &minutes) {
    minutes = 0;
    if (zone == "Z" || zone == "z") return true;
    int hours = 0, rest = 0, used = 0;
    std::string text(zone);
    if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return false;
    if (std::sscanf(text.c_str() + 1, "%2d:%2d%n", &hours, &rest, &used) != 2 &&
        std::sscanf(text.c_str() + 1, "%2d%2d%n", &hours, &rest, &used) != 2)
        return false;
    minutes = (text[0] == '-' ? -1 : 1) * (hours * 60 + rest);
    return static_cast<size_t>(used) + 1 == text.size() && hours < 24 && rest < 60;
}

// ISO 8601 with a zone to milliseconds since 1970.
bool parse_time(const std::string &text, int64_t &millis) {
    using namespace std::chrono;
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, used = 0, zone = 0;
    char separator = 0;
    if (std::sscanf(text.c_str(), "%4d-%2d-%2d%c%2d:%2d:%2d%n", &y, &mo, &d, &separator, &h, &mi, &s, &used) != 7)
        return false;
    year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
    if (!date.ok() || (separator != 'T' && separator != 't' && separator != ' ')) return false;
    if (h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 59) return false;
    size_t at = static_cast<size_t>(used);
    int64_t fraction = 0;
    if (at < text.size() && text[at] == '.')
        for (int64_t unit = 100; ++at < text.size() && text[at] >= '0' && text[at] <= '9'; unit /= 10)
            fraction += unit * (text[at] - '0');
    if (!read_zone(std::string_view(text).substr(at), zone)) return false;
    millis = duration_cast<milliseconds>(sys_days(date).time_since_epoch()).count() +
             ((h * 60LL + mi - zone) * 60 + s) * 1000 + fraction;
    return millis >= 0;
}

Result<Start> timestamp(const char *path, const Config::Json &value) {
    Start start{Start::Kind::kTimestamp, 0};
    if (value.is_number_integer() && value.get<int64_t>() >= 0)
        start.value = value.get<int64_t>();
    else if (!value.is_string() || !parse_time(value.get<std::string>(), start.value))
        return Status::config(path, value.dump() + " is not a time: write one with its zone, like "
                                                   "\"2024-05-23T12:34:56Z\", or milliseconds since 1970");
    return start;
}

}  // namespace

Result<Start> Start::parse(const Config::Json &value) {
    if (value.is_null()) return Start{};
    if (value.is_string()) {
        auto text = value.get<std::string>();
        if (text == "earliest") return Start{Kind::kEarliest, 0};
        if (text == "latest") return Start{Kind::kLatest, 0};
        Start start{Kind::kTimestamp, 0};
        if (parse_time(text, start.value)) return start;
    } else if (value.is_object() && value.size() == 1) {
        if (value.contains("timestamp")) return timestamp("start.timestamp", value["timestamp"]);
        if (value.contains("offset")) {
            const auto &offset = value["offset"];
            if (offset.is_number_integer() && offset.get<int64_t>() >= 0)
                return Start{Kind::kOffset, offset.get<int64_t>()};
            return Status::config("start.offset", offset.dump() + " is not an offset: write an integer from 0");
        }
    }
    return Status::config("start", value.dump() + " says no place to start: write " + kExpected);
}

}  // namespace weir::kafka
