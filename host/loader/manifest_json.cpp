#include "host/loader/manifest_json.hpp"

#include <fmt/format.h>

#include "host/loader/describe.hpp"
#include "host/loader/elf.hpp"
#include "host/loader/names.hpp"

namespace weir::host {
namespace {

constexpr int kMaxFieldDepth = 16;
constexpr int kMaxJsonDepth = 64;  // copies of a value recurse

template <size_t N>
Json words_of(uint32_t bits, const FlagWord (&words)[N]) {
    Json list = Json::array();
    for (const FlagWord& word : words)
        if (bits & word.bit) list.push_back(word.word);
    return list;
}

Json ports_json(const std::vector<PortInfo>& ports) {
    Json list = Json::array();
    for (const PortInfo& port : ports) {
        Json one = {{"name", port.name}, {"doc", port.doc}};
        if (port.many) one["many"] = true;
        if (port.broadcast) one["broadcast"] = true;
        if (port.by_keys) one["by_keys"] = true;
        list.push_back(std::move(one));
    }
    return list;
}

// Null when it is not JSON, or nested too deeply.
Json parse_bounded(std::string_view text) {
    bool too_deep = false;
    const auto check_depth = [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > kMaxJsonDepth;
        return !too_deep;
    };
    Json json = Json::parse(text, check_depth, false);
    return too_deep || json.is_discarded() ? Json() : json;
}

// Reads members of untrusted JSON. The first mistake is kept; what is read after it does not matter.
class Reader {
public:
    const Status& status() const { return status_; }
    bool ok() const { return status_.ok(); }

    void fail(const std::string& what) {
        if (ok()) status_ = Status::config("", "its section .weir.manifest is damaged: " + what +
                                                       "; write it anew: weir plugin manifest FILE --write");
    }

    // Not damaged, but of no use.
    void refuse(const std::string& what) {
        if (ok()) status_ = Status::config("", what);
    }

