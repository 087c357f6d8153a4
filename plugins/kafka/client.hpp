// One librdkafka client, owned: its configuration, its callbacks, and an end that cannot hang the host.
//
// Threads: librdkafka calls Listener::on_log and on_acknowledged on threads of its own; everything else of a
// Listener is called by whoever polls the client.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include <weir/connection.hpp>

namespace weir::kafka {

// The connection's log as librdkafka's threads see it. Any thread. close() comes before the connection's
// context goes; what is logged later is dropped.
class LogTarget {
public:
    explicit LogTarget(ConnectionContext context) : context_(context) {}
    void log(uint32_t level, std::string_view text);
    // A line of librdkafka: its syslog level mapped, noise and repetitions left out.
    void log_client(int syslog_level, std::string_view facility, std::string_view text);
    void close();

private:
    bool is_repetition(std::string_view text);

    std::mutex mutex_;
    std::optional<ConnectionContext> context_;
    std::string last_failure_;
    int64_t last_failure_at_ = 0;
};

class Listener {
public:
    virtual ~Listener() = default;
    virtual void on_error(rd_kafka_resp_err_t, std::string_view) {}
    virtual void on_rebalance(rd_kafka_resp_err_t, const rd_kafka_topic_partition_list_t &) {}
    virtual void on_commit(rd_kafka_resp_err_t, const rd_kafka_topic_partition_list_t *) {}
    virtual void on_delivery_failure(const rd_kafka_message_t &) {}
    virtual void on_acknowledged(const rd_kafka_message_t &) {}
};

using Property = std::pair<std::string, std::string>;

struct TopicPartition {
    std::string topic;
    int32_t partition = 0;
    auto operator<=>(const TopicPartition &) const = default;
};

std::string ticked(std::string_view name);  // `name`
// Keeps this module mapped until the process ends: for a thread that was left behind, and for what it remembers.
void pin_module();

struct ClusterMetadataDeleter {
    void operator()(const struct rd_kafka_metadata *m) const { rd_kafka_metadata_destroy(m); }
};
using ClusterMetadata = std::unique_ptr<const struct rd_kafka_metadata, ClusterMetadataDeleter>;

struct PartitionListDeleter {
    void operator()(rd_kafka_topic_partition_list_t *list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, PartitionListDeleter>;
PartitionList make_partition_list(size_t capacity);
void add_partition(const PartitionList &list, const TopicPartition &partition, int64_t offset);

struct ErrorDeleter {
    void operator()(rd_kafka_error_t *error) const { rd_kafka_error_destroy(error); }
};
using Error = std::unique_ptr<rd_kafka_error_t, ErrorDeleter>;

struct TopicDeleter {
    void operator()(rd_kafka_topic_t *topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;

struct QueueDeleter {
    void operator()(rd_kafka_queue_t *queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;

// What a client is made of. Later properties win over earlier ones.
struct ClientOptions {
    rd_kafka_type_t type = RD_KAFKA_PRODUCER;
    std::vector<Property> properties;
    Listener *listener = nullptr;  // outlives the client
    std::shared_ptr<LogTarget> log;
    bool rebalances = false;    // on_rebalance decides about assign and unassign
    bool acknowledges = false;  // on_acknowledged and on_delivery_failure, for producers
};

class Client {
public:
    // WEIR_E_CONFIG: a property does not fit; the path names it.
    static Result<Client> create(const ClientOptions &options);
    Client() = default;
    Client(Client &&o) noexcept { swap(o); }
    Client &operator=(Client &&o) noexcept {
        swap(o);
        return *this;
    }
    // Waits at most kDestroyTimeout. A client of librdkafka 2.0.2 may never end after a broker has gone; it is
    // then left behind, with a warning, and this module stays in memory.
    ~Client();

    rd_kafka_t *get() const { return handle_; }
    explicit operator bool() const { return handle_ != nullptr; }

private:
    struct Relay;
    void swap(Client &o) noexcept {
        std::swap(handle_, o.handle_);
        std::swap(relay_, o.relay_);
    }
    static void install(rd_kafka_conf_t *conf, Relay *relay, const ClientOptions &options);

    rd_kafka_t *handle_ = nullptr;
    Relay *relay_ = nullptr;
};

}  // namespace weir::kafka
