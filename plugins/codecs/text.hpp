// The codec `text`: a payload is the text of the record's only column.
#pragma once

#include <weir/codec.hpp>

#include "scalar.hpp"

namespace weir::codecs {

extern const OperatorSpec kTextSpec;

class TextCodec final : public Codec {
public:
    static Result<std::unique_ptr<Codec>> create(const Config &config);
    explicit TextCodec(TimestampForm form) : form_(form) {}

    Status bind_decode(const Schema &record) override;
    Status decode(const DecodeInput &in, ArrowArray *out) override;
    Status bind_encode(const Schema &rows) override;
    Status encode(const ArrowArray &rows, EncodeOutput &out) override;

private:
    void decode_int64(const DecodeInput &in, ColumnBuilder &to) const;
    void decode_any(const DecodeInput &in, ColumnBuilder &to) const;

    TimestampForm form_;
    Schema record_, rows_;
};

}  // namespace weir::codecs
