#include "consumer.hpp"

#include <regex.h>

#include <algorithm>

namespace weir::kafka {
namespace {

// How many records the client keeps ready, over all partitions. A record costs some 400 bytes besides its
// payload, and a fetch comes on top: more is memory, less leaves the client idle between a queue that runs low
// and the next fetch.
constexpr size_t kPrefetch = 100'000;
constexpr size_t kMinPrefetch = 500;  // a partition
// Bytes that one fetch brings at most, over all partitions and for one.
constexpr size_t kFetchBytes = 1024 * 1024, kMinFetchBytes = 64 * 1024;
constexpr size_t kQueuedKilobytes = 64 * 1024, kMinQueuedKilobytes = 1024;
constexpr int kLookAgainTicks = 150;  // half a minute
constexpr int kLookForGoneTicks = 15;  // three seconds
constexpr int kLooksUntilGone = 2;     // one after the other: a broker that has just begun may know less than the others
constexpr int kGoneTimeout = 1000;     // milliseconds, for a look

bool matches(const std::string &pattern, const std::vector<TopicInfo> &topics, std::vector<TopicInfo> &out) {
    regex_t compiled;
    if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB)) return false;
    for (const TopicInfo &topic : topics)
        if (regexec(&compiled, topic.name.c_str(), 0, nullptr, 0) == 0) out.push_back(topic);
    regfree(&compiled);
    return true;
}

std::string anchored(const std::string &pattern) { return pattern.starts_with('^') ? pattern : "^" + pattern; }

}  // namespace

Result<std::shared_ptr<Consumer>> Consumer::create(const Settings &settings, const ConsumerOptions &options,
                                                   std::shared_ptr<LogTarget> log, ControlThread &control) {
    return std::shared_ptr<Consumer>(new Consumer(settings, options, std::move(log), control));
}

Consumer::~Consumer() {
    if (tick_) control_.remove_tick(tick_);
    group_.reset();
    for (const auto &split : splits_) split->close();
    topics_.clear();
    client_ = Client();
}

Status Consumer::start(KafkaConnection &connection) {
    {
        std::lock_guard lock(mutex_);
        if (started_) return {};
    }
    std::set<TopicPartition> found;
    Status status = find_partitions(connection, found);
    if (status.ok() && !client_) status = make_client(found.size());
    if (status.ok() && !group_) status = join_group(connection);
    if (!status.ok()) return status;
    // A membership and an explicit list bring their own news.
    bool fixed = !options_.partitions.empty() || options_.stop_at_end || !settings_.embedded;
    tick_ = control_.add_tick([this, fixed, c = &connection] {
        rd_kafka_poll(client_.get(), 0);
        ++ticks_;
        if (!fixed && ticks_ % kLookAgainTicks == 0)
            control_.post([self = weak_from_this(), c] {
                if (auto consumer = self.lock()) consumer->look_again(*c);
            });
        if (!settings_.embedded && ticks_ % kLookForGoneTicks == 0)
            control_.post([self = weak_from_this()] {
                if (auto consumer = self.lock()) consumer->look_for_gone();
            });
    });
    std::lock_guard lock(mutex_);
    partitions_ = std::move(found);
    started_ = true;
    return {};
}

Status Consumer::find_partitions(KafkaConnection &connection, std::set<TopicPartition> &out) {
    std::vector<TopicInfo> topics;
    for (const std::string &name : options_.topics) {
        auto topic = connection.ensure_topic(name);
        if (!topic) return topic.status();
        topics.push_back(*topic);
    }
    if (!options_.pattern.empty()) {
        auto all = connection.topics().list();
        if (!all) return all.status();
        if (!matches(anchored(options_.pattern), *all, topics))
            return Status::config("pattern", "`" + options_.pattern + "` is no regular expression");
        if (topics.empty())
            log_->log(WEIR_LOG_WARNING, "no topic matches `" + options_.pattern + "` yet");
    }
    for (const TopicInfo &topic : topics) {
        for (int32_t p = 0; p < topic.partitions; ++p)
            if (options_.partitions.empty()) out.insert({topic.name, p});
        for (int32_t p : options_.partitions) {
            if (p >= topic.partitions)
                return Status::config("partitions", "topic `" + topic.name + "` has partitions 0 to " +
                                                        std::to_string(topic.partitions - 1) + ", not " +
                                                        std::to_string(p));
            out.insert({topic.name, p});
        }
    }
    return {};
}

Status Consumer::make_client(size_t partitions) {
    size_t n = std::max<size_t>(partitions, 1);
    std::vector<Property> properties = settings_.base_properties();
    auto add = [&](const char *name, size_t value) { properties.emplace_back(name, std::to_string(value)); };
    add("queued.min.messages", std::max(kMinPrefetch, kPrefetch / n));
    add("queued.max.messages.kbytes", std::max(kMinQueuedKilobytes, kQueuedKilobytes / n));
    add("fetch.message.max.bytes", std::max(kMinFetchBytes, kFetchBytes / n));
    add("fetch.error.backoff.ms", 100);
    properties.insert(properties.end(), settings_.properties.begin(), settings_.properties.end());
    properties.emplace_back("enable.auto.commit", "false");
    properties.emplace_back("enable.auto.offset.store", "false");
    properties.emplace_back("enable.partition.eof", options_.stop_at_end ? "true" : "false");
    // Where offsets vanish under a running source, what was not read is lost: never in silence.
    properties.emplace_back("auto.offset.reset", "error");
    auto client = Client::create({RD_KAFKA_CONSUMER, properties, this, log_});
    if (!client) return client.status();
    client_ = std::move(*client);
    for (const auto &[name, value] : properties)
        if (name == "queued.min.messages") queue_limit_ = std::strtoull(value.c_str(), nullptr, 10);
    return {};
}

