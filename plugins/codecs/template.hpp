// The codec `template`: a payload is a text with values in it, as in status={status},count={count}. It only writes.
#pragma once

#include <weir/codec.hpp>

#include "scalar.hpp"

namespace weir::codecs {

extern const OperatorSpec kTemplateSpec;

class TemplateCodec final : public Codec {
public:
    static Result<std::unique_ptr<Codec>> create(const Config &config);

    Status bind_encode(const Schema &rows) override;
    Status encode(const ArrowArray &rows, EncodeOutput &out) override;

private:
    // A text, and behind it a value: a column, or a member of structs in it.
    struct Piece {
        std::string text, name;  // no name: the text alone
        std::vector<size_t> path;
    };
    Status split(std::string_view text);

    std::vector<Piece> pieces_;
    std::string null_;
    bool null_given_ = false;
    TimeForm form_;
    Schema rows_;
};

}  // namespace weir::codecs
