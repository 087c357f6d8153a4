#include "topic_reader.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

namespace weir::kafka {
namespace {

constexpr int kReadRequestTimeout = 5000;  // milliseconds
constexpr int kReadSlice = 500;
constexpr auto kSilence = std::chrono::seconds(30);  // without a record while there are some
constexpr std::string_view kNoteHead = "weir ";      // of the metadata of a bookmark

Status request_failed(const std::string &what, rd_kafka_resp_err_t code) {
    const std::string text = what + ": " + rd_kafka_err2str(code);
    const bool is_forbidden =
        code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    return is_forbidden ? Status::config("", text) : Status::retryable(text);
}

Result<Client> make_consumer(const Settings &settings, const std::shared_ptr<LogTarget> &log, const std::string &group) {
    std::vector<Property> properties = settings.base_properties();
    properties.insert(properties.end(), settings.properties.begin(), settings.properties.end());
    if (!group.empty()) properties.emplace_back("group.id", group);
    properties.emplace_back("enable.auto.commit", "false");
    properties.emplace_back("enable.partition.eof", "true");
    properties.emplace_back("isolation.level", "read_committed");
    return Client::create({RD_KAFKA_CONSUMER, properties, nullptr, log});
}

// Of one pass: what is left to read of each partition.
class Pass {
public:
    Pass(const Client &client, const TopicInfo &info)
        : client_(client), info_(info), topic_(rd_kafka_topic_new(client.get(), info.name.c_str(), nullptr)),
          queue_(rd_kafka_queue_new(client.get())) {}
    ~Pass() {
        for (const auto &[partition, end] : ends_) rd_kafka_consume_stop(topic_.get(), partition);
    }

    Status start(int64_t last) {
        if (!topic_) return request_failed("topic `" + info_.name + "`", rd_kafka_last_error());
        for (int32_t p = 0; p < info_.partitions; ++p) {
            int64_t low = 0, high = 0;
            const auto code = rd_kafka_query_watermark_offsets(client_.get(), info_.name.c_str(), p, &low, &high, kReadRequestTimeout);
            if (code) return request_failed("cannot look up the offsets of " + name_of(p), code);
            const int64_t from = last > 0 ? std::max(low, high - last) : low;
            if (from >= high) continue;
            if (rd_kafka_consume_start_queue(topic_.get(), p, from, queue_.get()))
                return request_failed("cannot read " + name_of(p), rd_kafka_last_error());
            ends_[p] = high;
            open_.insert(p);
        }
        return {};
    }

    Status run(const std::function<int32_t(const weir_origin_record &)> &each) {
        auto deadline = std::chrono::steady_clock::now() + kSilence;
        while (!open_.empty()) {
            rd_kafka_poll(client_.get(), 0);
            std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)> message(
                rd_kafka_consume_queue(queue_.get(), kReadSlice), rd_kafka_message_destroy);
            if (!message) {
                if (std::chrono::steady_clock::now() < deadline) continue;
                return Status::retryable("topic `" + info_.name + "`: the broker does not send what " + name_of(*open_.begin()) + " has");
            }
            deadline = std::chrono::steady_clock::now() + kSilence;
            if (Status status = take(*message, each); !status.ok()) return status;
        }
        return {};
    }

private:
    std::string name_of(int32_t partition) const { return info_.name + "/" + std::to_string(partition); }

    Status take(const rd_kafka_message_t &message, const std::function<int32_t(const weir_origin_record &)> &each) {
        const int32_t partition = message.partition;
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            open_.erase(partition);
            return {};
        }
        if (message.err == RD_KAFKA_RESP_ERR__TRANSPORT || message.err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return {};
        if (message.err) return request_failed("reading " + name_of(partition), message.err);
        if (!open_.contains(partition)) return {};
        if (message.offset + 1 >= ends_[partition]) open_.erase(partition);
        if (message.offset >= ends_[partition]) return {};
        const int32_t code = give(message, each);
        if (code == WEIR_OK) return {};
        weir_error none{};
        none.size = sizeof none;
        return Status::from_abi(code, none);
    }

