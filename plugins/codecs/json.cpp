#include "json.hpp"

namespace weir::codecs {
namespace {

constexpr weir_param kJsonParams[] = {unknown_param(), timestamps_param()};

// Arrays nest as deep as types do; a map's keys are an object's names.
Status check(const Type &type, const std::string &column) {
    if (type.id == TypeId::kMap && type.children[0].type.is_nested())
        return Status::config("", "format json has no form for column " + column + ": a map's keys are no values of " +
                                      to_string(type.children[0].type));
    for (const Field &child : type.children)
        if (Status s = check(child.type, column); !s.ok()) return s;
    return {};
}

Status check(const Schema &schema) {
    for (const Field &field : schema.fields)
        if (Status s = check(field.type, field.name); !s.ok()) return s;
    return {};
}

}  // namespace

constexpr OperatorSpec kJsonSpec =
    codec_spec<JsonCodec>("json", "A payload is one JSON object. Numbers are taken exactly; a member that is "
                                  "missing is null, and one that is there twice is refused.")
        .params(kJsonParams);

Result<std::unique_ptr<Codec>> JsonCodec::create(const Config &config) {
    return std::unique_ptr<Codec>(new JsonCodec(timestamp_form(config), config.string("unknown") == "refuse"));
}

Status JsonCodec::bind_decode(const Schema &record) {
    record_ = record;
    return check(record);
}

Status JsonCodec::decode(const DecodeInput &in, ArrowArray *out) {
    RecordBuilder row(record_, in);
    for (uint32_t i = 0; i < in.size(); ++i) {
        if (in.is_null(i)) {
            in.fail(i, "", -1, kNoPayload);
            continue;
        }
        if (reader_.read(in.span(i), row)) continue;
        row.drop_row();
        in.fail(i, reader_.field(), reader_.fault().position, reader_.fault().message);
    }
    row.finish(out);
    return {};
}

Status JsonCodec::bind_encode(const Schema &rows) {
    if (Status s = check(rows); !s.ok()) return s;
    writer_.bind(rows);
    return {};
}

Status JsonCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    writer_.write(rows, out);
    return {};
}

}  // namespace weir::codecs
