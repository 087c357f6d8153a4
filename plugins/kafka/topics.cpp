#include "topics.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <thread>

namespace weir::kafka {
namespace {

constexpr int kTimeout = 5000;  // milliseconds
constexpr auto kLeaderWait = std::chrono::seconds(10);
constexpr auto kLeaderPoll = std::chrono::milliseconds(50);

Status failed(const std::string &what, rd_kafka_resp_err_t code) {
    return Status::retryable(what + ": " + rd_kafka_err2str(code));
}

TopicInfo info_of(const rd_kafka_metadata_topic &topic) {
    if (topic.partition_cnt == 0) return {topic.topic, 0, 0, -1};
    return {topic.topic, topic.partition_cnt, topic.partitions[0].replica_cnt, topic.partitions[0].leader};
}

bool has_leaders(const rd_kafka_metadata_topic &topic) {
    return std::all_of(topic.partitions, topic.partitions + topic.partition_cnt,
                       [](const rd_kafka_metadata_partition &p) { return p.leader >= 0; });
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row[b.size()];
}

Result<std::vector<TopicInfo>> Topics::list() {
    const struct rd_kafka_metadata *raw = nullptr;
    if (rd_kafka_resp_err_t code = rd_kafka_metadata(client_, 1, nullptr, &raw, kTimeout))
        return failed("cannot list the topics", code);
    ClusterMetadata metadata(raw);
    std::vector<TopicInfo> out;
    for (int i = 0; i < metadata->topic_cnt; ++i) out.push_back(info_of(metadata->topics[i]));
    std::sort(out.begin(), out.end(), [](const TopicInfo &a, const TopicInfo &b) { return a.name < b.name; });
    return out;
}

Result<TopicInfo> Topics::describe(const std::string &name) {
    Topic topic(rd_kafka_topic_new(client_, name.c_str(), nullptr));
    if (!topic)
        return Status::config("topic", ticked(name) + " is no name for a topic: " + rd_kafka_err2str(rd_kafka_last_error()));
    const struct rd_kafka_metadata *raw = nullptr;
    if (rd_kafka_resp_err_t code = rd_kafka_metadata(client_, 0, topic.get(), &raw, kTimeout))
        return failed("cannot look up topic `" + name + "`", code);
    ClusterMetadata metadata(raw);
    for (int i = 0; i < metadata->topic_cnt; ++i) {
        const rd_kafka_metadata_topic &found = metadata->topics[i];
        if (found.topic != name) continue;
        if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && has_leaders(found)) return info_of(found);
        if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) break;
        if (found.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
            found.err == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
            return Status::config("topic", "topic `" + name + "`: " + rd_kafka_err2str(found.err));
        return failed("topic `" + name + "` has no leader yet",
                      found.err ? found.err : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    }
    return TopicInfo{name, 0, 0, -1};
}

// A broker shows a new topic a moment before it takes records for it. A first batch that comes in between is refused
// and sent again, but if the second batch was taken meanwhile, the broker thinks that it knows the first (their
// numbers are in order) and the client calls it delivered: a record lost. Offsets are answered by what takes records.
bool Topics::is_ready(const TopicInfo &topic) {
    PartitionList list = make_partition_list(static_cast<size_t>(topic.partitions));
    for (int32_t p = 0; p < topic.partitions; ++p) add_partition(list, {topic.name, p}, RD_KAFKA_OFFSET_END);
    if (rd_kafka_offsets_for_times(client_, list.get(), kTimeout)) return false;
    return std::none_of(list->elems, list->elems + list->cnt, [](const rd_kafka_topic_partition_t &p) {
        return p.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || p.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
               p.err == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
    });
}

std::string Topics::nearest(const std::string &name) {
    auto topics = list();
    std::string found;
    size_t best = std::max<size_t>(2, name.size() / 3) + 1;
    for (const TopicInfo &topic : topics ? *topics : std::vector<TopicInfo>{}) {
        if (topic.name.starts_with("__")) continue;
        size_t distance = edit_distance(name, topic.name);
        if (distance < best) {
            best = distance;
            found = topic.name;
        }
    }
    return found;
}

Result<std::optional<TopicInfo>> Topics::find(const std::string &name) {
    auto all = list();
    if (!all) return all.status();
    for (const TopicInfo &topic : *all)
        if (topic.name == name && topic.partitions > 0) return std::optional(topic);
    return std::optional<TopicInfo>();
}

Result<TopicInfo> Topics::require(const std::string &name) {
    auto found = find(name);
    if (!found) return found.status();
    if (*found) return **found;
    const std::string other = nearest(name);
    return Status::config("topic", "topic `" + name + "` is not there" + (other.empty() ? "" : "; did you mean `" + other + "`?"));
}

Status Topics::missing(const std::string &name) {
    std::string message = "topic `" + name + "` is not there";
    const std::string nearest = this->nearest(name);
    if (!nearest.empty()) message += "; did you mean `" + nearest + "`?";
    message += nearest.empty() ? "; create it, or" : " Otherwise create it, or";
    return Status::config("topic", message + " let the connection do it: `create_topics: { partitions: 4 }`");
}

Result<TopicInfo> Topics::ensure(const std::string &name, const std::function<bool()> &go_on) {
    if (embedded_) {
        int32_t wanted = settings_.create_topics ? settings_.create_topics->partitions : 0;
        auto created = embedded_.create_topic(name, wanted > 0 ? wanted : kEmbeddedPartitions);
        if (!created) return created.status();
    }
    return ensure_as(name, settings_.create_topics, go_on);
}

Result<TopicInfo> Topics::ensure_own(const std::string &name, const std::function<bool()> &go_on) {
    return ensure_as(name, CreateTopics{1, settings_.create_topics ? settings_.create_topics->replication : 0}, go_on);
}

Result<TopicInfo> Topics::ensure_as(const std::string &name, const std::optional<CreateTopics> &as,
                                    const std::function<bool()> &go_on) {
    auto deadline = std::chrono::steady_clock::now() + kLeaderWait;
    bool created = false;
    for (;;) {
        auto found = describe(name);
        if (found && found->partitions > 0 && is_ready(*found)) return found;
        if (!found && found.status().code() != WEIR_E_RETRYABLE) return found.status();
        if (found && found->partitions == 0 && !created) {
            if (!as) return missing(name);
            auto made = create_by_admin(name, as->partitions, as->replication);
            if (!made) return made.status();
            created = true;
        }
        if (std::chrono::steady_clock::now() > deadline)
            return found ? Status::retryable("topic `" + name + "` was created, but the broker does not show it yet")
                         : found.status();
        if (!go_on()) return Status::retryable("stopped while looking up topic `" + name + "`");
        std::this_thread::sleep_for(kLeaderPoll);
    }
}

Status Topics::create(const std::string &name, int32_t partitions, int32_t replication) {
    auto created = embedded_ ? embedded_.create_topic(name, partitions > 0 ? partitions : kEmbeddedPartitions)
                             : create_by_admin(name, partitions, replication);
    if (!created) return created.status();
    if (!*created) return Status::config("topic", "topic `" + name + "` exists");
    const auto deadline = std::chrono::steady_clock::now() + kLeaderWait;
    for (;;) {
        auto found = describe(name);
        if (found && found->partitions > 0 && is_ready(*found)) return {};
        if (std::chrono::steady_clock::now() > deadline)
            return Status::retryable("topic `" + name + "` was created, but the broker does not show it yet");
        std::this_thread::sleep_for(kLeaderPoll);
    }
}

namespace {

// The outcome of a CreateTopics request; NULL: it timed out.
std::pair<rd_kafka_resp_err_t, std::string> creation_outcome(rd_kafka_event_t *event) {
    if (!event) return {RD_KAFKA_RESP_ERR__TIMED_OUT, "the broker did not answer in time"};
    if (rd_kafka_resp_err_t code = rd_kafka_event_error(event)) return {code, rd_kafka_event_error_string(event)};
    size_t n = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    rd_kafka_resp_err_t code = n ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
    const char *text = n ? rd_kafka_topic_result_error_string(results[0]) : nullptr;
    return {code, text ? text : rd_kafka_err2str(code)};
}

}  // namespace

Result<bool> Topics::create_by_admin(const std::string &name, int32_t partitions, int32_t replication) {
    char why[512] = "";
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name.c_str(), partitions > 0 ? partitions : -1,
                                                      replication > 0 ? replication : -1, why, sizeof why);
    if (!topic) return Status::config("topic", "topic `" + name + "` cannot be created: " + why);
    Queue queue(rd_kafka_queue_new(client_));
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_operation_timeout(options, kTimeout, nullptr, 0);
    rd_kafka_AdminOptions_set_request_timeout(options, 2 * kTimeout, nullptr, 0);
    rd_kafka_CreateTopics(client_, &topic, 1, options, queue.get());
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue.get(), 3 * kTimeout);
    auto [code, text] = creation_outcome(event);
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(topic);
    if (!code) return true;
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return false;
    std::string message = "topic `" + name + "` cannot be created: " + text;
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT && text.find("waiting for controller") != text.npos)
        message += ". An embedded broker of another process cannot be asked for it: it creates a topic when it is "
                   "first written, or as `weir broker --topic NAME:PARTITIONS` says";
    bool transient = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
                     code == RD_KAFKA_RESP_ERR_NOT_CONTROLLER || code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
    return transient ? Status::retryable(message) : Status::config("topic", message);
}

