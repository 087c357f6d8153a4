// JSON in strings: -> and ->>, by simdjson.
#include <simdjson.h>

#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"

namespace weir::host::expression {
namespace {

using Text = std::string_view;
using MaybeText = std::optional<std::string_view>;

struct JsonMemo {
    simdjson::dom::parser checker;
    simdjson::ondemand::parser parser;
    simdjson::padded_string padded;
};

// A document that is whole JSON, or an error of the row.
bool open_document(Row& row, Text text, simdjson::ondemand::document& document) {
    auto& memo = row.memo<JsonMemo>();
    simdjson::padded_string padded(text.data(), text.size());
    simdjson::dom::element checked;
    if (const auto error = memo.checker.parse(padded).get(checked)) {
        row.fail(ErrorCode::kBadCast, "`{}` is not JSON: {}", shown(text), simdjson::error_message(error));
        return false;
    }
    memo.padded = std::move(padded);
    return !memo.parser.iterate(memo.padded).get(document);
}

using Value = simdjson::ondemand::value;

// The text of a value as it stands, or of a string what it says.
template <bool AsText>
MaybeText text_of(Row& row, Value value) {
    simdjson::ondemand::json_type type;
    if (value.type().get(type)) return std::nullopt;
    if (AsText && type == simdjson::ondemand::json_type::null) return std::nullopt;
    if (AsText && type == simdjson::ondemand::json_type::string) {
        std::string_view text;
        if (value.get_string().get(text)) return std::nullopt;
        return row.text(text);
    }
    std::string_view raw;
    if (type == simdjson::ondemand::json_type::object) {
        simdjson::ondemand::object object;
        if (value.get_object().get(object) || object.raw_json().get(raw)) return std::nullopt;
    } else if (type == simdjson::ondemand::json_type::array) {
        simdjson::ondemand::array array;
        if (value.get_array().get(array) || array.raw_json().get(raw)) return std::nullopt;
    } else {
        raw = value.raw_json_token();
        while (raw.ends_with(' ') || raw.ends_with('\n') || raw.ends_with('\t') || raw.ends_with('\r'))
            raw.remove_suffix(1);
    }
    return row.text(raw);
}

template <bool AsText>
MaybeText member(Row& row, Text text, Text name) {
    simdjson::ondemand::document document;
    if (!open_document(row, text, document)) return std::nullopt;
    simdjson::ondemand::object object;
    if (document.get_object().get(object)) return std::nullopt;
    // The last of several members of one name counts, as in PostgreSQL.
    MaybeText out;
    for (auto field : object) {
        std::string_view key;
        if (field.unescaped_key().get(key)) return std::nullopt;
        if (key == name) out = text_of<AsText>(row, field.value());
    }
    return out;
}

template <bool AsText>
MaybeText element(Row& row, Text text, int32_t index) {
    simdjson::ondemand::document document;
    if (!open_document(row, text, document)) return std::nullopt;
    simdjson::ondemand::array array;
    if (document.get_array().get(array)) return std::nullopt;
    int64_t wanted = index;
    if (index < 0) {
        size_t count = 0;
        if (array.count_elements().get(count)) return std::nullopt;
        wanted += static_cast<int64_t>(count);
    }
    if (wanted < 0) return std::nullopt;
    for (auto value : array)
        if (wanted-- == 0) return text_of<AsText>(row, value.value());
    return std::nullopt;
}

constexpr Overload kJson[] = {{"string, string -> string", map<&member<false>>},
                              {"string, int32 -> string", map<&element<false>>}};
constexpr Overload kText[] = {{"string, string -> string", map<&member<true>>},
                              {"string, int32 -> string", map<&element<true>>}};

constexpr Example kJsonExamples[] = {{R"('{"user":{"name":"Ann"}}' -> 'user')", R"({"name":"Ann"})"},
                                     {R"('[10, 20]' -> -1)", "20"},
                                     {R"('{"a":1' -> 'a')", "error: bad-cast"}};
constexpr Example kTextExamples[] = {{R"('{"user":{"name":"Ann"}}' -> 'user' ->> 'name')", "Ann"},
                                     {R"(('{"n":42}' ->> 'n')::int64)", "42"},
                                     {R"('{"n":null}' ->> 'n')", "null"}};

constexpr Function kFunctions[] = {
    {"->", kJson,
     "The member of an object by its name, or the element of an array by its number from 0 (from the end, where it is "
     "negative), as JSON.",
     kJsonExamples, Nulls::kStrict, true},
    {"->>", kText, "The same as text: a string without quotes, null for JSON's null.", kTextExamples, Nulls::kStrict,
     true},
};

}  // namespace

constinit const FunctionGroup kJsonOperators = {
    "JSON in texts", "A text that is not JSON is a row error; what is not there is null.", true, kFunctions};

}  // namespace weir::host::expression
