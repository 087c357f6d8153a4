#include "host/loader/describe.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <set>
#include <string_view>

#include <weir/row_json.hpp>

#include "host/loader/describe_internal.hpp"
#include "host/loader/names.hpp"

namespace weir::host {
namespace {

constexpr uint32_t kSourceFlags =
    WEIR_SOURCE_REPLAYABLE | WEIR_SOURCE_JOURNALED | WEIR_SOURCE_LOSSY | WEIR_SOURCE_BOUNDED;
constexpr uint32_t kInputFlags =
    WEIR_OP_KEYED | WEIR_OP_OWN_KEY | WEIR_OP_CHANGELOG_IN | WEIR_OP_ASYNC_ORDERED | WEIR_OP_ONE_INPUT;

bool read_ports(Mistake& mistake, const std::string& where, const char* member, const weir_port* first,
                uint32_t n, std::vector<PortInfo>* out) {
    std::vector<const weir_port*> ports;
    if (!read_array(mistake, where, member, first, n, &ports)) return false;
    std::set<std::string> names;
    const bool is_output = std::string_view(member) == "outputs";
    for (const weir_port* port : ports) {
        PortInfo info;
        const std::string here = fmt::format("{}, {}[{}]", where, member, out->size());
        if (!read_text(mistake, here, "name", port->name, &info.name)) return false;
        if (!read_text(mistake, here, "doc", port->doc, &info.doc)) return false;
        if (!is_name(info.name)) return mistake.at(here, fmt::format("`{}` is no name for a port", info.name));
        if (!names.insert(info.name).second)
            return mistake.at(here, fmt::format("there are two ports `{}`", info.name));
        if (is_output && info.name == "errors")
            return mistake.at(here, "every operator has the port `errors`; leave it out");
        if (port->flags & ~(is_output ? WEIR_PORT_BY_KEYS : WEIR_PORT_MANY | WEIR_PORT_BROADCAST))
            return mistake.at(here, fmt::format("unknown flags {:#x}", port->flags));
        info.many = port->flags & WEIR_PORT_MANY;
        info.broadcast = port->flags & WEIR_PORT_BROADCAST;
        info.by_keys = port->flags & WEIR_PORT_BY_KEYS;
        out->push_back(std::move(info));
    }
    return true;
}

// Ports that a configuration names belong to an operator, and to a map that is required.
bool check_ports_by_keys(Mistake& mistake, const std::string& where, const OperatorInfo& op) {
    for (const PortInfo& port : op.outputs) {
        if (!port.by_keys) continue;
        if (!op.is_a(OperatorKind::kOperator)) return mistake.at(where, "WEIR_PORT_BY_KEYS is for operators");
        const bool is_map = std::any_of(op.params.begin(), op.params.end(), [&](const ParamInfo& param) {
            return param.name == port.name && param.type == ParamType::kMap && param.required;
        });
        if (!is_map)
            return mistake.at(where, fmt::format("the ports `{0}` are the keys of a required map parameter `{0}`, which it does not have",
                                                 port.name));
    }
    return true;
}

// Which ports an operator of its kind may have.
bool check_ports(Mistake& mistake, const std::string& where, const OperatorInfo& op) {
    const bool has_inputs = !op.inputs.empty();
    const bool has_outputs = !op.outputs.empty();
    switch (op.kind) {
        case OperatorKind::kSource:
            if (has_inputs) return mistake.at(where, "a source has no inputs");
            if (!has_outputs) return mistake.at(where, "a source needs an output port");
            return true;
        case OperatorKind::kOperator:
        case OperatorKind::kSink:
            return has_inputs || mistake.at(where, "needs an input port");
        case OperatorKind::kAggregate:
            return !has_outputs || mistake.at(where, "an aggregate has no outputs; its inputs are its arguments");
        default:
            return (!has_inputs && !has_outputs) ||
                   mistake.at(where, fmt::format("a {} has no ports", kKindWords[static_cast<size_t>(op.kind)]));
    }
}

bool check_flags(Mistake& mistake, const std::string& where, const OperatorInfo& op) {
    const uint32_t flags = op.flags;
    if (uint32_t unknown = flags & ~all_bits(kOperatorFlags))
        return mistake.at(where, fmt::format("unknown flags {:#x}", unknown));
    const uint32_t replay = flags & (WEIR_SOURCE_REPLAYABLE | WEIR_SOURCE_JOURNALED | WEIR_SOURCE_LOSSY);
    if (op.is_a(OperatorKind::kSource)) {
        if (replay == 0 || (replay & (replay - 1)) != 0)
            return mistake.at(where,
                              "a source has exactly one of the flags WEIR_SOURCE_REPLAYABLE, _JOURNALED, _LOSSY");
    } else if (flags & kSourceFlags) {
        return mistake.at(where, "has flags of a source (WEIR_SOURCE_...) and is none");
    }
    const bool has_input = op.is_a(OperatorKind::kOperator) || op.is_a(OperatorKind::kSink);
    if (!has_input && (flags & kInputFlags))
        return mistake.at(where, "has flags of operators with inputs (keyed, own key, changelog, ordered, one input)");
    if ((flags & WEIR_OP_ONE_INPUT) && op.inputs.size() > 1)
        return mistake.at(where, fmt::format("WEIR_OP_ONE_INPUT is for an operator with one input, and there are {}", op.inputs.size()));
    if ((flags & WEIR_OP_LINES) && !op.is_a(OperatorKind::kSource) && !op.is_a(OperatorKind::kSink))
        return mistake.at(where, "WEIR_OP_LINES is for sources and sinks");
    if ((flags & WEIR_OP_OUTBOX) && !op.is_a(OperatorKind::kSink))
        return mistake.at(where, "WEIR_OP_OUTBOX is for sinks");
    if ((flags & WEIR_OP_TRANSACTIONAL) && !op.is_a(OperatorKind::kSink) && !op.is_a(OperatorKind::kConnection))
        return mistake.at(where, "WEIR_OP_TRANSACTIONAL is for sinks and connections");
    if (op.async_capacity > 0 && !has_input)
        return mistake.at(where, "async_capacity is for operators with inputs");
    if ((flags & WEIR_OP_ASYNC_ORDERED) && op.async_capacity == 0)
        return mistake.at(where, "WEIR_OP_ASYNC_ORDERED needs an async_capacity");
    return true;
}

bool check_state(Mistake& mistake, const std::string& where, const OperatorInfo& op) {
    if (uint32_t unknown = op.state_kinds & ~all_bits(kStateKinds))
        return mistake.at(where, fmt::format("unknown state kinds {:#x}", unknown));
    if (op.is_a(OperatorKind::kAggregate))
        return op.state_kinds == 0 || mistake.at(where, "an aggregate's state has no kind of its own");
    if ((op.state_version == 0) != (op.state_kinds == 0))
        return mistake.at(where, fmt::format("state_version is {} and state_kinds is {:#x}: both, or neither",
                                             op.state_version, op.state_kinds));
    return true;
}

bool read_operator(Mistake& mistake, const std::string& where, const weir_operator& op, OperatorInfo* out) {
    if (!check_size(mistake, where, op.size, sizeof(weir_operator))) return false;
    if (!read_text(mistake, where, "name", op.name, &out->name)) return false;
    if (!is_operator_name(out->name))
        return mistake.at(where, fmt::format("`{}` is no name for an operator: lower-case letters, digits and `_`, "
                                             "words joined by dots",
                                             out->name));
    const std::string here = fmt::format("operator `{}`", out->name);
    if (op.kind > WEIR_KIND_AGGREGATE) return mistake.at(here, fmt::format("unknown kind {}", op.kind));
    out->kind = static_cast<OperatorKind>(op.kind);
    if (is_reserved(*out)) return mistake.at(where, reserved_text(*out));
    out->flags = op.flags;
    out->state_version = op.state_version;
    out->state_kinds = op.state_kinds;
    out->async_capacity = op.async_capacity;
    if (op.connection && !read_text(mistake, here, "connection", op.connection, &out->connection)) return false;
    return read_text(mistake, here, "doc", op.doc, &out->doc) && read_params(mistake, here, op, &out->params) &&
           read_ports(mistake, here, "inputs", op.inputs, op.n_inputs, &out->inputs) &&
           read_ports(mistake, here, "outputs", op.outputs, op.n_outputs, &out->outputs) &&
           check_ports(mistake, here, *out) && check_ports_by_keys(mistake, here, *out) &&
           check_flags(mistake, here, *out) &&
           check_state(mistake, here, *out) && check_api(mistake, here, op);
}

// Names are unique among sources, operators and sinks, among codecs, among connections, among aggregates.
bool check_names(Mistake& mistake, const PluginInfo& plugin) {
    std::set<std::pair<OperatorKind, std::string_view>> names;
    for (const OperatorInfo& op : plugin.operators) {
        const bool is_node = op.kind <= OperatorKind::kSink;
        const OperatorKind group = is_node ? OperatorKind::kOperator : op.kind;
        if (!names.emplace(group, op.name).second)
            return mistake.at(fmt::format("operator `{}`", op.name), "there are two of that name");
    }
    for (const OperatorInfo& op : plugin.operators)
        if (!op.connection.empty() && !names.contains({OperatorKind::kConnection, op.connection}))
            return mistake.at(fmt::format("operator `{}`", op.name),
                              fmt::format("needs the connection `{}`, which this module does not have",
                                          op.connection));
    return true;
}

bool read_module(Mistake& mistake, const weir_module& module, PluginInfo* out) {
    const std::string where = WEIR_MODULE_SYMBOL;
    if (!check_size(mistake, where, module.size, sizeof(weir_module))) return false;
    if (!read_text(mistake, where, "id", module.id, &out->id)) return false;
    if (!is_plugin_id(out->id))
        return mistake.at(where, fmt::format("`{}` is no plugin id: lower-case letters, digits, `_` and `-`", out->id));
    if (!read_text(mistake, where, "version", module.version, &out->version)) return false;
    if (!is_version(out->version))
        return mistake.at(where, fmt::format("version `{}` is not of the form MAJOR.MINOR.PATCH", out->version));
    if (module.n_operators == 0) return mistake.at(where, "has no operators");
    if (module.n_operators > kMaxElements)
        return mistake.at(where, fmt::format("n_operators is {}", module.n_operators));
    if (!module.operators) return mistake.at(where, "operators is NULL");
    for (uint32_t i = 0; i < module.n_operators; ++i) {
        const weir_operator* op = module.operators[i];
        const std::string at = fmt::format("operators[{}]", i);
        if (!op) return mistake.at(at, "is NULL");
        OperatorInfo& info = out->operators.emplace_back();
        info.plugin = out->id;
        if (!read_operator(mistake, at, *op, &info)) return false;
    }
    return check_names(mistake, *out);
}

}  // namespace

bool read_text(Mistake& mistake, const std::string& where, const char* member, const char* text,
               std::string* out) {
    if (!text) return mistake.at(where, fmt::format("{} is NULL", member));
    const size_t size = strnlen(text, kMaxTextBytes + 1);
    if (size > kMaxTextBytes)
        return mistake.at(where, fmt::format("{} is longer than {} bytes", member, kMaxTextBytes));
    out->assign(text, size);
    return is_utf8(*out) || mistake.at(where, fmt::format("{} is not UTF-8", member));
}

bool check_size(Mistake& mistake, const std::string& where, uint64_t size, uint64_t wanted) {
    if (size >= wanted && size <= kMaxStructBytes && size % alignof(void*) == 0) return true;
    return mistake.at(where, fmt::format("size is {}, this ABI's struct has {} bytes", size, wanted));
}

Status check_abi(uint32_t major, uint32_t minor) {
    if (major == WEIR_ABI_MAJOR && minor == WEIR_ABI_MINOR) return {};
    return Status::config("", fmt::format("built for ABI {}.{}, this host is {}.{}: rebuild it against this weir's SDK",
                                          major, minor, WEIR_ABI_MAJOR, WEIR_ABI_MINOR));
}

Result<PluginInfo> describe(const weir_module& module) {
    // Up to abi_minor every version is alike; what lies behind may differ.
    Mistake mistake;
    if (!check_size(mistake, WEIR_MODULE_SYMBOL, module.size, offsetof(weir_module, n_operators)))
        return mistake.status();
    if (Status abi = check_abi(module.abi_major, module.abi_minor); !abi.ok()) return abi;
    PluginInfo plugin;
    plugin.abi_major = module.abi_major;
    plugin.abi_minor = module.abi_minor;
    if (!read_module(mistake, module, &plugin)) return mistake.status();
    return plugin;
}

}  // namespace weir::host
