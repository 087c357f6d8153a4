#include "split.hpp"

#include <algorithm>

namespace weir::kafka {

Status Split::failure() {
    std::lock_guard lock(mutex_);
    return failure_;
}

void Split::run(Queue queue, int64_t first, int64_t stop_at) {
    queue_ = std::move(queue);
    set_next(first);
    end_ = stop_at;
    rd_kafka_queue_cb_event_enable(
        queue_.get(), [](rd_kafka_t *, void *self) { static_cast<Split *>(self)->wake(); }, this);
    auto starting = State::kStarting;
    state_.compare_exchange_strong(starting, State::kRunning, std::memory_order_acq_rel);
    wake();
}

void Split::fail(Status status) {
    {
        std::lock_guard lock(mutex_);
        failure_ = std::move(status);
    }
    state_.store(State::kFailed, std::memory_order_release);
    wake();
}

void Split::take() {
    state_.store(State::kTaken, std::memory_order_release);
    wake();
}

void Split::detach() {
    std::lock_guard lock(mutex_);
    reader_ = nullptr;
    state_.store(State::kStopped, std::memory_order_release);
}

void Split::close() {
    if (queue_) rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
    for (; at_ < messages_.size(); ++at_) rd_kafka_message_destroy(messages_[at_]);
    messages_.clear();
    at_ = 0;
    queue_.reset();
}

void Split::wake() {
    std::lock_guard lock(mutex_);
    if (reader_) reader_->wake(reader_);
}

std::span<rd_kafka_message_t *const> Split::fetch(size_t most) {
    drained_ = false;
    if (at_ == messages_.size()) {
        at_ = 0;
        messages_.resize(most);
        auto n = rd_kafka_consume_batch_queue(queue_.get(), 0, messages_.data(), most);
        messages_.resize(n > 0 ? static_cast<size_t>(n) : 0);
        drained_ = messages_.size() < most;
    }
    return {messages_.data() + at_, std::min(most, messages_.size() - at_)};
}

void Split::drop(size_t n) {
    for (; n > 0; --n) rd_kafka_message_destroy(messages_[at_++]);
}

bool Split::is_starving(size_t queue_limit) {
    size_t length = rd_kafka_queue_length(queue_.get());
    if (length + WEIR_BATCH_MAX_ROWS >= queue_limit) was_full_ = true;  // what was just taken belonged to it
    if (!was_full_ || length > queue_limit / 2) return false;
    was_full_ = false;
    return true;
}

}  // namespace weir::kafka
