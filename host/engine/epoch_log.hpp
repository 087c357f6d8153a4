// What became of a topology's epochs, over restarts and changes of its graph: for who looks on.
//
// Threads: any; the coordinator and the workers write, a few times an epoch.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace weir::host {

struct EpochRecord {
    uint64_t epoch = 0;
    int64_t began = 0;                     // microseconds since 1970
    std::chrono::microseconds aligned{0};  // until all nodes had passed its barrier
    std::chrono::microseconds took{0};     // until it was committed
    size_t bytes = 0;                      // of state that changed
    int64_t records = 0;                   // that sources gave in it
};

struct EpochStats {
    // Upper bounds, in seconds, of the buckets of durations; the last has none.
    static constexpr std::array<double, 10> kBounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30};

    std::vector<EpochRecord> recent;  // committed ones, the oldest first
    int64_t committed = 0;
    std::chrono::microseconds total{0};                    // durations
    std::array<int64_t, kBounds.size() + 1> durations{};  // how many in each bucket
    int64_t bytes = 0;
    // Since the last one was committed, or rows could flow without any; nullopt: no rows can flow.
    std::optional<std::chrono::microseconds> age;
    struct InFlight {
        uint64_t epoch = 0;
        std::chrono::microseconds since{0};
        std::vector<uint32_t> workers;  // that have nodes which its barrier has not passed
    };
    std::optional<InFlight> in_flight;
};

class EpochLog {
public:
    static constexpr size_t kMostRecent = 100;

    // Rows can flow; and cannot any more.
    void opened();
    void closed();
    void began(uint64_t epoch, uint32_t workers);
    void reported(uint32_t worker);
    // `records`: that sources gave since rows could flow.
    void committed(size_t bytes, int64_t records);
    // The epoch that was begun before rows could flow as they do; `records` of it alone.
    void committed_late(size_t bytes, int64_t records);

    EpochStats stats() const;

private:
    using Clock = std::chrono::steady_clock;
    void note(size_t bytes, int64_t records);

    mutable std::mutex mutex_;  // guards all
    EpochStats stats_;
    std::deque<EpochRecord> recent_;
    EpochRecord current_;
    std::vector<uint32_t> waits_for_;
    Clock::time_point began_, last_;
    bool is_in_flight_ = false, is_open_ = false;
    int64_t records_ = 0;
};

}  // namespace weir::host
