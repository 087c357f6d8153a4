#include "host/engine/epoch_log.hpp"

#include <algorithm>
#include <utility>

#include "host/engine/clock.hpp"

namespace weir::host {
namespace {

template <class T>
std::chrono::microseconds micros(T time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time);
}

}  // namespace

void EpochLog::opened(uint64_t epoch, SplitMarks marks) {
    const std::lock_guard lock(mutex_);
    mark(epoch, std::move(marks));
    is_open_ = true;
    is_in_flight_ = false;
    last_ = Clock::now();
    records_ = 0;
}

void EpochLog::closed() {
    const std::lock_guard lock(mutex_);
    is_open_ = is_in_flight_ = false;
}

void EpochLog::began(uint64_t epoch, uint32_t workers) {
    const std::lock_guard lock(mutex_);
    is_in_flight_ = true;
    began_ = Clock::now();
    current_ = EpochRecord{epoch, system_now(), {}, {}, 0, 0};
    waits_for_.clear();
    for (uint32_t w = 0; w < workers; ++w) waits_for_.push_back(w);
}

void EpochLog::reported(uint32_t worker) {
    const std::lock_guard lock(mutex_);
    std::erase(waits_for_, worker);
    if (waits_for_.empty()) current_.aligned = micros(Clock::now() - began_);
}

void EpochLog::committed(size_t bytes, int64_t records, SplitMarks marks) {
    const std::lock_guard lock(mutex_);
    mark(current_.epoch, std::move(marks));
    note(bytes, records - std::exchange(records_, records));
}

void EpochLog::committed_late(size_t bytes, int64_t records) {
    const std::lock_guard lock(mutex_);
    note(bytes, records);
}

void EpochLog::note(size_t bytes, int64_t records) {
    is_in_flight_ = false;
    last_ = Clock::now();
    current_.took = micros(last_ - began_);
    current_.bytes = bytes;
    current_.records = records;
    recent_.push_back(current_);
    if (recent_.size() > kMostRecent) recent_.pop_front();
    ++stats_.committed;
    stats_.total += current_.took;
    stats_.bytes += static_cast<int64_t>(bytes);
    const double seconds = std::chrono::duration<double>(current_.took).count();
    const auto bucket = std::lower_bound(EpochStats::kBounds.begin(), EpochStats::kBounds.end(), seconds);
    ++stats_.durations[static_cast<size_t>(bucket - EpochStats::kBounds.begin())];
}

// Epochs behind it are of a graph that is gone with what it did.
void EpochLog::mark(uint64_t epoch, SplitMarks marks) {
    while (!marks_.empty() && marks_.back().first >= epoch) marks_.pop_back();
    marks_.emplace_back(epoch, std::move(marks));
    if (marks_.size() > kMostMarked) marks_.pop_front();
}

std::vector<std::pair<uint64_t, SplitMarks>> EpochLog::marks() const {
    const std::lock_guard lock(mutex_);
    return {marks_.begin(), marks_.end()};
}

EpochStats EpochLog::stats() const {
    const std::lock_guard lock(mutex_);
    EpochStats out = stats_;
    out.recent.assign(recent_.begin(), recent_.end());
    const auto now = Clock::now();
    if (is_open_) out.age = micros(now - last_);
    if (is_in_flight_) out.in_flight = {current_.epoch, micros(now - began_), waits_for_};
    return out;
}

}  // namespace weir::host
