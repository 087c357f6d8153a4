// kafka.sink: rows and failed rows to a topic.
//
// Life of a batch: retained and encoded at once; handed to the producer as far as there is room, the rest when
// the producer has room again (WEIR_PENDING meanwhile); held until the broker has answered for each row. prepare
// waits for all answers. What the broker refuses for good goes to `errors`, or stops the topology.
//
// Exactly once: a batch is handed over only while a transaction is open in which this sink has not prepared yet; it
// waits for the next one otherwise. There are no retries, because a failure spoils the transaction.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <weir/operator.hpp>

#include "connection.hpp"
#include "encoder.hpp"
#include "partitioner.hpp"
#include "producer.hpp"
#include "refused_records.hpp"

namespace weir::kafka {

bool is_permanent(rd_kafka_resp_err_t code);
std::string_view remedy(rd_kafka_resp_err_t code);

struct SinkOptions {
    std::string topic;
    EncoderOptions encoder;
    Partitioner partitioner = Partitioner::kMurmur2;
    std::vector<Property> topic_properties;
    bool dead_letters = true;  // on_delivery_failure
};

class Sink final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    ~Sink() override;

    Status bind(const Binding &binding) override;
    Status open() override;
    Status check_outside(const Check &check) override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status resume(uint64_t) override { return work(); }
    Status on_wake() override { return work(); }
    Status finish() override { return drain(); }
    Status prepare(uint64_t epoch, const weir_bytes_out &) override;
    void cancel() override;
    Status close() override;

private:
    // Messages of a delivery that the producer has not taken yet.
    struct Pending {
        Delivery *delivery;
        std::unique_ptr<Outgoing> messages;
        size_t next = 0;
    };
    struct Retry {
        RetainedBatch batch;
        uint32_t input;
        int64_t row;
    };

    Sink(Context context, SinkOptions options)
        : Instance(context), options_(std::move(options)), outbound_(std::make_shared<Outbound>(context.raw())) {}
    // Of the topic, found at open.
    struct Found {
        int32_t partitions = 0;
        TopicLimits limits;
    };

    Status work();   // answers, then what waits to be sent; done when all is handed over
    Status drain();  // the same, and done when all is answered
    Status collect();
    Status judge(Delivery &delivery);
    Status submit(RetainedBatch batch, uint32_t input, std::optional<int64_t> only_row);
    // Too large for the topic: never sent. Tells which messages to leave out.
    Result<std::vector<size_t>> refuse_what_is_not_taken(const BatchView &batch, uint32_t input, const Outgoing &messages);
    Status refuse(uint32_t input, int64_t row, std::string message, std::vector<RowError> &errors);
    Status note_refusals(Delivery &delivery);
    // Of what failed for good; of what was sent alone and was taken.
    std::vector<uint64_t> records_of(Delivery &delivery);
    // True: the batch is sent row by row.
    Result<bool> hold_back_suspects(const RetainedBatch &batch, uint32_t input, Outgoing &messages);
    Status why_lost(const std::string &message);
    bool compresses() const;
    Status enter();  // done: rows may be sent, to topic_
    Status take_topic();
    Status push();
    void drop_pending();
    Status retry_one();
    // Hands over what there is room for; true: all of it.
    bool send(Pending &pending);
    bool send_plain(Pending &pending);
    bool send_with_headers(Pending &pending);
    int32_t partition_of(const Outgoing &messages, size_t i);
    Status broken();

    const SinkOptions options_;
    KafkaConnection *connection_ = nullptr;
    Transactions *transactions_ = nullptr;  // NULL: at_least_once
    std::optional<uint64_t> prepared_;      // the last epoch
    std::shared_ptr<OutTopic> topic_;       // exactly_once: only while something is under way in a transaction
    std::unique_ptr<Deferred> opening_;
    std::shared_ptr<Found> found_ = std::make_shared<Found>();  // written while opening
    std::atomic<bool> cancelled_{false};

    std::vector<std::unique_ptr<Encoder>> encoders_;  // an input edge each
    std::shared_ptr<Outbound> outbound_;
    std::set<Delivery *> under_way_;
    size_t alone_ = 0;  // of these, that were sent by themselves
    std::optional<Pending> pending_;
    std::deque<Retry> retries_;
    std::shared_ptr<RefusedRecords> refused_;  // exactly_once
    std::vector<rd_kafka_message_t> scratch_;
    uint32_t round_ = 0;  // the partition of the next batch without keys
    uint32_t bytes_metric_ = 0, under_way_metric_ = 0;
};

extern const OperatorSpec kSinkSpec;

}  // namespace weir::kafka
