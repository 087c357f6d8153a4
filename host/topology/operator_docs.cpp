#include "host/topology/operator_docs.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "host/loader/manifest_json.hpp"
#include "host/topology/language.hpp"
#include "host/topology/primary_parameter.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/schema_params.hpp"

namespace weir::host {
namespace {

constexpr std::size_t kTextColumns = 100;

struct Row {
    std::string name, type, holds, doc;  // holds: "required", or the default
};

std::string default_text(const ParamInfo& param) {
    Json value = written_default(param);
    if (param.type == ParamType::kCodec && value.is_object() && value.contains("codec")) value = value["codec"];
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string type_text(const ParamInfo& param) {
    std::string out = to_text(param.type);
    if (param.type == ParamType::kList || param.type == ParamType::kMap) {
        const std::string of = param.fields.empty() ? "any" : type_text(param.fields.front());
        out = param.type == ParamType::kList ? fmt::format("list<{}>", of) : fmt::format("map<string, {}>", of);
        if (param.scalar_or_list) out += " or " + of;
    }
    return out;
}

Row row_of(const ParamInfo& param, const std::string& name) {
    Row row{name, type_text(param), "", param.doc};
    if (param.default_value) row.holds = default_text(param);
    else if (param.required) row.holds = "required";
    if (!param.one_of.empty()) row.doc += (row.doc.empty() ? "" : " ") + fmt::format("One of {}.", one_of_text(texts_of(param.one_of)));
    if (param.secret) row.doc += row.doc.empty() ? "Secret." : " Secret.";
    return row;
}

void add_rows(const std::vector<ParamInfo>& params, const std::string& prefix, std::vector<Row>& rows) {
    for (const ParamInfo& param : params) {
        const std::string name = prefix + param.name;
        rows.push_back(row_of(param, name));
        const ParamInfo* inner = &param;
        std::string path = name;
        while ((inner->type == ParamType::kList || inner->type == ParamType::kMap) && !inner->fields.empty()) {
            path += inner->type == ParamType::kList ? "[]" : ".NAME";
            inner = &inner->fields.front();
        }
        if (inner->type == ParamType::kObject) add_rows(inner->fields, path + ".", rows);
    }
}

std::vector<Row> rows_of(const std::vector<ParamInfo>& params) {
    std::vector<Row> rows;
    add_rows(params, "", rows);
    return rows;
}

std::string ports_text(const std::vector<PortInfo>& ports) {
    std::string out;
    for (const PortInfo& port : ports) {
        out += fmt::format("{}{}`{}`", out.empty() ? "" : ", ", port.by_keys ? "one by each name in " : "", port.name);
        if (!port.doc.empty()) out += fmt::format(" ({})", port.doc.ends_with('.') ? port.doc.substr(0, port.doc.size() - 1) : port.doc);
    }
    return out;
}

// What is to be known beside the parameters, a sentence each.
std::vector<std::string> facts_of(const OperatorInfo& op) {
    std::vector<std::string> out;
    if (const ParamInfo* primary = primary_of(op))
        out.push_back(fmt::format("`{}: …` alone means `{}`.", op.name, primary->name));
    if (!op.connection.empty()) out.push_back(fmt::format("Needs a connection of kind `{}`.", op.connection));
    if (op.inputs.size() > 1) out.push_back(fmt::format("Inputs: {}.", ports_text(op.inputs)));
    if (!op.outputs.empty() && op.is_node()) out.push_back(fmt::format("Outputs: {}, and `errors`.", ports_text(op.outputs)));
    if (op.has_own_key()) out.push_back("Computes its own key, so that the node has no `key`.");
    else if (op.is_keyed()) out.push_back("Needs a `key`.");
    if (op.is_a(OperatorKind::kSource) && !(op.flags & (WEIR_SOURCE_REPLAYABLE | WEIR_SOURCE_JOURNALED)))
        out.push_back("What it has read cannot be read again: `exactly_once` refuses it.");
    return out;
}

// As for a terminal: breaks at blanks, `indent` columns before each line.
std::string wrapped(const std::string& text, std::size_t indent) {
    std::string out, line(indent, ' ');
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string word = text.substr(at, end - at);
        if (line.size() > indent && line.size() + 1 + word.size() > kTextColumns) {
            out += line + "\n";
            line.assign(indent, ' ');
        }
        line += (line.size() > indent ? " " : "") + word;
        at = end + 1;
    }
    return line.size() > indent ? out + line + "\n" : out;
}

std::string cell(std::string text) {
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
    return text;
}

// A default as code, in which no backtick may stand.
std::string code_cell(const std::string& text) {
    if (text.empty() || text == "required") return text;
    return text.find('`') == std::string::npos ? "`" + cell(text) + "`" : cell(text);
}

std::string table(const std::vector<Row>& rows) {
    std::string out = "| parameter | type | default | |\n|---|---|---|---|\n";
    for (const Row& row : rows)
        out += fmt::format("| `{}` | {} | {} | {} |\n", row.name, cell(row.type), code_cell(row.holds), cell(row.doc));
    return out;
}

std::string words_table(const std::vector<Word>& words) {
    std::string out = "| key | |\n|---|---|\n";
    for (const Word& word : words) out += fmt::format("| `{}` | {} |\n", word.name, cell(word.doc));
    return out;
}

constexpr std::string_view kOperatorsHead = R"(# Operators

Made by `weir topology docs --format markdown` from what the plugins declare. `weir topology docs OPERATOR` prints one of them,
also of your own plugins. Functions of expressions are in [expressions.md](expressions.md), aggregates in
[aggregates.md](aggregates.md), the codes of `weir lint` in [lint.md](lint.md).

Durations are written `200ms`, `30s`, `5m`, `1h`, `2d`; sizes `512B`, `64KB`, `64MiB`, `1GiB`. `$name` stands for a
parameter's value, `${env:NAME:-default}`, `${file:PATH}` and, with `--allow-exec`, `${exec:COMMAND}` for what is outside.
)";

struct Section {
    OperatorKind kind;
    const char* title;
};
constexpr Section kSections[] = {{OperatorKind::kSource, "Sources"},         {OperatorKind::kOperator, "Operators between them"},
                                 {OperatorKind::kSink, "Sinks"},             {OperatorKind::kCodec, "Codecs"},
                                 {OperatorKind::kConnection, "Connections"}};

}  // namespace

