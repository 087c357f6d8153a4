// KafkaConnection for the command line's tools: single records, without a sink.
#include "connection.hpp"
#include "partitioner.hpp"
#include "producer.hpp"

namespace weir::kafka {
namespace {
constexpr int kRoomPoll = 100;  // milliseconds
constexpr auto kRoomTimeout = std::chrono::seconds(30);

rd_kafka_resp_err_t send_record(rd_kafka_t *producer, rd_kafka_topic_t *topic, int32_t partition, const weir_origin_record &record) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record.n_headers);
    for (uint64_t i = 0; i < record.n_headers; ++i) {
        const weir_header &one = record.headers[i];
        rd_kafka_header_add(headers, one.name.data, static_cast<ssize_t>(one.name.size), one.value.data,
                            static_cast<ssize_t>(one.value.size));
    }
    rd_kafka_vu_t parts[6];
    parts[0] = {RD_KAFKA_VTYPE_RKT, {.rkt = topic}};
    parts[1] = {RD_KAFKA_VTYPE_PARTITION, {.i32 = partition}};
    parts[2] = {RD_KAFKA_VTYPE_MSGFLAGS, {.i = RD_KAFKA_MSG_F_COPY}};
    parts[3] = {RD_KAFKA_VTYPE_KEY, {.mem = {const_cast<char *>(record.key.data), record.key.size}}};
    parts[4] = {RD_KAFKA_VTYPE_VALUE, {.mem = {const_cast<char *>(record.payload.data), record.payload.size}}};
    parts[5] = {RD_KAFKA_VTYPE_HEADERS, {.headers = headers}};
    const Error error(rd_kafka_produceva(producer, parts, 6));
    if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_headers_destroy(headers);  // otherwise they are the client's
    return rd_kafka_error_code(error.get());
}
}  // namespace

Result<OutTopic *> KafkaConnection::tool_topic(const std::string &name) {
    std::shared_ptr<OutTopic> &topic = tool_topics_[name];
    if (topic) return topic.get();
    // An embedded broker, of this process or of another one, makes a topic when it is first asked for.
    const bool creates = settings_.create_topics || embedded_ || is_embedded_elsewhere();
    auto found = creates ? ensure_topic(name) : topics().require(name);
    if (!found) return found.status();
    auto shared = producer();
    if (!shared) return shared.status();
    auto made = (*shared)->topic(name, found->partitions, {});
    if (!made) return made.status();
    topic = *made;
    return topic.get();
}

Status KafkaConnection::produce_one(const std::string &name, const weir_origin_record &record) {
    auto topic = tool_topic(name);
    if (!topic) return topic.status();
    const int32_t partition = record.key.data ? partition_of_key(Partitioner::kMurmur2, record.key, (*topic)->partitions())
                                              : RD_KAFKA_PARTITION_UA;
    auto deadline = std::chrono::steady_clock::now() + kRoomTimeout;
    for (;;) {
        const rd_kafka_resp_err_t code = send_record((*topic)->producer().get(), (*topic)->get(), partition, record);
        if (!code) return {};
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return Status::retryable("topic `" + name + "`: " + rd_kafka_err2str(code));
        if (std::chrono::steady_clock::now() > deadline)
            return Status::retryable("topic `" + name + "`: the broker does not take records");
        rd_kafka_poll((*topic)->producer().get(), kRoomPoll);
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

Status KafkaConnection::read(const std::string &name, int64_t last,
                             const std::function<int32_t(const weir_origin_record &)> &each) {
    auto topic = topics().require(name);
    return topic ? read_topic(settings_, log_, *topic, last, each) : topic.status();
}

Result<Bookmarks *> KafkaConnection::bookmarks_of(const std::string &reader) {
    auto found = tool_bookmarks_.find(reader);
    if (found != tool_bookmarks_.end()) return &found->second;
    auto opened = Bookmarks::open(settings_, log_, reader);
    if (!opened) return opened.status();
    return &tool_bookmarks_.emplace(reader, std::move(*opened)).first->second;
}

Status KafkaConnection::bookmarks(const std::string &reader, const std::string &name,
                                  const std::function<void(const weir_bookmark &)> &each) {
    auto topic = topics().require(name);
    if (!topic) return topic.status();
    auto opened = bookmarks_of(reader);
    return opened ? (*opened)->read(*topic, each) : opened.status();
}

Status KafkaConnection::set_bookmark(const std::string &reader, const std::string &topic, const weir_bookmark &bookmark) {
    auto opened = bookmarks_of(reader);
    return opened ? (*opened)->set(topic, bookmark) : opened.status();
}

}  // namespace weir::kafka
