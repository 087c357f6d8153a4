#include "group.hpp"

#include <pthread.h>

#include <weir/failpoint.hpp>

namespace weir::kafka {
namespace {

using std::chrono::milliseconds;

constexpr auto kReleaseTimeout = std::chrono::seconds(30);
constexpr milliseconds kIdlePoll{1000}, kBusyPoll{20};
constexpr milliseconds kLeaveTimeout{2000}, kLeaveBarrier{500};

// Shorter than librdkafka's 45 s: another host gets the partitions of one that is gone for good.
constexpr const char *kSessionTimeout = "15000";

// Shorter than librdkafka's 5 minutes: new partitions, and new topics of a pattern, are wanted soon.
constexpr const char *kLookForNew = "30000";

bool is_refusal(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_INVALID_GROUP_ID ||
           code == RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL || code == RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT;
}

}  // namespace

Result<std::unique_ptr<Group>> Group::create(const Settings &settings, GroupOptions options,
                                             std::shared_ptr<LogTarget> log) {
    std::unique_ptr<Group> group(new Group(std::move(options), std::move(log)));
    Status status = group->connect(settings);
    if (!status.ok()) return status;
    group->thread_ = std::thread([g = group.get()] { g->run(); });
    pthread_setname_np(group->thread_.native_handle(), "kafka-group");
    return group;
}

Status Group::connect(const Settings &settings) {
    std::vector<Property> properties = settings.base_properties();
    properties.emplace_back("session.timeout.ms", kSessionTimeout);
    properties.emplace_back("partition.assignment.strategy", "range");
    properties.emplace_back("topic.metadata.refresh.interval.ms", kLookForNew);
    properties.insert(properties.end(), settings.properties.begin(), settings.properties.end());
    properties.emplace_back("group.id", options_.group_id);
    properties.emplace_back("enable.auto.commit", "false");
    if (options_.member && options_.comes_back) {
        std::string instance = options_.instance_id;
        if (instance.empty()) {
            auto slot = HostSlot::claim(settings.brokers + '\n' + options_.group_id, options_.instance_base);
            if (!slot) return slot.status();
            slot_ = std::move(*slot);
            instance = slot_.name();
        }
        properties.emplace_back("group.instance.id", instance);
    }
    auto client = Client::create({RD_KAFKA_CONSUMER, properties, this, log_, options_.member});
    if (!client) return client.status();
    client_ = std::move(*client);
    rd_kafka_poll_set_consumer(client_.get());
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
    if (!options_.member) return {};
    PartitionList topics = make_partition_list(options_.topics.size() + 1);
    for (const std::string &topic : options_.topics) add_partition(topics, {topic, RD_KAFKA_PARTITION_UA}, 0);
    if (!options_.pattern.empty()) {
        std::string pattern = options_.pattern.starts_with('^') ? options_.pattern : "^" + options_.pattern;
        add_partition(topics, {pattern, RD_KAFKA_PARTITION_UA}, 0);
    }
    if (rd_kafka_resp_err_t code = rd_kafka_subscribe(client_.get(), topics.get()))
        return Status::config("", "cannot subscribe in group `" + options_.group_id + "`: " + rd_kafka_err2str(code));
    return {};
}

Group::~Group() {
    stopping_ = true;
    if (queue_) rd_kafka_queue_yield(queue_.get());
    if (thread_.joinable()) thread_.join();
    queue_.reset();
    client_ = Client();
}

void Group::poll(milliseconds time) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(client_.get(), static_cast<int>(time.count()));
    if (!message) return;
    rd_kafka_resp_err_t code = message->err;
    std::string text = rd_kafka_message_errstr(message);
    rd_kafka_message_destroy(message);
    if (!code) return;
    char why[512] = "";
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), why, sizeof why);
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID || fatal == RD_KAFKA_RESP_ERR__FENCED)
        fail(Status::fatal("another host joined group `" + options_.group_id +
                           "` under this host's name: give one of them an `instance_id` of its own"));
    else if (fatal)
        fail(Status::retryable("the membership in group `" + options_.group_id + "` has ended: " + why));
    else if (is_refusal(code))
        fail(Status::fatal("group `" + options_.group_id + "`: " + text));
    else
        log_->log(WEIR_LOG_WARNING, "group `" + options_.group_id + "`: " + text);
}

void Group::run() {
    while (!stopping_) {
        bool busy;
        {
            std::lock_guard lock(mutex_);
            busy = revoking_;
        }
        poll(busy ? kBusyPoll : kIdlePoll);
        finish_revocation();
    }
    if (options_.member) leave();
}

void Group::on_rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t &list) {
    std::set<TopicPartition> taken;
    {
        std::lock_guard lock(mutex_);
        granted_.clear();
        if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
            for (int i = 0; i < list.cnt; ++i) granted_.insert({list.elems[i].topic, list.elems[i].partition});
            owned_ = granted_;
            joined_ = true;
            // Nothing is fetched here: the consumer reads what was granted.
            PartitionList none = make_partition_list(0);
            rd_kafka_assign(client_.get(), none.get());
            std::string n = std::to_string(list.cnt);
            log_->log(WEIR_LOG_INFO, "group `" + options_.group_id + "` grants " + n + " partitions");
        } else {
            revoking_ = true;
            lost_ = code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS || rd_kafka_assignment_lost(client_.get());
            release_deadline_ = Clock::now() + kReleaseTimeout;
            if (lost_) {
                taken = held_;
                owned_.clear();
                to_commit_.clear();
            }
        }
    }
    if (!taken.empty()) {
        log_->log(WEIR_LOG_WARNING, "group `" + options_.group_id + "`: this host's partitions were given to others");
        options_.taken(taken);
    }
    options_.changed();
}

