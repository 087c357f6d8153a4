#include "host/topology/view_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <weir/types.hpp>

#include "host/text/nearest.hpp"
#include "host/topology/ports.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/view_argument.hpp"

namespace weir::host {
namespace {

constexpr const char* kViewExpected = "a query, `{ args: { … }, sql: … }`, or `{ latest: NODE, rows: N }`";
constexpr const char* kTypeExpected = "a type such as `string`, `int32`, `timestamp` or `\"decimal(12,2)\"`";

// The type of an argument that is written by its default alone.
const char* type_of_default(const YamlNode& node) {
    switch (infer_type(node)) {
        case ParamType::kInt64: return "int64";
        case ParamType::kFloat64: return "float64";
        case ParamType::kBool: return "bool";
        default: return nullptr;
    }
}

bool is_scalar_type(std::string_view text) {
    const auto type = parse_type(text);
    return type && !type.value().is_nested();
}

// A parameter's value for a query: weir's type and its text; an empty type: it cannot stand there.
std::pair<std::string, std::string> query_value(const Json& bound) {
    const std::string type = bound.at("type").get<std::string>();
    const Json& value = bound.at("value");
    if (type == "string" || type == "column") return {"string", value.get<std::string>()};
    if (type == "int64" || type == "bytes") return {"int64", value.dump()};
    if (type == "float64" || type == "bool") return {type, value.dump()};
    return {};
}

}  // namespace

void ViewReader::read(const YamlNode& section) {
    if (section.is_null()) return;
    if (!section.is_map()) {
        diagnostics_.error(Code::kWrongType, section.place, fmt::format("`views` is {}", kind_text(section))).expected =
            "a mapping of names to views: `latest: { latest: NODE, rows: 100 }`";
        return;
    }
    for (std::size_t i = 0; i < section.keys.size(); ++i)
        if (check_name(section.keys[i])) read_view(section.keys[i], section.items[i]);
}

bool ViewReader::check_name(const YamlKey& key) {
    if (is_identifier(key.text)) return true;
    diagnostics_.error(Code::kBadName, key.place, fmt::format("a view cannot be called {}", ticked(key.text))).expected =
        "letters, digits and `_`, not beginning with a digit";
    return false;
}

void ViewReader::read_view(const YamlKey& key, const YamlNode& value) {
    const std::string subject = fmt::format("view {}: ", ticked(key.text));
    ViewSpec view;
    view.name = key.text;
    view.place = key.place;
    const bool has_latest = value.is_map() && value.find("latest") != nullptr;
    const bool has_sql = value.is_scalar() || (value.is_map() && value.find("sql") != nullptr);
    if (has_latest == has_sql) {
        auto& d = diagnostics_.error(Code::kBadView, value.is_null() || value.is_map() ? key.place : value.place,
                                     subject + (has_latest      ? "has both `latest` and `sql`"
                                                : value.is_map() ? "has neither `latest` nor `sql`"
                                                                 : fmt::format("is {}", kind_text(value))));
        d.expected = kViewExpected;
        if (value.is_map() && !has_latest)
            for (const YamlKey& one : value.keys)
                if (d.nearest.empty()) d.nearest = nearest_name(one.text, {"latest", "sql"});
        return;
    }
    if (has_latest)
        view.latest = read_latest(subject, key, value);
    else
        view.query = read_query(subject, key, value);
    if (view.latest || view.query) views_.push_back(std::move(view));
}

std::optional<LatestSpec> ViewReader::read_latest(const std::string& subject, const YamlKey& key, const YamlNode& value) {
    const auto checked = checker_.check({subject, "", &latest_view_params(), &value, key.place});
    LatestSpec out;
    const YamlNode& reference = *value.find("latest");
    const bool found = reference.is_scalar() && find_taps(subject, reference, out);
    if (!checked || !found) return std::nullopt;
    out.from_place = reference.place;
    out.rows = checked->value.at("rows").get<int64_t>();
    if (out.rows < 1 || out.rows > kMaxViewRows) {
        diagnostics_.error(Code::kNotAllowedValue, checked->place_of("rows"), fmt::format("{}`rows` is out of its range", subject))
            .expected = fmt::format("1 to {}", kMaxViewRows);
        return std::nullopt;
    }
    if (checked->value.contains("key")) {
        out.key = checked->value.at("key").get<std::vector<std::string>>();
        out.key_place = checked->place_of("key");
        for (std::size_t i = 0; i < out.key->size(); ++i) out.key_places.push_back(checked->place_of(fmt::format("key[{}]", i)));
    }
    if (checked->value.contains("columns")) out.columns = checked->value.at("columns").get<std::vector<std::string>>();
    for (std::size_t i = 0; i < out.columns.size(); ++i)
        out.column_places.push_back(checked->place_of(fmt::format("columns[{}]", i)));
    return out;
}

// As `from` of a node finds what it names.
bool ViewReader::find_taps(const std::string& subject, const YamlNode& reference, LatestSpec& out) {
    out.from = reference.text;
    const std::size_t dot = out.from.find('.');
    const std::string id = out.from.substr(0, dot);
    if (out.from.find('$') != std::string::npos) {
        diagnostics_.error(Code::kBadView, reference.place, subject + "`latest` names a node; a parameter cannot stand there").hint =
            "parameters are values; the structure of a topology is fixed";
        return false;
    }
    const auto is_it = [&](const NodeDraft& draft) { return draft.spec.id == id && draft.spec.of.empty(); };
    const auto found = std::find_if(drafts_.begin(), drafts_.end(), is_it);
    if (found == drafts_.end() || id == kDeadLettersNode) {
        std::vector<std::string> names;
        for (const NodeDraft& draft : drafts_)
            if (draft.spec.of.empty() && draft.spec.id != kDeadLettersNode &&
                (draft.spec.op == nullptr || !draft.spec.op->is_a(OperatorKind::kSink)))
                names.push_back(draft.spec.id);
        auto& d = diagnostics_.error(Code::kUnknownNode, reference.place, fmt::format("{}there is no node {}", subject, ticked(id)));
        if (!names.empty()) d.expected = one_of_text(names);
        d.nearest = nearest_name(id, names);
        if (id == kDeadLettersNode) d.hint = "what `dead_letters` receives goes to its sink alone; name `node.errors` instead";
        return false;
    }
    const NodeSpec& spec = found->spec;
    if (spec.op == nullptr) return false;  // that has been said
    std::string port = dot == std::string::npos ? "" : out.from.substr(dot + 1);
    std::vector<std::string> outputs = readable_outputs(spec);
    if (port.empty() && !outputs.empty()) port = first_output(*spec.op);
    const bool is_there = std::find(outputs.begin(), outputs.end(), port) != outputs.end();
    if (!is_there && port != kErrorsPort && !(lacks_outputs(spec) && !port.empty())) {
        const bool is_named = dot != std::string::npos;
        auto& d = diagnostics_.error(Code::kUnknownPort,
                                     is_named ? place_within(reference, dot + 1, out.from.size() - dot - 1) : reference.place,
                                     fmt::format("{}{} ({}) has no output {}", subject, ticked(id), ticked(spec.op->name),
                                                 is_named ? ticked(port) : "without a name"));
        outputs.emplace_back(kErrorsPort);
        d.expected = one_of_text(outputs);
        if (is_named) d.nearest = nearest_name(port, outputs);
        if (!is_named && spec.op->is_a(OperatorKind::kSink)) d.hint = "name the node that it reads";
        return false;
    }
    add_taps(static_cast<std::size_t>(found - drafts_.begin()), port, out);
    return true;
}

// To users a node and its clauses are one: what a source's clauses make is its output, and what either refuses its errors.
void ViewReader::add_taps(std::size_t node, const std::string& port, LatestSpec& out) const {
    const NodeSpec& spec = drafts_[node].spec;
    const bool is_default = port == first_output(*spec.op);
    std::optional<std::size_t> clauses;
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
        const NodeSpec& other = drafts_[i].spec;
        if (other.of == spec.id && other.op != nullptr && !other.adds_tag && other.op->name != kUnionOperator) clauses = i;
    }
    const bool is_behind = clauses && spec.op->is_a(OperatorKind::kSource) && is_default;
    if (is_behind)
        out.taps.push_back({static_cast<int>(*clauses), first_output(*drafts_[*clauses].spec.op)});
    else
        out.taps.push_back({static_cast<int>(node), port});
    if (clauses && port == kErrorsPort) out.taps.push_back({static_cast<int>(*clauses), port});
}

