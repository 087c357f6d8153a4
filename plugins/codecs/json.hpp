// The codec `json`: a payload is one JSON object, its members are the record's columns.
//
// Reading is exact and whole: a payload is checked to its end, also in what nobody wants, so that the same
// payloads fail whatever is read of them as JSON (a member that nobody wants is not checked against its type).
// Numbers go from their digits into the column and never through a double on their way to an integer or a
// decimal; 5.0 and 5e0 are the integer 5. A member that is there twice is refused, not resolved, also in a
// map, whose keys are compared as they are written. JsonScanner reads what is as most payloads are, JsonReader the rest.
#pragma once

#include <weir/codec.hpp>

#include "json_reader.hpp"
#include "json_scanner.hpp"
#include "json_writer.hpp"
#include "scalar.hpp"

namespace weir::codecs {

extern const OperatorSpec kJsonSpec;

class JsonCodec final : public Codec {
public:
    static Result<std::unique_ptr<Codec>> create(const Config &config);
    explicit JsonCodec(TimeForm form) : form_(form), writer_(std::move(form)) {}

    Status bind_decode(const Schema &record) override;
    Status decode(const DecodeInput &in, ArrowArray *out) override;
    Status bind_encode(const Schema &rows) override;
    Status encode(const ArrowArray &rows, EncodeOutput &out) override;

private:
    // A payload, and kScanPadding bytes of zero.
    class Padded {
    public:
        std::string_view load(std::string_view payload, bool *ascii);

    private:
        std::vector<char> bytes_;
    };
    bool decode_one(std::string_view payload, RecordBuilder &row);

    TimeForm form_;
    std::string rest_;
    bool refuse_unknown_ = false, tombstones_ = false;
    Schema record_;
    std::vector<std::string> names_;
    JsonShape shape_;
    Padded buffer_;
    JsonScanner scanner_;
    JsonReader reader_;
    JsonWriter writer_;
};

}  // namespace weir::codecs
