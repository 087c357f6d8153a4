// The codec `raw`: a payload is the bytes of the record's only column.
#pragma once

#include <weir/codec.hpp>

namespace weir::codecs {

extern const OperatorSpec kRawSpec;

class RawCodec final : public Codec {
public:
    static Result<std::unique_ptr<Codec>> create(const Config &) { return std::unique_ptr<Codec>(new RawCodec); }

    Status bind_decode(const Schema &record) override;
    Status decode(const DecodeInput &in, ArrowArray *out) override;
    Status bind_encode(const Schema &rows) override;
    Status encode(const ArrowArray &rows, EncodeOutput &out) override;

private:
    Schema record_, rows_;
};

}  // namespace weir::codecs
