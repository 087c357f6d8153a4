// The base class of codecs in C++. (The caller's side: weir/codec_call.hpp.)
//
// A class T needs: static Result<std::unique_ptr<Codec>> create(const Config &); its descriptor is
// weir::codec_spec<T>("json", "doc").params(kParams). One user at a time, no thread affinity.
#pragma once

#include <cassert>
#include <cstring>
#include <memory>

#include <weir/builder.hpp>
#include <weir/config.hpp>
#include <weir/operator.hpp>

namespace weir {

// The payloads of one decode call.
class DecodeInput {
public:
    explicit DecodeInput(const weir_decode *raw) : raw_(raw) {}
    uint32_t size() const { return raw_->n; }
    bool is_null(uint32_t i) const { return raw_->lengths[i] < 0; }
    std::string_view span(uint32_t i) const {
        return {reinterpret_cast<const char *>(raw_->base) + raw_->offsets[i],
                raw_->lengths[i] < 0 ? 0 : static_cast<size_t>(raw_->lengths[i])};
    }
    bool wanted(size_t column) const { return !raw_->wanted || raw_->wanted[column]; }
    // Span i gives no row. In ascending order of i, once each.
    void fail(uint32_t i, std::string_view field, int64_t position, std::string_view message) const {
        raw_->fail(raw_, i, to_abi(field), position, to_abi(message));
    }

private:
    const weir_decode *raw_;
};

// What encode writes: rows one behind the other, each closed in one of three ways.
class EncodeOutput {
public:
    explicit EncodeOutput(const weir_encode *raw) : raw_(raw) {
        ends_.reserve((static_cast<size_t>(raw->rows->length) + 1) * sizeof(uint64_t));
        ends_.push(uint64_t{0});
    }
    // Where to append the row's payload.
    Buffer &bytes() { return bytes_; }
    // Bytes before this row's first one.
    size_t row_begin() const { return static_cast<size_t>(last_); }

    void end_row() { ends_.push(last_ = static_cast<uint64_t>(bytes_.size())); }
    // The row has no payload: a tombstone. What was appended is taken back.
    void end_null();
    // The row cannot be written, and gives none. What was appended is taken back.
    void fail_row(std::string_view field, std::string_view message);

    void finish(weir_encoded *out);

private:
    int64_t row() const { return static_cast<int64_t>(ends_.size() / sizeof(uint64_t)) - 1; }
    void take_back() {
        bytes_.resize(row_begin());
        end_row();
    }

    const weir_encode *raw_;
    Buffer bytes_, ends_, nulls_;  // nulls_ stays empty until the first one
    uint64_t last_ = 0;
};

class Codec {
public:
    virtual ~Codec() = default;
    // The record's fields have path and format where the user gave some; a codec refuses what it does not know.
    virtual Status bind_decode(const Schema &) { return Status::config("", "this codec does not decode"); }
    virtual Status decode(const DecodeInput &, ArrowArray *) { return Status::unsupported("decode"); }
    virtual Status bind_encode(const Schema &) { return Status::config("", "this codec does not encode"); }
    // Each row ends with end_row, end_null or fail_row; an error is about none of them.
    virtual Status encode(const ArrowArray &, EncodeOutput &) { return Status::unsupported("encode"); }
};

inline void EncodeOutput::end_null() {
    const auto at = static_cast<size_t>(row()), rows = static_cast<size_t>(raw_->rows->length);
    if (!nulls_.size()) {
        nulls_.resize(rows);
        std::memset(nulls_.data(), 0, rows);
    }
    nulls_.data()[at] = 1;
    take_back();
}

inline void EncodeOutput::fail_row(std::string_view field, std::string_view message) {
    raw_->fail(raw_, row(), to_abi(field), to_abi(message));
    take_back();
}

inline void EncodeOutput::finish(weir_encoded *out) {
    assert(row() == raw_->rows->length);
    out->data = bytes_.release();
    out->offsets = reinterpret_cast<uint64_t *>(ends_.release());
    out->nulls = nulls_.size() ? nulls_.release() : nullptr;
}

namespace detail {

inline Codec *codec_of(void *self) { return static_cast<Codec *>(self); }

template <class F>
int32_t with_schema(const ArrowSchema *raw, weir_error *error, F &&call) {
    return guarded(error, [&]() -> Status {
        auto schema = import_schema(*raw);
        return schema ? call(*schema) : schema.status();
    });
}

template <class T>
inline constexpr weir_codec_api kCodecApi = [] {
    weir_codec_api api{};
    api.size = sizeof api;
    api.create = [](const weir_operator *, const weir_host *, weir_str config, void **self, weir_error *e) {
        return guarded(e, [&]() -> Status {
            auto parsed = Config::parse(view(config));
            if (!parsed) return parsed.status();
            Result<std::unique_ptr<Codec>> made = T::create(*parsed);
            if (!made) return made.status();
            *self = made->release();
            return {};
        });
    };
    api.destroy = [](void *s) { delete codec_of(s); };
    api.bind_decode = [](void *s, const ArrowSchema *schema, weir_error *e) {
        return with_schema(schema, e, [&](const Schema &r) { return codec_of(s)->bind_decode(r); });
    };
    api.decode = [](void *s, const weir_decode *in, ArrowArray *out, weir_error *e) {
        return guarded(e, [&] { return codec_of(s)->decode(DecodeInput(in), out); });
    };
    api.bind_encode = [](void *s, const ArrowSchema *schema, weir_error *e) {
        return with_schema(schema, e, [&](const Schema &r) { return codec_of(s)->bind_encode(r); });
    };
    api.encode = [](void *s, const weir_encode *in, weir_encoded *out, weir_error *e) {
        return guarded(e, [&] {
            EncodeOutput encoded(in);
            Status status = codec_of(s)->encode(*in->rows, encoded);
            if (status.ok()) encoded.finish(out);
            return status;
        });
    };
    return api;
}();

}  // namespace detail

template <class T>
constexpr OperatorSpec codec_spec(const char *name, const char *doc) {
    return detail::spec(WEIR_KIND_CODEC, name, doc, &detail::kCodecApi<T>);
}

}  // namespace weir
