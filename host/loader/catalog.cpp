#include "host/loader/manifest.hpp"

#include <algorithm>
#include <utility>

namespace weir::host {
namespace {

bool is_node_operator(const OperatorInfo& op) { return op.is_node(); }
bool is_codec(const OperatorInfo& op) { return op.is_a(OperatorKind::kCodec); }
bool is_connection(const OperatorInfo& op) { return op.is_a(OperatorKind::kConnection); }
bool is_aggregate(const OperatorInfo& op) { return op.is_a(OperatorKind::kAggregate); }

using Plugins = std::map<std::string, PluginInfo, std::less<>>;
using Group = bool (*)(const OperatorInfo&);

const OperatorInfo* find_in(const Plugins& plugins, std::string_view name, Group group) {
    for (const auto& [id, plugin] : plugins)
        for (const OperatorInfo& op : plugin.operators)
            if (op.name == name && group(op)) return &op;
    return nullptr;
}

std::vector<std::string> names_in(const Plugins& plugins, Group group) {
    std::vector<std::string> names;
    for (const auto& [id, plugin] : plugins)
        for (const OperatorInfo& op : plugin.operators)
            if (group(op)) names.push_back(op.name);
    return names;
}

}  // namespace

const std::vector<std::string_view>& reserved_operator_names() {
    static const std::vector<std::string_view> names = {"from",  "key",        "where", "set", "select",
                                                        "check", "event_time", "tag",   "renamed_from"};
    return names;
}

bool is_reserved(const OperatorInfo& op) {
    const auto& names = reserved_operator_names();
    return op.is_node() && std::find(names.begin(), names.end(), op.name) != names.end();
}

void Catalog::add(PluginInfo plugin) {
    std::string id = plugin.id;
    for (OperatorInfo& op : plugin.operators) op.plugin = id;
    plugins_.insert_or_assign(std::move(id), std::move(plugin));
}

const OperatorInfo* Catalog::find(std::string_view name) const {
    return find_in(plugins_, name, is_node_operator);
}
const OperatorInfo* Catalog::find_codec(std::string_view name) const {
    return find_in(plugins_, name, is_codec);
}
const OperatorInfo* Catalog::find_connection(std::string_view name) const {
    return find_in(plugins_, name, is_connection);
}
const OperatorInfo* Catalog::find_aggregate(std::string_view name) const {
    return find_in(plugins_, name, is_aggregate);
}

std::vector<std::string> Catalog::operator_names() const { return names_in(plugins_, is_node_operator); }
std::vector<std::string> Catalog::codec_names() const { return names_in(plugins_, is_codec); }
std::vector<std::string> Catalog::connection_names() const { return names_in(plugins_, is_connection); }
std::vector<std::string> Catalog::aggregate_names() const { return names_in(plugins_, is_aggregate); }

const PluginInfo* Catalog::plugin(std::string_view id) const {
    auto found = plugins_.find(id);
    return found == plugins_.end() ? nullptr : &found->second;
}

}  // namespace weir::host
