// The codec `text`: a payload is the text of the record's only column or, with a pattern, what a regular expression finds
// in it.
#pragma once

#include <memory>

#include <weir/codec.hpp>

#include "scalar.hpp"
#include "text_pattern.hpp"

namespace weir::codecs {

extern const OperatorSpec kTextSpec;

class TextCodec final : public Codec {
public:
    static Result<std::unique_ptr<Codec>> create(const Config &config);

    Status bind_decode(const Schema &record) override;
    Status decode(const DecodeInput &in, ArrowArray *out) override;
    Status bind_encode(const Schema &rows) override;
    Status encode(const ArrowArray &rows, EncodeOutput &out) override;

private:
    void decode_int64(const DecodeInput &in, ColumnBuilder &to) const;
    void decode_any(const DecodeInput &in, ColumnBuilder &to) const;
    void decode_matches(const DecodeInput &in, ArrowArray *out);

    TimeForm form_, read_form_;
    std::unique_ptr<TextPattern> pattern_;  // may be null
    Schema record_, rows_;
};

}  // namespace weir::codecs
