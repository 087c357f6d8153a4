// The producer that the sinks of a connection share, and what is under way in it.
//
// A batch that a sink gets becomes a Delivery, which holds the batch until the broker has answered for each of
// its messages. Acknowledgements are counted on librdkafka's threads, without a queue in between; failures come
// by the polling thread, with their reasons. The last answer hands the delivery back to its sink's Outbound.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <weir/batch.hpp>

#include "client.hpp"
#include "control_thread.hpp"
#include "properties.hpp"

namespace weir::kafka {

class Outbound;
class Producer;

struct DeliveryFailure {
    int64_t row;
    rd_kafka_resp_err_t code;
    std::string text;
};

// One batch under way. Made by its sink; given back through the Outbound.
class Delivery {
public:
    struct Slot {
        Delivery *delivery;
    };
    // Message i stands for row rows[i], or i where rows is empty.
    Delivery(std::shared_ptr<Outbound> owner, RetainedBatch kept, uint32_t input_edge, size_t messages,
             std::vector<int64_t> rows);

    void *slot(size_t message) { return &slots_[message]; }
    int64_t row(size_t message) const { return rows_.empty() ? static_cast<int64_t>(message) : rows_[message]; }
    size_t messages() const { return slots_.size(); }
    static Delivery &of(const rd_kafka_message_t &message) { return *static_cast<Slot *>(message._private)->delivery; }

    // One answer for each message, and one by the sink once all are handed over. The last hands it back. [any]
    void answer();
    void answer_failed(const void *slot, rd_kafka_resp_err_t code, std::string text);

    RetainedBatch batch;
    const uint32_t input;
    bool alone = false;  // sent by itself: its size is its own fault
    int64_t only_row = -1;  // which
    std::vector<DeliveryFailure> failures;  // read once it was handed back

private:
    std::shared_ptr<Outbound> owner_;
    std::vector<Slot> slots_;
    std::vector<int64_t> rows_;
    std::atomic<int64_t> unanswered_;
    std::mutex mutex_;  // guards failures
};

// Where the deliveries of one sink instance end. Outlives the sink, for answers that come late.
class Outbound : public std::enable_shared_from_this<Outbound> {
public:
    explicit Outbound(weir_context *sink) : sink_(sink) {}
    ~Outbound();

    void finish(Delivery *delivery);  // [any]
    std::vector<std::unique_ptr<Delivery>> take_finished();  // [worker]
    // [worker] The sink is woken once anything ends. False: something has ended already.
    bool wait();
    void wake();    // [any] e.g. there may be room again
    void orphan();  // [worker] the sink goes

private:
    std::mutex mutex_;
    weir_context *sink_;
    bool waiting_ = false;
    std::vector<std::unique_ptr<Delivery>> finished_;
};

// A topic that is written to. Whoever holds it keeps its producer. [any]
class OutTopic {
public:
    OutTopic(Producer &producer, Topic topic, int32_t partitions)
        : producer_(producer), topic_(std::move(topic)), partitions_(partitions) {}
    rd_kafka_topic_t *get() const { return topic_.get(); }
    const char *name() const { return rd_kafka_topic_name(topic_.get()); }
    int32_t partitions() const { return partitions_.load(std::memory_order_relaxed); }
    void set_partitions(int32_t n) { partitions_.store(n, std::memory_order_relaxed); }
    Producer &producer() const { return producer_; }

private:
    Producer &producer_;
    Topic topic_;
    std::atomic<int32_t> partitions_;
};

struct TopicOptions {
    std::string name;
    int32_t partitions = 0;
    std::vector<Property> properties;
};

struct ProducerOptions {
    std::string transactional_id;  // empty: the producer is idempotent only
    std::chrono::milliseconds transaction_timeout{0};
    int64_t batch_bytes = 262'144;  // of one request for one partition
};

// Functions are [any].
class Producer : public Listener, public std::enable_shared_from_this<Producer> {
public:
    static Result<std::shared_ptr<Producer>> create(const Settings &settings, std::shared_ptr<LogTarget> log,
                                                    ControlThread &control, const ProducerOptions &options = {});
    ~Producer() override;

    rd_kafka_t *get() const { return client_.get(); }
    // Whether it has failed for good; a new one is needed.
    bool is_broken() const;
    std::string why_broken() const;
    // Failed for good, because its transactional.id is another's.
    bool is_fenced() const;
    // The same one for the same name and properties.
    Result<std::shared_ptr<OutTopic>> topic(const std::string &name, int32_t partitions,
                                            const std::vector<Property> &properties);
    // The same, once the cluster has told the client of the topic's partitions. In a transaction nothing may be sent
    // before: librdkafka 2.0.2 would add partition -1 to it, and the broker refuse the transaction. Blocks.
    Status learn(const TopicOptions &topic, std::chrono::milliseconds timeout);
    // Those that were asked for.
    std::vector<TopicOptions> topics();
    // The Outbound is woken once there may be room in the queue.
    void wait_for_room(const std::shared_ptr<Outbound> &outbound);
    void wake_waiters();
    // Why a record that no sink sent was not delivered, since the last call; empty: all were.
    std::string take_loose_failure();

private:
    Producer(std::shared_ptr<LogTarget> log, ControlThread &control) : log_(std::move(log)), control_(control) {}
    void on_error(rd_kafka_resp_err_t code, std::string_view text) override;
    void on_delivery_failure(const rd_kafka_message_t &message) override;
    void on_acknowledged(const rd_kafka_message_t &message) override;
    void tick();
    void refresh();

    struct KeptTopic {
        std::vector<Property> properties;
        std::unique_ptr<OutTopic> topic;
    };

    std::shared_ptr<LogTarget> log_;
    ControlThread &control_;
    Client client_;
    uint64_t tick_ = 0;
    int ticks_ = 0;
    std::atomic<bool> somebody_waits_{false};
    std::mutex mutex_;  // guards what follows
    std::vector<std::weak_ptr<Outbound>> waiting_;
    std::vector<KeptTopic> topics_;
    std::set<std::string> learned_;  // whose partitions it has looked up
    std::string loose_failure_;
};

}  // namespace weir::kafka
