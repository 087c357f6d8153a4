#include "refused_records.hpp"

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
bool RefusedRecords::refuse(uint64_t record, std::string why) {
    pin_module();
    std::lock_guard lock(mutex_);
    suspects_.erase(record);
    if (refused_.size() >= kMost) return false;
    refused_.insert_or_assign(record, std::move(why));
    count();
    return true;
}

bool RefusedRecords::suspect(uint64_t record) {
    pin_module();
    std::lock_guard lock(mutex_);
    if (suspects_.size() >= kMostSuspects) return false;
    suspects_.insert(record);
    count();
    return true;
}

void RefusedRecords::clear(uint64_t record) {
    std::lock_guard lock(mutex_);
    suspects_.erase(record);
    count();
}

std::optional<std::string> RefusedRecords::why(uint64_t record) const {
    std::lock_guard lock(mutex_);
    const auto found = refused_.find(record);
    return found == refused_.end() ? std::nullopt : std::optional(found->second);
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
    waiting_.push_back(instance);
    return false;
}

void RefusedRecords::leave(const Outbound *instance) {
    std::unique_lock lock(mutex_);
    if (inside_ != instance) return;
    inside_ = nullptr;
    const auto waiting = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto &one : waiting)
        if (auto outbound = one.lock()) outbound->wake();
}

void RefusedRecords::count() { count_.store(refused_.size() + suspects_.size(), std::memory_order_release); }

}  // namespace weir::kafka
