#include "host/topology/topology.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/topology/scalar_place.hpp"

namespace weir::host {
namespace {

constexpr const char* kRedacted = "***";

Json redact(const Json& value, const std::string& path, const std::set<std::string, std::less<>>& secrets) {
    if (secrets.contains(path)) return kRedacted;
    if (value.is_object()) {
        Json out = Json::object();
        for (const auto& [key, member] : value.items()) {
            out[key] = redact(member, path.empty() ? key : path + "." + key, secrets);
        }
        return out;
    }
    if (value.is_array()) {
        Json out = Json::array();
        for (std::size_t i = 0; i < value.size(); ++i)
            out.push_back(redact(value[i], fmt::format("{}[{}]", path, i), secrets));
        return out;
    }
    return value;
}

}  // namespace

Place CheckedConfig::place_of(std::string_view path) const {
    while (!path.empty()) {
        const auto found = places.find(path);
        if (found != places.end()) return found->second;
        const std::size_t end = path.find_last_of(".[");
        path = path.substr(0, end == std::string_view::npos ? 0 : end);
    }
    return place;
}

Place CheckedConfig::place_in(std::string_view path, std::size_t offset, std::size_t length) const {
    const auto text = expressions.find(path);
    return text == expressions.end() ? place_of(path) : place_within(place_of(path), text->second, offset, length);
}

Json CheckedConfig::redacted() const { return redact(value, "", secret_paths); }

std::string ResolvedParameter::shown() const {
    if (secret) return kRedacted;
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string ResolvedParameter::origin_text() const {
    std::string text = "default";
    if (origin == Origin::kSet) text = "--set";
    if (origin == Origin::kParamsFile) text = fmt::format("{}:{}", value_place.file->path(), value_place.line);
    for (const std::string& one : outside) text += ", " + one;
    return text;
}

int Topology::find_node(std::string_view id) const {
    const auto found =
        std::find_if(nodes.begin(), nodes.end(), [&](const NodeSpec& n) { return n.id == id; });
    return found == nodes.end() ? -1 : static_cast<int>(found - nodes.begin());
}

const ConnectionSpec* Topology::find_connection(std::string_view connection_name) const {
    const auto found = std::find_if(connections.begin(), connections.end(),
                                    [&](const ConnectionSpec& c) { return c.name == connection_name; });
    return found == connections.end() ? nullptr : &*found;
}

const ViewSpec* Topology::find_view(std::string_view view_name) const {
    const auto found = std::find_if(views.begin(), views.end(), [&](const ViewSpec& v) { return v.name == view_name; });
    return found == views.end() ? nullptr : &*found;
}

}  // namespace weir::host
