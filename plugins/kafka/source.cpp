#include "source.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <weir/builder.hpp>
#include <weir/codec_call.hpp>
#include <weir/ext/start.h>
#include <weir/failpoint.hpp>

namespace weir::kafka {
namespace {

constexpr uint32_t kPollsBetweenLags = 64;

// Whether the group's offset may be used, where the host has something to say about it.
Result<int32_t> outside_start(Context context) {
    const weir_host &host = *context.raw()->host;
    auto *api = host.extension ? static_cast<const weir_start_api *>(host.extension(&host, WEIR_EXT_START)) : nullptr;
    if (!api) return WEIR_START_OUTSIDE;
    weir_error error{};
    error.size = sizeof error;
    const int32_t start = api->outside_start(context.raw(), &error);
    if (start < 0) return Status::from_abi(start, error);
    return start;
}

Status message_error(const rd_kafka_message_t &message, const TopicPartition &partition) {
    std::string text = "reading " + split_id(partition) + ": " + rd_kafka_message_errstr(&message);
    switch (message.err) {
        // Whoever starts again from the position learns what is there, and refuses.
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            return Status::retryable(text + ": records that were to be read next are not there any more");
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR__BAD_MSG:
        case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED: return Status::fatal(text);
        default: return Status::retryable(text);
    }
}

// Errors that librdkafka reports and gets over by itself.
bool is_passing(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
           code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__RESOLVE;
}

}  // namespace

Source::~Source() {
    if (!consumer_) return;
    consumer_->unwatch(context_.raw());
    for (auto &[number, reading] : readings_) consumer_->revoke(reading.split);
    starting_.reset();
    consumer_.reset();
    connection_->release_consumer(options_.node);
}

Status Source::open() {
    if (cancelled_) return Status::retryable("stopped while opening");
    if (!consumer_) {
        connection_ = context_.connection<KafkaConnection>();
        auto consumer = connection_->consumer(options_);
        if (!consumer) return consumer.status();
        consumer_ = *consumer;
        starting_ = std::make_unique<Deferred>();
    }
    return starting_->run(
        connection_->control(), [consumer = consumer_, c = connection_] { return consumer->start(*c); },
        [context = context_]() mutable { context.wake(); });
}

void Source::cancel() {
    cancelled_ = true;
    context_.wake();
}

Status Source::discover(const weir_bytes_out &ids) {
    consumer_->watch(context_.raw());
    auto partitions = consumer_->discover();
    if (!partitions) return partitions.status();
    for (const TopicPartition &partition : *partitions) {
        std::string id = split_id(partition);
        ids.put(&ids, to_abi(id));
    }
    return options_.stop_at_end || !options_.partitions.empty() ? Status::end() : Status();
}

Status Source::assign(uint64_t number, std::string_view id, const weir_str &position) {
    const auto partition = parse_split(id);
    if (!partition) return Status::fatal(ticked(id) + " is no split of this source");
    std::optional<Position> from;
    if (position.data) from = Position::parse(view(position));
    if (position.data && !from) return Status::fatal(ticked(view(position)) + " is no position in " + std::string(id));
    const std::string &here = connection_->cluster_id();
    if (from && !from->cluster.empty() && !here.empty() && from->cluster != here)
        return Status::state_version("the state goes on in " + std::string(id) + " of cluster " + ticked(from->cluster) +
                                     ", and `brokers` names cluster " + ticked(here) +
                                     ". Name the cluster that it was, another folder for state (--data-dir), or begin anew "
                                     "(--reset)");
    WEIR_FAILPOINT("kafka.source.assign");
    Reading &reading = readings_[number];
    if (from) reading.last = from->last;
    if (from) reading.from = from->next;
    reading.split = consumer_->assign(*partition, std::move(from), outside_start(context_), context_.raw());
    return {};
}

Status Source::revoke(uint64_t number) {
    auto found = readings_.find(number);
    if (found == readings_.end()) return {};
    consumer_->revoke(found->second.split);
    readings_.erase(found);
    return {};
}

Status Source::position(uint64_t number, const weir_bytes_out &out) {
    auto found = readings_.find(number);
    if (found == readings_.end() || found->second.split->next() < 0) return {};
    int64_t next = found->second.split->next();
    if (WEIR_BUG("positions-too-far")) ++next;
    if (WEIR_BUG("positions-too-early") && next > 0) --next;
    WEIR_FAILPOINT("kafka.source.position");
    // Where others have read on, it is not the last record before that.
    const Reading &reading = found->second;
    const bool is_its_own = !reading.from || *reading.from == reading.split->next();
    const std::string text = Position{next, connection_->cluster_id(), is_its_own ? reading.last : std::nullopt}.text();
    out.put(&out, to_abi(text));
    return {};
}

Status Source::poll(uint64_t number, uint64_t max_rows, uint64_t max_bytes) {
    Reading &reading = readings_.at(number);
    Split &split = *reading.split;
    if (!reading.failure.ok()) return reading.failure;
    switch (split.state()) {
        case Split::State::kRunning: break;
        case Split::State::kFailed: return split.failure();
        default: return {};
    }
    if (reading.ended || split.at_end()) return Status::end();
    auto messages = split.fetch(std::min<uint64_t>(std::max<uint64_t>(max_rows, 1), WEIR_BATCH_MAX_ROWS));
    if (messages.empty()) {
        note_progress(reading);
        return {};
    }
    RecordsRef records(Records::create(split.topic(), split.partition().partition, messages.size()));
    size_t used = 0, next_size = 0;
    for (; used < messages.size(); ++used) {
        const rd_kafka_message_t &message = *messages[used];
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            split.set_next(std::max(split.next(), message.offset));
        } else if (message.err) {
            if (!is_passing(message.err)) reading.failure = message_error(message, split.partition());
        } else if (split.end() >= 0 && message.offset >= split.end()) {
            reading.ended = true;
        } else if (message.offset >= split.next()) {
            next_size = message.len;
            if (records->size() && records->payload_bytes() + next_size > max_bytes) break;
            records->add(message);
            split.set_next(message.offset + 1);
        } else {
            reading.failure = check_last(reading, message);
        }
        if (!reading.failure.ok() || reading.ended) break;
    }
    if (const size_t n = records->size(); n > 0) {
        reading.last = LastRecord{records->offset(n - 1), records->fingerprint(n - 1)};
        reading.from.reset();
    }
    const size_t fetched = messages.size();
    bool full = false;
    Status status;
    if (records->size()) {
        context_.metric_add(bytes_metric_, static_cast<int64_t>(records->payload_bytes()));
        WEIR_FAILPOINT("kafka.source.emit");
        status = emit(number, records.get(), &full);
        WEIR_FAILPOINT("kafka.source.emitted");
    }
    records->let_go();
    split.drop(std::min(used + (reading.ended || !reading.failure.ok()), fetched));
    if (!status.ok()) return status;
    note_progress(reading);
    if (reading.ended || split.at_end()) return Status::end();
    return full || !reading.failure.ok() || !split.is_drained() ? Status::more() : Status();
}

