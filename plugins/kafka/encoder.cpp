#include "encoder.hpp"

#include <cstring>
#include <numeric>

#include <weir/memory.hpp>
#include <weir/row_json.hpp>

namespace weir::kafka {

Outgoing::~Outgoing() {
    for (rd_kafka_headers_t *one : headers)
        if (one) rd_kafka_headers_destroy(one);
}

namespace {

// Record batch v2: the head of a batch; of a record its length, attributes, both deltas, and the lengths of key and
// value and the number of headers, each as long as they can get; of a header its two lengths.
constexpr size_t kBatchHead = 61, kRecordHead = 36, kHeaderHead = 10;

// Leaves out of a list that may be empty.
template <class T>
void leave_out(std::vector<T> &list, const std::vector<size_t> &numbers) {
    if (list.empty()) return;
    size_t kept = 0, next = 0;
    for (size_t i = 0; i < list.size(); ++i) {
        if (next < numbers.size() && numbers[next] == i)
            ++next;
        else
            list[kept++] = list[i];
    }
    list.resize(kept);
}

}  // namespace

int64_t Outgoing::batch_bytes(size_t i) const {
    size_t bytes = kBatchHead + kRecordHead + payloads[i].size + (keys.empty() ? 0 : keys[i].size);
    const char *name = nullptr;
    const void *value = nullptr;
    size_t length = 0;
    for (size_t h = 0; !headers.empty() && !rd_kafka_header_get_all(headers[i], h, &name, &value, &length); ++h)
        bytes += kHeaderHead + std::strlen(name) + length;
    return static_cast<int64_t>(bytes);
}

void Outgoing::drop(const std::vector<size_t> &messages) {
    if (rows.empty()) {
        rows.resize(size());
        std::iota(rows.begin(), rows.end(), int64_t{0});
    }
    for (size_t i : messages)
        if (!headers.empty()) rd_kafka_headers_destroy(headers[i]);
    leave_out(payloads, messages);
    leave_out(keys, messages);
    leave_out(headers, messages);
    leave_out(rows, messages);
}

weir_str plain_text(const Column &column, int64_t row, Outgoing &out) {
    if (column.is_null(row)) return {nullptr, 0};
    if (column.type().is_text()) {
        std::string_view text = column.text(row);
        return {text.data() ? text.data() : "", text.size()};
    }
    auto &text = out.texts.emplace_back(std::make_unique<std::string>());
    append_json_value(*text, column, row);
    if (text->size() >= 2 && text->front() == '"') *text = text->substr(1, text->size() - 2);  // dates, times
    return to_abi(*text);
}

namespace {

class RowEncoder final : public Encoder {
public:
    struct Header {
        std::string name;
        size_t column;
    };

    Status encode(const BatchView &batch, Outgoing &out, std::vector<RowError> &failed) override;

    weir_codec codec_{};
    std::vector<size_t> payload_;
    std::optional<size_t> key_, value_;
    std::vector<Header> headers_;

private:
    Status encode_payloads(const ArrowArray &rows, Outgoing &out, std::vector<RowError> &failed);
    void add_headers(const BatchView &batch, int64_t row, Outgoing &out);
};

Status RowEncoder::encode_payloads(const ArrowArray &rows, Outgoing &out, std::vector<RowError> &failed) {
    auto encoded = weir::encode(codec_, rows);
    if (!encoded) return encoded.status();
    out.encoded = std::move(*encoded);
    failed = out.encoded.failed();
    auto next = failed.begin();
    for (int64_t i = 0; i < rows.length; ++i) {
        if (next != failed.end() && next->row == i) {
            ++next;
            continue;
        }
        out.payloads.push_back(out.encoded.payload(i));
        if (!failed.empty()) out.rows.push_back(i);
    }
    return {};
}

void RowEncoder::add_headers(const BatchView &batch, int64_t row, Outgoing &out) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(headers_.size());
    for (const Header &header : headers_) {
        weir_str value = plain_text(batch.column(header.column), row, out);
        rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()), value.data,
                            static_cast<ssize_t>(value.size));
    }
    out.headers.push_back(headers);
}

Status RowEncoder::encode(const BatchView &batch, Outgoing &out, std::vector<RowError> &failed) {
    out.payloads.reserve(static_cast<size_t>(batch.rows()));
    if (value_) {
        Column column = batch.column(*value_);
        for (int64_t i = 0; i < batch.rows(); ++i) out.payloads.push_back(plain_text(column, i, out));
    } else {
        ColumnSelection rows(batch.raw(), payload_);
        if (Status status = encode_payloads(rows.array(), out, failed); !status.ok()) return status;
    }
    for (size_t i = 0; i < out.size() && (key_ || !headers_.empty()); ++i) {
        int64_t row = out.rows.empty() ? static_cast<int64_t>(i) : out.rows[i];
        if (key_) out.keys.push_back(plain_text(batch.column(*key_), row, out));
        if (!headers_.empty()) add_headers(batch, row, out);
    }
    return {};
}

Status missing_column(const char *path, const std::string &name, const Schema &schema) {
    return Status::config(path, "the input has no column `" + name + "`; it has " + to_string(schema));
}

}  // namespace

Result<std::unique_ptr<Encoder>> make_row_encoder(Context context, const EncoderOptions &options,
                                                  const Binding &binding, uint32_t input) {
    const Schema &schema = binding.input(input);
    auto encoder = std::make_unique<RowEncoder>();
    auto read = [&](const std::string &name) -> std::optional<size_t> {
        auto found = schema.find(name);
        if (found) binding.reads(input, name);
        return found;
    };
    if (!options.key.empty() && !(encoder->key_ = read(options.key))) return missing_column("key", options.key, schema);
    for (const auto &[name, column] : options.headers) {
        auto found = read(column);
        if (!found) return missing_column("headers", column, schema);
        encoder->headers_.push_back({name, *found});
    }
    if (!options.value.empty()) {
        if (!(encoder->value_ = read(options.value))) return missing_column("value", options.value, schema);
        return std::unique_ptr<Encoder>(std::move(encoder));
    }
    Schema payload_schema;
    for (size_t i = 0; i < schema.size(); ++i) {
        if (is_metadata_column(schema.fields[i].name)) continue;
        binding.reads(input, schema.fields[i].name);
        encoder->payload_.push_back(i);
        payload_schema.fields.push_back(schema.fields[i]);
    }
    auto codec = context.codec(options.format);
    if (!codec) return codec.status();
    encoder->codec_ = *codec;
    if (Status status = bind_encode(*codec, payload_schema); !status.ok()) return status;
    return std::unique_ptr<Encoder>(std::move(encoder));
}

}  // namespace weir::kafka
