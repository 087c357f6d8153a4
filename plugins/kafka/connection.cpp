#include "connection.hpp"

#include <chrono>

#include "consumer.hpp"
#include "producer.hpp"
#include "reach.hpp"

namespace weir::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstAttempt{300}, kLastAttempt{2000};  // how long one request may take; doubles
constexpr milliseconds kSlow{2000};  // an answer that has not come by then is told of
constexpr milliseconds kSettleTimeout{5000};  // for the last offsets to be committed
constexpr milliseconds kKeepConsumer{5000};   // that nobody uses any more
constexpr milliseconds kFirstPause{50}, kLastPause{1000};       // between attempts; doubles

constexpr weir_param kText[] = {param("", WEIR_PARAM_STRING, "")};
constexpr weir_param kCreateTopics[] = {
    param("partitions", WEIR_PARAM_INT64, "Partitions of a new topic. 0: the broker's default.").default_json("0"),
    param("replication", WEIR_PARAM_INT64, "Replicas of each partition. 0: the broker's default.").default_json("0"),
};
constexpr weir_param kSasl[] = {
    param("mechanism", WEIR_PARAM_STRING, "How to authenticate.")
        .default_json("\"PLAIN\"")
        .one_of(R"(["PLAIN","SCRAM-SHA-256","SCRAM-SHA-512"])"),
    param("username", WEIR_PARAM_STRING, "The user's name.").required(),
    param("password", WEIR_PARAM_STRING, "The user's password.").required().secret(),
};
constexpr weir_param kTls[] = {
    param("ca", WEIR_PARAM_STRING, "File of the certificate authority. Without it, the system's."),
    param("certificate", WEIR_PARAM_STRING, "File of this client's certificate."),
    param("key", WEIR_PARAM_STRING, "File of this client's private key."),
    param("key_password", WEIR_PARAM_STRING, "The private key's password.").secret(),
    param("verify", WEIR_PARAM_BOOL, "Whether to check the broker's certificate and name.").default_json("true"),
};
constexpr weir_param kProperty[] = {param("", WEIR_PARAM_ANY, "").secret()};

constexpr weir_param kConnectionParams[] = {
    param("brokers", WEIR_PARAM_LIST,
          "Addresses to begin with, host:port; `embedded` starts a broker inside of this process. The embedded one "
          "is for demos and tests: it keeps the last 5 MiB of each partition, and is gone with the process.")
        .required()
        .primary()
        .scalar_or_list()
        .fields(kText),
    param("client_id", WEIR_PARAM_STRING, "The name in the broker's logs and quotas. Default: weir.<topology>."),
    param("application", WEIR_PARAM_STRING,
          "For exactly_once: a name of this deployment in the cluster. Of two hosts that run the topology under one "
          "name, the later one ends the earlier one.")
        .default_json("\"default\""),
    param("create_topics", WEIR_PARAM_OBJECT,
          "Creates topics that are missing, like this. Without it a missing topic is an error; the embedded broker "
          "always creates them.")
        .fields(kCreateTopics),
    param("sasl", WEIR_PARAM_OBJECT, "Authentication by user and password.").fields(kSasl),
    param("tls", WEIR_PARAM_OBJECT, "Encryption; `tls: {}` trusts the system's authorities.").fields(kTls),
    param("properties", WEIR_PARAM_MAP,
          "Any property of librdkafka. Those that weir must own are ignored with a warning; those that load code "
          "are refused.")
        .fields(kProperty),
};

}  // namespace

const OperatorSpec kConnectionSpec =
    connection_spec<KafkaConnection>("kafka", "A Kafka cluster, or a broker inside of this process.")
        .params(kConnectionParams)
        .with(WEIR_OP_TRANSACTIONAL);

Result<std::unique_ptr<KafkaConnection>> KafkaConnection::create(ConnectionContext context, const Config &config) {
    auto settings = Settings::from(config, context.topology());
    if (!settings) return settings.status();
    if (settings->embedded && context.exactly_once())
        return Status::config("brokers", "`embedded` has no transactions: exactly_once needs a real cluster. Use "
                                         "`delivery: at_least_once`, or the address of a Kafka broker");
    std::chrono::milliseconds timeout{0};
    if (context.exactly_once()) {
        auto found = settings->transaction_timeout(context.checkpoint());
        if (!found) return found.status();
        timeout = *found;
    }
    if (context.exactly_once()) context.bound_transaction(timeout, "transaction.timeout.ms");
    for (const std::string &warning : settings->warnings) context.log(WEIR_LOG_WARNING, warning);
    if (settings->embedded) context.ephemeral();
    return std::unique_ptr<KafkaConnection>(new KafkaConnection(context, std::move(*settings), timeout));
}

