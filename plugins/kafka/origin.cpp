#include "origin.hpp"

#include <algorithm>
#include <cstring>

#include "fnv1a.hpp"

namespace weir::kafka {
namespace {

constexpr size_t kFewBytes = 16;
constexpr int kPeekableClient = 0x020002ff;  // librdkafka 2.0.2
constexpr uintptr_t kPage = 4096;

// Whether a message surely has no headers, found out without the client's parser, which costs more than all else
// that is done with a small record. In a record of format 2 the number of headers is the varint behind the value
// (kafka.apache.org/protocol, "Record"), and this client hands out values where they lie in what it received; an empty
// value lies elsewhere. In the formats before it the byte is any, or the one behind the last that was received: there
// are no headers, so any answer is right, and on the value's own page it can be read.
bool is_headerless(const rd_kafka_message_t &message) {
    static const bool is_known_client = rd_kafka_version() == kPeekableClient;
    if (!is_known_client || message.len == 0 || !message.payload) return false;
    const char *behind = static_cast<const char *>(message.payload) + message.len;
    return reinterpret_cast<uintptr_t>(behind) % kPage != 0 && *behind == 0;
}

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
      timestamps_(std::make_unique_for_overwrite<int64_t[]>(capacity)),
      messages_(std::make_unique_for_overwrite<const rd_kafka_message_t *[]>(capacity)) {
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

uint64_t Records::fingerprint(size_t row) const {
    Fnv1a hash;
    const weir_str key_bytes = key(row);
    hash.add(&timestamps_[row], sizeof timestamps_[row]);
    hash.add(&key_bytes.size, sizeof key_bytes.size);
    hash.add(&lengths_[row], sizeof lengths_[row]);
    hash.add(key_bytes.data, std::min<size_t>(key_bytes.size, kFingerprinted));
    if (lengths_[row] > 0) hash.add(payloads_.data() + offsets_[row], std::min(static_cast<size_t>(lengths_[row]), kFingerprinted));
    return hash.value();
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
        keys_.push_back(put(key_bytes_, message.key, message.key_len));
    }
    messages_[row] = &message;
}

void Records::let_go() {
    // Nobody else has a reference, so nobody can ask later.
    bool kept = references_.load(std::memory_order_acquire) > 1;
    std::lock_guard lock(mutex_);
    if (kept) parse_all();
    messages_.reset();
}

void Records::parse_headers() {
    std::lock_guard lock(mutex_);
    parse_all();
}

void Records::parse_all() {
    if (std::exchange(parsed_, true)) return;
    for (size_t row = 0; row < size_; ++row)
        if (!is_headerless(*messages_[row])) read_headers(*messages_[row], row, header_bytes_, header_spans_);
}

void Records::read_headers(const rd_kafka_message_t &message, size_t row, Buffer &bytes,
                           std::vector<HeaderSpan> &spans) {
    rd_kafka_headers_t *headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers)) return;  // it has none
    const char *name = nullptr;
    const void *value = nullptr;
    size_t length = 0;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &length); ++i) {
        HeaderSpan span{row, put(bytes, name, std::strlen(name)), {}};
        if (value) span.value = put(bytes, value, length);
        spans.push_back(span);
    }
}

void Records::resolve(std::span<const HeaderSpan> spans, const Buffer &bytes, std::vector<weir_header> &out) {
    for (const HeaderSpan &span : spans)
        out.push_back({text_at(bytes, span.name.at, span.name.length),
                       text_at(bytes, span.value.at, span.value.length)});
}

weir_str Records::key(size_t row) const {
    if (row >= keys_.size()) return {nullptr, 0};
    return text_at(key_bytes_, keys_[row].at, keys_[row].length);
}

std::span<const weir_header> Records::headers(size_t row) {
    std::lock_guard lock(mutex_);
    auto [found, fresh] = header_rows_.try_emplace(row);
    HeaderRow &answer = found->second;
    if (!fresh) return answer.headers;
    if (parsed_) {
        auto begin = std::lower_bound(header_spans_.begin(), header_spans_.end(), row,
                                      [](const HeaderSpan &h, size_t r) { return h.row < r; });
        auto end = std::find_if(begin, header_spans_.end(), [&](const HeaderSpan &h) { return h.row != row; });
        resolve({begin, end}, header_bytes_, answer.headers);
    } else if (messages_) {
        std::vector<HeaderSpan> spans;
        read_headers(*messages_[row], row, answer.bytes, spans);
        resolve(spans, answer.bytes, answer.headers);
    }
    return answer.headers;
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
