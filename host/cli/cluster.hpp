// A message cluster for the commands that look after topics: the plugin that offers the extension, and an opened
// connection of it.
//
// Threads: the main thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <weir/ext/messaging.h>

#include "host/cli/plugins.hpp"
#include "host/engine/connections.hpp"

namespace weir::host {

// A plugin's module and its extension.
template <class Api>
struct Extension {
    std::shared_ptr<Module> module;
    const Api* api = nullptr;
};

// Of the first plugin with a connection that offers it; WEIR_E_CONFIG if none does.
Result<Extension<weir_topics_api>> find_topics(PluginSet& plugins);
Result<Extension<weir_broker_api>> find_broker(PluginSet& plugins);

// Status of a call across the ABI: `call(error)` returns the code.
Status call_extension(const std::function<int32_t(weir_error*)>& call);

class Cluster {
public:
    // Connects. `plugins` must outlive it. WEIR_E_RETRYABLE when the cluster cannot be reached; also when `stop`
    // became true.
    static Result<std::unique_ptr<Cluster>> connect(PluginSet& plugins, const std::string& brokers,
                                                    std::chrono::microseconds timeout, const std::atomic<bool>& stop);
    // Over a connection as a topology has it, of any plugin with topics. WEIR_E_CONFIG: its plugin has none, or its broker is
    // gone with its process.
    static Result<std::unique_ptr<Cluster>> connect(PluginSet& plugins, const ConnectionSpec& connection,
                                                    std::chrono::microseconds timeout, const std::atomic<bool>& stop);
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    const weir_topics_api& api() const { return *topics_.api; }
    void* connection() const { return connection_->self(); }

private:
    explicit Cluster(PluginSet& plugins) : resolver_(plugins) {}
    Status create(std::chrono::microseconds timeout);

    PluginResolver resolver_;
    Extension<weir_topics_api> topics_;
    ConnectionSpec spec_;
    std::unique_ptr<ConnectionInstance> connection_;
};

}  // namespace weir::host
