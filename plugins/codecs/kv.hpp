// The codec `kv`: a payload is name=value pairs, as in a=1,b=2.
//
// There is no quoting: a value is what stands between its `=` and the next separator, so a value that has the
// separator in it cannot be written (a row error), and a null is a pair that is not there.
#pragma once

#include <weir/codec.hpp>

#include "record_builder.hpp"
#include "scalar.hpp"

namespace weir::codecs {

extern const OperatorSpec kKvSpec;

class KvCodec final : public Codec {
public:
    static Result<std::unique_ptr<Codec>> create(const Config &config);

    Status bind_decode(const Schema &record) override;
    Status decode(const DecodeInput &in, ArrowArray *out) override;
    Status bind_encode(const Schema &rows) override;
    Status encode(const ArrowArray &rows, EncodeOutput &out) override;

private:
    Status check(const Schema &schema, const std::vector<std::string> &names) const;
    // Whether a pair with the name `expected` stands at `at`; its value then begins behind the separator.
    bool is_pair(const char *at, const char *end, std::string_view expected) const;
    bool decode_row(std::string_view payload, RecordBuilder &row, std::string *field, Fault *fault) const;

    char pair_separator_ = ',', value_separator_ = '=';
    bool refuse_unknown_ = false, tombstones_ = false;
    TimeForm form_;
    Schema record_, rows_;
    std::vector<std::string> names_;
    std::vector<TimeForm> forms_;
};

}  // namespace weir::codecs
