#include "producer.hpp"

namespace weir::kafka {
namespace {

constexpr int kRefreshTicks = 300;  // a minute: the number of partitions may have grown
constexpr int kPurgeTimeout = 1000;  // milliseconds
constexpr size_t kFinishedBeforeWake = 16;

}  // namespace

Delivery::Delivery(std::shared_ptr<Outbound> owner, RetainedBatch kept, uint32_t input_edge, size_t messages,
                   std::vector<int64_t> rows)
    : batch(std::move(kept)),
      input(input_edge),
      owner_(std::move(owner)),
      slots_(messages, Slot{this}),
      rows_(std::move(rows)),
      unanswered_(static_cast<int64_t>(messages) + 1) {}

void Delivery::answer() {
    if (unanswered_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    auto owner = owner_;  // the sink may free this at once
    owner->finish(this);
}

void Delivery::answer_failed(const void *slot, rd_kafka_resp_err_t code, std::string text) {
    {
        std::lock_guard lock(mutex_);
        auto message = static_cast<size_t>(static_cast<const Slot *>(slot) - slots_.data());
        failures.push_back({row(message), code, std::move(text)});
    }
    answer();
}

Outbound::~Outbound() = default;

void Outbound::finish(Delivery *delivery) {
    std::unique_ptr<Delivery> done(delivery);
    std::lock_guard lock(mutex_);
    if (!sink_) return;  // its batch was released with the sink
    bool failed = !done->failures.empty();
    finished_.push_back(std::move(done));
    if (!waiting_ && !failed && finished_.size() != kFinishedBeforeWake) return;
    waiting_ = false;
    sink_->wake(sink_);
}

std::vector<std::unique_ptr<Delivery>> Outbound::take_finished() {
    std::lock_guard lock(mutex_);
    return std::exchange(finished_, {});
}

bool Outbound::wait() {
    std::lock_guard lock(mutex_);
    waiting_ = finished_.empty();
    return waiting_;
}

void Outbound::wake() {
    std::lock_guard lock(mutex_);
    if (sink_) sink_->wake(sink_);
}

void Outbound::orphan() {
    std::lock_guard lock(mutex_);
    sink_ = nullptr;
    finished_.clear();
}

Result<std::shared_ptr<Producer>> Producer::create(const Settings &settings, std::shared_ptr<LogTarget> log,
                                                   ControlThread &control, const ProducerOptions &options) {
    std::shared_ptr<Producer> producer(new Producer(std::move(log), control));
    std::vector<Property> properties = settings.base_properties();
    if (options.transactional_id.empty()) {
        // A broker that is away comes back; meanwhile sinks wait, and the sources with them.
        properties.emplace_back("message.timeout.ms", "0");
    } else {
        properties.emplace_back("transactional.id", options.transactional_id);
        properties.emplace_back("transaction.timeout.ms", std::to_string(options.transaction_timeout.count()));
        // The broker still ends the last transaction when the next one begins, and says so: ask again soon.
        properties.emplace_back("retry.backoff.ms", "5");
    }
    for (const auto &[name, value] : std::initializer_list<Property>{
             {"enable.idempotence", "true"},
             {"linger.ms", "5"},
             {"batch.size", std::to_string(options.batch_bytes)},
             {"batch.num.messages", "100000"},
             // What is under way is bounded by these two; a sink then waits.
             {"queue.buffering.max.messages", "100000"},
             {"queue.buffering.max.kbytes", "65536"},
             // The broker knows what is too large for a topic, not the client.
             {"message.max.bytes", "104857600"},
         })
        properties.emplace_back(name, value);
    properties.insert(properties.end(), settings.properties.begin(), settings.properties.end());
    auto client = Client::create({RD_KAFKA_PRODUCER, properties, producer.get(), producer->log_, false, true});
    if (!client) return client.status();
    producer->client_ = std::move(*client);
    producer->tick_ = control.add_tick([p = producer.get()] { p->tick(); });
    return producer;
}

Producer::~Producer() {
    if (tick_) control_.remove_tick(tick_);
    if (!client_) return;
    // Whoever still waits for an answer gets one.
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    for (int waited = 0; rd_kafka_outq_len(client_.get()) > 0 && waited < kPurgeTimeout; waited += 10)
        rd_kafka_poll(client_.get(), 10);
    topics_.clear();
    client_ = Client();
}

bool Producer::is_broken() const { return rd_kafka_fatal_error(client_.get(), nullptr, 0) != 0; }

std::string Producer::why_broken() const {
    char why[512] = "";
    rd_kafka_fatal_error(client_.get(), why, sizeof why);
    return why;
}

bool Producer::is_fenced() const {
    switch (rd_kafka_fatal_error(client_.get(), nullptr, 0)) {
        case RD_KAFKA_RESP_ERR__FENCED:
        case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
        case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH: return true;
        default: return false;
    }
}

Result<std::shared_ptr<OutTopic>> Producer::topic(const std::string &name, int32_t partitions,
                                                  const std::vector<Property> &properties) {
    std::lock_guard lock(mutex_);
    for (const KeptTopic &kept : topics_)
        if (kept.topic->name() == name && kept.properties == properties)
            return std::shared_ptr<OutTopic>(shared_from_this(), kept.topic.get());
    char why[512] = "";
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(client_.get());
    for (const auto &[property, value] : properties) {
        auto taken = rd_kafka_topic_conf_set(conf, property.c_str(), value.c_str(), why, sizeof why);
        if (taken == RD_KAFKA_CONF_OK) continue;
        rd_kafka_topic_conf_destroy(conf);
        return Status::config(property, why);
    }
    Topic topic(rd_kafka_topic_new(client_.get(), name.c_str(), conf));
    if (!topic) {
        rd_kafka_topic_conf_destroy(conf);
        return Status::config("topic", "topic `" + name + "`: " + rd_kafka_err2str(rd_kafka_last_error()));
    }
    topics_.push_back({properties, std::make_unique<OutTopic>(*this, std::move(topic), partitions)});
    return std::shared_ptr<OutTopic>(shared_from_this(), topics_.back().topic.get());
}

Status Producer::learn(const TopicOptions &wanted, std::chrono::milliseconds timeout) {
    auto known = topic(wanted.name, wanted.partitions, wanted.properties);
    if (!known) return known.status();
    {
        std::lock_guard lock(mutex_);
        if (learned_.contains(wanted.name)) return {};
    }
    const struct rd_kafka_metadata *metadata = nullptr;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(client_.get(), 0, (*known)->get(), &metadata, static_cast<int>(timeout.count()));
    if (!code && metadata->topic_cnt == 1) code = metadata->topics[0].err;
    if (metadata) rd_kafka_metadata_destroy(metadata);
    std::lock_guard lock(mutex_);
    if (!code) learned_.insert(wanted.name);
    if (!code) return {};
    return Status::retryable("topic `" + wanted.name + "`: looking up its partitions: " + rd_kafka_err2str(code));
}

std::vector<TopicOptions> Producer::topics() {
    std::lock_guard lock(mutex_);
    std::vector<TopicOptions> out;
    for (const KeptTopic &kept : topics_) out.push_back({kept.topic->name(), kept.topic->partitions(), kept.properties});
    return out;
}

void Producer::wait_for_room(const std::shared_ptr<Outbound> &outbound) {
    std::lock_guard lock(mutex_);
    waiting_.push_back(outbound);
    somebody_waits_.store(true, std::memory_order_release);
}

void Producer::wake_waiters() {
    std::vector<std::weak_ptr<Outbound>> waiting;
    {
        std::lock_guard lock(mutex_);
        waiting = std::exchange(waiting_, {});
        somebody_waits_.store(false, std::memory_order_release);
    }
    for (const auto &one : waiting)
        if (auto outbound = one.lock()) outbound->wake();
}

void Producer::on_error(rd_kafka_resp_err_t code, std::string_view text) {
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        log_->log(WEIR_LOG_ERROR, "the producer has failed for good: " + why_broken());
        wake_waiters();
    } else {
        log_->log(WEIR_LOG_DEBUG, std::string(rd_kafka_err2name(code)) + ": " + std::string(text));
    }
}

void Producer::on_delivery_failure(const rd_kafka_message_t &message) {
    if (message._private) {  // rd_kafka_message_errstr would give the payload
        Delivery::of(message).answer_failed(message._private, message.err, rd_kafka_err2str(message.err));
    } else {
        std::lock_guard lock(mutex_);
        loose_failure_ = std::string("topic `") + rd_kafka_topic_name(message.rkt) + "`: ";
        loose_failure_ += rd_kafka_err2str(message.err);
    }
    if (somebody_waits_.load(std::memory_order_acquire)) wake_waiters();
}

void Producer::on_acknowledged(const rd_kafka_message_t &message) {
    // A repetition that the broker says it has, and gives no offset for: librdkafka calls it delivered. It may also be
    // a first batch that a second one overtook (Topics::is_ready), and then the broker does not have it.
    if (message._private && message.offset < 0)
        Delivery::of(message).answer_failed(message._private, RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER,
                                            "the broker took it for a repetition");
    else if (message._private)
        Delivery::of(message).answer();
    if (somebody_waits_.load(std::memory_order_relaxed)) wake_waiters();
}

std::string Producer::take_loose_failure() {
    std::lock_guard lock(mutex_);
    return std::exchange(loose_failure_, {});
}

void Producer::tick() {
    rd_kafka_poll(client_.get(), 0);
    if (++ticks_ % kRefreshTicks == 0)
        control_.post([self = weak_from_this()] {
            if (auto producer = self.lock()) producer->refresh();
        });
}

void Producer::refresh() {
    std::vector<OutTopic *> topics;
    {
        std::lock_guard lock(mutex_);
        for (const KeptTopic &kept : topics_) topics.push_back(kept.topic.get());
    }
    for (OutTopic *topic : topics) {
        const struct rd_kafka_metadata *metadata = nullptr;
        if (rd_kafka_metadata(client_.get(), 0, topic->get(), &metadata, 2000)) continue;
        if (metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > topic->partitions())
            topic->set_partitions(metadata->topics[0].partition_cnt);
        rd_kafka_metadata_destroy(metadata);
    }
}

}  // namespace weir::kafka
