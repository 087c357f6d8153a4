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
    Pass(const Client &client, std::string name)
        : client_(client), name_(std::move(name)), topic_(rd_kafka_topic_new(client.get(), name_.c_str(), nullptr)),
          queue_(rd_kafka_queue_new(client.get())) {}
    ~Pass() {
        for (const auto &[partition, end] : ends_) rd_kafka_consume_stop(topic_.get(), partition);
    }

    // All partitions, of each its last `last` offsets; 0: all.
    Status start(int32_t partitions, int64_t last) {
        for (int32_t p = 0; p < partitions; ++p) {
            int64_t low = 0, high = 0;
            if (Status status = look_up(p, low, high); !status.ok()) return status;
            if (Status status = begin(p, last > 0 ? std::max(low, high - last) : low, high); !status.ok()) return status;
        }
        return {};
    }
    // Nothing but what is at that offset.
    Status start_at(int32_t partition, int64_t offset) {
        int64_t low = 0, high = 0;
        Status status = look_up(partition, low, high);
        if (!status.ok() || offset < low || offset >= high) return status;
        return begin(partition, offset, offset + 1);
    }

    Status run(const std::function<int32_t(const weir_origin_record &)> &each) {
        auto deadline = std::chrono::steady_clock::now() + kSilence;
        while (!open_.empty()) {
            rd_kafka_poll(client_.get(), 0);
            std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)> message(
                rd_kafka_consume_queue(queue_.get(), kReadSlice), rd_kafka_message_destroy);
            if (!message) {
                if (std::chrono::steady_clock::now() < deadline) continue;
                return Status::retryable("topic `" + name_ + "`: the broker does not send what " + name_of(*open_.begin()) + " has");
            }
            deadline = std::chrono::steady_clock::now() + kSilence;
            if (Status status = take(*message, each); !status.ok()) return status;
        }
        return {};
    }

private:
    std::string name_of(int32_t partition) const { return name_ + "/" + std::to_string(partition); }

    Status look_up(int32_t partition, int64_t &low, int64_t &high) const {
        const auto code = rd_kafka_query_watermark_offsets(client_.get(), name_.c_str(), partition, &low, &high, kReadRequestTimeout);
        return code ? request_failed("cannot look up the offsets of " + name_of(partition), code) : Status();
    }

    Status begin(int32_t partition, int64_t from, int64_t end) {
        if (from >= end) return {};
        if (!topic_) return request_failed("topic `" + name_ + "`", rd_kafka_last_error());
        if (rd_kafka_consume_start_queue(topic_.get(), partition, from, queue_.get()))
            return request_failed("cannot read " + name_of(partition), rd_kafka_last_error());
        ends_[partition] = end;
        open_.insert(partition);
        return {};
    }

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
    const std::string name_;
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
    Pass pass(*client, topic.name);
    Status status = pass.start(topic.partitions, last);
    return status.ok() ? pass.run(each) : status;
}

Status read_record(const Settings &settings, const std::shared_ptr<LogTarget> &log, const TopicPartition &partition, int64_t offset,
                   const std::function<void(const weir_origin_record &)> &found) {
    auto client = make_consumer(settings, log, "");
    if (!client) return client.status();
    Pass pass(*client, partition.topic);
    Status status = pass.start_at(partition.partition, offset);
    if (!status.ok()) return status;
    return pass.run([&](const weir_origin_record &record) {
        if (record.offset == offset) found(record);
        return WEIR_OK;
    });
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
