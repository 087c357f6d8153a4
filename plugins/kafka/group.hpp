// A consumer group as a source sees it: which partitions are ours, and the offsets that are committed.
//
// This is control alone: its client fetches no records. It subscribes, answers heartbeats and rebalances, and
// assigns itself nothing; the consumer reads the granted partitions through a client of its own. So a
// rebalance, with its pauses and seeks, never touches records that are on their way (librdkafka 2.0.2 loses
// some there), and another data path can take the consumer's place.
//
// A rebalance: librdkafka takes all partitions back; `changed` is called, the host sees fewer splits, stops
// reading them, commits their positions if it can, and calls released() for each; then the group goes on, and
// grants anew. A host that does not come to it within kReleaseTimeout loses the partitions.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client.hpp"
#include "host_slot.hpp"
#include "properties.hpp"

namespace weir::kafka {

struct GroupOptions {
    std::string group_id;
    bool member = true;  // false: only commits and reads offsets
    bool comes_back = true;  // under its name, which the group keeps its partitions for meanwhile; false: it leaves when it ends
    std::vector<std::string> topics;
    std::string pattern;      // instead of topics
    std::string instance_id;  // empty: derived from `instance_base` and this host
    std::string instance_base;
    // Both on the group's own thread. `changed`: look at granted() again. `taken`: do not read these any more.
    std::function<void()> changed;
    std::function<void(const std::set<TopicPartition> &)> taken;
};

// Functions are [any].
class Group final : public Listener {
public:
    static Result<std::unique_ptr<Group>> create(const Settings &settings, GroupOptions options,
                                                 std::shared_ptr<LogTarget> log);
    // Leaves the group: other hosts get the partitions at once. Blocks at most kLeaveTimeout.
    ~Group() override;

    std::set<TopicPartition> granted();
    void held(const TopicPartition &partition);      // the host reads it now
    void released(const TopicPartition &partition);  // the host has stopped reading it

    // Commits soon and in the background; the latest offset of a partition counts. Those that this host does
    // not own are left out.
    void commit(const std::map<TopicPartition, int64_t> &offsets);
    // The offsets up to which this host has read, and its epochs have it, for those that it has read: also where they
    // could not be committed because the group had given the partitions to others meanwhile.
    std::map<TopicPartition, int64_t> reached();
    // Whether all that was given to commit is committed; tries again what failed, and calls `changed` when
    // there is news of it.
    bool settle();
    // Committed offsets; partitions without one are left out. Blocks.
    Result<std::map<TopicPartition, int64_t>> committed(const std::vector<TopicPartition> &partitions,
                                                        std::chrono::milliseconds timeout);
    // What ended the membership for good.
    Status failure();

private:
    Group(GroupOptions options, std::shared_ptr<LogTarget> log)
        : options_(std::move(options)), log_(std::move(log)) {}
    Status connect(const Settings &settings);
    void on_rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t &list) override;
    void on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t *list) override;
    void run();
    void finish_revocation();
    void send_commit();  // mutex_ held
    void leave();
    void poll(std::chrono::milliseconds time);
    void fail(Status status);

    using Clock = std::chrono::steady_clock;

    GroupOptions options_;
    std::shared_ptr<LogTarget> log_;
    HostSlot slot_;
    Client client_;
    Queue queue_;

    std::mutex mutex_;  // guards what follows
    std::set<TopicPartition> owned_, granted_, held_;
    bool revoking_ = false, lost_ = false, joined_ = false;
    Clock::time_point release_deadline_;
    std::map<TopicPartition, int64_t> to_commit_, in_flight_, committed_, reached_;
    bool committing_ = false, settling_ = false;
    Status failure_;

    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace weir::kafka
