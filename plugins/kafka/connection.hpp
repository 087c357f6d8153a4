// The connection `kafka`: one cluster, its settings, and what the nodes that name it share: a client for
// metadata and topics, one producer, one consumer a source node. Of a topology that is exactly_once it is the decider.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <weir/connection.hpp>

#include "client.hpp"
#include "control_thread.hpp"
#include "embedded.hpp"
#include "properties.hpp"
#include "topic_reader.hpp"
#include "topics.hpp"
#include "transactions.hpp"

namespace weir::kafka {

class Consumer;
struct ConsumerOptions;
class OutTopic;
class Producer;

// Functions are [any] unless said otherwise. The decider's part REQUIRES: exactly_once.
class KafkaConnection final : public Connection, public Listener {
public:
    static Result<std::unique_ptr<KafkaConnection>> create(ConnectionContext context, const Config &config);
    ~KafkaConnection() override;

    Status open() override;
    Status close() override;
    void cancel() override;
    Status begin(uint64_t epoch) override { return transactions_->begin(epoch); }
    Status prepare(uint64_t epoch) override { return transactions_->prepare(epoch); }
    Status commit(uint64_t epoch, std::string_view marker) override { return transactions_->commit(epoch, marker); }
    Status abort(uint64_t epoch) override { return transactions_->abort(epoch); }
    Status last_committed(const weir_bytes_out &out) override { return transactions_->last_committed(out); }
    Status fence() override { return transactions_ ? transactions_->fence() : Status(); }
    Status identity(const weir_bytes_out &out) override;

    // NULL: the topology is not exactly_once.
    Transactions *transactions() const { return transactions_.get(); }
    const Settings &settings() const { return settings_; }
    const std::shared_ptr<LogTarget> &log() const { return log_; }
    ControlThread &control() { return control_; }
    // On the control thread.
    Result<TopicInfo> ensure_topic(const std::string &name);
    // A topic that sinks write to, created where it is missing, and what it takes, which the transactions heed from then on. Asked
    // of the broker once: whoever finds it otherwise fails, and opens another connection.
    struct WrittenTopic {
        int32_t partitions = 0;
        TopicLimits limits;
    };
    Result<WrittenTopic> written_topic(const std::string &name);
    // For tools. [host] Sends a record, waits for all that were sent, reads; topic_reader.hpp.
    Status produce_one(const std::string &topic, const weir_origin_record &record);
    Status flush(std::chrono::milliseconds timeout);
    Status read(const std::string &topic, int64_t last, const std::function<int32_t(const weir_origin_record &)> &each);
    Status bookmarks(const std::string &reader, const std::string &topic, const std::function<void(const weir_bookmark &)> &each);
    Status set_bookmark(const std::string &reader, const std::string &topic, const weir_bookmark &bookmark);
    // Of the cluster that was reached; empty where it has none, or is gone with this process.
    const std::string &cluster_id() const { return cluster_id_; }
    // Whether that is the embedded broker of another process: it makes topics when they are first asked for, and knows neither lasting
    // transactions nor members of a group that come back.
    bool is_embedded_elsewhere() const { return cluster_id_.starts_with("mockCluster"); }
    rd_kafka_t *client() const { return client_.get(); }
    Topics topics() { return Topics(client_.get(), settings_, embedded_); }

    // The producer that all sinks share; at_least_once: made when first asked for, and again after one has failed for good.
    Result<std::shared_ptr<Producer>> producer();
    // The consumer of a source node, for all its instances. Give it back with release_consumer. May block as long as leaving a
    // group takes. [worker] or [host]
    Result<std::shared_ptr<Consumer>> consumer(const ConsumerOptions &options);
    // The last one gives it up; but a member of a group stays for a while, for the same node of a changed graph: nobody else's
    // partitions move then. [worker] or [host]
    void release_consumer(const std::string &node);

private:
    using Clock = std::chrono::steady_clock;

    KafkaConnection(ConnectionContext context, Settings settings, std::chrono::milliseconds transaction_timeout);
    void on_error(rd_kafka_resp_err_t code, std::string_view text) override;
    Result<TopicLimits> limits(const TopicInfo &topic);
    Result<OutTopic *> tool_topic(const std::string &name);
    Result<Bookmarks *> bookmarks_of(const std::string &reader);
    Status start();  // control thread: until the cluster is reached
    Status reach(Clock::time_point deadline);
    struct SharedConsumer {
        std::shared_ptr<Consumer> consumer;
        int users = 0;
        Clock::time_point free_since{};
    };
    Status settle();
    void drop_unused();  // control thread

    ConnectionContext context_;
    std::shared_ptr<LogTarget> log_;
    Settings settings_;
    std::string cluster_id_;
    EmbeddedBroker embedded_;
    Client client_;
    std::atomic<bool> cancelled_{false};
    std::mutex mutex_;  // guards what follows
    std::string last_error_;
    bool is_closing_ = false;
    bool is_no_broker_ = false;  // who took a connection spoke something else, or nothing within the client's limit
    bool is_refused_ = false;  // the last one: the broker does not take the user, or what he shows
    std::shared_ptr<Producer> producer_;
    std::map<std::string, SharedConsumer> consumers_;
    std::map<std::string, WrittenTopic> written_topics_;
    std::map<std::string, std::shared_ptr<OutTopic>> tool_topics_;
    std::map<std::string, Bookmarks> tool_bookmarks_;
    ControlThread control_;
    std::unique_ptr<Transactions> transactions_;
    uint64_t tick_ = 0;
    std::optional<Clock::time_point> settle_deadline_;  // [host] set by the first close
    Deferred opening_;
};

extern const OperatorSpec kConnectionSpec;

}  // namespace weir::kafka
