#include "host/topology/note_secrets.hpp"

#include <fmt/format.h>

#include "host/text/secrets.hpp"

namespace weir::host {
namespace {

// The texts at these paths and below. What is secret in an expression is a parameter, and its text is none.
void each_secret(const Json& value, const std::string& path, const CheckedConfig& config, bool is_secret, std::vector<std::string>& out) {
    if (config.expressions.contains(path)) return;
    is_secret = is_secret || config.secret_paths.contains(path);
    if (value.is_string() && is_secret) out.push_back(value.get<std::string>());
    if (value.is_object())
        for (const auto& [key, member] : value.items()) each_secret(member, path.empty() ? key : path + "." + key, config, is_secret, out);
    if (value.is_array())
        for (std::size_t i = 0; i < value.size(); ++i) each_secret(value[i], fmt::format("{}[{}]", path, i), config, is_secret, out);
}

}  // namespace

std::vector<std::string> secrets_of(const Topology& topology) {
    std::vector<std::string> out;
    for (const ResolvedParameter& parameter : topology.parameters) each_secret(parameter.value, "", {}, parameter.secret, out);
    for (const NodeSpec& node : topology.nodes) each_secret(node.config.value, "", node.config, false, out);
    for (const ConnectionSpec& connection : topology.connections) each_secret(connection.config.value, "", connection.config, false, out);
    return out;
}

void note_secrets(const Topology& topology) {
    for (const std::string& secret : secrets_of(topology)) Secrets::of_process().add(secret);
}

}  // namespace weir::host
