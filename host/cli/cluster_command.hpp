// What the commands about topics share: plugins, signals and an opened cluster for the length of one command, and how a
// failure is told.
//
// Threads: the main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/cli/arguments.hpp"
#include "host/cli/cluster.hpp"
#include "host/cli/signals.hpp"
#include "host/engine/wakeup.hpp"

namespace weir::host {

class Terminal;

// Says what is wrong; the exit code for it.
int fail_command(const Status& status, Terminal& terminal);

class ClusterCommand {
public:
    ClusterCommand(const ClusterArguments& arguments, Terminal& terminal);
    // Over the connection of a topology. `plugins` must outlive it.
    ClusterCommand(PluginSet& plugins, const ConnectionSpec& connection, std::chrono::microseconds timeout, Terminal& terminal);

    bool is_ready() const { return cluster_ != nullptr; }
    // Why it is not ready. A signal is no error.
    int exit_code() const;
    Cluster& cluster() { return *cluster_; }
    const Signals& signals() const { return signals_; }

private:
    void take(Result<std::unique_ptr<Cluster>> cluster);

    Terminal& terminal_;
    Wakeup wakeup_;
    Signals signals_;
    Status status_;
    Result<PluginSet> plugins_{Status::config("", "not opened")};
    std::unique_ptr<Cluster> cluster_;
};

struct TopicOfCluster {
    std::string name;
    int32_t partitions, replication;
    int64_t records;
};

Status list_topics(Cluster& cluster, std::vector<TopicOfCluster>& topics);
// WEIR_E_CONFIG: it is not there; names the nearest.
Result<TopicOfCluster> find_topic(Cluster& cluster, const std::string& name);
// What weir/ext/messaging.h says of names.
Status check_topic_name(const std::string& name);

}  // namespace weir::host