namespace {

TopicLimits limits_of(const rd_kafka_ConfigResource_t *resource) {
    TopicLimits limits;
    size_t n = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);
    for (size_t i = 0; i < n; ++i) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        const std::string_view name = rd_kafka_ConfigEntry_name(entries[i]);
        if (value && name == "max.message.bytes")
            if (const int64_t bytes = std::strtoll(value, nullptr, 10); bytes > 0) limits.batch_bytes = bytes;
        if (value && name == "cleanup.policy") limits.needs_key = std::string_view(value).find("compact") != std::string_view::npos;
    }
    return limits;
}

}  // namespace

TopicLimits Topics::limits(const TopicInfo &topic) {
    if (embedded_ || topic.leader < 0) return {};
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str());
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_AdminOptions_set_request_timeout(options, kTimeout, nullptr, 0);
    // Any broker can say it, and not every one knows a controller.
    rd_kafka_AdminOptions_set_broker(options, topic.leader, nullptr, 0);
    Queue queue(rd_kafka_queue_new(client_));
    rd_kafka_DescribeConfigs(client_, &resource, 1, options, queue.get());
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue.get(), 2 * kTimeout);
    TopicLimits limits;
    if (event && !rd_kafka_event_error(event)) {
        size_t n = 0;
        const rd_kafka_ConfigResource_t **found =
            rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &n);
        if (n == 1 && !rd_kafka_ConfigResource_error(found[0])) limits = limits_of(found[0]);
    }
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    return limits;
}

Status check_topic_name(std::string_view name) {
    constexpr size_t kMaxBytes = 249, kShown = 60;
    if (name.empty()) return Status::config("topic", "is empty");
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    const bool is_good = name.size() <= kMaxBytes && name != "." && name != ".." && std::all_of(name.begin(), name.end(), fits);
    if (is_good) return {};
    return Status::config("topic", "is `" + std::string(name.substr(0, kShown)) + (name.size() > kShown ? "…" : "") +
                                       "`, and a topic's name is 1 to 249 letters, digits, `.`, `_` and `-`, not `.` or `..`");
}

}  // namespace weir::kafka
