// One file from its text to a Topology: the sections in their order, and what only the whole can tell.
#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "host/topology/config_checker.hpp"
#include "host/topology/feedback.hpp"
#include "host/topology/graph.hpp"
#include "host/topology/include.hpp"
#include "host/topology/language.hpp"
#include "host/text/address.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/node_reader.hpp"
#include "host/topology/note_secrets.hpp"
#include "host/topology/parameters.hpp"
#include "host/topology/record_schema.hpp"
#include "host/topology/renames.hpp"
#include "host/topology/topology.hpp"
#include "host/topology/versions.hpp"
#include "host/topology/view_reader.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {
namespace {

constexpr int64_t kMaxWorkers = 256;  // as many as there are key groups
constexpr int64_t kMaxPort = 65535;

class TopologyLoader {
public:
    TopologyLoader(std::shared_ptr<SourceFile> file, const LoadOptions& options, const Catalog& catalog,
                   Diagnostics& diagnostics)
        : options_(options),
          catalog_(catalog),
          diagnostics_(diagnostics),
          errors_before_(diagnostics.error_count()) {
        topology_.file = std::move(file);
    }

    std::optional<Topology> load() {
        const auto root = parse_topology(topology_.file, diagnostics_, options_.texts.get());
        if (root && check_root(*root)) read_sections(*root);
        note_secrets(topology_);
        if (diagnostics_.error_count() > errors_before_) return std::nullopt;
        return std::move(topology_);
    }

private:
    bool check_root(const YamlNode& root) {
        if (root.is_null()) {
            diagnostics_.error(Code::kNoNodes, topology_.file->whole(), "the file is empty").hint =
                "topologies/ has files to begin with; `weir topology schema` describes them";
            return false;
        }
        if (root.is_map()) return true;
        diagnostics_
            .error(Code::kWrongType, root.place,
                   fmt::format("a topology is a mapping, not {}", kind_text(root)))
            .expected = "`name:`, `nodes:` and other keys";
        return false;
    }

    void read_sections(const YamlNode& root) {
        check_keys(root);
        Parameters parameters(topology_.file, options_, diagnostics_);
        parameters.load(root.find("parameters"));
        Records records(topology_.file->path(), parameters, diagnostics_, options_.texts.get());
        records.read(root.find("records"));
        ConfigChecker checker(parameters, records, catalog_, diagnostics_);
        read_settings(root, checker);
        read_plugins(root.find("plugins"), parameters);

        NodeReader reader(catalog_, parameters, checker, diagnostics_);
        reader.read_connections(root.find("connections"));
        reader.read_defaults(root.find("defaults"));
        const YamlNode* nodes = root.find("nodes");
        if (check_nodes(root, nodes)) reader.read_nodes(*nodes);
        ErrorsRule rule;
        if (const YamlKey* key = root.find_key("dead_letters"))
            rule = reader.read_dead_letters(*key, *root.find("dead_letters"));
        check_renames(reader.drafts(), diagnostics_);
        GraphBuilder graph(reader.drafts(), rule, catalog_.find(kUnionOperator), diagnostics_);
        topology_.edges = graph.build();
        topology_.stop_above = rule.stop_above;
        read_views(root, reader, parameters, checker);

        // Behind an error much goes unread; only of a file that is right it is known what nothing needs.
        if (diagnostics_.error_count() == errors_before_) {
            graph.report_unread(topology_.views);
            parameters.report_unused();
            reader.report_unused_connections(topology_.views);
        }
        for (NodeDraft& draft : reader.drafts()) topology_.nodes.push_back(std::move(draft.spec));
        topology_.parameters = parameters.resolved();
        topology_.connections = reader.take_connections();
        if (diagnostics_.error_count() == errors_before_) report_feedback(topology_, diagnostics_);
    }

