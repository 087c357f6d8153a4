#include "transactions.hpp"

#include <unistd.h>

#include <algorithm>

#include <weir/failpoint.hpp>

namespace weir::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReadTimeout{30'000};  // for the marker
constexpr milliseconds kLimitTimeout{30'000};
constexpr milliseconds kTopicTimeout{5'000};  // for the partitions of one topic
constexpr milliseconds kAbandonTimeout{2'000};
constexpr milliseconds kInitSlice{1'000};  // of a call that goes on when called again; bounds a cancel
constexpr int64_t kBatchBytes = 262'144;
constexpr int kFlushPoll = 10;  // milliseconds

}  // namespace

TransactionNames TransactionNames::of(const Settings &settings, std::string_view topology, std::string_view connection) {
    std::string group = "weir." + settings.application + "." + std::string(topology);
    return {group + "." + std::string(connection), group};
}

Transactions::Transactions(const Settings &settings, TransactionTimes times, TransactionNames names, std::shared_ptr<LogTarget> log,
                           ControlThread &control, std::function<void()> wake)
    : settings_(settings),
      names_(std::move(names)),
      log_(std::move(log)),
      control_(control),
      wake_(std::move(wake)),
      timeout_(times.timeout),
      fence_timeout_(times.fence_timeout),
      batch_bytes_(kBatchBytes) {}

Transactions::~Transactions() {
    cancel();
    deferred_.reset();
    thread_.stop();
}

bool Transactions::go_on() { return !cancelled_ && !thread_.stopping(); }

void Transactions::cancel() { cancelled_ = true; }

Status Transactions::open(Topics topics) {
    WEIR_FAILPOINT("kafka.open.begin");
    for (auto [reader, waits] : {std::pair(&reader_, true), std::pair(&looker_, false)}) {
        auto made = MarkerReader::create(settings_, names_.group, waits, &unheard_, log_);
        if (!made) return made.status();
        *reader = std::move(*made);
    }
    auto markers = topics.ensure_own(kMarkerTopic, [this] { return go_on(); });
    if (!markers) return markers.status();
    WEIR_FAILPOINT("kafka.open.marker_topic");
    stage_ = Stage::kLooking;
    auto producer = make_producer(Clock::now(), {});
    if (!producer) return producer.status();
    replace(*producer);
    WEIR_FAILPOINT("kafka.open.done");
    return {};
}

Status Transactions::fence() {
    if (stage_ != Stage::kLooking) return {};
    return run("fence", 0, [this] { return take_over(); });
}

Status Transactions::take_over() {
    auto current = producer();
    if (!current) return current.status();
    if (Status status = init((*current)->get(), Clock::now() + fence_timeout_); !status.ok()) return status;
    looker_ = MarkerReader();
    stage_ = Stage::kReady;
    return {};
}

std::vector<TopicOptions> Transactions::known_topics() {
    auto current = producer();
    return current ? (*current)->topics() : std::vector<TopicOptions>();
}

Result<std::shared_ptr<Producer>> Transactions::make_producer(Clock::time_point deadline,
                                                              const std::vector<TopicOptions> &topics) {
    ProducerOptions options{names_.id, timeout_, 0};
    if (WEIR_BUG("forget-to-fence")) options.transactional_id += "." + std::to_string(::getpid());
    {
        std::lock_guard lock(mutex_);
        options.batch_bytes = batch_bytes_;
    }
    auto producer = Producer::create(settings_, log_, control_, options);
    if (!producer) return producer.status();
    Status status = stage_ == Stage::kLooking ? Status() : init((*producer)->get(), deadline);
    for (const TopicOptions &topic : topics)
        if (status.ok()) status = (*producer)->learn(topic, kTopicTimeout);
    if (!status.ok()) return status;
    return producer;
}

Status Transactions::init(rd_kafka_t *producer, Clock::time_point deadline) {
    WEIR_FAILPOINT("kafka.init.begin");
    for (;;) {
        Error error(rd_kafka_init_transactions(producer, static_cast<int>(kInitSlice.count())));
        if (!error) {
            WEIR_FAILPOINT("kafka.init.done");
            return {};
        }
        std::string why = "transactional.id `" + names_.id + "`: " + rd_kafka_error_string(error.get());
        switch (rd_kafka_error_code(error.get())) {
            case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
                return Status::config("properties.transaction.timeout.ms",
                                      why + ": " + std::to_string(timeout_.count()) + " ms is more than the broker's transaction.max.timeout.ms. "
                                            "Raise that, or make epochs shorter (`checkpoint`)");
            case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE: return Status::config("", why);
            default: break;
        }
        if (!go_on()) return Status::retryable("stopped while opening " + why);
        if (!rd_kafka_error_is_retriable(error.get()) || Clock::now() > deadline) return Status::retryable(why);
    }
}

void Transactions::replace(std::shared_ptr<Producer> producer) {
    std::unique_lock lock(mutex_);
    producer_.swap(producer);
    lock.unlock();  // the old one goes now, which may take a while
}

Result<std::shared_ptr<Producer>> Transactions::producer() {
    std::lock_guard lock(mutex_);
    if (!producer_) return Status::retryable("the transactions have ended; the connection must be opened again");
    return producer_;
}

bool Transactions::takes(std::optional<uint64_t> prepared) const {
    uint64_t open = open_.load(std::memory_order_acquire);
    return open != 0 && (!prepared || open > *prepared + 1);
}

void Transactions::wait_for_begin(const std::shared_ptr<Outbound> &outbound) {
    std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [](const auto &one) { return one.expired(); });
    for (const auto &one : waiting_)
        if (!one.owner_before(outbound) && !outbound.owner_before(one)) return;
    waiting_.push_back(outbound);
}

void Transactions::wake_sinks() {
    std::unique_lock lock(mutex_);
    auto waiting = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto &one : waiting)
        if (auto outbound = one.lock()) outbound->wake();
}

Status Transactions::limit_batches(int64_t bytes) {
    {
        std::lock_guard lock(mutex_);
        if (bytes >= batch_bytes_) return {};
        if (making_ || (stage_ != Stage::kLooking && stage_ != Stage::kReady)) {
            log_->log(WEIR_LOG_WARNING, "a topic takes less than a batch may hold; that is heeded from the next start on");
            return {};
        }
        batch_bytes_ = bytes;
        making_ = true;
    }
    const auto topics = known_topics();
    replace(nullptr);
    auto producer = make_producer(Clock::now() + kLimitTimeout, topics);
    if (producer) replace(*producer);
    std::lock_guard lock(mutex_);
    making_ = false;
    wake_();
    return producer.status();
}

Status Transactions::run(const char *what, uint64_t epoch, std::function<Status()> work) {
    if (cancelled_) return Status::retryable("stopped");
    if (!deferred_ || call_ != what || call_epoch_ != epoch) {
        deferred_ = std::make_unique<Deferred>();
        call_ = what;
        call_epoch_ = epoch;
    }
    Status status = deferred_->run(thread_, std::move(work), wake_);
    if (!status.is_pending()) deferred_.reset();
    return status;
}

Status Transactions::begin(uint64_t epoch) {
    if (cancelled_) return Status::retryable("stopped");
    {
        std::lock_guard lock(mutex_);
        if (making_) return Status::pending();
        if (stage_ != Stage::kReady || !producer_)
            return Status::retryable(epoch_text(epoch) + " cannot begin: the connection must be opened again");
        WEIR_FAILPOINT("kafka.begin.begin");
        if (Error error{rd_kafka_begin_transaction(producer_->get())}) {
            if (producer_->is_fenced()) return other_host();
            return Status::retryable(epoch_text(epoch) + " cannot begin: " + rd_kafka_error_string(error.get()));
        }
        began_ = Clock::now();
        stage_ = Stage::kOpen;
        open_.store(epoch + 1, std::memory_order_release);
    }
    WEIR_FAILPOINT("kafka.begin.done");
    wake_sinks();
    WEIR_FAILPOINT("kafka.begin.told");
    return {};
}

Status Transactions::prepare(uint64_t epoch) {
    WEIR_FAILPOINT("kafka.prepare.begin");
    open_ = 0;
    auto current = producer();
    if (!current || stage_ != Stage::kOpen) return Status::retryable(epoch_text(epoch) + " is not open");
    if ((*current)->is_broken()) return broken(**current);
    if (rd_kafka_outq_len((*current)->get()) == 0) return {};
    return run("prepare", epoch, [this, epoch] { return flush(epoch); });
}

Status Transactions::flush(uint64_t epoch) {
    auto current = producer();
    if (!current) return current.status();
    for (auto deadline = Clock::now() + timeout_; rd_kafka_outq_len((*current)->get()) > 0;) {
        if ((*current)->is_broken()) return broken(**current);
        if (!go_on()) return Status::retryable("stopped");
        if (Clock::now() > deadline)
            return Status::retryable(epoch_text(epoch) + ": the broker does not acknowledge what was sent");
        rd_kafka_flush((*current)->get(), kFlushPoll);
    }
    return {};
}

Status Transactions::commit(uint64_t epoch, std::string_view marker) {
    open_ = 0;
    std::string printable = printable_marker(marker);
    if (printable.size() > kMarkerMax)
        return Status::fatal(epoch_text(epoch) + ": the marker has " + std::to_string(printable.size()) +
                             " bytes, and a broker takes " + std::to_string(kMarkerMax));
    return run("commit", epoch, [this, epoch, marker = std::string(marker), printable = std::move(printable)] {
        return decide(epoch, marker, printable);
    });
}

Status Transactions::abort(uint64_t epoch) {
    open_ = 0;
    return run("abort", epoch, [this, epoch] { return roll_back(epoch); });
}

Status Transactions::last_committed(const weir_bytes_out &out) {
    Status status = run("last_committed", 0, [this] {
        WEIR_FAILPOINT("kafka.last_committed.begin");
        // Until the fence, what a host has left open stays so, and is not to be waited for.
        const MarkerReader &reader = stage_ == Stage::kLooking ? looker_ : reader_;
        auto found = reader.read(Clock::now() + kReadTimeout, [this] { return go_on(); });
        if (!found) return found.status();
        WEIR_FAILPOINT("kafka.last_committed.done");
        std::lock_guard lock(mutex_);
        marker_known_ = true;
        marker_ = *found;
        return Status();
    });
    if (!status.done()) return status;
    std::lock_guard lock(mutex_);
    if (marker_) out.put(&out, to_abi(*marker_));
    return {};
}

Status Transactions::close() {
    open_ = 0;
    if (cancelled_ || stage_ != Stage::kOpen) return {};
    // Readers of committed records would wait for the broker to do it, as long as transaction.timeout.ms.
    Status status = run("close", 0, [this] {
        WEIR_FAILPOINT("kafka.close.begin");
        if (auto current = producer()) end(**current, false, Clock::now() + kAbandonTimeout);
        WEIR_FAILPOINT("kafka.close.done");
        return Status();
    });
    return status.is_pending() ? status : Status();
}

}  // namespace weir::kafka
