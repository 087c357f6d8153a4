// The parts of the schema that come from the language and the catalog; those from parameters are in
// schema_params.cpp.
#include "host/topology/schema.hpp"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/topology/event_time.hpp"
#include "host/topology/language.hpp"
#include "host/topology/schema_params.hpp"
#include "host/topology/topology.hpp"
#include "host/topology/views.hpp"

namespace weir::host {
namespace {

constexpr const char* kName = "^[A-Za-z_][A-Za-z0-9_]*$";
constexpr const char* kNodeReference = R"(^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$)";

Json any_of(Json forms) { return {{"anyOf", std::move(forms)}}; }

// A section with a mapping of names to values, which may also be empty.
Json mapping_of(Json values) {
    return {{"type", {"object", "null"}}, {"additionalProperties", std::move(values)}};
}

class SchemaWriter {
public:
    explicit SchemaWriter(const Catalog& catalog) {
        for (const auto& [id, plugin] : catalog.plugins()) {
            for (const OperatorInfo& op : plugin.operators) {
                if (op.is_a(OperatorKind::kCodec)) codecs_.push_back(&op);
                if (op.is_a(OperatorKind::kConnection)) connections_.push_back(&op);
                const bool in_nodes = op.is_a(OperatorKind::kSource) || op.is_a(OperatorKind::kOperator) ||
                                      op.is_a(OperatorKind::kSink);
                if (in_nodes) operators_.push_back(&op);
            }
        }
    }

    Json write() const {
        Json out = {
            {"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", "A weir topology"},
            {"description", "Made by `weir topology schema` from the plugins that were present."},
        };
        Json properties = schema_of_members(top_level_settings());
        for (const Word& word : top_level_sections()) {
            properties[word.name] = with_description(section(word.name), word.doc);
        }
        out.update(closed_object(std::move(properties)));
        Json own = {{"required", {"nodes"}}}, included = {{"required", {"include"}}};
        out["anyOf"] = Json::array({std::move(own), std::move(included)});
        out["$defs"] = definitions();
        return out;
    }

private:
    Json section(const std::string& name) const {
        if (name == "nodes") {
            Json ids = {{"pattern", kName}, {"not", {{"const", "dead_letters"}}}};
            return {{"type", "object"},
                    {"minProperties", 1},
                    {"propertyNames", std::move(ids)},
                    {"additionalProperties", schema_ref("node")}};
        }
        if (name == "parameters") {
            Json out = mapping_of(schema_ref("parameter"));
            out["propertyNames"] = {{"pattern", kName}};
            return out;
        }
        if (name == "connections") return connections_section();
        if (name == "dead_letters") return dead_letters();
        if (name == "records") return mapping_of(record_or_name());
        if (name == "include") {
            Json path = {{"type", "string"}};
            Json list = {{"type", "array"}, {"minItems", 1}, {"items", path}};
            return any_of({std::move(path), std::move(list)});
        }
        if (name == "plugins") return mapping_of({{"type", "string"}});
        if (name == "views") return views_section();
        if (name == "dashboard") return dashboard_schema();
        return defaults_section();
    }

    Json connections_section() const {
        Json kinds = Json::object();
        for (const OperatorInfo* op : connections_) kinds[op->name] = schema_ref("connection." + op->name);
        Json out = mapping_of(exactly_one_of(kinds));
        out["properties"] = std::move(kinds);
        return out;
    }

    Json defaults_section() const {
        Json properties = Json::object();
        for (const OperatorInfo* op : operators_) properties[op->name] = schema_ref("operator." + op->name);
        Json out = closed_object(std::move(properties));
        out["type"] = {"object", "null"};
        return out;
    }

    Json dead_letters() const {
        Json sinks = Json::object();
        for (const OperatorInfo* op : operators_) {
            if (op->is_a(OperatorKind::kSink)) sinks[op->name] = use_of(*op);
        }
        Json words = {{"enum", {"log", "drop"}}};
        Json limit = {{"type", "string"},
                      {"description", "The topology stops when more than this share of the records fails: `5% over 1m`."}};
        Json with_limit = sinks;
        with_limit[std::string(kStopAboveKey)] = std::move(limit);
        with_limit = closed_object(std::move(with_limit));
        with_limit["required"] = {kStopAboveKey};
        with_limit["minProperties"] = 2;
        with_limit["maxProperties"] = 2;
        return any_of({std::move(words), exactly_one_of(std::move(sinks)), std::move(with_limit)});
    }