KafkaConnection::KafkaConnection(ConnectionContext context, Settings settings, std::chrono::milliseconds transaction_timeout)
    : context_(context), log_(std::make_shared<LogTarget>(context)), settings_(std::move(settings)) {
    if (context.exactly_once() && !context.check_only())
        transactions_ = std::make_unique<Transactions>(
            settings_, TransactionTimes{transaction_timeout, context.connect_timeout()},
            TransactionNames::of(settings_, context.topology(), context.name()), log_, control_, [this] { context_.wake(); });
}

KafkaConnection::~KafkaConnection() {
    cancelled_ = true;
    if (transactions_) transactions_->cancel();
    control_.stop();
    transactions_.reset();
    consumers_.clear();
    tool_topics_.clear();
    tool_bookmarks_.clear();
    producer_.reset();
    client_ = Client();
    log_->close();
}

void KafkaConnection::on_error(rd_kafka_resp_err_t code, std::string_view text) {
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;  // says less than the error before it
    std::lock_guard lock(mutex_);
    last_error_ = text;
    // A TLS listener, say, ends the connection at the first request, which asks for the versions of the others.
    is_no_broker_ = is_no_broker_ || code == RD_KAFKA_RESP_ERR__SSL || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
                    code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED || text.find("ApiVersion") != text.npos;
    is_refused_ = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

Status KafkaConnection::open() {
    if (cancelled_) return Status::retryable("stopped while connecting");
    return opening_.run(
        control_, [this] { return start(); }, [this] { context_.wake(); });
}

void KafkaConnection::cancel() {
    cancelled_ = true;
    if (transactions_) transactions_->cancel();
    context_.wake();
}

Status KafkaConnection::start() {
    if (settings_.embedded) {
        bool started = false;
        auto broker = EmbeddedBroker::acquire(&started);
        if (!broker) return broker.status();
        embedded_ = std::move(*broker);
        settings_.brokers = embedded_.address();
        if (started) log_->log(WEIR_LOG_INFO, "embedded broker at " + settings_.brokers);
    }
    std::vector<Property> properties = settings_.base_properties();
    properties.insert(properties.end(), settings_.properties.begin(), settings_.properties.end());
    auto client = Client::create({RD_KAFKA_PRODUCER, properties, this, log_});
    if (!client) return client.status();
    client_ = std::move(*client);
    tick_ = control_.add_tick([this] {
        rd_kafka_poll(client_.get(), 0);
        drop_unused();
    });
    auto deadline = Clock::now() + context_.connect_timeout();
    Status status = reach(deadline);
    if (status.ok() && !settings_.embedded) {
        char *id = rd_kafka_clusterid(client_.get(), static_cast<int>(kLastAttempt.count()));
        if (id) cluster_id_ = id;
        if (id) rd_kafka_mem_free(client_.get(), id);
    }
    if (status.ok() && is_embedded_elsewhere() && context_.exactly_once())
        return Status::config("brokers", settings_.brokers + " is an embedded broker (`weir broker`), whose transactions end with it and cannot be "
                                                             "asked for: exactly_once needs a real cluster. Use `delivery: at_least_once`, or "
                                                             "the address of a Kafka broker");
    return status.ok() && transactions_ ? transactions_->open(topics()) : status;
}

Status KafkaConnection::reach(Clock::time_point deadline) {
    auto go_on = [this] { return !cancelled_ && !control_.stopping(); };
    auto begin = Clock::now();
    milliseconds attempt = kFirstAttempt, pause = kFirstPause;
    const Reaching reaching{begin, [this] {
                                rd_kafka_poll(client_.get(), 0);
                                std::lock_guard lock(mutex_);
                                return is_no_broker_;
                            }};
    bool told = false;
    for (;;) {
        std::vector<std::string> warnings;
        Status status = reach_cluster(client_.get(), settings_.brokers, attempt, reaching, go_on, &warnings);
        rd_kafka_poll(client_.get(), 0);
        for (const std::string &warning : warnings) log_->log(WEIR_LOG_WARNING, warning);
        if (status.ok()) return {};
        if (!go_on()) return Status::retryable("stopped while connecting");
        if (context_.check_only()) {  // who lints is told at once; a run may wait for a user to be made
            std::lock_guard lock(mutex_);
            if (is_refused_) return Status::config("sasl", "the broker refuses to let this user in: " + last_error_);
        }
        if (Clock::now() + pause >= deadline) {
            auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin).count();
            std::string said;
            {
                std::lock_guard lock(mutex_);
                bool answered = status.message().find("librdkafka says") != std::string::npos;
                if (answered && !last_error_.empty()) said = " (" + last_error_ + ")";
            }
            return Status::retryable(status.message() + "; gave up after " + std::to_string(seconds) + " s" + said);
        }
        const bool is_slow = status.message().find("has not answered") != std::string::npos;
        if (!(is_slow && Clock::now() - begin < kSlow) && !std::exchange(told, true)) log_->log(WEIR_LOG_WARNING, status.message() + "; trying again");
        if (!control_.sleep(pause)) return Status::retryable("stopped while connecting");
        attempt = std::min(attempt * 2, kLastAttempt);
        pause = std::min(pause * 2, kLastPause);
    }
}

