#include "start.hpp"

#include <weir/time_text.hpp>

namespace weir::kafka {
namespace {

constexpr const char *kExpected =
    "`earliest`, `latest`, a time like \"2024-05-23T12:34:56Z\", `{ timestamp: … }` or `{ offset: 5 }`";

// ISO 8601 with a zone to milliseconds since 1970.
bool parse_time(std::string_view text, int64_t &millis) {
    int64_t micros = 0;
    bool has_zone = false;
    if (parse_timestamp(text, &micros, &has_zone) != Parse::kOk || !has_zone) return false;
    millis = micros / 1'000;
    return micros >= 0;
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
