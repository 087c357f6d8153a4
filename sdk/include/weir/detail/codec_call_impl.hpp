// Definitions for weir/codec_call.hpp.
#pragma once

#include <weir/codec_call.hpp>
#include <weir/detail/linkage.hpp>

namespace weir {

WEIR_INLINE Status bind_decode(const weir_codec &codec, const Schema &record) {
    if (!codec.api->bind_decode) return Status::config("format", "this codec does not decode");
    ArrowSchema raw;
    export_record(record, &raw);
    Status status = detail::call_codec([&](weir_error *e) { return codec.api->bind_decode(codec.self, &raw, e); });
    raw.release(&raw);
    return status;
}

WEIR_INLINE Status bind_encode(const weir_codec &codec, const Schema &rows) {
    if (!codec.api->bind_encode) return Status::config("format", "this codec does not encode");
    ArrowSchema raw;
    export_schema(rows, &raw);
    Status status = detail::call_codec([&](weir_error *e) { return codec.api->bind_encode(codec.self, &raw, e); });
    raw.release(&raw);
    return status;
}

WEIR_INLINE Status decode(const weir_codec &codec, uint32_t n, const uint8_t *base, const uint32_t *offsets,
                     const int32_t *lengths, const uint8_t *wanted, std::vector<RowError> &failed, ArrowArray *out) {
    weir_decode call{sizeof(weir_decode), n, base, offsets, lengths, wanted, &failed, nullptr};
    call.fail = [](const weir_decode *self, uint32_t index, weir_str field, int64_t position, weir_str message) {
        std::string text(view(message));
        if (position >= 0) text += " (at byte " + std::to_string(position) + ")";
        static_cast<std::vector<RowError> *>(self->data)
            ->push_back({index, "decode", std::string(view(field)), std::move(text)});
    };
    return detail::call_codec([&](weir_error *e) { return codec.api->decode(codec.self, &call, out, e); });
}

WEIR_INLINE Result<Encoded> encode(const weir_codec &codec, const ArrowArray &rows) {
    Encoded out;
    weir_encode call{sizeof(weir_encode), 0, &rows, &out.failed_, nullptr};
    call.fail = [](const weir_encode *self, int64_t row, weir_str field, weir_str message) {
        static_cast<std::vector<RowError> *>(self->data)
            ->push_back({row, "encode", std::string(view(field)), std::string(view(message))});
    };
    Status status = detail::call_codec([&](weir_error *e) { return codec.api->encode(codec.self, &call, &out.raw_, e); });
    if (!status.ok()) return status;
    return out;
}

}  // namespace weir