Status KafkaConnection::identity(const weir_bytes_out &out) {
    if (!cluster_id_.empty()) out.put(&out, to_abi(cluster_id_));
    return {};
}

Status KafkaConnection::close() {
    const Status settled = settle();
    if (settled.is_pending()) return settled;
    const Status ended = transactions_ ? transactions_->close() : Status();
    return ended.done() ? settled : ended;
}

// Until the groups have the offsets of the last epoch.
Status KafkaConnection::settle() {
    if (!settle_deadline_) settle_deadline_ = Clock::now() + kSettleTimeout;
    std::lock_guard lock(mutex_);
    is_closing_ = true;
    for (auto &[node, shared] : consumers_) {
        if (shared.consumer->settle()) continue;
        if (Clock::now() < *settle_deadline_) return Status::pending();
        return Status::retryable("the last offsets of node `" + node + "` were not committed to group `" + shared.consumer->options().group_id +
                                 "`: the broker does not answer");
    }
    return {};
}

Result<TopicInfo> KafkaConnection::ensure_topic(const std::string &name) {
    return topics().ensure(name, [this] { return !cancelled_ && !control_.stopping(); });
}

Result<KafkaConnection::WrittenTopic> KafkaConnection::written_topic(const std::string &name) {
    {
        std::lock_guard lock(mutex_);
        if (const auto known = written_topics_.find(name); known != written_topics_.end()) return known->second;
    }
    auto topic = ensure_topic(name);
    if (!topic) return topic.status();
    auto found = limits(*topic);
    if (!found) return found.status();
    std::lock_guard lock(mutex_);
    return written_topics_[name] = {topic->partitions, *found};
}

Result<TopicLimits> KafkaConnection::limits(const TopicInfo &topic) {
    const TopicLimits limits = topics().limits(topic);
    if (!transactions_ || limits.batch_bytes == kNoLimit) return limits;
    // A record that is larger than a batch of the producer is sent by itself.
    Status status = transactions_->limit_batches(std::max<int64_t>(limits.batch_bytes, 1));
    if (!status.ok()) return status;
    return limits;
}

Result<std::shared_ptr<Producer>> KafkaConnection::producer() {
    if (transactions_) return transactions_->producer();
    std::lock_guard lock(mutex_);
    if (producer_ && !producer_->is_broken()) return producer_;
    auto made = Producer::create(settings_, log_, control_);
    if (!made) return made.status();
    producer_ = *made;
    return producer_;
}

Result<std::shared_ptr<Consumer>> KafkaConnection::consumer(const ConsumerOptions &options) {
    std::vector<std::shared_ptr<Consumer>> gone;  // the last ones behind the lock
    std::lock_guard lock(mutex_);
    std::erase_if(consumers_, [&](auto &one) {
        const ConsumerOptions &other = one.second.consumer->options();
        const bool is_in_the_way = one.second.users == 0 && (other.node == options.node || other.group_id == options.group_id);
        if (!is_in_the_way || other == options) return false;
        gone.push_back(std::move(one.second.consumer));
        return true;
    });
    SharedConsumer &shared = consumers_[options.node];
    if (!shared.consumer) {
        auto made = Consumer::create(settings_, options, log_, control_);
        if (!made) {
            consumers_.erase(options.node);
            return made.status();
        }
        shared.consumer = *made;
    }
    shared.consumer->want_settled(false);
    ++shared.users;
    return shared.consumer;
}

void KafkaConnection::release_consumer(const std::string &node) {
    std::shared_ptr<Consumer> last;
    std::lock_guard lock(mutex_);
    auto found = consumers_.find(node);
    if (found == consumers_.end() || --found->second.users > 0) return;
    found->second.free_since = Clock::now();
    if (found->second.consumer->is_member() && !is_closing_) return;
    last = std::move(found->second.consumer);
    consumers_.erase(found);
}

// Not within a tick, which their end waits for.
void KafkaConnection::drop_unused() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;  // the next tick looks again
    std::erase_if(consumers_, [&](auto &one) {
        if (one.second.users > 0 || Clock::now() < one.second.free_since + kKeepConsumer) return false;
        control_.post([gone = std::move(one.second.consumer)] {});
        return true;
    });
}

}  // namespace weir::kafka