std::string first_sentence(const std::string& doc) {
    const std::size_t end = doc.find(". ");
    return end == std::string::npos ? doc : doc.substr(0, end + 1);
}

std::vector<const OperatorInfo*> find_documented(const Catalog& catalog, const std::string& name) {
    std::vector<const OperatorInfo*> out;
    for (const OperatorInfo* op : {catalog.find(name), catalog.find_codec(name), catalog.find_connection(name), catalog.find_aggregate(name)})
        if (op != nullptr) out.push_back(op);
    return out;
}

std::vector<std::string> documented_names(const Catalog& catalog) {
    std::set<std::string> names;
    for (const auto& list : {catalog.operator_names(), catalog.codec_names(), catalog.connection_names(), catalog.aggregate_names()})
        names.insert(list.begin(), list.end());
    return {names.begin(), names.end()};
}

std::string operator_text(const OperatorInfo& op) {
    std::string out = fmt::format("{} ({}, plugin {})\n", op.name, to_text(op.kind), op.plugin);
    out += wrapped(op.doc, 2);
    for (const std::string& fact : facts_of(op)) out += wrapped(fact, 2);
    for (const Row& row : rows_of(op.params)) {
        const std::string holds = row.holds.empty() || row.holds == "required" ? row.holds : "default " + row.holds;
        out += fmt::format("\n  {}  {}{}{}\n", row.name, row.type, holds.empty() ? "" : ", ", holds) + wrapped(row.doc, 6);
    }
    return out;
}

std::string operator_markdown(const OperatorInfo& op) {
    std::string out = fmt::format("### {}\n\n{}\n", op.name, op.doc);
    for (const std::string& fact : facts_of(op)) out += fact + "\n";
    const auto rows = rows_of(op.params);
    return rows.empty() ? out + "\nNo parameters.\n" : out + "\n" + table(rows);
}

std::string operators_markdown(const Catalog& catalog) {
    std::string out(kOperatorsHead);
    out += "\n## A topology\n\n" + words_table(top_level_sections()) + "\n" + table(rows_of(top_level_settings()));
    out += "\n## A node\n\nIts operator, and\n\n" + words_table(node_keys());
    for (const Section& section : kSections) {
        std::string text;
        for (const auto& [id, plugin] : catalog.plugins())
            for (const OperatorInfo& op : plugin.operators)
                if (op.is_a(section.kind)) text += "\n" + operator_markdown(op);
        if (!text.empty()) out += fmt::format("\n## {}\n{}", section.title, text);
    }
    return out;
}

}  // namespace weir::host