std::optional<QuerySpec> ViewReader::read_query(const std::string& subject, const YamlKey& key, const YamlNode& value) {
    QuerySpec out;
    declared_.clear();
    if (value.is_scalar()) {
        const auto is_it = [&](const NodeDraft& draft) { return draft.spec.id == value.text && draft.spec.of.empty(); };
        if (std::any_of(drafts_.begin(), drafts_.end(), is_it)) {
            diagnostics_.error(Code::kBadView, value.place, fmt::format("{}{} is a node and no query", subject, ticked(value.text)))
                .hint = fmt::format("for the rows of a node: `{}: {{ latest: {}, rows: 100 }}`", key.text, value.text);
            return std::nullopt;
        }
        if (!read_sql(subject, value, out)) return std::nullopt;
        return out;
    }
    bool good = true;
    if (const YamlNode* arguments = value.find("args")) good = read_arguments(subject, *arguments, out);
    YamlNode rest = value;  // the query's dollar signs are its own
    for (std::size_t i = rest.keys.size(); i-- > 0;) {
        if (rest.keys[i].text != "sql" && rest.keys[i].text != "args") continue;
        rest.keys.erase(rest.keys.begin() + static_cast<std::ptrdiff_t>(i));
        rest.items.erase(rest.items.begin() + static_cast<std::ptrdiff_t>(i));
    }
    std::vector<ParamInfo> others;
    for (const ParamInfo& one : query_view_params())
        if (one.name != "sql") others.push_back(one);
    const auto checked = checker_.check({subject, "", &others, &rest, key.place, nullptr, {"sql", "args"}});
    if (!checked) return std::nullopt;
    out.connection = checked->value.value("connection", "");
    out.connection_place = checked->place_of("connection");
    good = check_connection(subject, out) && good;
    if (!read_sql(subject, *value.find("sql"), out) || !good) return std::nullopt;
    return out;
}

