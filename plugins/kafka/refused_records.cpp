#include "refused_records.hpp"

#include <algorithm>
#include <utility>

#include "client.hpp"
#include "producer.hpp"

namespace weir::kafka {

std::shared_ptr<RefusedRecords> RefusedRecords::of(const std::string &sink) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<RefusedRecords>> all;
    std::lock_guard lock(mutex);
    auto &one = all[sink];
    if (!one) one = std::make_shared<RefusedRecords>();
    return one;
}

// A run that ends would take its module with it, and what is remembered here.
bool RefusedRecords::refuse(uint64_t record, std::string why, Clock::time_point now) {
    pin_module();
    forget(now);
    std::unique_lock lock(mutex_);
    suspects_.erase(record);
    heard_ = now;
    const bool has_room = refused_.size() < kMost;
    if (has_room) refused_.insert_or_assign(record, Refused{std::move(why), now});
    settle(std::move(lock));
    return has_room;
}

bool RefusedRecords::suspect(uint64_t record, Clock::time_point now) {
    pin_module();
    std::unique_lock lock(mutex_);
    if (suspects_.size() >= kMostSuspects) return false;
    suspects_.insert(record);
    heard_ = now;
    settle(std::move(lock));
    return true;
}

void RefusedRecords::clear(uint64_t record, Clock::time_point now) {
    std::unique_lock lock(mutex_);
    suspects_.erase(record);
    heard_ = now;
    settle(std::move(lock));
}

void RefusedRecords::forget(Clock::time_point now) {
    std::unique_lock lock(mutex_);
    std::erase_if(refused_, [now](const auto &one) { return now - one.second.at > kHolds; });
    if (now - heard_ > kHolds) suspects_.clear();
    settle(std::move(lock));
}

std::optional<std::string> RefusedRecords::why(uint64_t record) const {
    std::lock_guard lock(mutex_);
    const auto found = refused_.find(record);
    return found == refused_.end() ? std::nullopt : std::optional(found->second.why);
}

bool RefusedRecords::is_suspect(uint64_t record) const {
    std::lock_guard lock(mutex_);
    return suspects_.contains(record);
}

bool RefusedRecords::enter(const std::shared_ptr<Outbound> &instance) {
    std::lock_guard lock(mutex_);
    if (suspects_.empty()) return true;
    if (!inside_) inside_ = instance.get();
    if (inside_ == instance.get()) return true;
    const auto is_it = [&](const auto &one) { return !one.owner_before(instance) && !instance.owner_before(one); };
    if (std::none_of(waiting_.begin(), waiting_.end(), is_it)) waiting_.push_back(instance);
    return false;
}

void RefusedRecords::leave(const Outbound *instance) {
    std::unique_lock lock(mutex_);
    if (inside_ == instance) let_go(std::move(lock));
}

void RefusedRecords::settle(std::unique_lock<std::mutex> lock) {
    count_.store(refused_.size() + suspects_.size(), std::memory_order_release);
    if (suspects_.empty()) let_go(std::move(lock));
}

void RefusedRecords::let_go(std::unique_lock<std::mutex> lock) {
    inside_ = nullptr;
    const auto waiting = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto &one : waiting)
        if (auto outbound = one.lock()) outbound->wake();
}

}  // namespace weir::kafka
