// kafka.source: the data side of reading. What partitions there are and where they begin is the consumer's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/operator.hpp>

#include "connection.hpp"
#include "consumer.hpp"
#include "metadata_columns.hpp"
#include "position.hpp"

namespace weir::kafka {

class Source final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    ~Source() override;

    Status bind(const Binding &binding) override;
    Status open() override;
    Status check_outside(const Check &check) override;
    Status on_wake() override { return {}; }
    Status discover(const weir_bytes_out &ids) override;
    Status assign(uint64_t number, std::string_view id, const weir_str &position) override;
    Status revoke(uint64_t number) override;
    Status poll(uint64_t number, uint64_t max_rows, uint64_t max_bytes) override;
    Status position(uint64_t number, const weir_bytes_out &out) override;
    Status on_epoch_committed(uint64_t epoch, std::span<const weir_position> positions) override;
    void cancel() override;
    Status close() override;

private:
    struct Reading {
        std::shared_ptr<Split> split;
        uint32_t polls = 0;
        bool ended = false;
        Status failure;  // found behind rows that were good
        std::optional<LastRecord> last;  // before the next one
        std::optional<int64_t> from;     // where the position says to begin, until a record is read
    };
    struct MetadataColumn {
        Metadata what;
        bool ordinary = false;
    };
    Source(Context context, ConsumerOptions options) : Instance(context), options_(std::move(options)) {}
    Status read_config(const Config &config);
    // Rows of the records that decode, sent on; the others to `errors`.
    Status emit(uint64_t number, Records *records, bool *full);
    Status decode(Records &records, ArrowArray *rows, std::vector<int32_t> *good);
    Status check_last(const Reading &reading, const rd_kafka_message_t &message) const;
    void note_progress(Reading &reading);

    const ConsumerOptions options_;
    KafkaConnection *connection_ = nullptr;
    std::shared_ptr<Consumer> consumer_;
    std::unique_ptr<Deferred> starting_;
    std::atomic<bool> cancelled_{false};

    weir_codec codec_{};
    Schema record_;
    std::vector<uint8_t> wanted_;
    std::vector<Metadata> ordinary_;  // asked for by `metadata:`
    std::vector<Metadata> emitted_;   // the metadata columns behind the record's, as bound
    std::vector<RowError> failures_;
    std::map<uint64_t, Reading> readings_;
    int64_t lag_ = -1;  // as it was told last; -1: not yet
    uint32_t bytes_metric_ = 0, lag_metric_ = 0;
};

extern const OperatorSpec kSourceSpec;

}  // namespace weir::kafka