bool ViewReader::check_connection(const std::string& subject, const QuerySpec& query) {
    if (query.connection.empty() || std::find(connections_.begin(), connections_.end(), query.connection) != connections_.end())
        return true;
    auto& d = diagnostics_.error(Code::kUnknownConnection, query.connection_place,
                                 fmt::format("{}there is no connection {}", subject, ticked(query.connection)));
    d.expected = connections_.empty() ? "a name under `connections:`, which this topology does not have" : one_of_text(connections_);
    d.nearest = nearest_name(query.connection, connections_);
    return false;
}

bool ViewReader::read_arguments(const std::string& subject, const YamlNode& section, QuerySpec& out) {
    if (!section.is_map() || section.keys.size() > kMaxViewArguments) {
        const std::string what = section.is_map() ? fmt::format("has more than {} arguments", kMaxViewArguments) : kind_text(section);
        diagnostics_.error(Code::kWrongType, section.place, fmt::format("{}`args` {}{}", subject, section.is_map() ? "" : "is ", what))
            .expected = "a mapping of names to types: `{ symbol: string, minutes: { type: int32, default: 60 } }`";
        return false;
    }
    bool good = true;
    for (std::size_t i = 0; i < section.keys.size(); ++i) {
        declared_.push_back(section.keys[i].text);
        auto argument = read_argument(subject, section.keys[i], section.items[i]);
        good = good && argument;
        if (argument) out.arguments.push_back(std::move(*argument));
    }
    return good;
}

std::optional<ViewArgument> ViewReader::read_argument(const std::string& subject, const YamlKey& key, const YamlNode& value) {
    ViewArgument out;
    out.name = key.text;
    out.place = key.place;
    const std::string label = fmt::format("{}argument {}: ", subject, ticked(key.text));
    if (!is_identifier(key.text)) {
        diagnostics_.error(Code::kBadName, key.place, fmt::format("{}an argument cannot be called {}", subject, ticked(key.text)))
            .expected = "letters, digits and `_`, not beginning with a digit";
        return std::nullopt;
    }
    Place type_place = value.place, default_place = value.place;
    if (value.is_map()) {
        const auto checked = checker_.check({label, "", &view_argument_params(), &value, key.place});
        if (!checked) return std::nullopt;
        out.type = checked->value.at("type").get<std::string>();
        out.doc = checked->value.value("doc", "");
        if (checked->value.contains("default")) out.standard = checked->value.at("default").get<std::string>();
        type_place = checked->place_of("type");
        default_place = checked->place_of("default");
    } else {
        const auto resolved = parameters_.resolve(value);
        if (!resolved) return std::nullopt;
        const YamlNode& node = *resolved->node;
        if (!node.is_scalar()) {
            diagnostics_.error(Code::kBadView, value.is_null() ? key.place : value.place, label + "is " + kind_text(node)).expected =
                "a type, a default that is a number, or `{ type, default, doc }`";
            return std::nullopt;
        }
        const char* type = type_of_default(node);
        out.type = type != nullptr ? type : node.text;
        if (type != nullptr) out.standard = node.text;
    }
    if (!check_argument(label, out, type_place, default_place)) return std::nullopt;
    return out;
}

