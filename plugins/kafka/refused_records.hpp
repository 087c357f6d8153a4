// What a broker refused of records in a transaction. The transaction is lost with such a record, and the topology begins again; then
// it is left out, or, where it was refused with others of its batch, all of these are sent one by one, until it is found. Meanwhile the
// sink's instances take turns, so that no record of one is in a batch with another's.
//
// Of the process, not of a run: whoever begins again in another process has the broker find out again. Any thread.
#pragma once

#include <atomic>
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
    // More than these, and it is no matter of single records.
    static constexpr size_t kMost = 1'000;
    static constexpr size_t kMostSuspects = 200'000;  // two of the producer's largest batches

    // Those of one sink: its transactional.id, node and topic. The same one for the same name.
    static std::shared_ptr<RefusedRecords> of(const std::string &sink);

    bool is_empty() const { return count_.load(std::memory_order_acquire) == 0; }
    // False: there are kMost already.
    bool refuse(uint64_t record, std::string why);
    bool suspect(uint64_t record);  // false: there are kMostSuspects already
    // The broker took it.
    void clear(uint64_t record);
    // Why it was refused; nullopt: it was not.
    std::optional<std::string> why(uint64_t record) const;
    bool is_suspect(uint64_t record) const;

    // Whether an instance may send now: while there are suspects one may, until it leaves. False: it is woken when that one has left.
    bool enter(const std::shared_ptr<Outbound> &instance);
    void leave(const Outbound *instance);

private:
    void count();

    std::atomic<size_t> count_{0};
    mutable std::mutex mutex_;  // guards what follows
    std::map<uint64_t, std::string> refused_;
    std::set<uint64_t> suspects_;
    const Outbound *inside_ = nullptr;
    std::vector<std::weak_ptr<Outbound>> waiting_;
};

}  // namespace weir::kafka
