#include "host/expression/function.hpp"

#include <cassert>

namespace weir::host::expression {
namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

TypeId type_id_of(std::string_view name) {
    if (name == "any") return kAny;
    if (name == "list") return kAnyList;
    if (name == "map") return kAnyMap;
    const auto type = type_from_sql(name);
    assert(type);
    return type->id;
}

}  // namespace

const char* to_text(ErrorCode code) {
    switch (code) {
        case ErrorCode::kOverflow: return "overflow";
        case ErrorCode::kDivisionByZero: return "division-by-zero";
        case ErrorCode::kBadCast: return "bad-cast";
        case ErrorCode::kBadArgument: return "bad-argument";
        case ErrorCode::kTooLarge: return "too-large";
    }
    return "";
}

void Scope::fail(Vector& out, int row, ErrorCode code, std::string message) {
    out.set_null(row);
    if (quiet || failed.test(row)) return;
    failed.set(row);
    errors.push_back({row, code, std::move(message), span, expression});
}

Signature parse_signature(std::string_view text) {
    Signature out;
    const size_t arrow = text.find("->");
    std::string_view params = trimmed(text.substr(0, arrow));
    out.result = type_id_of(trimmed(text.substr(arrow + 2)));
    while (!params.empty()) {
        const size_t comma = params.find(',');
        std::string_view name = trimmed(params.substr(0, comma));
        out.variadic = name.ends_with("...");
        if (out.variadic) name.remove_suffix(3);
        out.params.push_back(type_id_of(name));
        params = comma == std::string_view::npos ? "" : params.substr(comma + 1);
    }
    return out;
}

}  // namespace weir::host::expression
