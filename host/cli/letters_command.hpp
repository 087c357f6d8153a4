// The dead letters that a `weir dlq` command is about: their topic, on an opened cluster, and which of them are meant.
//
// Threads: the main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "host/cli/cluster_command.hpp"
#include "host/cli/dead_letters.hpp"
#include "host/cli/topology_set.hpp"

namespace weir::host {

class LettersCommand {
public:
    LettersCommand(const DlqArguments& arguments, Terminal& terminal);

    // What was wrong has been said where it is not kExitOk.
    int code() const { return code_; }
    Cluster& cluster() { return command_->cluster(); }
    const std::string& topic() const { return topic_; }
    const LetterChoice& choice() const { return choice_; }
    bool is_stopped() const { return command_->signals().requested(); }

    // All records of the topic, or the last ones of each partition, until `each` gives an error, or a signal comes.
    Status read(int64_t last, const std::function<Status(const weir_origin_record&)>& each);
    // Of what was read: of a chosen node or code that no letter has, that there is none, and the nearest that there is. Else "".
    std::string hint() const;
    // Which of them were replayed, by partition, as the cluster remembers it.
    Status replayed(std::map<int32_t, Replayed>& out);
    Status remember(int32_t partition, const Replayed& replayed);

private:
    static constexpr size_t kMaxNames = 1000;

    void note(const weir_origin_record& record);
    void refuse(const Status& status) { code_ = fail_command(status, terminal_); }
    void open_topic(const DlqArguments& arguments);
    void open_topology(const DlqArguments& arguments);
    void open_dead_letters(const Topology& topology, std::chrono::microseconds timeout);

    Terminal& terminal_;
    int code_ = 0;
    LetterChoice choice_;
    std::string topic_, reader_;
    std::set<std::string> nodes_, codes_;  // of letters that were read; at most kMaxNames
    Result<PluginSet> plugins_{Status::config("", "not opened")};
    std::unique_ptr<TopologySet> topologies_;
    std::unique_ptr<ClusterCommand> command_;
};

}  // namespace weir::host
