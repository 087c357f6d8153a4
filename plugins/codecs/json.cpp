#include "json.hpp"

#include <cstring>

#include "json_scan.hpp"

namespace weir::codecs {
namespace {

constexpr weir_param kJsonParams[] = {
    unknown_param(),
    param("rest", WEIR_PARAM_STRING,
          "The record's column that keeps the members no other column takes: a `string` gets them as one JSON object, a "
          "`map<string, string>` by name, each as JSON text."),
    timestamps_param(),
    tombstones_param(),
};

}  // namespace

constexpr OperatorSpec kJsonSpec =
    codec_spec<JsonCodec>("json", "A payload is one JSON object. Numbers are taken exactly; a member that is "
                                  "missing is null, and one that is there twice is refused.")
        .params(kJsonParams);

Result<std::unique_ptr<Codec>> JsonCodec::create(const Config &config) {
    auto form = timestamp_form(config);
    if (!form) return form.status();
    auto codec = std::make_unique<JsonCodec>(std::move(*form));
    codec->rest_ = config.string("rest");
    codec->refuse_unknown_ = config.string("unknown") == "refuse";
    codec->tombstones_ = config.string("tombstones") == "nulls";
    return std::unique_ptr<Codec>(std::move(codec));
}

Status JsonCodec::bind_decode(const Schema &record) {
    auto shape = JsonShape::make(record, form_, rest_, refuse_unknown_);
    if (!shape) return shape.status();
    record_ = record;
    names_.clear();
    for (const Field &field : record.fields) names_.push_back(field.name);
    shape_ = std::move(*shape);
    scanner_.bind(record_, shape_);
    reader_.bind(shape_);
    return tombstones_ ? check_tombstones(record) : Status();
}

std::string_view JsonCodec::Padded::load(std::string_view payload, bool *ascii) {
    const size_t size = payload.size();
    if (bytes_.size() < size + kScanPadding) bytes_.resize(2 * size + kScanPadding);
    char *to = bytes_.data();
    if (size) std::memcpy(to, payload.data(), size);
    std::memset(to + size, 0, kScanPadding);
    uint64_t high = 0;
    for (size_t i = 0; i < size; i += sizeof high) {
        uint64_t eight = 0;
        std::memcpy(&eight, to + i, sizeof eight);
        high |= eight;
    }
    *ascii = !(high & 0x8080808080808080);
    return {to, size};
}

bool JsonCodec::decode_one(std::string_view payload, RecordBuilder &row) {
    bool ascii = false;
    const std::string_view padded = buffer_.load(payload, &ascii);
    if (ascii || simdjson::validate_utf8(padded.data(), padded.size())) {
        if (scanner_.read(padded.data(), padded.data() + padded.size(), row)) return true;
        row.drop_row();
    }
    return reader_.read(padded, row);
}

Status JsonCodec::decode(const DecodeInput &in, ArrowArray *out) {
    RecordBuilder row(record_, names_, in);
    for (uint32_t i = 0; i < in.size(); ++i) {
        if (in.is_null(i)) {
            if (tombstones_) row.add_nulls();
            else in.fail(i, "", -1, kTombstone);
            continue;
        }
        if (decode_one(in.span(i), row)) continue;
        row.drop_row();
        in.fail(i, reader_.field(), reader_.fault().position, reader_.fault().message);
    }
    row.finish(out);
    return {};
}

Status JsonCodec::bind_encode(const Schema &rows) {
    if (Status s = check_json(rows); !s.ok()) return s;
    writer_.bind(rows, tombstones_);
    return {};
}

Status JsonCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    writer_.write(rows, out);
    return {};
}

}  // namespace weir::codecs
