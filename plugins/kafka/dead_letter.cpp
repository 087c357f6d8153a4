// Dead letters: a failed row as the record it came in by, with headers that say why and where it failed.
//
//   payload, key, headers   of the source record, unchanged; a tombstone stays one. Where no single source
//                           record is known, the payload is the row as JSON.
//   weir.topology, weir.node, weir.code, weir.message             always
//   weir.field, weir.topic, weir.partition, weir.offset, weir.timestamp   those that are known
#include <weir/errors.hpp>
#include <weir/row_json.hpp>

#include "encoder.hpp"

namespace weir::kafka {
namespace {

class Headers {
public:
    Headers() : headers_(rd_kafka_headers_new(16)) {}
    void add(std::string_view name, weir_str value) {
        rd_kafka_header_add(headers_, name.data(), static_cast<ssize_t>(name.size()), value.data,
                            static_cast<ssize_t>(value.size));
    }
    void add(std::string_view name, std::string_view value) { add(name, to_abi(value)); }
    rd_kafka_headers_t *release() { return headers_; }

private:
    rd_kafka_headers_t *headers_;
};

class DeadLetterEncoder final : public Encoder {
public:
    explicit DeadLetterEncoder(std::string topology) : topology_(std::move(topology)) {}

    bool writes_dead_letters() const override { return true; }
    Status encode(const BatchView &batch, Outgoing &out, std::vector<RowError> &) override {
        for (int64_t row = 0; row < batch.rows(); ++row) {
            out.payloads.push_back(payload(batch, row, out));
            out.keys.push_back(plain_text(batch.column(kErrorKey), row, out));
            out.headers.push_back(headers(batch, row));
        }
        return {};
    }

private:
    static weir_str payload(const BatchView &batch, int64_t row, Outgoing &out) {
        weir_str payload = plain_text(batch.column(kErrorPayload), row, out);
        bool from_a_record = !batch.column(kErrorTopic).is_null(row) || !batch.column(kErrorOffset).is_null(row);
        return payload.data || from_a_record ? payload : plain_text(batch.column(kErrorRow), row, out);
    }

    static void add_original(const Column &column, int64_t row, Headers &to) {
        if (column.is_null(row)) return;
        Column names = column.child(0), values = column.child(1);
        for (int32_t i = column.begin_of(row); i < column.end_of(row); ++i) {
            std::string_view value = values.is_null(i) ? std::string_view() : values.text(i);
            bool null = values.is_null(i);
            to.add(names.text(i), weir_str{null ? nullptr : value.data() ? value.data() : "", value.size()});
        }
    }

    rd_kafka_headers_t *headers(const BatchView &batch, int64_t row) const {
        Headers out;
        add_original(batch.column(kErrorHeaders), row, out);
        out.add("weir.topology", topology_);
        auto add_text = [&](const char *name, ErrorColumn column) {
            if (Column c = batch.column(column); !c.is_null(row)) out.add(name, c.text(row));
        };
        auto add_number = [&](const char *name, ErrorColumn column) {
            if (Column c = batch.column(column); !c.is_null(row)) out.add(name, std::to_string(c.integer(row)));
        };
        add_text("weir.node", kErrorNode);
        add_text("weir.code", kErrorCode);
        add_text("weir.field", kErrorField);
        add_text("weir.message", kErrorMessage);
        add_text("weir.topic", kErrorTopic);
        add_number("weir.partition", kErrorPartition);
        add_number("weir.offset", kErrorOffset);
        if (Column c = batch.column(kErrorTimestamp); !c.is_null(row))
            out.add("weir.timestamp", format_timestamp(c.value<int64_t>(row)));
        return out.release();
    }

    std::string topology_;
};

}  // namespace

std::unique_ptr<Encoder> make_dead_letter_encoder(std::string topology) {
    return std::make_unique<DeadLetterEncoder>(std::move(topology));
}

}  // namespace weir::kafka
