// Fetched records as the codec decodes them and as dead letters remember them: payloads copied once, one
// behind the other, with all else a record has.
//
// Headers cost more than the rest together. So they are looked at only when asked for, while the messages are there,
// and taken over for all rows only where somebody keeps the records for longer.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <librdkafka/rdkafka.h>

#include <weir/abi.h>
#include <weir/memory.hpp>

namespace weir::kafka {

// A weir_origin, born with one reference. Filled by one thread, then read by any.
class Records : public weir_origin {
public:
    static Records *create(std::shared_ptr<const std::string> topic, int32_t partition, size_t capacity);

    // REQUIRES: size() < capacity; the message stays until let_go.
    void add(const rd_kafka_message_t &message);
    // The messages go away.
    void let_go();
    // Takes the headers of all rows over; for whoever is going to read them all.
    void parse_headers();

    size_t size() const { return size_; }
    size_t payload_bytes() const { return payloads_.size(); }
    const std::string &topic() const { return *topic_; }
    int32_t partition() const { return partition_; }
    int64_t offset(size_t row) const { return message_offsets_[row]; }
    int64_t timestamp(size_t row) const { return timestamps_[row]; }  // microseconds; INT64_MIN: none
    weir_str key(size_t row) const;                                   // data NULL: none
    std::span<const weir_header> headers(size_t row);
    // What tells the record at an offset from another one that may come to lie there: FNV-1a of time, key and
    // payload, of the first kFingerprinted bytes of these.
    uint64_t fingerprint(size_t row) const;
    static constexpr size_t kFingerprinted = 4096;

    // For weir_decode.
    const uint8_t *base() const { return payloads_.data(); }
    const uint32_t *offsets() const { return offsets_.get(); }
    const int32_t *lengths() const { return lengths_.get(); }

    void release_one();

private:
    struct Span {
        size_t at = 0;
        int32_t length = -1;
    };
    struct HeaderSpan {
        size_t row;
        Span name, value;
    };
    // The headers of one row, with their bytes where the row was parsed by itself.
    struct HeaderRow {
        std::vector<weir_header> headers;
        Buffer bytes;
    };
    Records(std::shared_ptr<const std::string> topic, int32_t partition, size_t capacity);
    void add_payload(const void *bytes, size_t length);
    static Span put(Buffer &to, const void *bytes, size_t length);
    static void read_headers(const rd_kafka_message_t &message, size_t row, Buffer &bytes,
                             std::vector<HeaderSpan> &spans);
    void parse_all();  // mutex_ held
    static void resolve(std::span<const HeaderSpan> spans, const Buffer &bytes, std::vector<weir_header> &out);
    int32_t describe(int64_t row, weir_origin_record *out);

    std::atomic<int64_t> references_{1};
    const std::shared_ptr<const std::string> topic_;
    const int32_t partition_;
    Buffer payloads_, key_bytes_;
    size_t size_ = 0;
    std::unique_ptr<uint32_t[]> offsets_;
    std::unique_ptr<int32_t[]> lengths_;
    std::unique_ptr<int64_t[]> message_offsets_, timestamps_;
    std::vector<Span> keys_;  // empty while no record has a key
    std::mutex mutex_;  // guards what follows
    std::unique_ptr<const rd_kafka_message_t *[]> messages_;  // until let_go
    bool parsed_ = false;  // all rows: spans and bytes below
    Buffer header_bytes_;
    std::vector<HeaderSpan> header_spans_;
    std::unordered_map<size_t, HeaderRow> header_rows_;  // rows that were asked for
};

// Holds one reference.
class RecordsRef {
public:
    explicit RecordsRef(Records *records) : records_(records) {}
    ~RecordsRef() {
        if (records_) records_->release_one();
    }
    RecordsRef(const RecordsRef &) = delete;
    RecordsRef &operator=(const RecordsRef &) = delete;
    Records *operator->() const { return records_; }
    Records *get() const { return records_; }
    Records *release() { return std::exchange(records_, nullptr); }

private:
    Records *records_;
};

}  // namespace weir::kafka
