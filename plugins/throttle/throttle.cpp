#include "throttle.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace weir::throttle {
namespace {

constexpr double kSecond = 1e6;
constexpr double kTick = 10'000;  // at a high rate rows pass in steps of so many microseconds

constexpr weir_param kParams[] = {
    param("rate", WEIR_PARAM_FLOAT64, "Rows a second, over all workers.").required().primary(),
    param("burst", WEIR_PARAM_INT64,
          "So many rows may pass at once behind a pause. By default what the rate gives in 10ms, and 1 at least."),
};

}  // namespace

constexpr OperatorSpec kThrottleSpec =
    operator_spec<Throttle>("throttle",
                            "Lets so many rows a second pass; the others wait, and sources are read more slowly. None is lost.")
        .params(kParams);

int64_t Pace::take(int64_t rows, int64_t now, double row_time, double burst, int64_t *next) {
    std::lock_guard lock(mutex_);
    const auto time = static_cast<double>(now);
    free_at_ = std::max(free_at_, time - (burst - 1) * row_time);
    if (free_at_ > time) {
        // As many as a burst, or a step, at a time: not a wake for every row.
        *next = static_cast<int64_t>(std::ceil(std::max(free_at_, time + std::min(kTick, (burst - 1) * row_time))));
        return 0;
    }
    const auto allowed = static_cast<int64_t>(std::floor((time - free_at_) / row_time)) + 1;
    const int64_t n = std::min(rows, allowed);
    free_at_ += static_cast<double>(n) * row_time;
    return n;
}

Result<std::unique_ptr<Instance>> Throttle::create(Context context, const Config &config) {
    const double rate = config.float64("rate");
    if (!(rate > 0 && rate <= 1e9)) return Status::config("rate", "is rows per second: above 0, at most 1e9");
    if (config.has("burst") && config.int64("burst") < 1) return Status::config("burst", "is 1 or more");
    return std::unique_ptr<Instance>(new Throttle(context, config));
}

Throttle::Throttle(Context context, const Config &config)
    : Instance(context),
      row_time_(kSecond / config.float64("rate")),
      burst_(config.has("burst") ? static_cast<double>(config.int64("burst")) : std::max(1.0, kTick / row_time_)),
      pace_(shared_by_node<Pace>(context)),
      waited_metric_(context.metric("waited_ms", WEIR_METRIC_COUNTER, "How long rows were held up, in milliseconds.")) {}

Status Throttle::process(const BatchView &batch, uint32_t input) {
    input_ = input;
    waiting_ = context_.retain(batch);
    next_row_ = 0;
    return let_pass();
}

Status Throttle::let_pass() {
    if (!waiting_) return {};
    const BatchView batch = waiting_.view(input_schema(input_));
    const int64_t now = context_.now();
    int64_t next = 0;
    const int64_t n = pace_->take(batch.rows() - next_row_, now, row_time_, burst_, &next);
    if (n == 0) {
        if (!stopped_) stopped_ = now;
        context_.wake_at(next);
        return Status::pending();
    }
    if (stopped_) context_.metric_add(waited_metric_, (now - *stopped_) / 1000);
    stopped_.reset();
    std::vector<int32_t> rows(static_cast<size_t>(n));
    std::iota(rows.begin(), rows.end(), static_cast<int32_t>(next_row_));
    next_row_ += n;
    const bool last = next_row_ == batch.rows();
    const bool room = pass_.emit(context_, batch, input_, rows);
    if (last) waiting_ = RetainedBatch();
    if (!room) return Status::more();
    return last ? Status() : let_pass();
}

}  // namespace weir::throttle
