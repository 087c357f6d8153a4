#include "inbox.hpp"

namespace weir::http {
namespace {

const Answer kClosed{503, R"({"error":"weir is stopping or begins again; nothing of this was taken. Send it again later"})"};
const Answer kFull{429, R"({"error":"weir cannot keep up; nothing of this was taken. Send it again later"})"};

}  // namespace

bool Inbox::has_room(uint64_t bytes) const {
    std::lock_guard lock(mutex_);
    return bytes_ == 0 || bytes_ + bytes <= max_bytes_;
}

Answer Inbox::post(Posted posted, const std::function<void()> &on_put) {
    const uint64_t bytes = posted.body.size();
    std::unique_lock lock(mutex_);
    if (closed_) return kClosed;
    if (bytes_ > 0 && bytes_ + bytes > max_bytes_) return kFull;
    bytes_ += bytes;
    const uint64_t ticket = next_ticket_++;
    auto waiting = std::make_shared<Waiting>();
    waiting->posted = std::make_shared<const Posted>(std::move(posted));
    waiting_[ticket] = waiting;
    queue_.push_back(ticket);
    on_put();
    answered_.wait(lock, [&] { return waiting->answer.has_value(); });
    bytes_ -= bytes;
    return *waiting->answer;
}

std::shared_ptr<const Posted> Inbox::take(uint64_t *ticket) {
    std::lock_guard lock(mutex_);
    while (!queue_.empty()) {
        *ticket = queue_.front();
        queue_.pop_front();
        if (auto found = waiting_.find(*ticket); found != waiting_.end()) return found->second->posted;
    }
    return nullptr;
}

void Inbox::answer(uint64_t ticket, Answer answer) {
    std::lock_guard lock(mutex_);
    auto found = waiting_.find(ticket);
    if (found == waiting_.end()) return;
    found->second->answer = std::move(answer);
    waiting_.erase(found);
    answered_.notify_all();
}

void Inbox::answer_upto(uint64_t ticket, const Answer &answer) {
    std::lock_guard lock(mutex_);
    const auto end = waiting_.upper_bound(ticket);
    for (auto at = waiting_.begin(); at != end; ++at) at->second->answer = answer;
    waiting_.erase(waiting_.begin(), end);
    answered_.notify_all();
}

void Inbox::close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
    for (auto &[ticket, waiting] : waiting_) waiting->answer = kClosed;
    waiting_.clear();
    answered_.notify_all();
}

}  // namespace weir::http
