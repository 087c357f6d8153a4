// throttle: so many rows a second, and no more: those behind them wait, up to the source.
//
// The rate is the node's, over all workers. A batch passes in pieces; a barrier waits until it has passed whole. One
// instance, one user at a time; the pace is shared.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include <weir/pass.hpp>
#include <weir/shared.hpp>

namespace weir::throttle {

// When the next row may pass, at the earliest (a generic cell rate algorithm: what was not used counts up to a burst).
class Pace {
public:
    // How many of `rows` may pass at `now`, and takes them. 0: *next says when to ask again.
    int64_t take(int64_t rows, int64_t now, double row_time, double burst, int64_t *next);

private:
    std::mutex mutex_;
    double free_at_ = -1e18;  // microseconds
};

class Throttle final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Throttle(Context context, const Config &config);

    Status bind(const Binding &binding) override { return pass_.bind(binding); }
    Status process(const BatchView &batch, uint32_t input) override;
    Status resume(uint64_t) override { return let_pass(); }
    Status on_wake() override { return {}; }

private:
    Status let_pass();

    const double row_time_, burst_;  // microseconds a row, rows
    std::shared_ptr<Pace> pace_;
    PassThrough pass_;
    RetainedBatch waiting_;
    uint32_t input_ = 0;  // that it came by
    int64_t next_row_ = 0;
    std::optional<int64_t> stopped_;  // since when
    uint32_t waited_metric_;
};

extern const OperatorSpec kThrottleSpec;

}  // namespace weir::throttle
