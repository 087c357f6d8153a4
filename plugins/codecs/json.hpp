// The codec `json`: a payload is one JSON object, its members are the record's columns.
//
// Reading is exact and whole: a payload is checked to its end, also in what nobody wants, so that the same
// payloads fail whatever is read of them as JSON (a member that nobody wants is not checked against its type).
// Numbers go from their digits into the column and never through a double on their way to an integer or a
// decimal; 5.0 and 5e0 are the integer 5. A member that is there twice is refused, not resolved, also in a
// map, whose keys are compared as they are written.
#pragma once

#include <weir/codec.hpp>

#include "json_reader.hpp"
#include "json_writer.hpp"
#include "scalar.hpp"

namespace weir::codecs {

extern const OperatorSpec kJsonSpec;

class JsonCodec final : public Codec {
public:
    static Result<std::unique_ptr<Codec>> create(const Config &config);
    JsonCodec(TimestampForm form, bool refuse_unknown) : reader_(form, refuse_unknown), writer_(form) {}

    Status bind_decode(const Schema &record) override;
    Status decode(const DecodeInput &in, ArrowArray *out) override;
    Status bind_encode(const Schema &rows) override;
    Status encode(const ArrowArray &rows, EncodeOutput &out) override;

private:
    Schema record_;
    JsonReader reader_;
    JsonWriter writer_;
};

}  // namespace weir::codecs
