#include "sink.hpp"

#include <algorithm>

#include <weir/failpoint.hpp>

namespace weir::kafka {
namespace {

constexpr std::chrono::milliseconds kLearnTimeout{5000};  // for the partitions of the topic

// Not told by a broker but because the producer goes away.
bool is_purge(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

}  // namespace

Sink::~Sink() {
    if (refused_) refused_->leave(outbound_.get());
    for (Delivery *delivery : under_way_) delivery->batch = RetainedBatch();
    outbound_->orphan();
    drop_pending();
}

// What was never handed over is never answered.
void Sink::drop_pending() {
    if (!pending_) return;
    for (size_t i = pending_->next; i < pending_->messages->size(); ++i) pending_->delivery->answer();
    pending_->delivery->answer();
    pending_.reset();
}

Status Sink::open() {
    if (cancelled_) return Status::retryable("stopped while opening");
    connection_ = context_.connection<KafkaConnection>();
    transactions_ = connection_->transactions();
    if (!opening_) opening_ = std::make_unique<Deferred>();
    Status status = opening_->run(
        connection_->control(),
        [c = connection_, name = options_.topic, properties = options_.topic_properties, found = found_]() -> Status {
            auto topic = c->written_topic(name);
            if (!topic) return topic.status();
            *found = {topic->partitions, topic->limits};
            if (!c->transactions()) return {};
            auto producer = c->producer();
            return producer ? (*producer)->learn({name, topic->partitions, properties}, kLearnTimeout) : producer.status();
        },
        [context = context_]() mutable { context.wake(); });
    if (!status.done()) return status;
    // The producer cannot tell what compression makes of a record; without transactions the broker may be asked.
    if (!transactions_ && compresses()) found_->limits.batch_bytes = kNoLimit;
    round_ = context_.worker();
    if (transactions_) refused_ = RefusedRecords::of(transactions_->id() + '\n' + std::string(context_.node()) + '\n' + options_.topic);
    status = take_topic();
    if (transactions_) topic_.reset();
    return status;
}

Status Sink::take_topic() {
    auto producer = connection_->producer();
    if (!producer) return producer.status();
    auto topic = (*producer)->topic(options_.topic, found_->partitions, options_.topic_properties);
    if (!topic) return topic.status();
    topic_ = *topic;
    return {};
}

bool Sink::compresses() const {
    auto named = [](const Property &p) {
        return (p.first == "compression.codec" || p.first == "compression.type") && p.second != "none";
    };
    if (!options_.topic_properties.empty()) return named(options_.topic_properties.front());
    const auto &shared = connection_->settings().properties;
    return std::any_of(shared.begin(), shared.end(), named);
}

void Sink::cancel() {
    cancelled_ = true;
    outbound_->wake();
}

Status Sink::process(const BatchView &batch, uint32_t input) {
    Status status = submit(context_.retain(batch), input, {});
    return status.ok() ? work() : status;
}

Status Sink::submit(RetainedBatch batch, uint32_t input, std::optional<int64_t> only_row) {
    auto messages = std::make_unique<Outgoing>();
    std::vector<RowError> failed;
    Status status = encoders_[input]->encode(batch.view(input_schema(input)), *messages, failed);
    if (!status.ok()) return status;
    if (!only_row) {  // a retry tells nothing twice
        context_.fail(batch.raw(), failed);
        auto refused = refuse_what_is_not_taken(batch.view(input_schema(input)), input, *messages);
        if (!refused) return refused.status();
        if (!refused->empty()) messages->drop(*refused);
        if (transactions_ && !refused_->is_empty()) {
            auto one_by_one = hold_back_suspects(batch, input, *messages);
            if (!one_by_one || *one_by_one) return one_by_one.status();
        }
    }
    std::vector<int64_t> rows = messages->rows;
    size_t first = 0, n = messages->size();
    if (only_row) {
        first = rows.empty() ? static_cast<size_t>(*only_row)
                             : static_cast<size_t>(std::find(rows.begin(), rows.end(), *only_row) - rows.begin());
        n = first + 1;
    }
    auto *delivery = new Delivery(outbound_, std::move(batch), input, messages->size(), std::move(rows));
    delivery->alone = only_row.has_value();
    delivery->only_row = only_row.value_or(-1);
    alone_ += delivery->alone ? 1 : 0;
    under_way_.insert(delivery);
    for (size_t skipped = messages->size() - (n - first); skipped > 0; --skipped) delivery->answer();
    messages->payloads.resize(n);
    pending_ = Pending{delivery, std::move(messages), first};
    return {};
}

Result<std::vector<size_t>> Sink::refuse_what_is_not_taken(const BatchView &batch, uint32_t input, const Outgoing &messages) {
    std::vector<size_t> refused;
    std::vector<RowError> errors;
    const TopicLimits &limits = found_->limits;
    for (size_t i = 0; i < messages.size() && (limits.batch_bytes != kNoLimit || limits.needs_key); ++i) {
        std::string why;
        if (int64_t bytes = messages.batch_bytes(i); bytes > limits.batch_bytes)
            why = "the record takes " + std::to_string(bytes) + " bytes, and max.message.bytes is " + std::to_string(limits.batch_bytes);
        else if (limits.needs_key && (messages.keys.empty() || !messages.keys[i].data))
            why = "the record has no key, and the topic is compacted (cleanup.policy): give the sink a `key`";
        else
            continue;
        int64_t row = messages.rows.empty() ? static_cast<int64_t>(i) : messages.rows[i];
        Status status = refuse(input, row, std::move(why), errors);
        if (!status.ok()) return status;
        refused.push_back(i);
    }
    context_.fail(batch.raw(), errors);
    return refused;
}

// What on_delivery_failure says of a row that the broker takes under no circumstances.
Status Sink::refuse(uint32_t input, int64_t row, std::string message, std::vector<RowError> &errors) {
    message = "topic `" + options_.topic + "`: " + message;
    if (encoders_[input]->writes_dead_letters()) return Status::fatal("a dead letter was refused: " + message);
    if (!options_.dead_letters) return Status::fatal(message + " (on_delivery_failure: fail)");
    errors.push_back({row, "delivery", "", std::move(message)});
    return {};
}

Status Sink::work() {
    if (cancelled_) return Status::retryable("stopped");
    Status status = collect();
    if (!status.ok()) return status;
    if (pending_) status = push();
    if (status.done() && (!retries_.empty() || alone_ > 0)) status = retry_one();
    return status;
}

Status Sink::drain() {
    for (;;) {
        Status status = work();
        if (!status.done() || under_way_.empty()) return status;
        if (outbound_->wait()) return Status::pending();
    }
}

Status Sink::prepare(uint64_t epoch, const weir_bytes_out &) {
    WEIR_FAILPOINT("kafka.sink.prepare");
    Status status = WEIR_BUG("acks-not-awaited") ? Status() : drain();
    if (!status.done() || !transactions_) return status;
    WEIR_FAILPOINT("kafka.sink.acknowledged");
    prepared_ = epoch;
    topic_.reset();  // whoever decides may need a new producer, and wants to be rid of this one
    return {};
}

Status Sink::close() {
    // What no epoch has prepared does not count, so nothing is waited for.
    if (cancelled_ || transactions_ || !topic_) return {};
    return drain();
}

Status Sink::enter() {
    if (!transactions_) return {};
    if (!transactions_->takes(prepared_)) {
        // Waiting is announced first, so that no beginning is missed between the two.
        transactions_->wait_for_begin(outbound_);
        if (!transactions_->takes(prepared_)) return Status::pending();
    }
    return topic_ ? Status() : take_topic();
}

Status Sink::push() {
    Status entered = enter();
    if (entered.is_pending() && WEIR_BUG("drop-batch-at-barrier")) {
        drop_pending();
        return {};
    }
    if (!entered.done()) return entered;
    if (refused_ && !refused_->is_empty() && !refused_->enter(outbound_)) return Status::pending();
    WEIR_FAILPOINT("kafka.sink.send");
    for (;;) {
        if (send(*pending_)) {
            Delivery *delivery = pending_->delivery;
            pending_.reset();
            delivery->answer();
            WEIR_FAILPOINT("kafka.sink.sent");
            return {};
        }
        if (topic_->producer().is_broken()) return broken();
        // Waiting is announced first and tried again, so that no wake is missed between the two.
        topic_->producer().wait_for_room(outbound_);
        size_t before = pending_->next;
        if (!send(*pending_) && pending_->next == before) return Status::pending();
    }
}

// One after the other, and nothing else meanwhile: then each failure is the record's own.
Status Sink::retry_one() {
    for (;;) {
        Status status = collect();
        if (!status.ok()) return status;
        if (under_way_.empty()) {
            if (retries_.empty()) return {};
            Retry retry = std::move(retries_.front());
            retries_.pop_front();
            status = submit(std::move(retry.batch), retry.input, retry.row);
            if (status.ok()) status = push();
            if (!status.done()) return status;
        }
        if (outbound_->wait()) return Status::pending();
    }
}

Status Sink::collect() {
    Status status;
    for (auto &delivery : outbound_->take_finished()) {
        under_way_.erase(delivery.get());
        alone_ -= delivery->alone ? 1 : 0;
        if (Status noted = note_refusals(*delivery); status.ok()) status = std::move(noted);
        if (status.ok() && !delivery->failures.empty()) status = judge(*delivery);
    }
    if (refused_ && under_way_.empty() && !refused_->is_empty()) refused_->leave(outbound_.get());
    context_.metric_set(under_way_metric_, static_cast<int64_t>(under_way_.size()));
    return status;
}

Status Sink::judge(Delivery &delivery) {
    std::vector<RowError> errors;
    std::sort(delivery.failures.begin(), delivery.failures.end(),
              [](const DeliveryFailure &a, const DeliveryFailure &b) { return a.row < b.row; });
    for (const DeliveryFailure &failure : delivery.failures) {
        std::string message = "topic `" + options_.topic + "`: " + failure.text;
        if (topic_->producer().is_broken()) return broken();
        if (is_purge(failure.code)) return transactions_ ? why_lost(message) : Status::retryable(message);
        if (failure.code == RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER && !transactions_) {
            // Rather twice than not at all.
            retries_.push_back({context_.retain(delivery.batch.view(input_schema(delivery.input))), delivery.input,
                                failure.row});
            continue;
        }
        if (!is_permanent(failure.code)) {
            const std::string_view what_to_do = remedy(failure.code);
            return what_to_do.empty() ? Status::retryable(message) : Status::fatal(message + ": " + std::string(what_to_do) + ", and start again");
        }
        // A whole batch is refused when it is larger than the topic allows; who is too large by itself shows
        // when it comes alone.
        if (!delivery.alone && delivery.messages() > 1) {
            BatchView batch = delivery.batch.view(input_schema(delivery.input));
            retries_.push_back({context_.retain(batch), delivery.input, failure.row});
            continue;
        }
        Status status = refuse(delivery.input, failure.row, failure.text, errors);
        if (!status.ok()) return status;
    }
    context_.fail(delivery.batch.raw(), errors);
    return {};
}

Status Sink::broken() {
    if (transactions_) return transactions_->broken(topic_->producer());
    return Status::retryable("topic `" + options_.topic + "`: the producer has failed and must be made anew: " +
                             topic_->producer().why_broken());
}

bool Sink::send(Pending &pending) {
    bool headers = !pending.messages->headers.empty();
    size_t from = pending.next;
    bool all = headers ? send_with_headers(pending) : send_plain(pending);
    int64_t bytes = 0;
    for (size_t i = from; i < pending.next; ++i) bytes += static_cast<int64_t>(pending.messages->payloads[i].size);
    context_.metric_add(bytes_metric_, bytes);
    return all;
}

int32_t Sink::partition_of(const Outgoing &messages, size_t i) {
    int32_t n = topic_->partitions();
    bool keyed = !messages.keys.empty() && messages.keys[i].data && options_.partitioner != Partitioner::kRoundRobin;
    if (keyed) return partition_of_key(options_.partitioner, messages.keys[i], n);
    return static_cast<int32_t>(round_ % static_cast<uint32_t>(n));
}

bool Sink::send_plain(Pending &pending) {
    const Outgoing &messages = *pending.messages;
    bool keyed = !messages.keys.empty();
    size_t n = messages.size() - pending.next;
    if (n == 0) return true;
    scratch_.assign(n, {});
    for (size_t i = 0; i < n; ++i) {
        size_t at = pending.next + i;
        rd_kafka_message_t &m = scratch_[i];
        m.payload = const_cast<char *>(messages.payloads[at].data);
        m.len = messages.payloads[at].size;
        if (keyed) {
            m.key = const_cast<char *>(messages.keys[at].data);
            m.key_len = messages.keys[at].size;
            m.partition = partition_of(messages, at);
        }
        m._private = pending.delivery->slot(at);
    }
    int32_t partition = keyed ? RD_KAFKA_PARTITION_UA : partition_of(messages, 0);
    int flags = RD_KAFKA_MSG_F_COPY | (keyed ? RD_KAFKA_MSG_F_PARTITION : 0);
    auto taken = static_cast<size_t>(
        rd_kafka_produce_batch(topic_->get(), partition, flags, scratch_.data(), static_cast<int>(n)));
    if (taken == n) {
        pending.next += n;
        ++round_;
        return true;
    }
    for (size_t i = 0; i < n; ++i) {
        rd_kafka_resp_err_t code = scratch_[i].err;
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
        ++pending.next;
        if (code) pending.delivery->answer_failed(scratch_[i]._private, code, rd_kafka_err2str(code));
    }
    ++round_;
    return true;
}

bool Sink::send_with_headers(Pending &pending) {
    Outgoing &messages = *pending.messages;
    for (; pending.next < messages.size(); ++pending.next) {
        size_t i = pending.next;
        weir_str key = messages.keys.empty() ? weir_str{nullptr, 0} : messages.keys[i];
        rd_kafka_vu_t parts[7];
        parts[0].vtype = RD_KAFKA_VTYPE_RKT;
        parts[0].u.rkt = topic_->get();
        parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
        parts[1].u.i32 = partition_of(messages, i);
        parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
        parts[2].u.mem = {const_cast<char *>(messages.payloads[i].data), messages.payloads[i].size};
        parts[3].vtype = RD_KAFKA_VTYPE_KEY;
        parts[3].u.mem = {const_cast<char *>(key.data), key.size};
        parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
        parts[4].u.i = RD_KAFKA_MSG_F_COPY;
        parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
        parts[5].u.ptr = pending.delivery->slot(i);
        parts[6].vtype = RD_KAFKA_VTYPE_HEADERS;
        parts[6].u.headers = messages.headers[i];
        rd_kafka_error_t *error = rd_kafka_produceva(topic_->producer().get(), parts, 7);
        if (!error) {
            messages.headers[i] = nullptr;  // the producer's now
            continue;
        }
        rd_kafka_resp_err_t code = rd_kafka_error_code(error);
        std::string text = rd_kafka_error_string(error);
        rd_kafka_error_destroy(error);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
        pending.delivery->answer_failed(pending.delivery->slot(i), code, std::move(text));
    }
    ++round_;
    return true;
}

}  // namespace weir::kafka
