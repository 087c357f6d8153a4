#include "host/text/spans.hpp"

#include <fmt/format.h>

#include <weir/row_json.hpp>

namespace weir::host {
namespace {

constexpr int64_t kMillisecond = 1000, kSecond = 1000 * kMillisecond, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
// From here on a span says less than the moment.
constexpr int64_t kFar = 1000 * kDay;

}  // namespace

std::string span_text(std::chrono::microseconds span) {
    const int64_t us = span.count();
    if (us < 0) return "-" + span_text(std::chrono::microseconds(us == INT64_MIN ? INT64_MAX : -us));
    if (us < kSecond) return fmt::format("{} ms", (us + kMillisecond / 2) / kMillisecond);
    if (us < kMinute) return fmt::format("{:.1f} s", static_cast<double>(us) / kSecond);
    if (us < kHour) return fmt::format("{}m {}s", us / kMinute, us % kMinute / kSecond);
    if (us < kDay) return fmt::format("{}h {}m", us / kHour, us % kHour / kMinute);
    return fmt::format("{}d {}h", us / kDay, us % kDay / kHour);
}

bool is_far_behind(int64_t watermark, int64_t now) {
    int64_t span = 0;
    return __builtin_sub_overflow(now, watermark, &span) || span >= kFar || span <= -kFar;
}

std::string behind_text(int64_t watermark, int64_t now) {
    return is_far_behind(watermark, now) ? "at " + format_timestamp(watermark) : span_text(std::chrono::microseconds(now - watermark));
}

}  // namespace weir::host
