// One partition while an instance of the source reads it.
//
// The control thread starts and stops it; the worker of its instance fetches; librdkafka's threads wake it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "client.hpp"

namespace weir::kafka {

class Split {
public:
    enum class State { kStarting, kRunning, kFailed, kTaken, kStopped };

    Split(TopicPartition partition, weir_context *reader)
        : partition_(std::move(partition)), topic_(std::make_shared<std::string>(partition_.topic)), reader_(reader) {}
    ~Split() { close(); }
    Split(const Split &) = delete;
    Split &operator=(const Split &) = delete;

    const TopicPartition &partition() const { return partition_; }
    const std::shared_ptr<const std::string> &topic() const { return topic_; }
    State state() const { return state_.load(std::memory_order_acquire); }
    bool is_active() const { return state() == State::kStarting || state() == State::kRunning; }
    Status failure();

    // [control] Gives it the queue that its partition's records come in by, and the offsets.
    void run(Queue queue, int64_t next, int64_t end);
    void fail(Status status);        // [any]
    void take();                     // [any] it was given to another host: no more rows
    void detach();                   // [worker] the reader goes: nobody is woken any more
    void close();                    // frees queue and messages; no call of fetch afterwards
    void wake();                     // [any]

    // [worker] At most `most` messages that were fetched, valid until drop. REQUIRES: state was kRunning.
    std::span<rd_kafka_message_t *const> fetch(size_t most);
    void drop(size_t n);  // [worker] the first n of them are done with
    // [worker] Whether the last fetch left nothing, so that the next message wakes the reader: one that comes to others does not. What
    // a fetch before left over does not tell.
    bool is_drained() const { return drained_ && at_ == messages_.size(); }
    // [worker] Whether the client stopped fetching because its queue was full, and has half of it left now: it
    // would go on only after up to a second.
    bool is_starving(size_t queue_limit);

    // The next offset to emit; -1: not known yet. Written by the control thread in run, later by the worker.
    int64_t next() const { return next_.load(std::memory_order_relaxed); }
    void set_next(int64_t offset) { next_.store(offset, std::memory_order_relaxed); }
    // Stop there; -1: never. REQUIRES: state was kRunning.
    int64_t end() const { return end_; }
    bool at_end() const { return end_ >= 0 && next() >= end_; }

private:
    std::atomic<int64_t> next_{-1};
    int64_t end_ = -1;
    const TopicPartition partition_;
    const std::shared_ptr<const std::string> topic_;
    std::atomic<State> state_{State::kStarting};
    std::mutex mutex_;  // guards reader_ and failure_
    weir_context *reader_;
    Status failure_;
    Queue queue_;
    std::vector<rd_kafka_message_t *> messages_;
    size_t at_ = 0;
    bool drained_ = false;
    bool was_full_ = false;
};

}  // namespace weir::kafka
