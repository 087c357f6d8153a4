#include "host/serve/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include <weir/memory.hpp>
#include <weir/row_json.hpp>
#include <weir/types.hpp>

#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/view_argument.hpp"

namespace weir::host {
namespace {

constexpr size_t kMaxShownText = 80;

std::string shown(const std::string& text) {
    if (!is_utf8(text)) return "bytes that are not UTF-8";
    return text.size() > kMaxShownText ? fmt::format("`{}…`", text.substr(0, kMaxShownText)) : fmt::format("`{}`", text);
}

Answer unknown(const std::string& view, const std::string& name, const std::vector<std::string>& names) {
    std::string text = fmt::format("the view `{}` has no argument {}", view, shown(name));
    text += names.empty() ? "; it takes none" : fmt::format("; it takes {}", one_of_text(names));
    if (const std::string near = nearest_name(name, names); !near.empty()) text += fmt::format("; nearest: `{}`", near);
    return problem(400, text, is_utf8(name) ? name : "");
}

bool is_twice(const RequestParameters& parameters, Answer& why) {
    std::set<std::string> seen;
    for (const auto& [name, value] : parameters) {
        if (seen.insert(name).second) continue;
        why = problem(400, fmt::format("{} is given twice", shown(name)), is_utf8(name) ? name : "");
        return true;
    }
    return false;
}

// The JSON text of a value that fits the column.
std::string json_of(const Type& type, const std::string& given) {
    std::string out;
    if (type.id == TypeId::kString) {
        append_json_string(out, given);
        return out;
    }
    constexpr const char* kBlanks = " \t\r\n";  // around a value, as CAST allows them
    const size_t begin = std::min(given.find_first_not_of(kBlanks), given.size());
    const std::string text = given.substr(begin, given.find_last_not_of(kBlanks) + 1 - begin);
    if (type.id == TypeId::kDate) append_json_string(out, text);
    if (type.id == TypeId::kDate) return out;
    if (type.id == TypeId::kBool) return text.starts_with('t') || text.starts_with('T') ? "true" : "false";
    const size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    const size_t digits = std::min(text.find_first_not_of('0', sign), text.size() - 1);
    return (text.starts_with('-') && text.substr(digits) != "0" ? "-" : "") + text.substr(digits);
}

bool is_filter(const Type& type) {
    return type.is_signed_integer() || type.is_unsigned_integer() || type.id == TypeId::kString || type.id == TypeId::kBool ||
           type.id == TypeId::kDate;
}

}  // namespace

std::vector<weir_query_argument> BoundArguments::abi() const {
    std::vector<weir_query_argument> out;
    for (const Value& one : values) out.push_back({sizeof(weir_query_argument), 0, to_abi(one.name), to_abi(one.type), to_abi(one.text)});
    return out;
}

std::optional<BoundArguments> bind_arguments(const ViewSpec& view, const RequestParameters& parameters, Answer& why) {
    if (is_twice(parameters, why)) return std::nullopt;
    std::vector<std::string> names;
    for (const ViewArgument& one : view.query->arguments) names.push_back(one.name);
    for (const auto& [name, value] : parameters) {
        if (view.find_argument(name)) continue;
        why = unknown(view.name, name, names);
        return std::nullopt;
    }
    BoundArguments out;
    for (const ViewArgument& one : view.query->arguments) {
        const auto given = std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.first == one.name; });
        if (given == parameters.end() && !one.standard) {
            why = problem(400, fmt::format("the view `{}` needs `{}`, of type {}", view.name, one.name, one.type), one.name);
            return std::nullopt;
        }
        const std::string& text = given == parameters.end() ? *one.standard : given->second;
        if (!is_utf8(text) || argument_fault(one.type, text)) {
            why = problem(400, fmt::format("`{}` is of type {}, and cannot be {}", one.name, one.type, shown(text)), one.name);
            return std::nullopt;
        }
        out.values.push_back({one.name, one.type, text});
    }
    for (const auto& one : view.query->constants) out.values.push_back({one.name, one.type, one.text});
    return out;
}

std::optional<RowChoice> choose_rows(const std::string& view, const LatestTable& table, const RequestParameters& parameters, Answer& why) {
    if (is_twice(parameters, why)) return std::nullopt;
    RowChoice out;
    out.limit = table.most_rows();
    std::vector<std::string> names = {kLimitParameter};
    for (const Field& field : table.columns().fields)
        if (is_filter(field.type)) names.push_back(field.name);
    for (const auto& [name, text] : parameters) {
        if (name == kLimitParameter) {
            const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out.limit);
            if (!text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && out.limit > 0) continue;
            why = problem(400, fmt::format("`{}` is a number of rows, at least 1, and cannot be {}", name, shown(text)), name);
            return std::nullopt;
        }
        const auto column = table.columns().find(name);
        if (!column || !is_filter(table.columns().fields[*column].type)) {
            why = unknown(view, name, names);
            return std::nullopt;
        }
        const Type& type = table.columns().fields[*column].type;
        if (!is_utf8(text) || argument_fault(to_string(type), text)) {
            why = problem(400, fmt::format("`{}` is of type {}, and cannot be {}", name, to_string(type), shown(text)), name);
            return std::nullopt;
        }
        out.filter.emplace_back(*column, json_of(type, text));
    }
    return out;
}

}  // namespace weir::host
