#include "host/test/json_rows.hpp"

#include <algorithm>

#include <weir/row_json.hpp>

#include "host/engine/host_services.hpp"
#include "host/loader/plugin_call.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host::test {
namespace {

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

// Digits alone are a number also where they do not fit: the codec says so.
bool is_number(const YamlNode& node) {
    if (node.quoted) return false;
    const size_t begin = node.text.starts_with('-') ? 1 : 0;
    const bool digits =
        node.text.size() > begin && node.text.find_first_not_of("0123456789", begin) == std::string::npos;
    const bool leading_zero = node.text.size() > begin + 1 && node.text[begin] == '0';
    if (digits) return !leading_zero;
    return parse_float64(node.text).has_value() && nlohmann::json::accept(node.text);
}

std::string scalar_json(const Type& type, const YamlNode& node) {
    switch (type.id) {
        case TypeId::kBool:
            if (!node.quoted && (node.text == "true" || node.text == "false")) return node.text;
            return json_string(node.text);
        case TypeId::kString:
        case TypeId::kBinary:
        case TypeId::kDate:
        case TypeId::kTimestamp: return json_string(node.text);
        default: return is_number(node) ? node.text : json_string(node.text);
    }
}

template <class Item>
std::string joined(size_t n, char open, char close, Item item) {
    std::string out(1, open);
    for (size_t i = 0; i < n; ++i) {
        if (i > 0) out += ',';
        out += item(i);
    }
    return out += close;
}

std::string map_json(const Type& type, const YamlNode& node) {
    return joined(node.keys.size(), '{', '}', [&](size_t i) {
        const Type* value = nullptr;
        if (type.id == TypeId::kMap) value = &type.children[1].type;
        for (const Field& member : type.children)
            if (type.id == TypeId::kStruct && member.name == node.keys[i].text) value = &member.type;
        return json_string(node.keys[i].text) + ":" +
               (value ? json_of(*value, node.items[i]) : read_any(node.items[i]).dump());
    });
}

}  // namespace

std::string json_of(const Type& type, const YamlNode& value) {
    switch (value.kind) {
        case YamlNode::Kind::kNull: return "null";
        case YamlNode::Kind::kScalar: return scalar_json(type, value);
        case YamlNode::Kind::kMap: return map_json(type, value);
        case YamlNode::Kind::kSequence: break;
    }
    return joined(value.items.size(), '[', ']', [&](size_t i) {
        const YamlNode& item = value.items[i];
        return type.id == TypeId::kList ? json_of(type.children[0].type, item) : read_any(item).dump();
    });
}

std::string json_of(const Schema& schema, const YamlNode& row) {
    std::string out = "{";
    for (size_t i = 0; i < row.keys.size(); ++i) {
        const auto column = schema.find(row.keys[i].text);
        if (!column) continue;
        if (out.size() > 1) out += ',';
        out += json_string(row.keys[i].text) + ":" + json_of(schema.fields[*column].type, row.items[i]);
    }
    return out + "}";
}

std::vector<std::string> values_of(const Schema& schema, const ArrowArray& rows, int64_t row) {
    std::vector<std::string> out;
    for (size_t i = 0; i < schema.size(); ++i)
        append_json_value(out.emplace_back(), Column(rows.children[i], &schema.fields[i].type), row);
    return out;
}

Result<std::unique_ptr<JsonRows>> JsonRows::open(OperatorResolver& resolver, const Schema& schema) {
    const OperatorInfo* info = resolver.catalog().find_codec("json");
    if (!info)
        return Status::config("", "there is no codec `json`, which reads the rows of tests: see `weir plugin ls`");
    auto code = resolver.resolve(*info);
    if (!code) return code.status();
    Json config = Json::object();
    for (const ParamInfo& param : info->params)
        if (param.default_value) config[param.name] = *param.default_value;
    const std::string config_text = config.dump();
    std::unique_ptr<JsonRows> made(new JsonRows(schema));
    made->code_ = *code;
    const auto& api = *static_cast<const weir_codec_api*>(code->descriptor->api);
    void* self = nullptr;
    Status status = call_plugin([&](weir_error* error) {
        return api.create(code->descriptor, &HostServices::get().abi(), to_abi(config_text), &self, error);
    });
    if (!status.ok()) return status;
    made->codec_ = {sizeof(weir_codec), 0, &api, self};
    status = bind_decode(made->codec_, made->schema_);
    if (!status.ok()) return status;
    return made;
}

JsonRows::~JsonRows() {
    if (codec_.self) (void)call_plugin_void([&] { codec_.api->destroy(codec_.self); });
}

Status JsonRows::decode(const std::vector<std::string>& rows, std::vector<RowError>& failed, ArrowArray* out) {
    std::string bytes;
    std::vector<uint32_t> offsets;
    std::vector<int32_t> lengths;
    for (const std::string& row : rows) {
        offsets.push_back(static_cast<uint32_t>(bytes.size()));
        lengths.push_back(static_cast<int32_t>(row.size()));
        bytes += row;
    }
    return weir::decode(codec_, static_cast<uint32_t>(rows.size()), reinterpret_cast<const uint8_t*>(bytes.data()),
                        offsets.data(), lengths.data(), nullptr, failed, out);
}

}  // namespace weir::host::test
