#include "host/cli/cluster_command.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <weir/memory.hpp>
#include <weir/row_json.hpp>

#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {

int fail_command(const Status& status, Terminal& terminal) {
    terminal.message("weir: " + status.message());
    switch (status.code()) {
        case WEIR_E_CONFIG: return kExitUsage;
        case WEIR_E_UNSUPPORTED: return kExitPluginRefused;
        case WEIR_E_RETRYABLE: return kExitUnreachable;
        default: return kExitFailed;
    }
}

ClusterCommand::ClusterCommand(const ClusterArguments& arguments, Terminal& terminal) : terminal_(terminal), signals_(wakeup_) {
    if (arguments.brokers.empty()) {
        status_ = Status::config("", "whose topics? Give --brokers HOST:PORT, or set WEIR_BROKERS: your Kafka's address, or the one that `weir run` or `weir broker` printed");
        return;
    }
    if (!is_utf8(arguments.brokers)) {
        status_ = Status::config("", fmt::format("--brokers {} is not UTF-8", ticked(arguments.brokers)));
        return;
    }
    plugins_ = open_plugins(arguments.plugin_dirs);
    if (!plugins_) {
        status_ = plugins_.status();
        return;
    }
    take(Cluster::connect(*plugins_, arguments.brokers, arguments.connect_timeout, signals_.requested()));
}

ClusterCommand::ClusterCommand(PluginSet& plugins, const ConnectionSpec& connection, std::chrono::microseconds timeout,
                               Terminal& terminal)
    : terminal_(terminal), signals_(wakeup_) {
    take(Cluster::connect(plugins, connection, timeout, signals_.requested()));
}

void ClusterCommand::take(Result<std::unique_ptr<Cluster>> cluster) {
    if (cluster) cluster_ = std::move(*cluster);
    else status_ = cluster.status();
}

int ClusterCommand::exit_code() const { return signals_.requested() ? kExitOk : fail_command(status_, terminal_); }

Status list_topics(Cluster& cluster, std::vector<TopicOfCluster>& topics) {
    auto collect = [](void* data, const weir_topic_info* info) {
        static_cast<std::vector<TopicOfCluster>*>(data)->push_back(
            {std::string(view(info->name)), info->partitions, info->replication, info->records});
    };
    return call_extension(
        [&](weir_error* error) { return cluster.api().list(cluster.connection(), &topics, collect, error); });
}

Result<TopicOfCluster> find_topic(Cluster& cluster, const std::string& name) {
    std::vector<TopicOfCluster> topics;
    const Status status = list_topics(cluster, topics);
    if (!status.ok()) return status;
    std::vector<std::string> names;
    for (const TopicOfCluster& topic : topics) {
        if (topic.name == name) return topic;
        names.push_back(topic.name);
    }
    const std::string nearest = nearest_name(name, names);
    return Status::config("", fmt::format("there is no topic {}{}", ticked(name),
                                          nearest.empty() ? "" : "; nearest: " + ticked(nearest)));
}

Status check_topic_name(const std::string& name) {
    constexpr size_t kMaxBytes = 249;
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    const bool is_good = !name.empty() && name.size() <= kMaxBytes && name != "." && name != ".." &&
                         std::all_of(name.begin(), name.end(), fits);
    if (is_good) return {};
    return Status::config("", fmt::format("a topic cannot be called {}; expected: 1 to {} letters, digits, `.`, `_` and "
                                          "`-`, not `.` or `..`",
                                          ticked(name), kMaxBytes));
}

}  // namespace weir::host