    void check_keys(const YamlNode& root) {
        std::vector<std::string> names = names_of(top_level_sections());
        for (const ParamInfo& setting : top_level_settings()) names.push_back(setting.name);
        for (const YamlKey& key : root.keys) {
            if (std::find(names.begin(), names.end(), key.text) != names.end()) continue;
            auto& d = diagnostics_.error(Code::kUnknownKey, key.place,
                                         fmt::format("a topology has no key {}", ticked(key.text)));
            d.nearest = nearest_name(key.text, names);
            if (d.nearest == "nodes") nodes_misspelt_ = true;
            d.expected = d.nearest.empty() ? "`name`, `parameters`, `connections`, `nodes`, `dead_letters`, "
                                             "`records`, `checkpoint`, …"
                                           : "";
            if (catalog_.find(key.text) != nullptr)
                d.hint = "operators belong to a node: `nodes: { name: { … } }`";
        }
    }

    bool check_nodes(const YamlNode& root, const YamlNode* nodes) {
        if (nodes != nullptr && nodes->is_map() && !nodes->keys.empty()) return true;
        constexpr const char* kExpected = "`nodes: { name: { operator: { … } } }`";
        if (nodes == nullptr && nodes_misspelt_) return false;
        if (nodes == nullptr) {
            diagnostics_.error(Code::kNoNodes, topology_.file->whole(), "the topology has no `nodes`")
                .expected = kExpected;
        } else if (nodes->is_map() || nodes->is_null()) {
            diagnostics_.error(Code::kNoNodes, root.find_key("nodes")->place, "`nodes` is empty").expected =
                kExpected;
        } else {
            auto& d = diagnostics_.error(Code::kWrongType, nodes->place,
                                         fmt::format("`nodes` is {}", kind_text(*nodes)));
            d.expected = kExpected;
            if (nodes->is_sequence()) d.hint = "nodes have names: write `name:` instead of `-`";
        }
        return false;
    }

    void read_settings(const YamlNode& root, ConfigChecker& checker) {
        YamlNode settings;
        settings.kind = YamlNode::Kind::kMap;
        settings.place = topology_.file->whole();
        for (const ParamInfo& setting : top_level_settings()) {
            const YamlKey* key = root.find_key(setting.name);
            if (key == nullptr) continue;
            settings.keys.push_back(*key);
            settings.items.push_back(*root.find(setting.name));
        }
        const auto checked =
            checker.check({"", "", &top_level_settings(), &settings, topology_.file->whole()});
        topology_.name = std::filesystem::path(topology_.file->path()).stem().string();
        if (!checked) return;
        const Json& value = checked->value;
        auto time = [&](const char* name) {
            return std::chrono::microseconds(value.at(name).get<int64_t>());
        };
        topology_.exactly_once = value.at("delivery") == "exactly_once";
        topology_.delivery_place = checked->place_of("delivery");
        topology_.checkpoint = time("checkpoint");
        topology_.checkpoint_timeout = time("checkpoint_timeout");
        topology_.workers = value.at("workers").get<int64_t>();
        topology_.memory_limit = value.value("memory_limit", int64_t{0});
        if (value.contains("name")) topology_.name = value["name"].get<std::string>();
        topology_.restart = read_restart(*checked, diagnostics_);
        topology_.trial = read_trial(*checked, diagnostics_);
        read_serve(*checked, root.find_key("serve"));
        check_settings(*checked);
    }

