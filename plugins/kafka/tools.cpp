// KafkaConnection for the command line's tools: single records, without a sink.
#include "connection.hpp"
#include "partitioner.hpp"
#include "producer.hpp"

namespace weir::kafka {
namespace {
constexpr int kRoomPoll = 100;  // milliseconds
constexpr auto kRoomTimeout = std::chrono::seconds(30);
}  // namespace

Status KafkaConnection::produce_one(const std::string &name, weir_str key, weir_str payload) {
    std::shared_ptr<OutTopic> &topic = tool_topics_[name];
    if (!topic) {
        auto found = ensure_topic(name);
        if (!found) return found.status();
        auto shared = producer();
        if (!shared) return shared.status();
        auto made = (*shared)->topic(name, found->partitions, {});
        if (!made) return made.status();
        topic = *made;
    }
    int32_t partition =
        key.data ? partition_of_key(Partitioner::kMurmur2, key, topic->partitions()) : RD_KAFKA_PARTITION_UA;
    auto deadline = std::chrono::steady_clock::now() + kRoomTimeout;
    for (;;) {
        int sent = rd_kafka_produce(topic->get(), partition, RD_KAFKA_MSG_F_COPY, const_cast<char *>(payload.data),
                                    payload.size, key.data, key.size, nullptr);
        if (sent == 0) return {};
        rd_kafka_resp_err_t code = rd_kafka_last_error();
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return Status::retryable("topic `" + name + "`: " + rd_kafka_err2str(code));
        if (std::chrono::steady_clock::now() > deadline)
            return Status::retryable("topic `" + name + "`: the broker does not take records");
        rd_kafka_poll(topic->producer().get(), kRoomPoll);
    }
}

Status KafkaConnection::flush(std::chrono::milliseconds timeout) {
    auto shared = producer();
    if (!shared) return shared.status();
    rd_kafka_resp_err_t code = rd_kafka_flush((*shared)->get(), static_cast<int>(timeout.count()));
    std::string failure = (*shared)->take_loose_failure();
    if (!failure.empty()) return Status::retryable(failure);
    if (code) return Status::retryable(std::string("not all records were acknowledged: ") + rd_kafka_err2str(code));
    return {};
}

}  // namespace weir::kafka