bool ViewReader::check_argument(const std::string& label, const ViewArgument& argument, const Place& type_place,
                                const Place& default_place) {
    if (!is_scalar_type(argument.type)) {
        const std::string ours = our_type_name(argument.type);
        auto& d = diagnostics_.error(Code::kBadView, type_place,
                                     fmt::format("{}{} is no type that an argument can have", label, ticked(argument.type)));
        d.expected = kTypeExpected;
        d.nearest = ours.empty() ? nearest_name(argument.type, {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
                                                                "uint64", "float32", "float64", "string", "date", "timestamp"})
                                 : ours;
        if (type_place.text() == default_place.text())
            d.hint = fmt::format("a text as default needs its type, too: `{{ type: string, default: {} }}`", argument.type);
        return false;
    }
    const auto fault = argument.standard ? argument_fault(argument.type, *argument.standard) : std::nullopt;
    if (!fault) return true;
    diagnostics_.error(Code::kWrongType, default_place, fmt::format("{}`default`: {}", label, *fault));
    return false;
}

bool ViewReader::read_sql(const std::string& subject, const YamlNode& sql, QuerySpec& out) {
    if (!sql.is_scalar() || sql.text.find_first_not_of(" \t\r\n") == std::string::npos) {
        diagnostics_.error(Code::kWrongType, sql.place, fmt::format("{}`sql` is {}", subject, sql.is_scalar() ? "empty" : kind_text(sql))).expected =
            "a query that reads: `SELECT …`";
        return false;
    }
    out.sql = sql.text;
    out.sql_place = sql.place;
    bool good = true;
    std::vector<std::string> used;
    for (const QueryName& one : names_in_query(sql.text)) {
        if (std::find(used.begin(), used.end(), one.name) != used.end()) continue;
        used.push_back(one.name);
        if (std::find(declared_.begin(), declared_.end(), one.name) != declared_.end()) continue;
        good = bind_parameter(subject, one.name, place_within(sql, one.offset, one.length), out) && good;
    }
    for (const ViewArgument& argument : out.arguments)
        if (std::find(used.begin(), used.end(), argument.name) == used.end())
            diagnostics_.warning(Code::kUnusedParameter, argument.place,
                                 fmt::format("{}the query does not use the argument {}", subject, ticked(argument.name)));
    return good;
}

bool ViewReader::bind_parameter(const std::string& subject, const std::string& name, const Place& place, QuerySpec& out) {
    const auto parameters = parameters_.names();
    if (std::find(parameters.begin(), parameters.end(), name) == parameters.end()) {
        std::vector<std::string> names = declared_;
        names.insert(names.end(), parameters.begin(), parameters.end());
        auto& d = diagnostics_.error(Code::kUnknownArgument, place, fmt::format("{}there is no argument {}", subject, ticked(name)));
        d.expected = names.empty() ? "a name under the view's `args`, or under `parameters:`" : one_of_text(names);
        d.nearest = nearest_name(name, names);
        if (d.nearest.empty()) d.hint = fmt::format("declare it: `args: {{ {}: string }}`", name);
        return false;
    }
    bool secret = false;
    const auto bound = parameters_.bind(name, place, &secret);
    if (!bound) return false;
    auto [type, text] = query_value(*bound);
    if (type.empty() || secret) {
        diagnostics_.error(Code::kBadView, place,
                           fmt::format("{}the parameter {} cannot stand in a query: it is {}", subject, ticked(name),
                                       secret ? "secret" : "a " + bound->at("type").get<std::string>()))
            .expected = "a parameter that is a string, a number or a bool, and not secret";
        return false;
    }
    out.constants.push_back({name, std::move(type), std::move(text)});
    return true;
}

}  // namespace weir::host
