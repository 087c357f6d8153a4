#include "host/aggregation/call_text.hpp"

#include <unordered_map>

#include <fmt/format.h>

namespace weir::host::aggregation {
namespace {

using expression::Ast;
using expression::Parameter;

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
}

std::string parameter_text(const std::string& name, const std::vector<Parameter>& parameters) {
    for (const Parameter& one : parameters) {
        if (one.name != name) continue;
        if (!one.column.empty()) return one.column;
        std::string hex;
        for (const char c : one.value.key()) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
        return fmt::format("${}:{}", expression::type_name(one.type), hex);
    }
    return "$" + name;
}

// Parts that occur several times (as the left side of BETWEEN does) are written once, and then by their number.
class SyntaxText {
public:
    explicit SyntaxText(const std::vector<Parameter>& parameters) : parameters_(parameters) {}

    void add(std::string& out, const Ast& ast) {
        switch (ast.kind) {
            case Ast::Kind::kNull: out += "null"; return;
            case Ast::Kind::kString: out += quoted(ast.text); return;
            case Ast::Kind::kBool:
            case Ast::Kind::kInteger:
            case Ast::Kind::kNumber:
            case Ast::Kind::kColumn: out += ast.text; return;
            case Ast::Kind::kParameter: out += parameter_text(ast.text, parameters_); return;
            default: break;
        }
        const auto [found, is_new] = numbers_.emplace(&ast, numbers_.size());
        if (!is_new) {
            out += fmt::format("#{}", found->second);
            return;
        }
        out += fmt::format("({}{}{}", word_of(ast.kind), ast.quiet ? "?" : "", ast.text);
        for (const auto& arg : ast.args) {
            out += ' ';
            add(out, *arg);
        }
        out += ')';
    }

private:
    static const char* word_of(Ast::Kind kind) {
        switch (kind) {
            case Ast::Kind::kAnd: return "and";
            case Ast::Kind::kOr: return "or";
            case Ast::Kind::kCase: return "case";
            case Ast::Kind::kCast: return "cast ";
            case Ast::Kind::kField: return ".";
            case Ast::Kind::kIndex: return "[]";
            default: return "";
        }
    }

    const std::vector<Parameter>& parameters_;
    std::unordered_map<const Ast*, size_t> numbers_;
};

}  // namespace

std::string call_text(const Ast& call, const std::vector<Parameter>& parameters, const Schema& arguments,
                      uint32_t state_version) {
    SyntaxText text(parameters);
    std::string out = fmt::format("{}/{}({}", call.text, state_version, call.distinct ? "distinct " : "");
    for (size_t i = 0; i < call.args.size(); ++i) {
        if (i > 0) out += ", ";
        if (i < arguments.size()) out += to_string(arguments.fields[i].type) + ": ";
        text.add(out, *call.args[i]);
    }
    out += ")";
    if (call.filter) {
        out += " where ";
        text.add(out, *call.filter);
    }
    return out;
}

std::string call_form(const OperatorInfo& info) {
    std::string out = info.name + "(";
    size_t n = 0;
    for (const PortInfo& argument : info.inputs) out += (n++ ? ", " : "") + argument.name;
    for (const ParamInfo& constant : info.params) out += (n++ ? ", " : "") + constant.name;
    return out + ")";
}

}  // namespace weir::host::aggregation