    static Json views_section() {
        Json out = mapping_of(view_schema());
        out["propertyNames"] = {{"pattern", kName}};
        return out;
    }

    // The configuration where it is used, so that nothing required may be missing.
    static Json use_of(const OperatorInfo& op) {
        Json out = schema_ref("operator." + op.name);
        if (const auto required = required_members(op.params); !required.empty()) {
            out["if"] = {{"type", "object"}};
            out["then"] = {{"required", required}};
        }
        return with_description(std::move(out), op.doc);
    }

    // All inputs of an operator that has several, each by its name.
    static Json named_inputs(const OperatorInfo& op) {
        Json names = Json::array(), inputs = Json::object();
        for (const PortInfo& port : op.inputs) {
            names.push_back(port.name);
            inputs[port.name] = with_description(Json::object(), port.doc);
        }
        Json out = closed_object(std::move(inputs));
        out["required"] = std::move(names);
        return out;
    }

    // What an operator demands of the node around it.
    static Json rule_of(const OperatorInfo& op) {
        const bool is_source = op.is_a(OperatorKind::kSource);
        const bool needs_key = op.is_keyed() && !op.has_own_key();
        Json required = Json::array(), properties = Json::object();
        if (!is_source) required.push_back("from");
        if (needs_key) required.push_back("key");
        if (is_source) properties["from"] = false;
        if (is_source || op.inputs.size() > 1) properties["tag"] = false;
        if (op.inputs.size() > 1) properties["from"] = named_inputs(op);
        if (!needs_key) properties["key"] = false;
        if (op.is_a(OperatorKind::kSink)) properties["event_time"] = false;
        return {{"required", std::move(required)}, {"properties", std::move(properties)}};
    }

    // A node without an operator.
    Json clauses_alone() const {
        Json operators = Json::object(), clauses = Json::array();
        for (const OperatorInfo* op : operators_) operators[op->name] = false;
        operators["key"] = false;
        for (const Word& word : node_keys()) {
            Json names = Json::array({word.name});
            if (is_clause(word.name)) clauses.push_back({{"required", std::move(names)}});
        }
        return {{"required", {"from"}}, {"properties", std::move(operators)}, {"anyOf", std::move(clauses)}};
    }

    Json node() const {
        Json properties = Json::object();
        for (const Word& word : node_keys()) {
            properties[word.name] = with_description(schema_ref(word.name), word.doc);
        }
        Json choices = Json::array(), rules = Json::object();
        for (const OperatorInfo* op : operators_) {
            properties[op->name] = use_of(*op);
            Json names = Json::array({op->name});
            choices.push_back({{"required", std::move(names)}});
            rules[op->name] = rule_of(*op);
        }
        Json out = closed_object(std::move(properties));
        if (!choices.empty()) {
            choices.push_back(clauses_alone());
            out["oneOf"] = std::move(choices);
        }
        out["dependentSchemas"] = std::move(rules);
        return out;
    }

    static Json parameter() {
        Json declaration = closed_object({
            {"type",
             {{"enum", {"string", "int64", "float64", "bool", "duration", "bytes", "column", "list"}}}},
            {"default", {{"description", "The value where none is given; without it one must be given."}}},
            {"one_of", {{"type", "array"}, {"minItems", 1}, {"description", "The values that are allowed."}}},
            {"secret", {{"type", "boolean"}, {"description", "Shown as `***` everywhere."}}},
            {"doc", {{"type", "string"}}},
        });
        Json value = {{"type", {"string", "number", "boolean", "array"}}};
        return any_of({std::move(value), std::move(declaration)});
    }

    Json codec() const {
        Json names = Json::array(), configs = Json::object();
        for (const OperatorInfo* op : codecs_) {
            names.push_back(op->name);
            configs[op->name] = with_description(schema_of_config(op->params), op->doc);
        }
        Json forms = Json::array({schema_ref("reference")});
        if (!names.empty()) {
            Json name = {{"enum", std::move(names)}};
            forms =
                Json::array({std::move(name), exactly_one_of(std::move(configs)), schema_ref("reference")});
        }
        return any_of(std::move(forms));
    }

