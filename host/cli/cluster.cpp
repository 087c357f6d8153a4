#include "host/cli/cluster.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace weir::host {
namespace {

constexpr auto kCloseTimeout = std::chrono::seconds(10);

template <class Api>
Result<Extension<Api>> find_extension(PluginSet& plugins, const char* id, std::string_view purpose) {
    Status refused;
    for (const auto& [plugin_id, plugin] : plugins.catalog().plugins()) {
        const bool connects = std::any_of(plugin.operators.begin(), plugin.operators.end(),
                                          [](const OperatorInfo& op) { return op.is_a(OperatorKind::kConnection); });
        if (!connects) continue;
        auto module = plugins.module_of(plugin_id);
        if (!module) refused = module.status();
        else if (const void* api = (*module)->extension(id))
            return Extension<Api>{*module, static_cast<const Api*>(api)};
    }
    if (!refused.ok()) return refused;
    return Status::config("", fmt::format("no plugin offers {}; `weir plugin ls` shows those present", purpose));
}

// Every parameter's default, as the topology loader would fill it in.
Json default_config(const OperatorInfo& op) {
    Json config = Json::object();
    for (const ParamInfo& param : op.params)
        if (param.default_value) config[param.name] = *param.default_value;
    return config;
}

}  // namespace

Result<Extension<weir_topics_api>> find_topics(PluginSet& plugins) {
    return find_extension<weir_topics_api>(plugins, WEIR_EXT_TOPICS, "topics");
}

Result<Extension<weir_broker_api>> find_broker(PluginSet& plugins) {
    return find_extension<weir_broker_api>(plugins, WEIR_EXT_BROKER, "an embedded broker");
}

Status call_extension(const std::function<int32_t(weir_error*)>& call) {
    weir_error error{};
    error.size = sizeof error;
    try {
        return Status::from_abi(call(&error), error);
    } catch (...) {
        return Status::fatal("an exception left the plugin: it must catch its own");
    }
}

Result<std::unique_ptr<Cluster>> Cluster::connect(PluginSet& plugins, const std::string& brokers,
                                                  std::chrono::microseconds timeout, const std::atomic<bool>& stop) {
    std::unique_ptr<Cluster> cluster(new Cluster(plugins));
    auto topics = find_topics(plugins);
    if (!topics) return topics.status();
    cluster->topics_ = *topics;
    const std::string kind = cluster->api().connection_kind;
    cluster->spec_.name = kind;
    cluster->spec_.op = plugins.catalog().find_connection(kind);
    if (cluster->spec_.op == nullptr) return Status::config("", fmt::format("there is no connection `{}`", kind));
    cluster->spec_.config.value = default_config(*cluster->spec_.op);
    cluster->spec_.config.value["brokers"] = brokers;
    Status status = cluster->create(timeout);
    if (status.ok()) status = cluster->connection_->open(stop);
    if (!status.ok()) return status;
    return cluster;
}

Result<std::unique_ptr<Cluster>> Cluster::connect(PluginSet& plugins, const ConnectionSpec& connection,
                                                  std::chrono::microseconds timeout, const std::atomic<bool>& stop) {
    std::unique_ptr<Cluster> cluster(new Cluster(plugins));
    cluster->spec_ = connection;
    auto module = plugins.module_of(connection.op->plugin);
    if (!module) return module.status();
    const void* api = (*module)->extension(WEIR_EXT_TOPICS);
    if (api == nullptr)
        return Status::config("", fmt::format("connection `{}`: `{}` has no topics", connection.name, connection.op->name));
    cluster->topics_ = {*module, static_cast<const weir_topics_api*>(api)};
    Status status = cluster->create(timeout);
    if (status.ok() && cluster->connection_->is_ephemeral())
        return Status::config("", fmt::format("connection `{}` is to a broker that is gone with its process, and what was in it, "
                                              "too. Name one that runs (--set)",
                                              connection.name));
    if (status.ok()) status = cluster->connection_->open(stop);
    if (!status.ok()) return status;
    return cluster;
}

Status Cluster::create(std::chrono::microseconds timeout) {
    auto connection = ConnectionInstance::create(spec_, resolver_, {"weir", 0, timeout, {}});
    if (!connection) return connection.status();
    connection_ = std::move(*connection);
    return {};
}

Cluster::~Cluster() {
    // What is not acknowledged has been reported by flush; there is nobody left to tell of the rest.
    if (connection_) (void)connection_->close(std::chrono::steady_clock::now() + kCloseTimeout);
}

}  // namespace weir::host
