// What became of a topology's epochs, over restarts and changes of its graph: for who looks on.
//
// Threads: any; the coordinator and the workers write, a few times an epoch.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
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

// Where the reading of a split stood at the end of an epoch, in its source's own notation.
struct SplitMark {
    std::string node, split, position;
    bool given_back = false;  // by then another host may have read on
};
using SplitMarks = std::shared_ptr<const std::vector<SplitMark>>;

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
    static constexpr size_t kMostMarked = 16;

    // Rows can flow, behind that epoch, of which sources stood there; and cannot any more.
    void opened(uint64_t epoch, SplitMarks marks);
    void closed();
    void began(uint64_t epoch, uint32_t workers);
    void reported(uint32_t worker);
    // `records`: that sources gave since rows could flow.
    void committed(size_t bytes, int64_t records, SplitMarks marks);
    // The epoch that was begun before rows could flow as they do; `records` of it alone.
    void committed_late(size_t bytes, int64_t records);

    EpochStats stats() const;
    // By epoch, of the last kMostMarked ones that are decided, the oldest first. Those that follow a place where a source was put back to
    // may be lower than those before.
    std::vector<std::pair<uint64_t, SplitMarks>> marks() const;

private:
    using Clock = std::chrono::steady_clock;
    void note(size_t bytes, int64_t records);
    void mark(uint64_t epoch, SplitMarks marks);

    mutable std::mutex mutex_;  // guards all
    EpochStats stats_;
    std::deque<EpochRecord> recent_;
    std::deque<std::pair<uint64_t, SplitMarks>> marks_;
    EpochRecord current_;
    std::vector<uint32_t> waits_for_;
    Clock::time_point began_, last_;
    bool is_in_flight_ = false, is_open_ = false;
    int64_t records_ = 0;
};

}  // namespace weir::host
