#include "kv.hpp"

#include <cstring>

namespace weir::codecs {
namespace {

constexpr weir_param kKvParams[] = {
    param("pair_separator", WEIR_PARAM_STRING, "What stands between two pairs: one character.").default_json("\",\""),
    param("value_separator", WEIR_PARAM_STRING, "What stands between a name and its value: one character.")
        .default_json("\"=\""),
    unknown_param(),
    timestamps_param(),
};

}  // namespace

constexpr OperatorSpec kKvSpec =
    codec_spec<KvCodec>("kv", "A payload is pairs of a name and a value, as in a=1,b=2, in any order. A null is a pair "
                              "that is not there; values are not quoted, so none can have the pair separator in it.")
        .params(kKvParams);

Result<std::unique_ptr<Codec>> KvCodec::create(const Config &config) {
    auto codec = std::make_unique<KvCodec>();
    for (auto [name, to] : {std::pair{"pair_separator", &codec->pair_separator_},
                            std::pair{"value_separator", &codec->value_separator_}}) {
        std::string text = config.string(name);
        if (text.size() != 1 || static_cast<unsigned char>(text[0]) >= 0x80)
            return Status::config(name, std::string(name) + " is one ASCII character, not " + shown(text));
        *to = text[0];
    }
    if (codec->pair_separator_ == codec->value_separator_)
        return Status::config("value_separator", "both separators are " + shown({&codec->pair_separator_, 1}));
    codec->refuse_unknown_ = config.string("unknown") == "refuse";
    codec->form_ = timestamp_form(config);
    return std::unique_ptr<Codec>(std::move(codec));
}

Status KvCodec::check(const Schema &schema) const {
    for (const Field &field : schema.fields) {
        if (field.type.is_nested())
            return Status::config("", "format kv has no form for column " + field.name + ": " + to_string(field.type));
        if (field.name.find(pair_separator_) != std::string::npos ||
            field.name.find(value_separator_) != std::string::npos)
            return Status::config("", "format kv: a separator stands in the column name " + shown(field.name));
    }
    return {};
}

Status KvCodec::bind_decode(const Schema &record) {
    record_ = record;
    return check(record);
}

Status KvCodec::decode(const DecodeInput &in, ArrowArray *out) {
    RecordBuilder row(record_, in);
    std::string field;
    Fault fault;
    for (uint32_t i = 0; i < in.size(); ++i) {
        field.clear();
        if (in.is_null(i)) {
            in.fail(i, field, -1, kNoPayload);
            continue;
        }
        bool good = decode_row(in.span(i), row, &field, &fault);
        if (good && !row.end_row(&field)) {
            fault = {-1, field + " is missing, and the column is not nullable"};
            good = false;
        }
        if (good) continue;
        row.drop_row();
        in.fail(i, field, fault.position, fault.message);
    }
    row.finish(out);
    return {};
}

bool KvCodec::decode_row(std::string_view payload, RecordBuilder &row, std::string *field, Fault *fault) const {
    const char *at = payload.data(), *const end = at + payload.size();
    // True: there is another pair behind the one that was read. The last one has no separator behind it.
    for (bool more = at != end; more;) {
        auto *stop = static_cast<const char *>(std::memchr(at, pair_separator_, static_cast<size_t>(end - at)));
        more = stop != nullptr;
        if (!stop) stop = end;
        auto *equals = static_cast<const char *>(std::memchr(at, value_separator_, static_cast<size_t>(stop - at)));
        if (!equals) {
            std::string_view pair(at, static_cast<size_t>(stop - at));
            *fault = {at - payload.data(), (pair.empty() ? "nothing" : shown(pair)) + " stands where " +
                                               shown(std::string("name") + value_separator_ + "value") +
                                               " should"};
            return false;
        }
        std::string_view name(at, static_cast<size_t>(equals - at));
        std::string_view value(equals + 1, static_cast<size_t>(stop - equals - 1));
        int64_t position = at - payload.data();
        at = stop + 1;
        size_t index = row.find(name);
        if (index == RecordBuilder::kUnknown) {
            if (!refuse_unknown_) continue;
            *fault = {position, "the record has no field " + shown(name)};
            return false;
        }
        bool first = row.mark(index);
        if (!first) *fault = {position, row.field(index).name + " stands there twice"};
        ColumnBuilder *column = row.column(index);
        if (first && (!column || append_scalar(*column, value, form_, fault))) continue;
        *field = row.field(index).name;
        if (first) fault->position = value.data() - payload.data();
        return false;
    }
    return true;
}

Status KvCodec::bind_encode(const Schema &rows) {
    rows_ = rows;
    return check(rows);
}

Status KvCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    Buffer &bytes = out.bytes();
    for (int64_t row = 0; row < rows.length; ++row) {
        bool first = true;
        for (size_t i = 0; i < rows_.size(); ++i) {
            const Field &field = rows_.fields[i];
            Column column(rows.children[i], &field.type);
            if (column.is_null(row)) continue;
            if (!first) bytes.push(pair_separator_);
            first = false;
            bytes.append(field.name.data(), field.name.size());
            bytes.push(value_separator_);
            size_t begin = bytes.size();
            write_scalar(bytes, column, row, form_);
            std::string_view text(reinterpret_cast<const char *>(bytes.data()) + begin, bytes.size() - begin);
            if (text.find(pair_separator_) != std::string_view::npos)
                return row_error(row, field.name, shown(text) + " has the separator " +
                                                      shown({&pair_separator_, 1}) + " in it");
        }
        out.end_row();
    }
    return {};
}

}  // namespace weir::codecs