    // The member, or null when it is not there.
    const Json* find(const Json& object, const char* name) {
        if (!object.is_object()) {
            fail(fmt::format("an object was expected around `{}`", name));
            return nullptr;
        }
        auto found = object.find(name);
        return found == object.end() ? nullptr : &*found;
    }
    std::string text(const Json& object, const char* name, bool required = true) {
        const Json* value = find(object, name);
        if (value && value->is_string()) return value->get<std::string>();
        if (value || required) fail(fmt::format("`{}` must be a string", name));
        return {};
    }
    uint32_t number(const Json& object, const char* name) {
        const Json* value = find(object, name);
        if (!value) return 0;
        if (value->is_number_unsigned() && value->get<uint64_t>() <= UINT32_MAX) return value->get<uint32_t>();
        fail(fmt::format("`{}` must be a whole number", name));
        return 0;
    }
    bool boolean(const Json& object, const char* name) {
        const Json* value = find(object, name);
        if (value && !value->is_boolean()) fail(fmt::format("`{}` must be true or false", name));
        return value && value->is_boolean() && value->get<bool>();
    }
    // The elements of a list, none when it is not there.
    const Json& list(const Json& object, const char* name) {
        static const Json none = Json::array();
        const Json* value = find(object, name);
        if (value && value->is_array()) return *value;
        if (value) fail(fmt::format("`{}` must be a list", name));
        return none;
    }
    template <size_t N>
    uint32_t bits(const Json& object, const char* name, const FlagWord (&words)[N]) {
        uint32_t all = 0;
        for (const Json& item : list(object, name)) {
            uint32_t bit = 0;
            for (const FlagWord& word : words)
                if (item == word.word) bit = word.bit;
            if (!bit) fail(fmt::format("`{}` holds an unknown word", name));
            all |= bit;
        }
        return all;
    }

private:
    Status status_;
};

ParamInfo read_param(Reader& in, const Json& json, int depth) {
    ParamInfo param;
    if (depth > kMaxFieldDepth) {
        in.fail("parameters are nested too deeply");
        return param;
    }
    param.name = in.text(json, "name", false);
    if (auto type = index_of(kTypeWords, in.text(json, "type")))
        param.type = static_cast<ParamType>(*type);
    else
        in.fail("a parameter has an unknown type");
    param.doc = in.text(json, "doc", false);
    param.required = in.boolean(json, "required");
    param.secret = in.boolean(json, "secret");
    param.primary = in.boolean(json, "primary");
    param.scalar_or_list = in.boolean(json, "scalar_or_list");
    if (const Json* value = in.find(json, "default")) param.default_value = *value;
    for (const Json& value : in.list(json, "one_of")) param.one_of.push_back(value);
    for (const Json& field : in.list(json, "fields")) param.fields.push_back(read_param(in, field, depth + 1));
    return param;
}

std::vector<PortInfo> read_ports(Reader& in, const Json& json, const char* name) {
    std::vector<PortInfo> ports;
    for (const Json& item : in.list(json, name))
        ports.push_back({in.text(item, "name"), in.text(item, "doc", false), in.boolean(item, "many"),
                         in.boolean(item, "broadcast"), in.boolean(item, "by_keys")});
    return ports;
}

OperatorInfo read_operator(Reader& in, const Json& json, const std::string& plugin) {
    OperatorInfo op;
    op.name = in.text(json, "name");
    if (!is_operator_name(op.name)) in.fail("an operator has no proper name");
    if (auto kind = index_of(kKindWords, in.text(json, "kind")))
        op.kind = static_cast<OperatorKind>(*kind);
    else
        in.fail("an operator is of an unknown kind");
    op.doc = in.text(json, "doc", false);
    for (const Json& param : in.list(json, "params")) op.params.push_back(read_param(in, param, 0));
    op.inputs = read_ports(in, json, "inputs");
    op.outputs = read_ports(in, json, "outputs");
    op.connection = in.text(json, "connection", false);
    op.flags = in.bits(json, "flags", kOperatorFlags);
    op.state_version = in.number(json, "state_version");
    op.state_kinds = in.bits(json, "state_kinds", kStateKinds);
    op.async_capacity = in.number(json, "async_capacity");
    op.plugin = plugin;
    if (is_reserved(op)) in.refuse(reserved_text(op) + ", and rebuild the plugin");
    return op;
}

}  // namespace

const char* to_text(OperatorKind kind) { return kKindWords[static_cast<size_t>(kind)]; }
const char* to_text(ParamType type) { return kTypeWords[static_cast<size_t>(type)]; }

Json to_json(const ParamInfo& param) {
    Json json = Json::object();
    if (!param.name.empty()) json["name"] = param.name;
    json["type"] = to_text(param.type);
    if (!param.doc.empty()) json["doc"] = param.doc;
    if (param.required) json["required"] = true;
    if (param.secret) json["secret"] = true;
    if (param.primary) json["primary"] = true;
    if (param.scalar_or_list) json["scalar_or_list"] = true;
    if (param.default_value) json["default"] = *param.default_value;
    if (!param.one_of.empty()) json["one_of"] = param.one_of;
    for (const ParamInfo& field : param.fields) json["fields"].push_back(to_json(field));
    return json;
}

Json to_json(const OperatorInfo& op) {
    Json json = {{"name", op.name}, {"kind", to_text(op.kind)}, {"doc", op.doc}};
    for (const ParamInfo& param : op.params) json["params"].push_back(to_json(param));
    if (!op.inputs.empty()) json["inputs"] = ports_json(op.inputs);
    if (!op.outputs.empty()) json["outputs"] = ports_json(op.outputs);
    if (!op.connection.empty()) json["connection"] = op.connection;
    if (op.flags) json["flags"] = words_of(op.flags, kOperatorFlags);
    if (op.state_version) json["state_version"] = op.state_version;
    if (op.state_kinds) json["state_kinds"] = words_of(op.state_kinds, kStateKinds);
    if (op.async_capacity) json["async_capacity"] = op.async_capacity;
    return json;
}

Json to_json(const PluginInfo& plugin) {
    Json operators = Json::array();
    for (const OperatorInfo& op : plugin.operators) operators.push_back(to_json(op));
    return {{"id", plugin.id},
            {"version", plugin.version},
            {"abi", {plugin.abi_major, plugin.abi_minor}},
            {"operators", std::move(operators)}};
}

Result<PluginInfo> plugin_from_json(std::string_view text) {
    Reader in;
    if (text.size() > kMaxManifestBytes) in.fail(fmt::format("it has {} bytes", text.size()));
    Json json = in.ok() ? parse_bounded(text) : Json();
    if (!json.is_object()) in.fail("it is not a JSON object");
    if (!in.ok()) return in.status();

    PluginInfo plugin;
    const Json& abi = in.list(json, "abi");
    const auto is_version_number = [](const Json& n) {
        return n.is_number_unsigned() && n.get<uint64_t>() <= UINT32_MAX;
    };
    if (abi.size() != 2 || !is_version_number(abi[0]) || !is_version_number(abi[1])) {
        in.fail("`abi` must be two numbers");
        return in.status();
    }
    plugin.abi_major = abi[0].get<uint32_t>();
    plugin.abi_minor = abi[1].get<uint32_t>();
    if (Status abi_status = check_abi(plugin.abi_major, plugin.abi_minor); !abi_status.ok()) return abi_status;

    plugin.id = in.text(json, "id");
    if (!is_plugin_id(plugin.id)) in.fail("`id` is no proper plugin id");
    plugin.version = in.text(json, "version");
    for (const Json& op : in.list(json, "operators"))
        plugin.operators.push_back(read_operator(in, op, plugin.id));
    if (!in.ok()) return in.status();
    return plugin;
}

}  // namespace weir::host
