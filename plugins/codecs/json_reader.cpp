#include "json_reader.hpp"

#include <algorithm>
#include <set>

#include <weir/row_json.hpp>

#include "json_scan.hpp"

namespace weir::codecs {
namespace {

using simdjson::ondemand::json_type;

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, as in RFC 8259. What follows is read in another way below.
bool is_json_number(std::string_view text) {
    size_t i = text.starts_with('-') ? 1 : 0, n = text.size();
    auto digits = [&] {
        size_t begin = i;
        while (i < n && is_digit(text[i])) ++i;
        return i > begin;
    };
    if (i < n && text[i] == '0')
        ++i;
    else if (!digits())
        return false;
    if (i < n && text[i] == '.' && (++i, !digits())) return false;
    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        if (i < n && (text[i] == '+' || text[i] == '-')) ++i;
        if (!digits()) return false;
    }
    return i == n;
}

// Where the first thing stands behind the object that `text` begins with; its size if there is nothing, or no object.
// For payloads that the parser refuses: it says of `{} x` only that it does not end as an object does.
size_t end_of_object(std::string_view text) {
    constexpr std::string_view kBlanks = " \n\r\t";
    size_t i = std::min(text.find_first_not_of(kBlanks), text.size());
    if (i == text.size() || text[i] != '{') return text.size();
    bool in_string = false;
    for (size_t depth = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') in_string = !in_string;
        else if (in_string && c == '\\') ++i;
        else if (!in_string && (c == '{' || c == '[')) ++depth;
        else if (!in_string && (c == '}' || c == ']') && --depth == 0)
            return std::min(text.find_first_not_of(kBlanks, i + 1), text.size());
    }
    return text.size();
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// A scalar as it stands in the payload, up to the blanks behind it.
std::string_view token_of(simdjson::ondemand::value &value) {
    std::string_view token = value.raw_json_token();
    size_t last = token.find_last_not_of(" \n\r\t");
    return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

bool JsonReader::broken(simdjson::error_code error) {
    const char *at = nullptr;
    if (document_.current_location().get(at) != simdjson::SUCCESS) at = nullptr;
    return fail(at, std::string("the payload is not JSON: ") + simdjson::error_message(error));
}

bool JsonReader::fail(const char *at, std::string message) {
    const char *begin = payload_.data();
    fault_.position = at && at >= begin && at <= begin + payload_.size() ? at - begin : -1;
    fault_.message = std::move(message);
    return false;
}

bool JsonReader::mismatch(Value value, const Type &type) {
    std::string_view token = token_of(value);
    Fault fault;
    explain(Parse::kSyntax, token.starts_with('{') ? "{...}" : token.starts_with('[') ? "[...]" : token, type, &fault);
    if (type.id == TypeId::kString) fault.message = shown(token) + " is not a string";
    return fail(token.data(), fault.message);
}

bool JsonReader::too_deep() {
    return fail(nullptr, "the payload has more than " + std::to_string(kMaxDepth) + " levels");
}

bool JsonReader::read(std::string_view payload, RecordBuilder &row) {
    static_assert(kScanPadding >= simdjson::SIMDJSON_PADDING);
    field_.clear();
    payload_ = payload;
    seen_.assign(shape_->objects, 0);
    rest_.clear();
    keeps_rest_ = shape_->rest != JsonNode::kNone && row.column(shape_->rest);
    if (payload.empty()) return fail(nullptr, "the payload is empty, not a JSON object");
    if (auto error = parser_.iterate(payload.data(), payload.size(), payload.size() + kScanPadding).get(document_))
        return fail(nullptr, std::string("the payload is not JSON: ") + simdjson::error_message(error));
    Object object;
    if (auto error = document_.get_object().get(object)) {
        if (const size_t end = end_of_object(payload); end < payload.size())
            return fail(payload.data() + end, "something stands behind the JSON object");
        if (error != simdjson::INCORRECT_TYPE) return broken(error);
        return fail(payload.data(), "the payload is not a JSON object: it begins with " + shown(payload.substr(0, 16)));
    }
    if (!read_object(object, shape_->root, row, 0)) return false;
    const char *rest = nullptr;
    if (document_.current_location().get(rest) == simdjson::SUCCESS)
        return fail(rest, "something stands behind the JSON object");
    return finish_row(row);
}

bool JsonReader::finish_row(RecordBuilder &row) {
    if (shape_->rest != JsonNode::kNone) {
        ColumnBuilder *to = row.column(shape_->rest);
        if (const std::string *twin = to && to->type().id == TypeId::kMap ? rest_.twin() : nullptr)
            return fail(nullptr, shown_name(*twin) + " stands there twice");
        row.mark(shape_->rest);
        if (to) rest_.append(*to);
    }
    if (row.end_row(&field_)) return true;
    return fail(nullptr, field_ + " is missing, and the column is not nullable");
}

bool JsonReader::read_object(Object object, const JsonNode &node, RecordBuilder &row, int depth) {
    for (auto next : object) {
        simdjson::ondemand::field found;
        if (auto error = std::move(next).get(found)) return broken(error);
        const char *key = found.key().raw() - 1;
        std::string_view name;  // a key can be taken only once
        if (auto error = found.unescaped_key().get(name)) return broken(error);
        const JsonNode *member = node.find(name);
        if (member ? !read_member(*member, key, found.value(), row, depth + 1)
                   : !read_unknown(key, name, found.value(), depth + 1))
            return false;
    }
    return true;
}

bool JsonReader::read_unknown(const char *key, std::string_view name, Value value, int depth) {
    if (shape_->refuse_unknown) return fail(key, "the record has no field " + shown(name));
    if (depth > 1 || !keeps_rest_) return skip(value, depth);
    std::string_view text;
    bool escaped = false;
    const char *quote = end_of_string(key + 1, &escaped);
    if (!quote || !take_text(value, depth, &text)) return false;
    rest_.add({key, static_cast<size_t>(quote + 1 - key)}, name, text);
    return true;
}

bool JsonReader::read_member(const JsonNode &member, const char *key, Value value, RecordBuilder &row, int depth) {
    const bool leaf = member.column != JsonNode::kNone;
    const bool first = leaf ? row.mark(member.column) : !seen_[member.object];
    if (!first) {
        field_ = leaf ? row.field(member.column).name : member.name;
        return fail(key, member.name + " stands there twice");
    }
    if (leaf) return read_column(member.column, value, row, depth);
    seen_[member.object] = 1;
    return read_inner(member, value, row, depth);
}

// An object of which there are columns. Null is as good as none.
bool JsonReader::read_inner(const JsonNode &member, Value value, RecordBuilder &row, int depth) {
    json_type type;
    if (auto error = value.type().get(type)) return broken(error);
    if (type == json_type::null) return skip(value, depth);
    if (type != json_type::object) {
        field_ = member.name;
        return fail(token_of(value).data(), shown(token_of(value)) + " is not an object");
    }
    Object object;
    if (auto error = value.get_object().get(object)) return broken(error);
    return read_object(object, member, row, depth);
}

bool JsonReader::take_text(Value value, int depth, std::string_view *text) {
    const char *begin = value.raw_json_token().data(), *end = nullptr;
    *text = token_of(value);
    if (!skip(value, depth)) return false;
    if (*begin != '{' && *begin != '[') return true;
    if (auto error = document_.current_location().get(end)) return broken(error);
    while (end > begin && is_blank(end[-1])) --end;
    *text = {begin, static_cast<size_t>(end - begin)};
    return true;
}

bool JsonReader::read_column(size_t index, Value value, RecordBuilder &row, int depth) {
    ColumnBuilder *column = row.column(index);
    if (!column) return skip(value, depth);
    form_ = &shape_->forms[index];
    std::string_view text = value.raw_json_token();
    bool good = false;
    if (shape_->as_text[index] && !text.starts_with('n')) {
        good = take_text(value, depth, &text);
        if (good) column->append_text(text);
    } else {
        good = append(*column, row.field(index), value, depth);
    }
    if (!good) field_.insert(0, row.field(index).name);
    return good;
}

bool JsonReader::append(ColumnBuilder &to, const Field &field, Value value, int depth) {
    if (depth > kMaxDepth) return too_deep();
    json_type type;
    if (auto error = value.type().get(type)) return broken(error);
    if (type == json_type::null) return append_null(to, field, value);
    const TypeId id = to.type().id;
    const bool as_text = id == TypeId::kString || id == TypeId::kBinary || id == TypeId::kDate ||
                         (id == TypeId::kTimestamp && !form_->is_number()) ||
                         (id == TypeId::kDecimal128 && type == json_type::string);
    const json_type wanted = as_text                    ? json_type::string
                             : id == TypeId::kBool      ? json_type::boolean
                             : id == TypeId::kList      ? json_type::array
                             : to.type().is_nested()    ? json_type::object
                                                        : json_type::number;
    if (type != wanted) return mismatch(value, to.type());
    if (as_text) return append_text(to, value);
    switch (id) {
        case TypeId::kBool: return append_bool(to, value);
        case TypeId::kList: return append_list(to, value, depth);
        case TypeId::kStruct: return append_struct(to, value, depth);
        case TypeId::kMap: return append_map(to, value, depth);
        default: return append_number(to, value);
    }
}

bool JsonReader::append_null(ColumnBuilder &to, const Field &field, Value value) {
    bool null = false;
    if (auto error = value.is_null().get(null)) return broken(error);
    if (!null) return broken(simdjson::N_ATOM_ERROR);
    if (!field.nullable)
        return fail(value.raw_json_token().data(), "null stands there, and the column is not nullable");
    to.append_null();
    return true;
}

bool JsonReader::append_bool(ColumnBuilder &to, Value value) {
    bool flag = false;
    if (auto error = value.get_bool().get(flag)) return broken(error);
    to.append_bool(flag);
    return true;
}

bool JsonReader::append_number(ColumnBuilder &to, Value value) {
    std::string_view token = token_of(value);
    if (!is_json_number(token)) return fail(token.data(), "the payload is not JSON: " + shown(token) + " is no number");
    const Type &type = to.type();
    const bool whole = type.is_signed_integer() || type.is_unsigned_integer();
    // 5.0 and 5e0 are integers, too: exactly, by way of a decimal.
    if (whole && token.find_first_of(".eE") != std::string_view::npos) {
        Int128 exact = 0;
        const Parse p = parse_whole(token, &exact);
        if (p != Parse::kOk) return mismatch(value, type);
        if (append_scalar(to, format_decimal(exact, 0), *form_, &fault_)) return true;
    } else if (append_scalar(to, token, *form_, &fault_)) {
        return true;
    }
    Fault fault;
    explain(Parse::kRange, token, type, &fault);
    return fail(token.data(), fault.message);
}

bool JsonReader::append_text(ColumnBuilder &to, Value value) {
    std::string_view text;
    const char *at = value.raw_json_token().data();
    if (auto error = value.get_string().get(text)) return broken(error);
    std::string bytes;
    if (to.type().id == TypeId::kBinary && text.starts_with(kBase64Mark)) {
        if (!from_base64(text.substr(kBase64Mark.size()), &bytes))
            return fail(at, shown(text) + " says that it is base64, and is not");
        text = bytes;
    }
    if (append_scalar(to, text, *form_, &fault_)) return true;
    return fail(at, fault_.message);
}

bool JsonReader::append_list(ColumnBuilder &to, Value value, int depth) {
    Array array;
    if (auto error = value.get_array().get(array)) return broken(error);
    size_t index = 0;
    for (auto next : array) {
        Value element;
        if (auto error = std::move(next).get(element)) return broken(error);
        if (!append(to.child(0), to.type().children[0], element, depth + 1)) {
            field_.insert(0, std::string(1, '[').append(std::to_string(index)).append(1, ']'));
            return false;
        }
        ++index;
    }
    to.end_row();
    return true;
}

bool JsonReader::append_struct(ColumnBuilder &to, Value value, int depth) {
    Object object;
    if (auto error = value.get_object().get(object)) return broken(error);
    const auto &fields = to.type().children;
    std::vector<bool> seen(fields.size());
    for (auto next : object) {
        simdjson::ondemand::field member;
        std::string_view name;
        if (auto error = std::move(next).get(member)) return broken(error);
        if (auto error = member.unescaped_key().get(name)) return broken(error);
        size_t i = 0;
        while (i < fields.size() && fields[i].name != name) ++i;
        if (i == fields.size() && shape_->refuse_unknown) return fail(nullptr, "the record has no field " + shown(name));
        if (i == fields.size()) {
            if (!skip(member.value(), depth + 1)) return false;
            continue;
        }
        bool twice = seen[i];
        seen[i] = true;
        if (twice) fail(nullptr, fields[i].name + " stands there twice");
        if (twice || !append(to.child(i), fields[i], member.value(), depth + 1)) {
            field_.insert(0, "." + fields[i].name);
            return false;
        }
    }
    for (size_t i = 0; i < fields.size(); ++i) {
        if (seen[i]) continue;
        if (!fields[i].nullable) {
            field_.insert(0, "." + fields[i].name);
            return fail(nullptr, fields[i].name + " is missing, and it is not nullable");
        }
        to.child(i).append_null();
    }
    to.end_row();
    return true;
}

bool JsonReader::append_map(ColumnBuilder &to, Value value, int depth) {
    Object object;
    if (auto error = value.get_object().get(object)) return broken(error);
    std::set<std::string_view> keys;  // the parser keeps unescaped names until the next payload
    for (auto next : object) {
        simdjson::ondemand::field member;
        std::string_view name;
        if (auto error = std::move(next).get(member)) return broken(error);
        if (auto error = member.unescaped_key().get(name)) return broken(error);
        if (!append_scalar(to.child(0), name, *form_, &fault_)) return fail(nullptr, fault_.message);
        const bool twice = !keys.insert(name).second;
        const std::string key = shown_name(name);
        if (twice) fail(nullptr, key + " stands there twice");
        if (twice || !append(to.child(1), to.type().children[1], member.value(), depth + 1)) {
            field_.insert(0, "." + key);
            return false;
        }
    }
    to.end_row();
    return true;
}

// Over a value that nobody wants, which must be JSON nevertheless.
bool JsonReader::skip(Value value, int depth) {
    if (depth > kMaxDepth) return too_deep();
    json_type type;
    if (auto error = value.type().get(type)) return broken(error);
    switch (type) {
        case json_type::object: {
            Object object;
            if (auto error = value.get_object().get(object)) return broken(error);
            return skip_object(object, depth);
        }
        case json_type::array: {
            Array array;
            if (auto error = value.get_array().get(array)) return broken(error);
            return skip_array(array, depth);
        }
        case json_type::string: {
            std::string_view text;
            auto error = value.get_string().get(text);
            return !error || broken(error);
        }
        case json_type::boolean: {
            bool flag = false;
            auto error = value.get_bool().get(flag);
            return !error || broken(error);
        }
        case json_type::null: {
            bool null = false;
            auto error = value.is_null().get(null);
            return (!error && null) || broken(error ? error : simdjson::N_ATOM_ERROR);
        }
        default: {
            std::string_view token = token_of(value);
            return is_json_number(token) ||
                   fail(token.data(), "the payload is not JSON: " + shown(token) + " is no number");
        }
    }
}

bool JsonReader::skip_object(Object object, int depth) {
    for (auto next : object) {
        simdjson::ondemand::field member;
        std::string_view name;
        if (auto error = std::move(next).get(member)) return broken(error);
        if (auto error = member.unescaped_key().get(name)) return broken(error);
        if (!skip(member.value(), depth + 1)) return false;
    }
    return true;
}

bool JsonReader::skip_array(Array array, int depth) {
    for (auto next : array) {
        Value element;
        if (auto error = std::move(next).get(element)) return broken(error);
        if (!skip(element, depth + 1)) return false;
    }
    return true;
}

}  // namespace weir::codecs
