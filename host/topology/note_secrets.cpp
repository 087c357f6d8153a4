#include "host/topology/note_secrets.hpp"

#include <fmt/format.h>

#include "host/text/secrets.hpp"

namespace weir::host {
namespace {

// The texts at these paths and below.
void each_secret(const Json& value, const std::string& path, const std::set<std::string, std::less<>>& secrets, bool is_secret) {
    is_secret = is_secret || secrets.contains(path);
    if (value.is_string() && is_secret) Secrets::of_process().add(value.get_ref<const std::string&>());
    if (value.is_object())
        for (const auto& [key, member] : value.items()) each_secret(member, path.empty() ? key : path + "." + key, secrets, is_secret);
    if (value.is_array())
        for (std::size_t i = 0; i < value.size(); ++i) each_secret(value[i], fmt::format("{}[{}]", path, i), secrets, is_secret);
}

}  // namespace

void note_secrets(const Topology& topology) {
    for (const ResolvedParameter& parameter : topology.parameters) each_secret(parameter.value, "", {}, parameter.secret);
    for (const NodeSpec& node : topology.nodes) each_secret(node.config.value, "", node.config.secret_paths, false);
    for (const ConnectionSpec& connection : topology.connections) each_secret(connection.config.value, "", connection.config.secret_paths, false);
}

}  // namespace weir::host
