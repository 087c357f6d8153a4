// What a broker refused of records in a transaction. The transaction is lost with such a record, and the topology begins again; then
// it is left out, or, where it was refused with others of its batch, all of these are sent one by one, until it is found. Meanwhile the
// sink's instances take turns, so that no record of one is in a batch with another's.
//
// What was refused is asked again after kHolds: the broker's limit may have been raised, and other records may equal it.
//
// Of the process, not of a run: whoever begins again in another process has the broker find out again. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weir::kafka {

class Outbound;

class RefusedRecords {
public:
    using Clock = std::chrono::steady_clock;
    // For how long a record is left out that was refused; and suspects are kept of none of which anything is heard.
    static constexpr std::chrono::minutes kHolds{10};
    // More than these within kHolds, and it is no matter of single records.
    static constexpr size_t kMost = 1'000;
    static constexpr size_t kMostSuspects = 200'000;  // two of the producer's largest batches

    // Those of one sink: its transactional.id, node and topic. The same one for the same name.
    static std::shared_ptr<RefusedRecords> of(const std::string &sink);

    bool is_empty() const { return count_.load(std::memory_order_acquire) == 0; }
    // False: there are kMost already.
    bool refuse(uint64_t record, std::string why, Clock::time_point now);
    bool suspect(uint64_t record, Clock::time_point now);  // false: there are kMostSuspects already
    // The broker took it.
    void clear(uint64_t record, Clock::time_point now);
    // What is older than kHolds.
    void forget(Clock::time_point now);
    // Why it was refused; nullopt: it was not.
    std::optional<std::string> why(uint64_t record) const;
    bool is_suspect(uint64_t record) const;

    // Whether an instance may send now: while there are suspects one may, until it leaves. False: it is woken when that one has left,
    // or nothing is suspected any more.
    bool enter(const std::shared_ptr<Outbound> &instance);
    void leave(const Outbound *instance);

private:
    struct Refused {
        std::string why;
        Clock::time_point at;
    };
    // Behind a change of what is refused or suspected.
    void settle(std::unique_lock<std::mutex> lock);
    void let_go(std::unique_lock<std::mutex> lock);

    std::atomic<size_t> count_{0};
    mutable std::mutex mutex_;  // guards what follows
    std::map<uint64_t, Refused> refused_;
    std::set<uint64_t> suspects_;
    Clock::time_point heard_{};  // of a suspect, the last time
    const Outbound *inside_ = nullptr;
    std::vector<std::weak_ptr<Outbound>> waiting_;
};

}  // namespace weir::kafka
