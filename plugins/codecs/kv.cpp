#include "kv.hpp"

#include <cstring>

#include "byte_scan.hpp"

namespace weir::codecs {
namespace {

constexpr weir_param kKvParams[] = {
    param("pair_separator", WEIR_PARAM_STRING, "What stands between two pairs: one character.").default_json("\",\""),
    param("value_separator", WEIR_PARAM_STRING, "What stands between a name and its value: one character.")
        .default_json("\"=\""),
    unknown_param(),
    timestamps_param(),
    tombstones_param(),
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
    codec->tombstones_ = config.string("tombstones") == "nulls";
    auto form = timestamp_form(config);
    if (!form) return form.status();
    codec->form_ = std::move(*form);
    return std::unique_ptr<Codec>(std::move(codec));
}

Status KvCodec::check(const Schema &schema, const std::vector<std::string> &names) const {
    for (size_t i = 0; i < schema.size(); ++i) {
        const Field &field = schema.fields[i];
        if (field.type.is_nested())
            return Status::config("", "format kv has no form for column " + field.name + ": " + to_string(field.type));
        if (names[i].find(pair_separator_) != std::string::npos || names[i].find(value_separator_) != std::string::npos)
            return Status::config("", "format kv: a separator stands in the column name " + shown(names[i]));
    }
    return {};
}

Status KvCodec::bind_decode(const Schema &record) {
    auto names = payload_names(record);
    if (!names) return names.status();
    auto forms = column_forms(record, form_);
    if (!forms) return forms.status();
    record_ = record;
    names_ = std::move(*names);
    forms_ = std::move(*forms);
    if (Status s = check(record, names_); !s.ok()) return s;
    return tombstones_ ? check_tombstones(record) : Status();
}

Status KvCodec::decode(const DecodeInput &in, ArrowArray *out) {
    RecordBuilder row(record_, names_, in);
    std::string field;
    Fault fault;
    for (uint32_t i = 0; i < in.size(); ++i) {
        field.clear();
        if (in.is_null(i)) {
            if (tombstones_) row.add_nulls();
            else in.fail(i, field, -1, kTombstone);
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

bool KvCodec::is_pair(const char *at, const char *end, std::string_view expected) const {
    return !expected.empty() && static_cast<size_t>(end - at) > expected.size() && at[expected.size()] == value_separator_ &&
           std::memcmp(at, expected.data(), expected.size()) == 0;
}

bool KvCodec::decode_row(std::string_view payload, RecordBuilder &row, std::string *field, Fault *fault) const {
    const char *at = payload.data(), *const end = at + payload.size();
    // True: there is another pair behind the one that was read. The last one has no separator behind it.
    for (bool more = at != end; more;) {
        const char *const pair = at;
        size_t index = RecordBuilder::kUnknown;
        const char *equals = nullptr, *stop = nullptr;
        if (const std::string_view expected = row.expected(); is_pair(at, end, expected)) {
            equals = at + expected.size();
            index = row.take_expected();
            stop = find_byte(equals + 1, end, pair_separator_);
        } else {
            stop = find_byte(at, end, pair_separator_);
            equals = find_byte(at, stop, value_separator_);
            if (equals == stop) {
                std::string_view text(at, static_cast<size_t>(stop - at));
                *fault = {at - payload.data(), (text.empty() ? "nothing" : shown(text)) + " stands where " +
                                                   shown(std::string("name") + value_separator_ + "value") + " should"};
                return false;
            }
            index = row.find({at, static_cast<size_t>(equals - at)});
        }
        more = stop != end;
        at = stop + more;
        if (index == RecordBuilder::kUnknown) {
            if (!refuse_unknown_) continue;
            *fault = {pair - payload.data(), "the record has no field " + shown({pair, static_cast<size_t>(equals - pair)})};
            return false;
        }
        const std::string_view value(equals + 1, static_cast<size_t>(stop - equals - 1));
        const bool first = row.mark(index);
        if (!first) *fault = {pair - payload.data(), names_[index] + " stands there twice"};
        ColumnBuilder *column = row.column(index);
        if (first && (!column || append_scalar(*column, value, forms_[index], fault))) continue;
        *field = row.field(index).name;
        if (first) fault->position = value.data() - payload.data();
        return false;
    }
    return true;
}

Status KvCodec::bind_encode(const Schema &rows) {
    rows_ = rows;
    std::vector<std::string> names;
    for (const Field &field : rows.fields) names.push_back(field.name);
    return check(rows, names);
}

Status KvCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    Buffer &bytes = out.bytes();
    std::vector<Column> columns;
    for (size_t i = 0; i < rows_.size(); ++i) columns.emplace_back(rows.children[i], &rows_.fields[i].type);
    for (int64_t row = 0; row < rows.length; ++row) {
        if (tombstones_ && all_null(columns, row)) {
            out.end_null();
            continue;
        }
        const Field *bad = nullptr;
        std::string why;
        for (size_t i = 0; i < rows_.size() && !bad; ++i) {
            const Field &field = rows_.fields[i];
            if (columns[i].is_null(row)) continue;
            if (!has_text(columns[i], row, form_)) {
                bad = &field;
                why = kYearRange;
                break;
            }
            if (bytes.size() > out.row_begin()) bytes.push(pair_separator_);
            bytes.append(field.name.data(), field.name.size());
            bytes.push(value_separator_);
            const size_t begin = bytes.size();
            write_scalar(bytes, columns[i], row, form_);
            const auto *text = reinterpret_cast<const char *>(bytes.data());
            if (find_byte(text + begin, text + bytes.size(), pair_separator_) == text + bytes.size()) continue;
            bad = &field;
            why = shown({text + begin, bytes.size() - begin}) + " has the separator " + shown({&pair_separator_, 1}) + " in it";
        }
        if (bad)
            out.fail_row(bad->name, why);
        else
            out.end_row();
    }
    return {};
}

}  // namespace weir::codecs
