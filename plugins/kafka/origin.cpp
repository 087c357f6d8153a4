#include "origin.hpp"

#include <algorithm>
#include <cstring>

namespace weir::kafka {
namespace {

constexpr size_t kFewBytes = 16;

weir_str text_at(const Buffer &bytes, size_t at, int32_t length) {
    if (length < 0) return {nullptr, 0};
    static constexpr char kEmpty[] = "";
    const char *data = length ? reinterpret_cast<const char *>(bytes.data()) + at : kEmpty;
    return {data, static_cast<uint64_t>(length)};
}

}  // namespace

Records::Records(std::shared_ptr<const std::string> topic, int32_t partition, size_t capacity)
    : weir_origin{},
      topic_(std::move(topic)),
      partition_(partition),
      offsets_(std::make_unique_for_overwrite<uint32_t[]>(capacity)),
      lengths_(std::make_unique_for_overwrite<int32_t[]>(capacity)),
      message_offsets_(std::make_unique_for_overwrite<int64_t[]>(capacity)),
      timestamps_(std::make_unique_for_overwrite<int64_t[]>(capacity)) {
    weir_origin::size = sizeof(weir_origin);
    retain = [](weir_origin *self) {
        static_cast<Records *>(self)->references_.fetch_add(1, std::memory_order_relaxed);
    };
    release = [](weir_origin *self) { static_cast<Records *>(self)->release_one(); };
    get = [](weir_origin *self, int64_t row, weir_origin_record *out) {
        return static_cast<Records *>(self)->describe(row, out);
    };
}

Records *Records::create(std::shared_ptr<const std::string> topic, int32_t partition, size_t capacity) {
    return new Records(std::move(topic), partition, capacity);
}

void Records::release_one() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

Records::Span Records::put(Buffer &to, const void *bytes, size_t length) {
    Span span{to.size(), static_cast<int32_t>(length)};
    to.append(bytes, length);
    return span;
}

// Payloads are often a few bytes: cheaper to copy here than to call for.
void Records::add_payload(const void *bytes, size_t length) {
    size_t at = payloads_.size();
    payloads_.resize(at + length);
    auto *to = payloads_.data() + at;
    auto *from = static_cast<const uint8_t *>(bytes);
    if (length > kFewBytes) {
        std::memcpy(to, from, length);
    } else {
        for (size_t i = 0; i < length; ++i) to[i] = from[i];
    }
}

void Records::add(const rd_kafka_message_t &message) {
    size_t row = size_++;
    offsets_[row] = static_cast<uint32_t>(payloads_.size());
    lengths_[row] = message.payload ? static_cast<int32_t>(message.len) : -1;
    if (message.payload) add_payload(message.payload, message.len);
    message_offsets_[row] = message.offset;
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    int64_t millis = rd_kafka_message_timestamp(&message, &type);
    bool timed = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && millis >= 0;
    timestamps_[row] = timed ? millis * 1000 : INT64_MIN;
    if (message.key) {
        keys_.resize(row);
        keys_.push_back(put(others_, message.key, message.key_len));
    }
    rd_kafka_headers_t *headers = nullptr;
    if (!rd_kafka_message_headers(&message, &headers)) add_headers(*headers);
}

void Records::add_headers(const rd_kafka_headers_t &headers) {
    auto row = static_cast<uint32_t>(size_ - 1);
    const char *name = nullptr;
    const void *value = nullptr;
    size_t length = 0;
    for (size_t i = 0; !rd_kafka_header_get_all(&headers, i, &name, &value, &length); ++i) {
        HeaderSpan span{row, put(others_, name, std::strlen(name)), {}};
        if (value) span.value = put(others_, value, length);
        header_spans_.push_back(span);
    }
}

weir_str Records::key(size_t row) const {
    if (row >= keys_.size()) return {nullptr, 0};
    return text_at(others_, keys_[row].at, keys_[row].length);
}

std::span<const weir_header> Records::headers(size_t row) {
    auto begin = std::lower_bound(header_spans_.begin(), header_spans_.end(), row,
                                  [](const HeaderSpan &h, size_t r) { return h.row < r; });
    if (begin == header_spans_.end() || begin->row != row) return {};
    std::lock_guard lock(mutex_);
    auto &cached = header_cache_[row];
    if (cached.empty())
        for (; begin != header_spans_.end() && begin->row == row; ++begin)
            cached.push_back({text_at(others_, begin->name.at, begin->name.length),
                              text_at(others_, begin->value.at, begin->value.length)});
    return cached;
}

int32_t Records::describe(int64_t row, weir_origin_record *out) {
    auto i = static_cast<size_t>(row);
    if (row < 0 || i >= size_) return WEIR_E_UNSUPPORTED;
    std::span<const weir_header> found = headers(i);
    out->partition = partition_;
    out->offset = message_offsets_[i];
    out->timestamp = timestamps_[i];
    out->topic = to_abi(*topic_);
    out->payload = text_at(payloads_, offsets_[i], lengths_[i]);
    out->key = key(i);
    out->headers = found.data();
    out->n_headers = found.size();
    return WEIR_OK;
}

}  // namespace weir::kafka
