#include "host/cli/eval_row.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::host {
namespace {

using RowJson = nlohmann::ordered_json;

constexpr int kMaxDepth = 64;  // of lists and objects in each other: what reads them calls itself

// The type that holds both; string where they have nothing in common.
Type merged_type(const Type& a, const Type& b) {
    if (a == b) return a;
    const bool numbers =
        (a.id == TypeId::kInt64 || a.id == TypeId::kFloat64) && (b.id == TypeId::kInt64 || b.id == TypeId::kFloat64);
    return type_of(numbers ? TypeId::kFloat64 : TypeId::kString);
}

Type inferred_type(const RowJson& value) {
    if (value.is_boolean()) return type_of(TypeId::kBool);
    if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
        return type_of(TypeId::kUint64);
    if (value.is_number_integer()) return type_of(TypeId::kInt64);
    if (value.is_number()) return type_of(TypeId::kFloat64);
    if (value.is_object()) {
        Type type = type_of(TypeId::kStruct);
        for (const auto& [name, member] : value.items())
            type.children.push_back({name, inferred_type(member), member.is_null()});
        return type;
    }
    if (!value.is_array()) return type_of(TypeId::kString);
    std::optional<Type> element;
    for (const RowJson& item : value) {
        if (item.is_null()) continue;
        element = element ? merged_type(*element, inferred_type(item)) : inferred_type(item);
    }
    Type type = type_of(TypeId::kList);
    type.children.push_back({"item", element.value_or(type_of(TypeId::kString)), true});
    return type;
}

void append_json(ColumnBuilder& to, const RowJson& value) {
    if (value.is_null()) return to.append_null();
    switch (to.type().id) {
        case TypeId::kBool: return to.append_bool(value.get<bool>());
        case TypeId::kInt64: return to.append(value.get<int64_t>());
        case TypeId::kUint64: return to.append(value.get<uint64_t>());
        case TypeId::kFloat64: return to.append(value.get<double>());
        case TypeId::kStruct:
            for (size_t i = 0; i < to.type().children.size(); ++i)
                append_json(to.child(i), value.at(to.type().children[i].name));
            return to.end_row();
        case TypeId::kList:
            for (const RowJson& item : value) append_json(to.child(0), item);
            return to.end_row();
        default: return to.append_text(value.is_string() ? value.get<std::string>() : value.dump());
    }
}

}  // namespace

Result<EvalRow> read_eval_row(const std::string& json) {
    bool too_deep = false;
    const auto heed_depth = [&](int depth, RowJson::parse_event_t, RowJson&) {
        too_deep = too_deep || depth > kMaxDepth;
        return depth <= kMaxDepth;
    };
    const RowJson value = RowJson::parse(json, heed_depth, false);
    if (too_deep) return Status::config("", fmt::format("the row has more than {} lists and objects in each other", kMaxDepth));
    if (value.is_discarded()) return Status::config("", fmt::format("`{}` is not JSON", json));
    if (!value.is_object()) return Status::config("", fmt::format("`{}` is not a JSON object", json));
    EvalRow out;
    for (const auto& [name, member] : value.items())
        out.schema.fields.push_back({name, inferred_type(member), member.is_null()});
    BatchBuilder builder(out.schema);
    size_t i = 0;
    for (const auto& [name, member] : value.items()) append_json(builder.column(i++), member);
    builder.set_rows(1);
    builder.finish(&out.rows);
    return out;
}

}  // namespace weir::host
