#include "host/test/yaml_text.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <weir/row_json.hpp>

#include "host/topology/scalar.hpp"

namespace weir::host::test {
namespace {

// Whether YAML reads the text as it stands, also within braces, and as nothing but text.
bool is_plain(std::string_view text) {
    if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
    if (std::string_view("-?:!&*|>@%`\"'#,[]{}~$").find(text.front()) != std::string_view::npos) return false;
    if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
    const auto is_odd = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(text.begin(), text.end(), is_odd)) return false;
    if (text.find_first_of(",[]{}") != std::string_view::npos) return false;
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.text = text;
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return infer_type(node) == ParamType::kString && lower != "null";
}

template <class Item>
std::string flow_list(size_t n, const char* open, const char* close, Item item) {
    if (n == 0) return std::string(1, open[0]) + close[std::string_view(close).size() - 1];
    std::string out = open;
    for (size_t i = 0; i < n; ++i) {
        if (i > 0) out += ", ";
        out += item(i);
    }
    return out + close;
}

}  // namespace

std::string flow_scalar(std::string_view text) {
    if (is_plain(text)) return std::string(text);
    if (text.find('\'') == std::string_view::npos && text.find('"') != std::string_view::npos &&
        std::none_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return "'" + std::string(text) + "'";
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string flow_json(std::string_view json) {
    using Json = nlohmann::ordered_json;
    if (json.empty() || (json.front() != '{' && json.front() != '[' && json.front() != '"')) return std::string(json);
    const Json value = Json::parse(json, nullptr, false);
    if (value.is_string()) return flow_scalar(value.get<std::string>());
    if (value.is_array())
        return flow_list(value.size(), "[", "]", [&](size_t i) { return flow_json(value[i].dump()); });
    if (!value.is_object()) return std::string(json);
    auto member = value.begin();
    return flow_list(value.size(), "{ ", " }", [&](size_t) {
        std::string out = flow_scalar(member.key()) + ": " + flow_json(member.value().dump());
        ++member;
        return out;
    });
}

std::string flow_text(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::kNull: return "null";
        case YamlNode::Kind::kScalar: return node.quoted ? flow_scalar(node.text) : node.text;
        case YamlNode::Kind::kSequence:
            return flow_list(node.items.size(), "[", "]", [&](size_t i) { return flow_text(node.items[i]); });
        case YamlNode::Kind::kMap: break;
    }
    return flow_list(node.items.size(), "{ ", " }", [&](size_t i) {
        return flow_scalar(node.keys[i].text) + ": " + flow_text(node.items[i]);
    });
}

}  // namespace weir::host::test
