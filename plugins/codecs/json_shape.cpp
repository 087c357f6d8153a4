#include "json_shape.hpp"

namespace weir::codecs {
namespace {

// Arrays nest as deep as types do; a map's keys are an object's names.
Status check_json_type(const Type &type, const std::string &column) {
    if (type.id == TypeId::kMap && type.children[0].type.is_nested())
        return Status::config("", "format json has no form for column " + column + ": a map's keys are no values of " +
                                      to_string(type.children[0].type));
    for (const Field &child : type.children)
        if (Status s = check_json_type(child.type, column); !s.ok()) return s;
    return {};
}

bool can_keep_rest(const Type &type) {
    if (type.id == TypeId::kString) return true;
    return type.id == TypeId::kMap && type.children[0].type.id == TypeId::kString &&
           type.children[1].type.id == TypeId::kString;
}

std::string first_column(const JsonNode &node, const Schema &record) {
    const JsonNode *at = &node;
    while (at->column == JsonNode::kNone) at = &at->members.front();
    return record.fields[at->column].name;
}

}  // namespace

Status check_json(const Schema &schema) {
    for (const Field &field : schema.fields)
        if (Status s = check_json_type(field.type, field.name); !s.ok()) return s;
    return {};
}

Result<std::vector<std::string>> parse_path(std::string_view path) {
    auto wrong = [&](const std::string &why) {
        return Status::config("", "the path " + shown(path) + " " + why + ": write names with dots between them, as in "
                                                                          "`user.address.city`");
    };
    std::vector<std::string> names(1);
    for (size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '.') {
            if (names.back().empty()) return wrong("has an empty name");
            names.emplace_back();
        } else if (path[i] == '[' || path[i] == ']') {
            return wrong("asks for an element of an array, which a path cannot");
        } else if (path[i] != '"') {
            names.back() += path[i];
        } else {
            if (!names.back().empty()) return wrong("has a quote within a name");
            while (++i < path.size() && path[i] != '"') {
                if (path[i] == '\\' && i + 1 < path.size()) ++i;
                names.back() += path[i];
            }
            if (i >= path.size()) return wrong("has a quote that does not end");
            if (i + 1 < path.size() && path[i + 1] != '.') return wrong("goes on behind a quote");
        }
    }
    if (names.back().empty()) return wrong("has an empty name");
    return names;
}

Status JsonShape::add(const Schema &record, size_t column) {
    const Field &field = record.fields[column];
    std::vector<std::string> names{field.name};
    if (!field.path.empty()) {
        auto path = parse_path(field.path);
        if (!path) return Status::config("", "column " + field.name + ": " + path.status().message());
        names = std::move(*path);
    }
    JsonNode *at = &root;
    for (size_t i = 0; i < names.size(); ++i) {
        const bool last = i + 1 == names.size();
        auto *next = const_cast<JsonNode *>(at->find(names[i]));
        if (next && (last || next->column != JsonNode::kNone))
            return Status::config("", "columns " + first_column(*next, record) + " and " + field.name +
                                          " stand at one place of a payload, " + shown(names[i]));
        if (!next) {
            next = &at->members.emplace_back(JsonNode{names[i]});
            if (last) next->column = column;
            else next->object = objects++;
        }
        at = next;
    }
    return {};
}

Result<JsonShape> JsonShape::make(const Schema &record, const TimeForm &standard, const std::string &rest,
                                  bool refuse_unknown) {
    JsonShape shape;
    if (Status s = check_json(record); !s.ok()) return s;
    auto forms = column_forms(record, standard, true);
    if (!forms) return forms.status();
    shape.forms = std::move(*forms);
    shape.refuse_unknown = refuse_unknown;
    if (!rest.empty()) {
        const auto found = record.find(rest);
        if (!found) return Status::config("rest", "the record has no column " + shown(rest));
        if (refuse_unknown) return Status::config("rest", "unknown members are kept in `rest` or refused, not both");
        const Type &type = record.fields[*found].type;
        if (!can_keep_rest(type))
            return Status::config("rest", "column " + rest + " keeps what no other column takes, so it is a string or "
                                          "map<string, string>, not " + to_string(type));
        shape.rest = *found;
    }
    for (size_t i = 0; i < record.size(); ++i) {
        shape.as_text.push_back(record.fields[i].format == "json");
        if (i == shape.rest) continue;
        if (Status s = shape.add(record, i); !s.ok()) return s;
    }
    return shape;
}

}  // namespace weir::codecs
