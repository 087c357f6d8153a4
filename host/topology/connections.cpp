// Connections: `kafka: { … }`, where the key is both kind and name, or `main: { kafka: { … } }`.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/topology/language.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/node_reader.hpp"

namespace weir::host {

void NodeReader::read_connections(const YamlNode* section) {
    if (section == nullptr || section->is_null()) return;
    if (!section->is_map()) {
        diagnostics_
            .error(Code::kWrongType, section->place, fmt::format("`connections` is {}", kind_text(*section)))
            .expected = "a mapping of names to connections: `kafka: { … }`";
        return;
    }
    for (std::size_t i = 0; i < section->keys.size(); ++i)
        read_connection(section->keys[i], section->items[i]);
}

void NodeReader::read_connection(const YamlKey& key, const YamlNode& value) {
    const OperatorInfo* kind = catalog_.find_connection(key.text);
    const YamlNode* config = &value;
    Place place = key.place;
    if (kind == nullptr && value.is_map() && value.keys.size() == 1) {
        kind = catalog_.find_connection(value.keys[0].text);
        config = &value.items[0];
        place = value.keys[0].place;
    }
    known_connections_.emplace_back(key.text, kind);
    if (kind == nullptr) {
        unknown_connection_kind(key, value);
        return;
    }
    CheckRequest request{fmt::format("connection {}: ", ticked(key.text)), kind->name, &kind->params, config,
                         place};
    auto checked = checker_.check(request);
    if (checked) connections_.push_back({key.text, key.place, kind, std::move(*checked)});
}

void NodeReader::unknown_connection_kind(const YamlKey& key, const YamlNode& value) {
    const auto kinds = catalog_.connection_names();
    const bool is_named = value.is_map() && value.keys.size() == 1;
    const std::string near_key = nearest_name(key.text, kinds);
    const YamlKey& wrong = is_named && near_key.empty() ? value.keys[0] : key;
    auto& d = diagnostics_.error(Code::kUnknownConnection, wrong.place,
                                 fmt::format("connection {}: there is no kind of connection {}",
                                             ticked(key.text), ticked(wrong.text)));
    d.expected = kinds.empty() ? "a connection of a plugin; no plugin present has one" : one_of_text(kinds);
    d.nearest = nearest_name(wrong.text, kinds);
    if (!kinds.empty())
        d.hint = fmt::format("under a name of its own: `main: {{ {}: {{ … }} }}`", kinds.front());
}

std::string NodeReader::choose_connection(const std::string& subject, const Picked& picked) {
    const std::string& kind = picked.op->connection;
    if (kind.empty()) return "";
    if (const YamlNode* node = picked.config->is_map() ? picked.config->find(kConnectionKey) : nullptr) {
        return named_connection(subject, picked, *node).value_or("");
    }
    std::vector<std::string> fitting;
    bool some_unknown = false;
    for (const auto& [name, op] : known_connections_) {
        if (op == nullptr) some_unknown = true;
        if (op != nullptr && op->name == kind) fitting.push_back(name);
    }
    if (fitting.size() == 1) {
        used_connections_.insert(fitting.front());
        return fitting.front();
    }
    if (!fitting.empty()) {
        for (const std::string& name : fitting) used_connections_.insert(name);
        auto& d = diagnostics_.error(
            Code::kAmbiguousConnection, picked.key->place,
            fmt::format("{}{} could use several connections", subject, ticked(picked.op->name)));
        d.expected = fmt::format("`connection: …` in its configuration, {}", one_of_text(fitting));
    } else if (!some_unknown) {
        diagnostics_
            .error(Code::kMissingConnection, picked.key->place,
                   fmt::format("{}{} needs a {} connection and there is none", subject,
                               ticked(picked.op->name), kind))
            .hint = fmt::format("add at the top level: `connections: {{ {}: {{ … }} }}`", kind);
    }
    return "";
}

std::optional<std::string> NodeReader::named_connection(const std::string& subject, const Picked& picked,
                                                        const YamlNode& node) {
    const auto value = parameters_.resolve(node);
    if (!value) return std::nullopt;
    const std::string label = ticked(picked.op->name + "." + std::string(kConnectionKey));
    if (!value->node->is_scalar()) {
        diagnostics_
            .error(Code::kWrongType, node.place,
                   fmt::format("{}{} is {}", subject, label, kind_text(*value->node)))
            .expected = "the name of a connection";
        return std::nullopt;
    }
    const std::string& name = value->node->text;
    std::vector<std::string> fitting;
    for (const auto& [known, op] : known_connections_) {
        if (known == name && (op == nullptr || op->name == picked.op->connection)) {
            used_connections_.insert(name);
            return name;
        }
        if (op != nullptr && op->name == picked.op->connection) fitting.push_back(known);
    }
    auto& d = diagnostics_.error(Code::kUnknownConnection, node.place,
                                 fmt::format("{}{}: there is no {} connection {}", subject, label,
                                             picked.op->connection, ticked(name)));
    d.expected = fitting.empty() ? "a name under `connections:`" : one_of_text(fitting);
    d.nearest = nearest_name(name, fitting);
    return std::nullopt;
}

std::vector<std::string> NodeReader::connection_names() const {
    std::vector<std::string> out;
    for (const auto& [name, op] : known_connections_) out.push_back(name);
    return out;
}

void NodeReader::report_unused_connections(const std::vector<ViewSpec>& views) {
    for (const ConnectionSpec& connection : connections_) {
        const bool has_view = std::any_of(views.begin(), views.end(), [&](const ViewSpec& view) {
            return view.query && (view.query->connection.empty() || view.query->connection == connection.name);
        });
        if (has_view || used_connections_.contains(connection.name)) continue;
        diagnostics_.warning(Code::kUnusedConnection, connection.place,
                             fmt::format("no node uses the connection {}", ticked(connection.name)));
    }
}

}  // namespace weir::host
