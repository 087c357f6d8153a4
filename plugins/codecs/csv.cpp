#include "csv.hpp"

#include <algorithm>
#include <tuple>

#include "byte_scan.hpp"

namespace weir::codecs {
namespace {

constexpr weir_param kCsvColumn[] = {param("", WEIR_PARAM_STRING, "")};

constexpr Param delimiter_param(const char *standard) {
    return param("delimiter", WEIR_PARAM_STRING, "What stands between two fields: one character.").default_json(standard);
}
constexpr Param kQuote =
    param("quote", WEIR_PARAM_STRING, "What stands around a field that has separators in it: one character, or nothing.")
        .default_json("\"\\\"\"");
constexpr Param kHeader = param("header", WEIR_PARAM_BOOL,
                                "Each payload is two rows: names, and values in the order of the names.")
                              .default_json("false");
constexpr Param kColumns = param("columns", WEIR_PARAM_LIST,
                                 "The names of the fields in the order in which they stand, where that is not the "
                                 "record's order; names that the record does not have are passed over.")
                               .fields(kCsvColumn);
constexpr Param kNull =
    param("null_text", WEIR_PARAM_STRING, "The text that a null is, without quotes.").default_json("\"\"");

constexpr weir_param kCsvParams[] = {delimiter_param("\",\""), kQuote, kHeader, kColumns, kNull, unknown_param(),
                                     timestamps_param(), tombstones_param()};
constexpr weir_param kTsvParams[] = {delimiter_param("\"\\t\""), kQuote, kHeader, kColumns, kNull, unknown_param(),
                                     timestamps_param(), tombstones_param()};

}  // namespace

constexpr OperatorSpec kCsvSpec =
    codec_spec<CsvCodec>("csv", "A payload is one row of fields with commas between them, in the order of the record's "
                                "columns, of `columns`, or of a header.")
        .params(kCsvParams);
constexpr OperatorSpec kTsvSpec =
    codec_spec<CsvCodec>("tsv", "A payload is one row of fields with tabs between them; all else is as for csv.")
        .params(kTsvParams);

Result<std::unique_ptr<Codec>> CsvCodec::create(const Config &config) {
    auto codec = std::make_unique<CsvCodec>();
    for (auto [name, to, may_be_none] : {std::tuple{"delimiter", &codec->delimiter_, false},
                                         std::tuple{"quote", &codec->quote_, true}}) {
        const std::string text = config.string(name);
        const bool none = text.empty() && may_be_none;
        if (!none && (text.size() != 1 || static_cast<unsigned char>(text[0]) >= 0x80 || text == "\n" || text == "\r" ||
                      text[0] == '\0'))
            return Status::config(name, std::string(name) + " is one ASCII character and no line end, not " + shown(text));
        *to = none ? '\0' : text[0];
    }
    if (codec->delimiter_ == codec->quote_)
        return Status::config("quote", "delimiter and quote are both " + shown({&codec->quote_, 1}));
    codec->header_ = config.boolean("header");
    codec->order_ = config.strings("columns");
    if (codec->header_ && !codec->order_.empty())
        return Status::config("columns", "the order of the fields is in `columns` or in a `header`, not in both");
    codec->null_ = config.string("null_text");
    if (codec->must_quote(codec->null_))
        return Status::config("null_text", "null_text is a text without separators, quotes and line ends, not " + shown(codec->null_));
    codec->refuse_unknown_ = config.string("unknown") == "refuse";
    codec->tombstones_ = config.string("tombstones") == "nulls";
    auto form = timestamp_form(config);
    if (!form) return form.status();
    codec->form_ = std::move(*form);
    return std::unique_ptr<Codec>(std::move(codec));
}

Status CsvCodec::check(const Schema &schema) const {
    for (const Field &field : schema.fields)
        if (field.type.is_nested())
            return Status::config("", "format csv has no form for column " + field.name + ": " + to_string(field.type));
    if (schema.fields.empty()) return Status::config("", "format csv needs at least one column");
    return {};
}

Status CsvCodec::bind_decode(const Schema &record) {
    auto names = payload_names(record);
    if (!names) return names.status();
    auto forms = column_forms(record, form_);
    if (!forms) return forms.status();
    record_ = record;
    names_ = std::move(*names);
    forms_ = std::move(*forms);
    places_.clear();
    last_header_.clear();
    for (const std::string &name : header_ ? std::vector<std::string>() : order_.empty() ? names_ : order_) {
        const auto found = std::find(names_.begin(), names_.end(), name);
        for (const Place &other : places_)
            if (other.name == name && found != names_.end())
                return Status::config("columns", "`columns` has " + shown(name) + " twice");
        places_.push_back({found == names_.end() ? kNone : static_cast<size_t>(found - names_.begin()), name});
    }
    for (size_t i = 0; i < names_.size() && !order_.empty(); ++i)
        if (std::find(order_.begin(), order_.end(), names_[i]) == order_.end())
            return Status::config("columns", "`columns` does not say where " + shown(names_[i]) + " stands");
    if (Status s = check(record); !s.ok()) return s;
    return tombstones_ ? check_tombstones(record) : Status();
}

bool CsvCodec::read_quoted(std::string_view payload, size_t *at, Cell *cell, Fault *fault) {
    const size_t begin = *at + 1;
    size_t i = begin, from = begin;
    std::string *joined = nullptr;
    for (;; i += 2) {
        i = static_cast<size_t>(find_byte(payload.data() + i, payload.data() + payload.size(), quote_) - payload.data());
        if (i == payload.size()) {
            *fault = {static_cast<int64_t>(*at), "a quote begins here and does not end"};
            return false;
        }
        if (i + 1 == payload.size() || payload[i + 1] != quote_) break;
        if (!joined) joined = &unquoted_.emplace_back();
        joined->append(payload.substr(from, i + 1 - from));
        from = i + 2;
    }
    if (joined) joined->append(payload.substr(from, i - from));
    *cell = {joined ? std::string_view(*joined) : payload.substr(begin, i - begin), static_cast<int64_t>(begin), true};
    *at = i + 1;
    if (*at == payload.size() || payload[*at] == delimiter_ || payload[*at] == '\n' || payload[*at] == '\r') return true;
    *fault = {static_cast<int64_t>(*at), shown(payload.substr(*at, 1)) + " stands behind a closing quote"};
    return false;
}

bool CsvCodec::read_line(std::string_view payload, size_t *at, Fault *fault) {
    cells_.clear();
    unquoted_.clear();
    for (;;) {
        Cell &cell = cells_.emplace_back();
        if (quote_ && *at < payload.size() && payload[*at] == quote_) {
            if (!read_quoted(payload, at, &cell, fault)) return false;
        } else {
            const size_t begin = *at;
            while (*at < payload.size() && payload[*at] != delimiter_ && payload[*at] != '\n' && payload[*at] != '\r') ++*at;
            cell = {payload.substr(begin, *at - begin), static_cast<int64_t>(begin), false};
        }
        if (*at == payload.size()) return true;
        const char c = payload[(*at)++];
        if (c == delimiter_) continue;
        if (c == '\n') return true;
        if (*at == payload.size() || payload[*at] != '\n') {
            *fault = {static_cast<int64_t>(*at - 1), "a carriage return stands here without a line feed behind it"};
            return false;
        }
        ++*at;
        return true;
    }
}

// The cells are names: what stands where in the row behind them.
bool CsvCodec::read_header(const RecordBuilder &row, Fault *fault) {
    places_.clear();
    last_header_.clear();
    for (const Cell &cell : cells_) {
        const auto found = std::find(names_.begin(), names_.end(), cell.text);
        const size_t column = found == names_.end() ? kNone : static_cast<size_t>(found - names_.begin());
        if (column == kNone && refuse_unknown_) {
            *fault = {cell.position, "the record has no field " + shown(cell.text)};
            return false;
        }
        for (const Place &other : places_)
            if (column != kNone && other.column == column) {
                *fault = {cell.position, row.field(column).name + " stands there twice"};
                return false;
            }
        places_.push_back({column, std::string(cell.text)});
    }
    return true;
}

std::string CsvCodec::count_fault() const {
    std::string names;
    for (size_t i = 0; i < places_.size() && i < 8; ++i) names += (i ? ", " : "") + shown_name(places_[i].name);
    return "the row has " + std::to_string(cells_.size()) + " fields and not " + std::to_string(places_.size()) + " (" +
           names + (places_.size() > 8 ? ", ..." : "") + ")";
}

bool CsvCodec::decode_row(std::string_view payload, RecordBuilder &row, std::string *field, Fault *fault) {
    size_t at = 0;
    if (header_) {
        // Mostly the same names as in the payload before.
        if (!last_header_.empty() && payload.starts_with(last_header_)) {
            at = last_header_.size();
        } else {
            if (!read_line(payload, &at, fault) || !read_header(row, fault)) return false;
            if (at > 0 && payload[at - 1] == '\n') last_header_ = payload.substr(0, at);
        }
        if (at == payload.size() && (at == 0 || payload[at - 1] != '\n')) {
            *fault = {static_cast<int64_t>(at), "there is no row behind the header"};
            return false;
        }
    }
    if (!read_line(payload, &at, fault)) return false;
    if (at != payload.size()) {
        *fault = {static_cast<int64_t>(at), "a second row stands behind the first one"};
        return false;
    }
    if (cells_.size() != places_.size()) {
        *fault = {-1, count_fault()};
        return false;
    }
    for (size_t i = 0; i < cells_.size(); ++i) {
        if (places_[i].column == kNone) continue;
        const Cell &cell = cells_[i];
        const size_t index = places_[i].column;
        row.mark(index);
        ColumnBuilder *column = row.column(index);
        if (!column) continue;
        if (!cell.quoted && cell.text == null_ && row.field(index).nullable) {
            column->append_null();
            continue;
        }
        if (append_scalar(*column, cell.text, forms_[index], fault)) continue;
        *field = row.field(index).name;
        fault->position = cell.position;
        return false;
    }
    return true;
}

Status CsvCodec::decode(const DecodeInput &in, ArrowArray *out) {
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

bool CsvCodec::must_quote(std::string_view text) const {
    for (char c : text)
        if (c == delimiter_ || c == '\n' || c == '\r' || (quote_ && c == quote_)) return true;
    return false;
}

void CsvCodec::write_text(std::string_view text, bool quote, Buffer &out) const {
    if (!quote) return out.append(text.data(), text.size());
    out.push(quote_);
    for (char c : text) {
        if (c == quote_) out.push(quote_);
        out.push(c);
    }
    out.push(quote_);
}

void CsvCodec::write_names(Buffer &out) const {
    for (size_t i = 0; i < rows_.size(); ++i) {
        if (i > 0) out.push(delimiter_);
        write_text(rows_.fields[i].name, must_quote(rows_.fields[i].name), out);
    }
    out.push('\n');
}

Status CsvCodec::bind_encode(const Schema &rows) {
    if (Status s = check(rows); !s.ok()) return s;
    for (const std::string &name : order_) {
        const auto found = rows.find(name);
        if (!found) return Status::config("columns", "`columns` has " + shown(name) + ", which is no column: " + to_string(rows));
    }
    rows_ = rows;
    if (!quote_ && header_)
        for (const Field &field : rows.fields)
            if (must_quote(field.name))
                return Status::config("quote", "the name " + shown(field.name) + " needs quotes, and `quote` is empty");
    return {};
}

Status CsvCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    Buffer &bytes = out.bytes();
    std::vector<Column> columns;
    std::vector<size_t> order;
    for (size_t i = 0; i < rows_.size(); ++i) columns.emplace_back(rows.children[i], &rows_.fields[i].type);
    for (const std::string &name : order_) order.push_back(*rows_.find(name));
    for (size_t i = 0; order_.empty() && i < rows_.size(); ++i) order.push_back(i);
    Buffer scratch;
    for (int64_t row = 0; row < rows.length; ++row) {
        if (tombstones_ && all_null(columns, row)) {
            out.end_null();
            continue;
        }
        if (header_) write_names(bytes);
        const Field *bad = nullptr;
        const char *why = kYearRange;
        for (size_t k = 0; k < order.size(); ++k) {
            const Column &column = columns[order[k]];
            const Field &field = rows_.fields[order[k]];
            if (k > 0) bytes.push(delimiter_);
            if (column.is_null(row)) {
                bytes.append(null_.data(), null_.size());
                continue;
            }
            if (!has_text(column, row, form_)) {
                bad = &field;
                break;
            }
            scratch.resize(0);
            write_scalar(scratch, column, row, form_);
            const std::string_view text(reinterpret_cast<const char *>(scratch.data()), scratch.size());
            const bool quote = must_quote(text) || (field.nullable && text == null_);
            if (quote && !quote_) {
                bad = &field;
                why = "the value needs quotes, and `quote` is empty";
                break;
            }
            write_text(text, quote, bytes);
        }
        if (bad)
            out.fail_row(bad->name, why);
        else
            out.end_row();
    }
    return {};
}

}  // namespace weir::codecs
