#include "host/topology/view_argument.hpp"

#include <utility>

#include <fmt/format.h>

#include "host/expression/expression.hpp"
#include "host/topology/substitution.hpp"

namespace weir::host {
namespace {

using expression::Constant;

bool is_name_part(char c) { return is_identifier(std::string_view(&c, 1)) || (c >= '0' && c <= '9'); }

// Behind what begins at `at` with a quote: doubled quotes and backslashes do not end it.
std::size_t behind_quoted(std::string_view sql, std::size_t at) {
    const char quote = sql[at];
    for (++at; at < sql.size(); ++at) {
        if (sql[at] == '\\') {
            ++at;
        } else if (sql[at] == quote) {
            if (at + 1 == sql.size() || sql[at + 1] != quote) return at + 1;
            ++at;
        }
    }
    return sql.size();
}

std::size_t behind(std::string_view sql, std::size_t at, std::string_view end) {
    const std::size_t found = sql.find(end, at);
    return found == std::string_view::npos ? sql.size() : found + end.size();
}

}  // namespace

std::optional<std::string> argument_fault(std::string_view type, const std::string& text) {
    const std::vector<expression::Parameter> value = {{"value", type_of(TypeId::kString), Constant::text(text)}};
    expression::Compiler compiler(Schema(), value);
    const auto cast = compiler.add(fmt::format("CAST($value AS {})", type), expression::ResultKind::kColumn);
    if (cast) return std::nullopt;
    constexpr std::string_view kOfRows = "this fails for every row: ";  // here there are none
    const std::string& message = cast.problem().message;
    return message.starts_with(kOfRows) ? message.substr(kOfRows.size()) : message;
}

std::vector<QueryName> names_in_query(std::string_view sql) {
    std::vector<QueryName> out;
    for (std::size_t at = 0; at < sql.size();) {
        const char c = sql[at];
        if (c == '\'' || c == '"' || c == '`') {
            at = behind_quoted(sql, at);
        } else if (sql.substr(at, 2) == "--") {
            at = behind(sql, at, "\n");
        } else if (sql.substr(at, 2) == "/*") {
            at = behind(sql, at + 2, "*/");
        } else if (c == '$' && at + 1 < sql.size() && is_identifier(sql.substr(at + 1, 1))) {
            std::size_t end = at + 1;
            while (end < sql.size() && is_name_part(sql[end])) ++end;
            out.push_back({std::string(sql.substr(at + 1, end - at - 1)), at, end - at});
            at = end;
        } else {
            ++at;
        }
    }
    return out;
}

}  // namespace weir::host
