#include "host/topology/clauses.hpp"

#include <utility>

#include <fmt/format.h>

#include "host/topology/language.hpp"

namespace weir::host {
namespace {

constexpr const char* kSelectExpected = "a list of columns, `[a, b]`, or a mapping, `{ name: expression }`";

// A step of the operator's, as the clause of that name reads.
const std::vector<ParamInfo>& step_params() {
    static const std::vector<ParamInfo> params = [] {
        ParamInfo expression, where;
        expression.type = where.type = ParamType::kExpression;
        where.name = "where";
        std::vector<ParamInfo> out = {where};
        for (const char* name : {"set", "select", "check", "key"}) {
            ParamInfo map;
            map.name = name;
            map.type = ParamType::kMap;
            map.fields = {expression};
            out.push_back(std::move(map));
        }
        return out;
    }();
    return params;
}

// `select` as a list.
const std::vector<ParamInfo>& select_params() {
    static const std::vector<ParamInfo> params = [] {
        ParamInfo column, columns;
        column.type = ParamType::kColumn;
        columns.name = "select";
        columns.type = ParamType::kList;
        columns.fields = {column};
        return std::vector<ParamInfo>{columns};
    }();
    return params;
}

// What was found at `from` stands at `to`.
template <class Map>
void move_paths(const Map& found, const std::string& from, const std::string& to, Map& out) {
    for (const auto& [path, content] : found)
        if (path.starts_with(from)) out[to + path.substr(from.size())] = content;
}

}  // namespace

void ClauseReader::read(const YamlNode& node) {
    for (std::size_t i = 0; i < node.keys.size(); ++i)
        if (is_clause(node.keys[i].text)) add(node.keys[i], node.items[i]);
}

void ClauseReader::pass(const YamlKey& key) {
    first_ = key;
    spec_.config.value["steps"] = Json::array();
}

Json ClauseReader::read_key(const YamlKey& key, const YamlNode& columns) {
    add_step(key, step_params(), columns, "set");
    Json out;
    if (!good_ || !spec_.config.value.contains("steps")) return out;
    const Json made = spec_.config.redacted()["steps"].back();
    for (const auto& [name, expression] : made["set"].items()) {
        if (!expression.is_object() || !expression.contains("parameters")) continue;
        for (const auto& [parameter, bound] : expression["parameters"].items()) out[parameter] = bound["value"];
    }
    return out;
}

void ClauseReader::add(const YamlKey& key, const YamlNode& value) {
    if (key.text != "select") return add_step(key, step_params(), value, key.text);
    if (value.is_sequence()) return add_step(key, select_params(), value, "columns");
    if (value.is_map()) return add_step(key, step_params(), value, "select");
    diagnostics_.error(value.is_null() ? Code::kMissingValue : Code::kWrongType, value.place,
                       fmt::format("{}`select` is {}", subject_, kind_text(value)))
        .expected = kSelectExpected;
    if (!first_) first_ = key;
    good_ = false;
}

// `params`: what the key may be; `member`: what it is in the operator's step.
void ClauseReader::add_step(const YamlKey& key, const std::vector<ParamInfo>& params, const YamlNode& value,
                            const std::string& member) {
    if (!first_) first_ = key;
    if (!check_names(key, value)) return;
    YamlNode written;
    written.kind = YamlNode::Kind::kMap;
    written.place = value.place;
    written.keys.push_back(key);
    written.items.push_back(value);
    CheckRequest request{subject_, "", &params, &written, key.place};
    request.partial = true;
    const auto checked = checker_.check(request);
    if (!checked) {
        good_ = false;
        return;
    }
    Json& steps = spec_.config.value["steps"];
    const std::string& from = key.text;
    const std::string to = fmt::format("steps[{}].{}", steps.size(), member);
    Json step = Json::object();
    step[member] = checked->value.at(from);
    steps.push_back(std::move(step));
    move_paths(checked->places, from, to, spec_.config.places);
    move_paths(checked->expressions, from, to, spec_.config.expressions);
    for (const std::string& path : checked->secret_paths) {
        spec_.config.secret_paths.insert(to + path.substr(from.size()));
        if (member == "where" || member == "check") continue;
        diagnostics_.warning(Code::kSecretInRows, checked->place_of(path),
                             fmt::format("{}{} has a secret parameter in it: rows carry it in clear", subject_, ticked(path)))
            .hint = "leave it out, or make of it what may be seen, such as `sha256($name)`";
    }
    add_text(key, value);
}

// Refuses names that are empty. False: there is nothing in it.
bool ClauseReader::check_names(const YamlKey& key, const YamlNode& value) {
    const bool is_empty = (value.is_map() || value.is_sequence()) && value.items.empty();
    if (is_empty) {
        diagnostics_.error(Code::kMissingValue, value.place, fmt::format("{}{} is empty", subject_, ticked(key.text)))
            .expected = key.text == "select"  ? kSelectExpected
                        : key.text == "check" ? "`{ rule: condition }`"
                                              : "`{ column: expression }`";
        good_ = false;
    }
    for (const YamlKey& name : value.keys) {
        if (!name.text.empty()) continue;
        diagnostics_.error(Code::kBadName, name.place, fmt::format("{}a name in {} is empty", subject_, ticked(key.text)));
        good_ = false;
    }
    return !is_empty;
}

void ClauseReader::add_text(const YamlKey& key, const YamlNode& value) {
    if (value.is_scalar()) spec_.clauses.push_back({key.text, "", value.text});
    for (std::size_t i = 0; i < value.items.size(); ++i)
        spec_.clauses.push_back({key.text, value.is_map() ? value.keys[i].text : "", value.items[i].text});
}

const OperatorInfo* ClauseReader::find_operator(const YamlKey& key) {
    const OperatorInfo* op = catalog_.find(kClausesOperator);
    if (op == nullptr)
        diagnostics_.error(Code::kMissingPlugin, key.place,
                           fmt::format("{}{} needs the plugin `clauses`, which is not present", subject_, ticked(key.text)))
            .hint = "see `weir plugin ls`, and --plugin-dir";
    return op;
}

NodeSpec ClauseReader::take() {
    spec_.op_place = spec_.config.place = first().place;
    const OperatorInfo* op = find_operator(first());
    if (good_) spec_.op = op;
    return std::move(spec_);
}

}  // namespace weir::host