    void read_serve(const CheckedConfig& checked, const YamlKey* key) {
        if (!checked.value.contains("serve")) return;
        const Json& value = checked.value.at("serve");
        ServeSpec serve;
        serve.place = key->place;
        serve.port = value.at("port").get<int64_t>();
        serve.port_place = checked.place_of("serve.port");
        serve.address = value.at("address").get<std::string>();
        serve.address_place = checked.place_of("serve.address");
        if (value.contains("hosts")) serve.hosts = value.at("hosts").get<std::vector<std::string>>();
        if (serve.port < 0 || serve.port > kMaxPort) {
            auto& d = diagnostics_.error(Code::kNotAllowedValue, serve.port_place, "`serve.port` is out of its range");
            d.expected = fmt::format("0 (one that is free) to {}", kMaxPort);
        }
        if (!is_ip_address(serve.address)) {
            auto& d = diagnostics_.error(Code::kNotAllowedValue, serve.address_place,
                                         fmt::format("`serve.address` cannot be {}", ticked(serve.address)));
            d.expected = "an IP address: `127.0.0.1` for this machine alone, `0.0.0.0` for whoever reaches it";
        } else if (!is_loopback(serve.address)) {
            diagnostics_.warning(Code::kNotAllowedValue, serve.address_place,
                                 fmt::format("whoever reaches {} may read all views: nobody is asked who he is", serve.address))
                .hint = "put a proxy before it that asks, and let `address` be 127.0.0.1";
        }
        topology_.serve = std::move(serve);
    }

    void check_settings(const CheckedConfig& checked) {
        auto refuse = [&](const char* name, const std::string& expected) {
            diagnostics_
                .error(Code::kNotAllowedValue, checked.place_of(name),
                       fmt::format("`{}` is out of its range", name))
                .expected = expected;
        };
        if (topology_.checkpoint.count() <= 0) refuse("checkpoint", "more than 0, such as `1s`");
        if (topology_.checkpoint_timeout.count() <= 0)
            refuse("checkpoint_timeout", "more than 0, such as `1m`");
        if (topology_.workers < 0 || topology_.workers > kMaxWorkers)
            refuse("workers", fmt::format("0 (one a core) to {}", kMaxWorkers));
        if (checked.value.contains("memory_limit") && topology_.memory_limit == 0)
            refuse("memory_limit", "more than 0, such as `1GiB`");
        constexpr std::string_view kAllowed =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
        const std::string& name = topology_.name;
        const bool good = !name.empty() && name.find_first_not_of(kAllowed) == std::string::npos &&
                          std::isalnum(static_cast<unsigned char>(name[0])) != 0;
        if (!good) {
            diagnostics_
                .error(Code::kBadName, checked.place_of("name"),
                       fmt::format("a topology cannot be called {}", ticked(name)))
                .expected = "letters, digits, `-`, `_` and `.`, beginning with a letter or digit";
        }
    }

    void read_views(const YamlNode& root, NodeReader& nodes, Parameters& parameters, ConfigChecker& checker) {
        const YamlNode* section = root.find("views");
        ViewReader reader(nodes.drafts(), nodes.connection_names(), parameters, checker, diagnostics_);
        if (section != nullptr) reader.read(*section);
        topology_.views = std::move(reader.views());
        std::vector<std::string> failed;
        if (section != nullptr)
            for (const YamlKey& key : section->keys)
                if (topology_.find_view(key.text) == nullptr) failed.push_back(key.text);
        const YamlKey* dashboard = root.find_key("dashboard");
        if (dashboard != nullptr)
            topology_.dashboard =
                read_dashboard(*root.find("dashboard"), dashboard->place, topology_.views, failed, checker, diagnostics_);
        check_serve(root, topology_.views.empty() && failed.empty());
    }

    // What is served needs both: something to show, and where.
    void check_serve(const YamlNode& root, bool no_views) {
        const YamlKey* serve = root.find_key("serve");
        for (const char* shown : {"views", "dashboard"}) {
            const YamlKey* key = root.find_key(shown);
            if (serve != nullptr || key == nullptr) continue;
            diagnostics_.error(Code::kMissingKey, key->place, fmt::format("`{}` needs `serve`", shown)).expected =
                fmt::format("`serve: {{ port: {} }}` at the top level: where it is to be seen", kDefaultServePort);
            break;
        }
        if (serve == nullptr || !no_views) return;
        auto& d = diagnostics_.error(Code::kMissingKey, serve->place, "`serve` needs `views`");
        d.expected = "`views:` at the top level: what is to be seen";
        d.hint = "for the rows of a node: `views: { latest: { latest: NODE, rows: 100 } }`";
    }

