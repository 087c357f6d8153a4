// Bodies that were posted, on their way from the server's threads to the worker, and what becomes of them.
//
// A body waits in a queue of bounded bytes until the worker takes it, and its sender until it is answered. Threads: all
// functions are [any].
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir::http {

// One record in a body.
struct Span {
    uint32_t offset = 0;
    int32_t length = 0;
};

struct Posted {
    std::string body;
    std::vector<Span> records;
};

struct Answer {
    int status = 200;
    std::string text;  // JSON
};

class Inbox {
public:
    explicit Inbox(uint64_t max_bytes) : max_bytes_(max_bytes) {}

    // Waits for the answer; at once 429 where there is no room, and 503 once it is closed. `on_put` is called when the
    // body lies in the queue.
    Answer post(Posted posted, const std::function<void()> &on_put);
    bool has_room(uint64_t bytes) const;

    // The next body. It is answered by exactly one of the following.
    std::shared_ptr<const Posted> take(uint64_t *ticket);
    void answer(uint64_t ticket, Answer answer);
    // All tickets up to this one that are not answered yet.
    void answer_upto(uint64_t ticket, const Answer &answer);
    // Everybody is told 503, also whoever comes later.
    void close();

private:
    struct Waiting {
        std::shared_ptr<const Posted> posted;
        std::optional<Answer> answer;
    };
    const uint64_t max_bytes_;
    mutable std::mutex mutex_;
    std::condition_variable answered_;
    bool closed_ = false;
    uint64_t bytes_ = 0;       // of bodies whose senders wait
    uint64_t next_ticket_ = 1;
    std::deque<uint64_t> queue_;                 // not taken yet
    std::map<uint64_t, std::shared_ptr<Waiting>> waiting_;  // by ticket
};

}  // namespace weir::http
