#include "json_reader.hpp"

#include <algorithm>
#include <cstring>
#include <set>

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
    const char *begin = buffer_.get();
    fault_.position = at && at >= begin && at <= begin + size_ ? at - begin : -1;
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
    field_.clear();
    size_ = payload.size();
    if (capacity_ < size_ + simdjson::SIMDJSON_PADDING || !buffer_) {
        capacity_ = 2 * size_ + simdjson::SIMDJSON_PADDING;
        buffer_ = std::make_unique<char[]>(capacity_);
    }
    if (size_) std::memcpy(buffer_.get(), payload.data(), size_);
    if (size_ == 0) return fail(nullptr, "the payload is empty, not a JSON object");
    if (auto error = parser_.iterate(buffer_.get(), size_, capacity_).get(document_)) {
        return fail(nullptr, std::string("the payload is not JSON: ") + simdjson::error_message(error));
    }
    Object object;
    if (auto error = document_.get_object().get(object)) {
        if (const size_t end = end_of_object(payload); end < payload.size())
            return fail(buffer_.get() + end, "something stands behind the JSON object");
        if (error != simdjson::INCORRECT_TYPE) return broken(error);
        return fail(buffer_.get(), "the payload is not a JSON object: it begins with " + shown(payload.substr(0, 16)));
    }
    if (!read_object(object, row)) return false;
    const char *rest = nullptr;
    if (document_.current_location().get(rest) == simdjson::SUCCESS)
        return fail(rest, "something stands behind the JSON object");
    if (row.end_row(&field_)) return true;
    return fail(nullptr, field_ + " is missing, and the column is not nullable");
}

bool JsonReader::read_object(Object object, RecordBuilder &row) {
    for (auto next : object) {
        simdjson::ondemand::field member;
        if (auto error = std::move(next).get(member)) return broken(error);
        const char *key = member.key().raw();
        size_t index = find_expected(key, row);
        if (index == RecordBuilder::kUnknown) {
            std::string_view name;  // a key can be taken only once
            if (auto error = member.unescaped_key().get(name)) return broken(error);
            index = row.find(name);
            if (index == RecordBuilder::kUnknown && refuse_unknown_)
                return fail(key - 1, "the record has no field " + shown(name));
        }
        if (index == RecordBuilder::kUnknown) {
            if (!skip(member.value(), 1)) return false;
            continue;
        }
        if (!row.mark(index)) {
            field_ = row.field(index).name;
            return fail(key - 1, field_ + " stands there twice");
        }
        if (!read_member(index, member.value(), row)) return false;
    }
    return true;
}

// Most members stand in the record's order, without escapes: then nothing is copied, nothing searched.
size_t JsonReader::find_expected(const char *key, RecordBuilder &row) const {
    std::string_view expected = row.expected();
    auto room = static_cast<size_t>(buffer_.get() + size_ - key);
    if (!expected.empty() && expected.size() < room && key[expected.size()] == '"' &&
        std::memcmp(key, expected.data(), expected.size()) == 0 &&
        expected.find_first_of("\\\"") == std::string_view::npos)
        return row.take_expected();
    return RecordBuilder::kUnknown;
}

bool JsonReader::read_member(size_t index, Value value, RecordBuilder &row) {
    ColumnBuilder *column = row.column(index);
    if (column ? append(*column, row.field(index), value, 1) : skip(value, 1)) return true;
    if (column) field_.insert(0, row.field(index).name);
    return false;
}

bool JsonReader::append(ColumnBuilder &to, const Field &field, Value value, int depth) {
    if (depth > kMaxDepth) return too_deep();
    json_type type;
    if (auto error = value.type().get(type)) return broken(error);
    if (type == json_type::null) return append_null(to, field, value);
    const TypeId id = to.type().id;
    const bool as_text = id == TypeId::kString || id == TypeId::kBinary || id == TypeId::kDate ||
                         (id == TypeId::kTimestamp && form_ == TimestampForm::kIso) ||
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
        if (parse_decimal(token, 38, 0, &exact) != Parse::kOk) return mismatch(value, type);
        char digits[48];
        size_t at = sizeof digits;
        const bool negative = exact < 0;
        for (Int128 rest = negative ? -exact : exact; rest || at == sizeof digits; rest /= 10)
            digits[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
        if (negative) digits[--at] = '-';
        if (append_scalar(to, {digits + at, sizeof digits - at}, form_, &fault_)) return true;
    } else if (append_scalar(to, token, form_, &fault_)) {
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
    if (append_scalar(to, text, form_, &fault_)) return true;
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
        if (i == fields.size() && refuse_unknown_) return fail(nullptr, "the record has no field " + shown(name));
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
        if (!append_scalar(to.child(0), name, form_, &fault_)) return fail(nullptr, fault_.message);
        const bool twice = !keys.insert(name).second;
        const std::string key(name);
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
