#include "host/topology/starter.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "host/loader/manifest_json.hpp"
#include "host/topology/operator_docs.hpp"
#include "host/topology/schema_params.hpp"

namespace weir::host {
namespace {

// What is more telling than `change-me`.
const std::map<std::string, std::string, std::less<>> kPlaceholders = {
    {"brokers", "embedded"}, {"topic", "my-topic"}, {"path", "data.jsonl"}, {"file", "data.jsonl"}};
// What a sink writes is not what the source reads.
const std::map<std::string, std::string, std::less<>> kSinkPlaceholders = {{"topic", "my-results"}, {"path", "results.jsonl"}};

std::string placeholder(const ParamInfo& param, bool is_sink);

// The members without which it cannot be, or one that needs nothing.
std::string object_placeholder(const ParamInfo& param, bool is_sink) {
    std::string out;
    for (const ParamInfo& member : param.fields)
        if (member.required && !member.default_value)
            out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", member.name, placeholder(member, is_sink));
    const auto is_simple = [](const ParamInfo& member) {
        return member.type == ParamType::kObject &&
               std::none_of(member.fields.begin(), member.fields.end(), [](auto& f) { return f.required; });
    };
    const auto simple = std::find_if(param.fields.begin(), param.fields.end(), is_simple);
    if (out.empty() && simple != param.fields.end()) out = simple->name + ": {}";
    return out.empty() ? "{}" : "{ " + out + " }";
}

std::string placeholder(const ParamInfo& param, bool is_sink) {
    if (!param.one_of.empty()) return param.one_of.front().is_string() ? param.one_of.front().get<std::string>() : param.one_of.front().dump();
    const auto by_kind = kSinkPlaceholders.find(param.name);
    const auto known = is_sink && by_kind != kSinkPlaceholders.end() ? by_kind : kPlaceholders.find(param.name);
    switch (param.type) {
        case ParamType::kString: return known == kPlaceholders.end() ? "change-me" : known->second;
        case ParamType::kInt64: return "1";
        case ParamType::kFloat64: return "1.0";
        case ParamType::kBool: return "true";
        case ParamType::kDuration: return "1s";
        case ParamType::kBytes: return "1MiB";
        case ParamType::kColumn: return "value";
        case ParamType::kExpression: return "true";
        case ParamType::kRecord: return "{ id: int64, name: string }";
        case ParamType::kCodec: return "json";
        case ParamType::kAny: return "1";
        case ParamType::kObject: return object_placeholder(param, is_sink);
        case ParamType::kMap: return param.fields.empty() ? "{}" : "{ value: " + placeholder(param.fields.front(), is_sink) + " }";
        case ParamType::kList: break;
    }
    const std::string element = known != kPlaceholders.end() ? known->second : param.fields.empty() ? "change-me" : placeholder(param.fields.front(), is_sink);
    return param.scalar_or_list ? element : "[" + element + "]";
}

std::string shown_default(const ParamInfo& param) {
    if (!param.default_value) return "…";
    const Json value = written_default(param);
    if (param.type == ParamType::kCodec && value.is_object() && value.contains("codec")) return value["codec"].get<std::string>();
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    return text.empty() || text == "\t" ? value.dump() : text;
}

struct Line {
    std::string text;  // `name: value`
    std::string doc;
    bool commented;
};

// Of a source the record is written out, and its format, too: without columns there is nothing to begin with.
std::vector<Line> lines_of(const OperatorInfo& op) {
    std::vector<Line> lines;
    const bool has_record = std::any_of(op.params.begin(), op.params.end(), [](const ParamInfo& one) { return one.type == ParamType::kRecord; });
    for (const ParamInfo& param : op.params) {
        const bool of_source = has_record && op.is_a(OperatorKind::kSource) && (param.type == ParamType::kRecord || param.type == ParamType::kCodec);
        const bool written = (param.required && !param.default_value) || (param.primary && !param.default_value) || of_source;
        lines.push_back({fmt::format("{}: {}", param.name, written ? placeholder(param, op.is_a(OperatorKind::kSink)) : shown_default(param)),
                         first_sentence(param.doc), !written});
    }
    return lines;
}

std::string block(const OperatorInfo& op, const std::string& indent) {
    const auto lines = lines_of(op);
    std::string out = fmt::format("{}{}:\n", indent, op.name);
    for (const Line& line : lines)
        out += fmt::format("{}  {}{}{}{}\n", indent, line.commented ? "# " : "", line.text, line.doc.empty() ? "" : "  # ", line.doc);
    return out;
}

std::string connections(const StarterRequest& request, const Catalog& catalog) {
    std::vector<const OperatorInfo*> kinds;
    for (const OperatorInfo* op : {request.from, request.to}) {
        const OperatorInfo* kind = op->connection.empty() ? nullptr : catalog.find_connection(op->connection);
        if (kind != nullptr && std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
    }
    std::string out;
    for (const OperatorInfo* kind : kinds) out += (out.empty() ? "connections:\n" : "") + block(*kind, "  ");
    return out;
}

}  // namespace

std::string starter_topology(const StarterRequest& request, const Catalog& catalog) {
    const std::vector<std::pair<std::string, std::string>> commands = {
        {fmt::format("weir lint {}.yaml", request.name), "what is wrong with it"},
        {fmt::format("weir explain {}.yaml", request.name), "the columns on every edge"},
        {fmt::format("weir run {}.yaml --for 10s", request.name), "run it for a while"},
        {"weir topology docs", "all operators; with a name, one of them"}};
    size_t width = 0;
    for (const auto& [command, what] : commands) width = std::max(width, command.size());
    std::string table;
    for (const auto& [command, what] : commands) table += fmt::format("#   {:<{}}  {}\n", command, width, what);
    std::string out = fmt::format(
        "# yaml-language-server: $schema={1}\n"
        "#\n"
        "# What is commented out is optional, and shows its default. An editor with a YAML language server completes and\n"
        "# checks this file by the schema above, which `weir topology schema` prints.\n"
        "#\n"
        "{2}"
        "name: {0}\n"
        "# parameters: {{ name: value }}  # `$name` stands for the value; --set name=other changes it\n",
        request.name, request.schema, table);
    out += connections(request, catalog);
    out += fmt::format(
        "dead_letters: log  # where rows go that a node refuses: log, drop, or a sink such as {{ {}: … }}\n"
        "nodes:\n"
        "  input:\n",
        request.to->name);
    out += block(*request.from, "    ");
    out += "  output:\n    from: input\n";
    return out + block(*request.to, "    ");
}

}  // namespace weir::host
