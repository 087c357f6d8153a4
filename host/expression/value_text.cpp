#include "host/expression/value_text.hpp"

#include <fmt/format.h>

#include <weir/row_json.hpp>

#include "host/expression/cast.hpp"

namespace weir::host::expression {

std::string value_text(const Vector& values, int row) {
    const Type& type = values.type();
    if (values.is_null(row)) return "null";
    if (type.is_nested() && type.id <= TypeId::kMap) {
        std::string out;
        const Nested& nested = values.at<Nested>(row);
        append_json_value(out, {nested.array, &type}, nested.row);
        return out;
    }
    if (type.id == TypeId::kString) return std::string(values.at<std::string_view>(row));
    if (type.id == TypeId::kBinary) {
        std::string out = "\\x";
        for (char c : values.at<std::string_view>(row)) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
        return out;
    }
    const auto cast = find_cast(type, type_of(TypeId::kString));
    Vector text(type_of(TypeId::kString));
    text.reset();
    Scope scope;
    const auto at = static_cast<uint16_t>(row);
    const Vector* args[] = {&values};
    cast->kernel({args, text, Selection(&at, 1), scope});
    return std::string(text.at<std::string_view>(row));
}

}  // namespace weir::host::expression