// Of a record that was read before the position.
Status Source::check_last(const Reading &reading, const rd_kafka_message_t &message) const {
    if (!reading.last || message.offset != reading.last->offset) return {};
    const Split &split = *reading.split;
    RecordsRef record(Records::create(split.topic(), split.partition().partition, 1));
    record->add(message);
    record->let_go();
    if (record->fingerprint(0) == reading.last->fingerprint) return {};
    return Status::state_version("the state goes on behind the record at offset " + std::to_string(message.offset) + " of " +
                                 split_id(split.partition()) +
                                 ", and another record lies there now: the topic was deleted and made anew. `--reset` forgets the state "
                                 "and begins as configured");
}

void Source::note_progress(Reading &reading) {
    if (reading.split->is_starving(consumer_->queue_limit())) consumer_->refetch(reading.split);
    // At the end it is told at once: nothing may come for long.
    if (++reading.polls % kPollsBetweenLags != 0 && (!reading.split->is_drained() || lag_ == 0)) return;
    int64_t lag = 0;
    for (const auto &[number, other] : readings_) lag += std::max<int64_t>(0, consumer_->lag(*other.split));
    lag_ = lag;
    context_.metric_set(lag_metric_, lag);
}

Status Source::emit(uint64_t number, Records *records, bool *full) {
    std::vector<int32_t> good;
    ArrowArray decoded{};
    Status status = decode(*records, &decoded, &good);
    if (!status.ok()) return status;
    if (!failures_.empty()) context_.fail(records, failures_);
    if (decoded.length == 0) {
        decoded.release(&decoded);
        return {};
    }
    if (!emitted_.empty()) {
        if (failures_.empty()) {
            good.resize(records->size());
            std::iota(good.begin(), good.end(), 0);
        }
        std::vector<ArrowArray> columns;
        for (int64_t i = 0; i < decoded.n_children; ++i) {
            columns.push_back(*decoded.children[i]);
            decoded.children[i]->release = nullptr;  // moved, as the Arrow C interface has it
        }
        int64_t rows = decoded.length;
        decoded.release(&decoded);
        bool headers = std::find(emitted_.begin(), emitted_.end(), Metadata::kHeaders) != emitted_.end();
        if (headers) records->parse_headers();
        for (Metadata what : emitted_) columns.push_back(metadata_column(what, *records, good));
        make_struct(std::move(columns), rows, &decoded);
    }
    records->retain(records);
    std::span<const int32_t> mapping;
    if (!failures_.empty()) mapping = good;
    *full = !context_.emit_with_origin(0, decoded, number, records, mapping);
    return {};
}

Status Source::decode(Records &records, ArrowArray *rows, std::vector<int32_t> *good) {
    failures_.clear();
    Status status = weir::decode(codec_, static_cast<uint32_t>(records.size()), records.base(), records.offsets(),
                                 records.lengths(), wanted_.data(), failures_, rows);
    if (!status.ok()) return status;
    if (failures_.empty()) return {};
    size_t next = 0;
    for (size_t i = 0; i < records.size(); ++i) {
        if (next < failures_.size() && failures_[next].row == static_cast<int64_t>(i)) ++next;
        else good->push_back(static_cast<int32_t>(i));
    }
    return {};
}

Status Source::on_epoch_committed(uint64_t, std::span<const weir_position> positions) {
    std::map<TopicPartition, int64_t> offsets;
    for (const weir_position &p : positions) {
        auto found = readings_.find(p.split);
        const auto position = Position::parse(view(p.position));
        if (found == readings_.end() || !position) continue;
        offsets[found->second.split->partition()] = position->next;
    }
    WEIR_FAILPOINT("kafka.source.commit");
    if (!offsets.empty()) consumer_->commit(offsets);
    return {};
}

// Whoever takes the source's place in another graph goes on with the consumer: it is the connection that waits, where it closes.
Status Source::close() {
    if (consumer_ && !cancelled_) consumer_->want_settled(true);
    return {};
}

}  // namespace weir::kafka