void Group::finish_revocation() {
    std::set<TopicPartition> late;
    {
        std::lock_guard lock(mutex_);
        if (!revoking_) return;
        bool overdue = Clock::now() > release_deadline_ || stopping_;
        bool waits = !held_.empty() || committing_;
        if (waits && !overdue && !lost_) return;
        late = held_;
        held_.clear();
        owned_.clear();
        to_commit_.clear();
        revoking_ = false;
    }
    if (!late.empty() && !lost_ && !stopping_)
        log_->log(WEIR_LOG_WARNING, "group `" + options_.group_id + "`: partitions were not released in time");
    if (!late.empty()) options_.taken(late);
    rd_kafka_assign(client_.get(), nullptr);
}

// A static member is not missed by librdkafka's own close; unsubscribing says good-bye. What is left to wait for
// is that the request has gone out, which a second request behind it tells.
void Group::leave() {
    if (failure_.code() < 0 || !joined_) return;
    auto deadline = Clock::now() + kLeaveTimeout;
    rd_kafka_unsubscribe(client_.get());
    bool gone = false;
    while (!gone && Clock::now() < deadline) {
        poll(kBusyPoll);
        finish_revocation();
        char *member = rd_kafka_memberid(client_.get());
        gone = !member || !*member;
        if (member) rd_kafka_mem_free(client_.get(), member);
    }
    PartitionList any = make_partition_list(1);
    add_partition(any, {options_.topics.empty() ? "none" : options_.topics[0], 0}, 0);
    if (gone) rd_kafka_committed(client_.get(), any.get(), static_cast<int>(kLeaveBarrier.count()));
}

std::set<TopicPartition> Group::granted() {
    std::lock_guard lock(mutex_);
    return granted_;
}

void Group::held(const TopicPartition &partition) {
    std::lock_guard lock(mutex_);
    held_.insert(partition);
}

void Group::released(const TopicPartition &partition) {
    std::lock_guard lock(mutex_);
    held_.erase(partition);
    if (revoking_ && held_.empty()) rd_kafka_queue_yield(queue_.get());
}

void Group::commit(const std::map<TopicPartition, int64_t> &offsets) {
    std::lock_guard lock(mutex_);
    for (const auto &[partition, offset] : offsets) {
        reached_[partition] = offset;
        if (options_.member && !owned_.contains(partition)) continue;
        auto done = committed_.find(partition);
        if (done == committed_.end() || done->second != offset) to_commit_[partition] = offset;
    }
    send_commit();
}

std::map<TopicPartition, int64_t> Group::reached() {
    std::lock_guard lock(mutex_);
    return reached_;
}

void Group::send_commit() {
    if (committing_ || to_commit_.empty()) return;
    PartitionList list = make_partition_list(to_commit_.size());
    for (const auto &[partition, offset] : to_commit_) add_partition(list, partition, offset);
    WEIR_FAILPOINT("kafka.group.commit");
    if (rd_kafka_commit(client_.get(), list.get(), 1)) return;  // the next epoch tries again
    in_flight_ = std::exchange(to_commit_, {});
    committing_ = true;
}

void Group::on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t *list) {
    bool settling = false;
    WEIR_FAILPOINT("kafka.group.committed");
    {
        std::lock_guard lock(mutex_);
        committing_ = false;
        settling = settling_;
        for (int i = 0; !code && list && i < list->cnt; ++i) code = list->elems[i].err;
        if (!code) {
            for (const auto &[partition, offset] : in_flight_) committed_[partition] = offset;
            in_flight_.clear();
            send_commit();
        } else {
            for (const auto &[partition, offset] : std::exchange(in_flight_, {}))
                if (!options_.member || owned_.contains(partition)) to_commit_.try_emplace(partition, offset);
            bool moving = code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
                          code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
                          code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || code == RD_KAFKA_RESP_ERR__WAIT_COORD;
            log_->log(moving ? WEIR_LOG_DEBUG : WEIR_LOG_WARNING,
                      "group `" + options_.group_id + "`: offsets were not committed, the next epoch tries again: " +
                          rd_kafka_err2str(code));
        }
    }
    if (settling) options_.changed();
}

bool Group::settle() {
    std::lock_guard lock(mutex_);
    settling_ = true;
    send_commit();
    return !committing_ && to_commit_.empty();
}

Result<std::map<TopicPartition, int64_t>> Group::committed(const std::vector<TopicPartition> &partitions,
                                                           milliseconds timeout) {
    PartitionList list = make_partition_list(partitions.size());
    for (const TopicPartition &partition : partitions) add_partition(list, partition, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t code = rd_kafka_committed(client_.get(), list.get(), static_cast<int>(timeout.count()));
    for (int i = 0; !code && i < list->cnt; ++i) code = list->elems[i].err;
    if (code) {
        std::string message = "cannot read the offsets of group `" + options_.group_id + "`: " + rd_kafka_err2str(code);
        return is_refusal(code) ? Status::fatal(message) : Status::retryable(message);
    }
    std::map<TopicPartition, int64_t> out;
    for (int i = 0; i < list->cnt; ++i)
        if (list->elems[i].offset >= 0) out[{list->elems[i].topic, list->elems[i].partition}] = list->elems[i].offset;
    return out;
}

void Group::fail(Status status) {
    {
        std::lock_guard lock(mutex_);
        if (!failure_.ok()) return;
        failure_ = std::move(status);
    }
    options_.changed();
}

Status Group::failure() {
    std::lock_guard lock(mutex_);
    return failure_;
}

}  // namespace weir::kafka
