// Rows of one input edge of a sink into Kafka messages.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <weir/batch.hpp>
#include <weir/codec_call.hpp>
#include <weir/operator.hpp>

#include "client.hpp"

namespace weir::kafka {

// Messages to be sent. Spans point into `encoded`, `texts`, or the batch. Movable only.
struct Outgoing {
    Outgoing() = default;
    Outgoing(const Outgoing &) = delete;
    Outgoing &operator=(const Outgoing &) = delete;
    ~Outgoing();

    size_t size() const { return payloads.size(); }
    // At most what a batch of message i alone takes, uncompressed.
    int64_t batch_bytes(size_t i) const;
    // Leaves out the messages with these ascending numbers.
    void drop(const std::vector<size_t> &messages);

    Encoded encoded;
    std::vector<std::unique_ptr<std::string>> texts;
    std::vector<weir_str> payloads;  // data NULL: a tombstone
    std::vector<weir_str> keys;      // empty: none has a key
    std::vector<rd_kafka_headers_t *> headers;  // empty: none has headers; owned
    std::vector<int64_t> rows;  // the row that message i stands for; empty: i
};

class Encoder {
public:
    virtual ~Encoder() = default;
    // Rows that cannot be written are left out and told in `failed`.
    virtual Status encode(const BatchView &batch, Outgoing &out, std::vector<RowError> &failed) = 0;
    virtual bool writes_dead_letters() const { return false; }
};

struct EncoderOptions {
    std::string format;  // JSON of the codec parameter
    std::string key, value;  // columns; empty: none
    std::vector<std::pair<std::string, std::string>> headers;  // name, column
};

// Of ordinary rows. Tells the binding what it reads. `input` is the edge's number.
Result<std::unique_ptr<Encoder>> make_row_encoder(Context context, const EncoderOptions &options,
                                                  const Binding &binding, uint32_t input);
// Of failed rows (WEIR_STREAM_ERRORS): dead letters.
std::unique_ptr<Encoder> make_dead_letter_encoder(std::string topology);

// The bytes of a value as a key or a header: strings and binaries as they are, all else as JSON writes it.
// data NULL: the value is null.
weir_str plain_text(const Column &column, int64_t row, Outgoing &out);

}  // namespace weir::kafka
