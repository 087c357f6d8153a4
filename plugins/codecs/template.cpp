#include "template.hpp"

#include <weir/row_json.hpp>

namespace weir::codecs {
namespace {

constexpr weir_param kTemplateParams[] = {
    param("text", WEIR_PARAM_STRING,
          "The payload, in which {NAME} stands for the value of a column, {NAME.MEMBER} for that of a struct's member, and "
          "{{ and }} for braces. Lists, maps and structs are written as JSON.")
        .required()
        .primary(),
    param("null_text", WEIR_PARAM_STRING, "What is written for a null. Without it a row with a null in the template fails."),
    timestamps_param(),
};

// SIZE_MAX: there is none.
size_t find_field(const std::vector<Field> &fields, std::string_view name) {
    for (size_t i = 0; i < fields.size(); ++i)
        if (fields[i].name == name) return i;
    return SIZE_MAX;
}

}  // namespace

constexpr OperatorSpec kTemplateSpec =
    codec_spec<TemplateCodec>("template", "Writes a text with the row's values in it, as they are. It does not read; a "
                                          "`pattern` of format text does.")
        .params(kTemplateParams);

Result<std::unique_ptr<Codec>> TemplateCodec::create(const Config &config) {
    auto codec = std::make_unique<TemplateCodec>();
    auto form = timestamp_form(config);
    if (!form) return form.status();
    codec->form_ = std::move(*form);
    codec->null_given_ = config.has("null_text");
    codec->null_ = config.string("null_text");
    if (Status s = codec->split(config.string("text")); !s.ok()) return s;
    return std::unique_ptr<Codec>(std::move(codec));
}

Status TemplateCodec::split(std::string_view text) {
    pieces_.emplace_back();
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c != '{' && c != '}') {
            pieces_.back().text += c;
        } else if (i + 1 < text.size() && text[i + 1] == c) {
            pieces_.back().text += text[i++];
        } else {
            const size_t end = c == '{' ? text.find('}', i) : std::string_view::npos;
            if (end == std::string_view::npos || end == i + 1)
                return Status::config("text", "the brace at character " + std::to_string(i + 1) + " of " + shown(text) +
                                                  " stands for no column: write {NAME}, or " + c + c + " for the brace itself");
            pieces_.back().name = text.substr(i + 1, end - i - 1);
            pieces_.emplace_back();
            i = end;
        }
    }
    return {};
}

Status TemplateCodec::bind_encode(const Schema &rows) {
    rows_ = rows;
    for (Piece &piece : pieces_) {
        piece.path.clear();
        if (piece.name.empty()) continue;
        // A column may have dots in its name; otherwise they lead into structs.
        const std::vector<Field> *fields = &rows_.fields;
        for (std::string_view rest = piece.name; !rest.empty();) {
            size_t length = rest.size(), found = find_field(*fields, rest);
            while (found == SIZE_MAX && length > 0) {
                const size_t dot = rest.rfind('.', length - 1);
                if (dot == std::string_view::npos) break;
                found = find_field(*fields, rest.substr(0, length = dot));
            }
            const bool last = length == rest.size();
            if (found == SIZE_MAX || (!last && (*fields)[found].type.id != TypeId::kStruct))
                return Status::config("text", "the template has " + shown('{' + piece.name + '}') +
                                                  ", and there is no such column: " + to_string(rows_));
            piece.path.push_back(found);
            fields = &(*fields)[found].type.children;
            rest.remove_prefix(last ? length : length + 1);
        }
    }
    return {};
}

Status TemplateCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    Buffer &bytes = out.bytes();
    std::string json;
    for (int64_t row = 0; row < rows.length; ++row) {
        const Piece *bad = nullptr;
        const char *why = "the value is null, and the template says nothing about nulls (`null_text: \"\"`)";
        for (size_t k = 0; k < pieces_.size() && !bad; ++k) {
            const Piece &piece = pieces_[k];
            bytes.append(piece.text.data(), piece.text.size());
            if (piece.path.empty()) continue;
            Column column(rows.children[piece.path[0]], &rows_.fields[piece.path[0]].type);
            bool null = column.is_null(row);
            for (size_t i = 1; i < piece.path.size() && !null; ++i) {
                column = column.child(piece.path[i]);
                null = column.is_null(row);
            }
            if (null && !null_given_) {
                bad = &piece;
            } else if (null) {
                bytes.append(null_.data(), null_.size());
            } else if (column.type().is_nested()) {
                json.clear();
                append_json_value(json, column, row);
                bytes.append(json.data(), json.size());
            } else if (!has_text(column, row, form_)) {
                bad = &piece;
                why = kYearRange;
            } else {
                write_scalar(bytes, column, row, form_);
            }
        }
        if (bad)
            out.fail_row(bad->name, why);
        else
            out.end_row();
    }
    return {};
}

}  // namespace weir::codecs