    static int32_t give(const rd_kafka_message_t &message, const std::function<int32_t(const weir_origin_record &)> &each) {
        std::vector<weir_header> headers;
        rd_kafka_headers_t *raw = nullptr;
        if (rd_kafka_message_headers(&message, &raw) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const char *name = nullptr;
            const void *value = nullptr;
            size_t size = 0;
            for (size_t i = 0; !rd_kafka_header_get_all(raw, i, &name, &value, &size); ++i)
                headers.push_back({to_abi(std::string_view(name)), {static_cast<const char *>(value), size}});
        }
        weir_origin_record record{};
        record.size = sizeof record;
        record.partition = message.partition;
        record.offset = message.offset;
        rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        const int64_t millis = rd_kafka_message_timestamp(&message, &type);
        record.timestamp = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? INT64_MIN : millis * 1000;
        record.topic = to_abi(std::string_view(rd_kafka_topic_name(message.rkt)));
        record.payload = {static_cast<const char *>(message.payload), message.len};
        record.key = {static_cast<const char *>(message.key), message.key_len};
        record.headers = headers.data();
        record.n_headers = headers.size();
        return each(record);
    }

    const Client &client_;
    const TopicInfo &info_;
    Topic topic_;
    Queue queue_;
    std::map<int32_t, int64_t> ends_;  // of partitions that are read
    std::set<int32_t> open_;           // not at their end yet
};

}  // namespace

Status read_topic(const Settings &settings, const std::shared_ptr<LogTarget> &log, const TopicInfo &topic, int64_t last,
                  const std::function<int32_t(const weir_origin_record &)> &each) {
    auto client = make_consumer(settings, log, "");
    if (!client) return client.status();
    Pass pass(*client, topic);
    Status status = pass.start(last);
    return status.ok() ? pass.run(each) : status;
}

Result<Bookmarks> Bookmarks::open(const Settings &settings, const std::shared_ptr<LogTarget> &log, const std::string &reader) {
    auto client = make_consumer(settings, log, reader);
    if (!client) return client.status();
    Bookmarks out;
    out.reader_ = reader;
    out.client_ = std::move(*client);
    return out;
}

Status Bookmarks::read(const TopicInfo &topic, const std::function<void(const weir_bookmark &)> &each) const {
    PartitionList list = make_partition_list(static_cast<size_t>(topic.partitions));
    for (int32_t p = 0; p < topic.partitions; ++p) add_partition(list, {topic.name, p}, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_poll(client_.get(), 0);
    const std::string what = "the offsets of group `" + reader_ + "` cannot be read";
    if (rd_kafka_resp_err_t code = rd_kafka_committed(client_.get(), list.get(), kReadRequestTimeout)) return request_failed(what, code);
    for (int i = 0; i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t &found = list->elems[i];
        if (found.err) return request_failed(what, found.err);
        if (found.offset < 0) continue;
        std::string_view note(static_cast<const char *>(found.metadata), found.metadata_size);
        if (!note.starts_with(kNoteHead))
            return Status::fatal("group `" + reader_ + "` holds an offset that weir did not write: who uses that group?");
        note.remove_prefix(kNoteHead.size());
        each({sizeof(weir_bookmark), found.partition, found.offset, to_abi(note)});
    }
    return {};
}

Status Bookmarks::set(const std::string &topic, const weir_bookmark &bookmark) const {
    PartitionList list = make_partition_list(1);
    add_partition(list, {topic, bookmark.partition}, bookmark.offset);
    const std::string note = std::string(kNoteHead).append(view(bookmark.note));
    rd_kafka_topic_partition_t &one = list->elems[0];
    one.metadata = std::malloc(note.size());  // freed with the list
    one.metadata_size = note.size();
    std::copy(note.begin(), note.end(), static_cast<char *>(one.metadata));
    rd_kafka_resp_err_t code = rd_kafka_commit(client_.get(), list.get(), 0);
    if (!code) code = one.err;
    if (!code) return {};
    return request_failed("the offset of group `" + reader_ + "` in " + topic + "/" + std::to_string(bookmark.partition) +
                      " cannot be committed", code);
}

}  // namespace weir::kafka