    static Json from() {
        const Json one = {{"type", "string"}, {"pattern", kNodeReference}};
        const Json list = {{"type", "array"}, {"minItems", 1}, {"items", one}};
        const Json named = {
            {"type", "object"}, {"minProperties", 1}, {"additionalProperties", any_of({one, list})}};
        return any_of({one, list, named});
    }

    static Json key() {
        const Json one = {{"type", "string"}};
        const Json list = {{"type", "array"}, {"items", one}};
        return any_of({list, one, expressions()});
    }

    static Json expression() {
        return {{"type", {"string", "number", "boolean"}},
                {"description", "An SQL expression over the columns of a row; `$name` is a parameter. docs/expressions.md"}};
    }

    // By name.
    static Json expressions() {
        return {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", schema_ref("expression")}};
    }

    static Json select() {
        return any_of({{{"type", "array"}, {"minItems", 1}, {"items", {{"type", "string"}}}}, expressions()});
    }

    static Json record() {
        return {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", schema_ref("column")}};
    }

    static Json column() {
        Json type = {{"type", "string"},
                     {"description", "A type such as `int64`, `decimal(12,2)`, `list<string>`; `int64?` may be null."}};
        Json list = {{"type", "array"}, {"minItems", 1}, {"maxItems", 1}, {"items", schema_ref("column")}};
        Json declaration = closed_object({
            {"type", schema_ref("column")},
            {"path", {{"type", "string"}, {"description", "Where the column stands in a payload: `user.address.city`."}}},
            {"format",
             {{"type", "string"},
              {"description", "How dates and timestamps are written: `iso`, `epoch_ms`, … or a pattern; `json` for strings."}}},
            {"nullable", {{"type", "boolean"}}},
        });
        declaration["required"] = {"type"};
        return any_of({std::move(type), std::move(list), std::move(declaration), schema_ref("record")});
    }

    Json definitions() const {
        Json out = {{"reference", reference_schema()},
                    {"from", from()},
                    {"tag", {{"type", "string"}, {"pattern", "^[^_]"}}},
                    {"key", key()},
                    {"event_time", schema_of_config(event_time_params())},
                    {"renamed_from", {{"type", "string"}, {"pattern", kName}}},
                    {"where", schema_ref("expression")},
                    {"set", expressions()},
                    {"select", select()},
                    {"check", expressions()},
                    {"expression", expression()},
                    {"parameter", parameter()},
                    {"record", record()},
                    {"column", column()},
                    {"codec", codec()},
                    {"node", node()}};
        for (const OperatorInfo* op : connections_) {
            out["connection." + op->name] = with_description(schema_of_config(op->params), op->doc);
        }
        for (const OperatorInfo* op : operators_) out["operator." + op->name] = operator_config(*op);
        return out;
    }

    static Json operator_config(const OperatorInfo& op) {
        Json properties = schema_of_members(op.params);
        for (const PortInfo& port : op.outputs)
            if (port.by_keys) properties[port.name].update(port_names(op));
        if (!op.connection.empty()) {
            properties[std::string(kConnectionKey)] = {
                {"type", "string"},
                {"description", fmt::format("Which {} connection, where there are several.", op.connection)}};
        }
        return with_description(schema_of_config(op.params, closed_object(std::move(properties))), op.doc);
    }

    // Of a map whose keys are output ports.
    static Json port_names(const OperatorInfo& op) {
        Json taken = Json::array({std::string(kErrorsPort)});
        for (const PortInfo& port : op.outputs)
            if (!port.by_keys) taken.push_back(port.name);
        Json names = {{"pattern", kName}, {"not", {{"enum", std::move(taken)}}}};
        return {{"minProperties", 1}, {"propertyNames", std::move(names)}};
    }

    std::vector<const OperatorInfo*> operators_;
    std::vector<const OperatorInfo*> connections_;
    std::vector<const OperatorInfo*> codecs_;
};

}  // namespace

Json topology_schema(const Catalog& catalog) { return SchemaWriter(catalog).write(); }

}  // namespace weir::host