    void read_plugins(const YamlNode* section, Parameters& parameters) {
        if (section == nullptr || section->is_null()) return;
        if (!section->is_map()) {
            diagnostics_
                .error(Code::kWrongType, section->place, fmt::format("`plugins` is {}", kind_text(*section)))
                .expected = "a mapping of plugins to versions: `{ acme: \">=1.2\" }`";
            return;
        }
        for (std::size_t i = 0; i < section->keys.size(); ++i) {
            const auto value = parameters.resolve(section->items[i]);
            if (value) read_plugin(section->keys[i], *value->node, section->items[i].place);
        }
    }

    void read_plugin(const YamlKey& key, const YamlNode& value, const Place& place) {
        const std::string subject = fmt::format("plugin {}", ticked(key.text));
        if (!value.is_scalar() || !is_version_requirement(value.text)) {
            const std::string what = value.is_scalar() ? ticked(value.text) : kind_text(value);
            diagnostics_
                .error(Code::kWrongType, place,
                       fmt::format("{}: {} is not a version requirement", subject, what))
                .expected = "`\">=1.2\"`, or `\">=1.2, <2\"`";
            return;
        }
        topology_.plugin_requirements.emplace_back(key.text, value.text);
        const PluginInfo* plugin = catalog_.plugin(key.text);
        if (plugin == nullptr) {
            std::vector<std::string> ids;
            for (const auto& [id, info] : catalog_.plugins()) ids.push_back(id);
            auto& d = diagnostics_.error(Code::kMissingPlugin, key.place, subject + " is not present");
            d.expected = ids.empty() ? "a plugin; none is present" : one_of_text(ids);
            d.nearest = nearest_name(key.text, ids);
            d.hint = "see `weir plugin ls`, and --plugin-dir";
        } else if (!satisfies(plugin->version, value.text)) {
            diagnostics_
                .error(Code::kPluginVersion, place,
                       fmt::format("{} is present in version {}", subject, plugin->version))
                .expected = value.text;
        }
    }

    const LoadOptions& options_;
    const Catalog& catalog_;
    Diagnostics& diagnostics_;
    std::size_t errors_before_;
    bool nodes_misspelt_ = false;
    Topology topology_;
};

}  // namespace

std::optional<Topology> load_topology_text(const std::filesystem::path& path, std::string text,
                                           const LoadOptions& options, const Catalog& catalog,
                                           Diagnostics& diagnostics) {
    return TopologyLoader(SourceFile::create(path.string(), std::move(text)), options, catalog, diagnostics)
        .load();
}

namespace {

std::optional<std::string> read_topology_file(const std::filesystem::path& path, SourceTexts* texts, Diagnostics& diagnostics) {
    std::string problem;
    auto text = read_source(texts, path, kMaxYamlBytes, problem);
    if (!text) diagnostics.error(Code::kFileUnreadable, SourceFile::create(path.string(), "")->whole(), "cannot be read: " + problem);
    return text;
}

}  // namespace

std::optional<Topology> load_topology(const std::filesystem::path& path, const LoadOptions& options,
                                      const Catalog& catalog, Diagnostics& diagnostics) {
    if (path.empty()) {
        diagnostics.error(Code::kFileUnreadable, {}, "``: the name of the file is empty");
        return std::nullopt;
    }
    auto text = read_topology_file(path, options.texts.get(), diagnostics);
    if (!text) return std::nullopt;
    return load_topology_text(path, std::move(*text), options, catalog, diagnostics);
}

std::optional<std::string> topology_name(const std::filesystem::path& path, Diagnostics& diagnostics) {
    auto text = read_topology_file(path, nullptr, diagnostics);
    if (!text) return std::nullopt;
    const auto root = parse_topology(SourceFile::create(path.string(), std::move(*text)), diagnostics);
    if (!root) return std::nullopt;
    const YamlNode* name = root->is_map() ? root->find("name") : nullptr;
    return name && name->is_scalar() ? name->text : path.stem().string();
}

}  // namespace weir::host