bool Consumer::is_member() const { return options_.partitions.empty() && !options_.stop_at_end && !settings_.embedded; }

Status Consumer::join_group(const KafkaConnection &connection) {
    GroupOptions group;
    group.group_id = options_.group_id;
    group.member = is_member();
    group.comes_back = !connection.is_embedded_elsewhere();
    group.topics = options_.topics;
    group.pattern = options_.pattern;
    group.instance_id = options_.instance_id;
    group.instance_base = "weir-" + options_.topology + "-" + options_.node;
    group.changed = [this] { changed(); };
    group.taken = [this](const std::set<TopicPartition> &partitions) { taken(partitions); };
    auto made = Group::create(settings_, std::move(group), log_);
    if (!made) return made.status();
    group_ = std::move(*made);
    return {};
}

// New partitions and topics, where no group tells of them.
void Consumer::look_again(KafkaConnection &connection) {
    std::set<TopicPartition> found;
    Status status = find_partitions(connection, found);
    std::unique_lock lock(mutex_);
    if (!status.ok() || found == partitions_) return;
    partitions_.merge(found);  // a partition never goes
    lock.unlock();
    changed();
}

// The client waits for ever for a topic that was deleted, and the group takes its partitions back: neither tells. Of a pattern's topics
// it is no failure that one goes.
void Consumer::look_for_gone() {
    for (const std::string &name : options_.topics) {
        const struct rd_kafka_metadata *raw = nullptr;
        if (rd_kafka_metadata(client_.get(), 0, handle(name), &raw, kGoneTimeout)) return;  // no answer is none
        const ClusterMetadata metadata(raw);
        const bool is_there = metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        int &looks = missing_[name];
        looks = is_there ? 0 : looks + 1;
        if (looks != kLooksUntilGone) continue;
        const Status gone = Status::retryable("topic `" + name + "` is gone: it was deleted while it was read. A start refuses to go on in "
                                              "another one under that name: `--reset` forgets the state and begins as configured");
        std::lock_guard lock(mutex_);
        gone_ = gone;
        for (const auto &split : splits_)
            if (split->partition().topic == name) split->fail(gone);
        if (watcher_) watcher_->wake(watcher_);
    }
}

rd_kafka_topic_t *Consumer::handle(const std::string &name) {
    Topic &topic = topics_[name];
    if (!topic) topic.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    return topic.get();
}

void Consumer::on_error(rd_kafka_resp_err_t code, std::string_view text) {
    log_->log(WEIR_LOG_DEBUG, std::string(rd_kafka_err2name(code)) + ": " + std::string(text));
}

void Consumer::watch(weir_context *watcher) {
    std::lock_guard lock(mutex_);
    watcher_ = watcher;
}

void Consumer::unwatch(weir_context *watcher) {
    std::lock_guard lock(mutex_);
    if (watcher_ == watcher) watcher_ = nullptr;
}

void Consumer::changed() {
    std::lock_guard lock(mutex_);
    if (watcher_) watcher_->wake(watcher_);
}

void Consumer::taken(const std::set<TopicPartition> &partitions) {
    std::lock_guard lock(mutex_);
    for (const auto &split : splits_)
        if (partitions.contains(split->partition())) split->take();
}

Result<std::vector<TopicPartition>> Consumer::discover() {
    Status failed = group_->failure();
    if (failed.ok()) {
        std::lock_guard lock(mutex_);
        failed = gone_;
    }
    if (!failed.ok()) return failed;
    std::set<TopicPartition> now;
    if (is_member()) {
        now = group_->granted();
        // What was taken and came back leaves first, and begins anew once it is revoked.
        std::lock_guard lock(mutex_);
        for (const auto &split : splits_)
            if (split->state() == Split::State::kTaken) now.erase(split->partition());
    } else {
        std::lock_guard lock(mutex_);
        now = partitions_;
    }
    return std::vector<TopicPartition>(now.begin(), now.end());
}

std::shared_ptr<Split> Consumer::assign(const TopicPartition &partition, std::optional<Position> position,
                                        Result<int32_t> outside, weir_context *reader) {
    group_->held(partition);
    auto split = std::make_shared<Split>(partition, reader);
    split->set_next(position ? position->next : -1);
    std::lock_guard lock(mutex_);
    splits_.push_back(split);
    to_start_.push_back({split, std::move(position), std::move(outside)});
    control_.post([self = shared_from_this()] { self->start_splits(); });
    return split;
}

void Consumer::revoke(const std::shared_ptr<Split> &split) {
    split->detach();
    {
        std::lock_guard lock(mutex_);
        std::erase(splits_, split);
        std::erase(starving_, split);
    }
    group_->released(split->partition());
    control_.post([self = shared_from_this(), split] { self->stop(*split); });
    changed();
}

void Consumer::commit(const std::map<TopicPartition, int64_t> &offsets) { group_->commit(offsets); }

bool Consumer::settle() { return !wants_settled_ || !group_ || group_->settle(); }

int64_t Consumer::lag(const Split &split) {
    int64_t low = 0, high = 0;
    const TopicPartition &p = split.partition();
    if (split.next() < 0 || rd_kafka_get_watermark_offsets(client_.get(), p.topic.c_str(), p.partition, &low, &high))
        return -1;
    return high < 0 ? -1 : std::max<int64_t>(0, high - split.next());
}

}  // namespace weir::kafka
