// Sink: refusals by the broker. In a transaction each costs the epoch; refused_records.hpp says what becomes of the next one.
#include <algorithm>
#include <utility>

#include "fnv1a.hpp"
#include "sink.hpp"

namespace weir::kafka {
namespace {

// Key and payload: what a broker judges a record by.
uint64_t record_of(const Outgoing &messages, size_t i) {
    Fnv1a hash;
    for (const weir_str &part : {messages.keys.empty() ? weir_str{nullptr, 0} : messages.keys[i], messages.payloads[i]}) {
        const uint64_t size = part.data ? part.size + 1 : 0;
        hash.add(&size, sizeof size);
        hash.add(part.data, part.size);
    }
    return hash.value();
}

}  // namespace

// What the broker will say again of the same record, however often it is sent.
bool is_permanent(rd_kafka_resp_err_t code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        case RD_KAFKA_RESP_ERR_INVALID_MSG:
        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return true;
        default: return false;
    }
}

// What no row is at fault for, and no retry mends; what to do about it. Empty: it is none of that.
std::string_view remedy(rd_kafka_resp_err_t code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return "let this user write the topic (ACL: Write, Describe)";
        case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return "let this user write with the transactional.id (ACL: Write, Describe)";
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return "let this user write to the cluster (ACL: IdempotentWrite)";
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
            return "records have the time at which they are sent, and the topic takes none that is so far from the broker's "
                   "(message.timestamp.*): set this host's clock and the broker's right, or raise that limit";
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return "look at the broker's policies";
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE: return "choose another `compression`";
        default: return {};
    }
}

std::vector<uint64_t> Sink::records_of(Delivery &delivery) {
    Outgoing messages;
    std::vector<RowError> told_before;
    std::vector<uint64_t> out;
    const BatchView batch = delivery.batch.view(input_schema(delivery.input));
    if (!encoders_[delivery.input]->encode(batch, messages, told_before).ok()) return out;
    for (size_t i = 0; i < messages.size(); ++i) {
        const int64_t row = messages.rows.empty() ? static_cast<int64_t>(i) : messages.rows[i];
        const auto is_it = [&](const DeliveryFailure &failure) { return failure.row == row && is_permanent(failure.code); };
        const bool is_meant = delivery.failures.empty() ? row == delivery.only_row : std::any_of(delivery.failures.begin(), delivery.failures.end(), is_it);
        if (is_meant) out.push_back(record_of(messages, i));
    }
    return out;
}

// A record that was sent by itself is refused, or taken, for itself; the others of its batch are looked at again one by one.
Status Sink::note_refusals(Delivery &delivery) {
    if (!transactions_ || (delivery.failures.empty() && (!delivery.alone || refused_->is_empty()))) return {};
    Status status;
    const auto first = std::find_if(delivery.failures.begin(), delivery.failures.end(), [](const auto &f) { return is_permanent(f.code); });
    const bool is_taken = delivery.failures.empty();
    if (!is_taken && first == delivery.failures.end()) return {};
    const auto now = RefusedRecords::Clock::now();
    for (const uint64_t record : records_of(delivery)) {
        if (is_taken) refused_->clear(record, now);
        else if (!(delivery.alone ? refused_->refuse(record, first->text, now) : refused_->suspect(record, now)))
            return Status::fatal("topic `" + options_.topic + "`: the broker refuses too many records, the last one: " + first->text);
    }
    if (is_taken) return {};
    return Status::retryable("topic `" + options_.topic + "`: " + first->text + "; the transaction is lost with it, and begun again " +
                             (delivery.alone ? "without that record" : "with the records of its batch one by one"));
}

// What this process knows to be refused goes to `errors`; of a batch with suspects each row is sent by itself, in order.
Result<bool> Sink::hold_back_suspects(const RetainedBatch &batch, uint32_t input, Outgoing &messages) {
    refused_->forget(RefusedRecords::Clock::now());
    std::vector<RowError> errors;
    std::vector<size_t> refused;
    std::vector<int64_t> rows;
    bool has_suspects = false;
    const BatchView rows_of = batch.view(input_schema(input));
    for (size_t i = 0; i < messages.size(); ++i) {
        const int64_t row = messages.rows.empty() ? static_cast<int64_t>(i) : messages.rows[i];
        const uint64_t record = record_of(messages, i);
        const auto why = refused_->why(record);
        if (!why) {
            rows.push_back(row);
            has_suspects = has_suspects || refused_->is_suspect(record);
            continue;
        }
        if (Status s = refuse(input, row, *why, errors); !s.ok()) return s;
        refused.push_back(i);
    }
    context_.fail(rows_of.raw(), errors);
    if (!refused.empty()) messages.drop(refused);
    if (!has_suspects) return false;
    for (const int64_t row : rows) retries_.push_back({context_.retain(rows_of), input, row});
    return true;
}

Status Sink::why_lost(const std::string &message) {
    const auto [code, text] = transactions_->failure(topic_->producer());
    const std::string_view what_to_do = remedy(code);
    if (what_to_do.empty()) return Status::retryable(message + (text.empty() ? "" : ": " + text));
    return Status::fatal("topic `" + options_.topic + "`: " + text + ": " + std::string(what_to_do) + ", and start again");
}

}  // namespace weir::kafka
