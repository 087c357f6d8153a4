// The consumer of one source node, shared by the node's instances: which partitions there are (control: group,
// metadata, start offsets) and reading them (data: one client, a queue a partition).
//
// The data client belongs to no group: it starts each partition at an explicit offset and is never paused,
// sought or rebalanced. Backpressure is that a partition's queue is not emptied.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <weir/ext/start.h>

#include "connection.hpp"
#include "group.hpp"
#include "offsets.hpp"
#include "position.hpp"
#include "split.hpp"
#include "start.hpp"

namespace weir::kafka {

struct ConsumerOptions {
    std::string node, topology;
    std::vector<std::string> topics;
    std::string pattern;
    std::vector<int32_t> partitions;  // empty: all
    std::string group_id, instance_id;
    Start start;
    bool stop_at_end = false;
    bool operator==(const ConsumerOptions &) const = default;
};

// Functions are [any] unless said otherwise.
class Consumer : public Listener, public std::enable_shared_from_this<Consumer> {
public:
    static Result<std::shared_ptr<Consumer>> create(const Settings &settings, const ConsumerOptions &options,
                                                    std::shared_ptr<LogTarget> log, ControlThread &control);
    ~Consumer() override;

    // [control] Looks up the topics and joins the group; done once, later calls return at once.
    Status start(KafkaConnection &connection);
    // Who is woken when discover has news; one.
    void watch(weir_context *watcher);
    void unwatch(weir_context *watcher);

    // The partitions to read now.
    Result<std::vector<TopicPartition>> discover();
    // Starts reading in the background, from `position`, else from the group's offset, else from `start`.
    // Without a position: `outside` says whether the group's offset may be used (WEIR_START_*), or what it fails with.
    // The last record before a position comes once more, where it is still there.
    std::shared_ptr<Split> assign(const TopicPartition &partition, std::optional<Position> position,
                                  Result<int32_t> outside, weir_context *reader);
    // [worker] of its instance, which does not use it any more.
    void revoke(const std::shared_ptr<Split> &split);
    void commit(const std::map<TopicPartition, int64_t> &offsets);
    // Whether its last offsets are to be committed before its connection closes.
    void want_settled(bool wanted) { wants_settled_ = wanted; }
    // Whether all commits are done, or nobody wants that.
    bool settle();
    // Whether it is a member of a group, which others would have to take over from when it leaves.
    bool is_member() const;
    const ConsumerOptions &options() const { return options_; }
    // Makes the client fetch at once for a partition whose queue has run low.
    void refetch(const std::shared_ptr<Split> &split);

    size_t queue_limit() const { return queue_limit_; }
    // Records between the split's next offset and the partition's end as the client last saw it; -1: unknown.
    int64_t lag(const Split &split);

private:
    struct Starting {
        std::shared_ptr<Split> split;
        std::optional<Position> position;
        Result<int32_t> outside;
        // Others may have read on from its position.
        bool is_given_back() const { return position && outside && outside.value() == WEIR_START_LATER; }
    };

    Consumer(const Settings &settings, const ConsumerOptions &options, std::shared_ptr<LogTarget> log,
             ControlThread &control)
        : settings_(settings), options_(options), log_(std::move(log)), control_(control) {}
    Status find_partitions(KafkaConnection &connection, std::set<TopicPartition> &out);
    Status make_client(size_t partitions);
    Status join_group(const KafkaConnection &connection);
    void look_again(KafkaConnection &connection);
    void on_error(rd_kafka_resp_err_t code, std::string_view text) override;
    void changed();
    void taken(const std::set<TopicPartition> &partitions);

    // Control thread.
    void look_for_gone();
    rd_kafka_topic_t *handle(const std::string &name);
    void start_splits();
    // `starts`: the first record that counts; `fetches`: the first that is asked for, where that is another one.
    Status resolve(const std::vector<Starting> &splits, Offsets &starts, Offsets &fetches, Offsets &ends);
    Status check_positions(const std::vector<Starting> &splits, Offsets &starts, Offsets &fetches);
    Status from_group(const std::vector<Starting> &splits, std::vector<TopicPartition> &unknown, Offsets &starts);
    Status from_start(const std::vector<TopicPartition> &partitions, Offsets &out);
    Status run(Split &split, int64_t first, int64_t fetch, int64_t end);
    void stop(Split &split);

    const Settings settings_;
    const ConsumerOptions options_;
    const std::shared_ptr<LogTarget> log_;
    ControlThread &control_;
    size_t queue_limit_ = 0;

    Client client_;
    std::map<std::string, Topic> topics_;  // control thread
    std::map<std::string, int> missing_;   // looks in a row that did not find the topic; control thread
    std::map<TopicPartition, const Split *> running_;  // which split reads it; control thread
    std::unique_ptr<Group> group_;
    uint64_t tick_ = 0;
    int ticks_ = 0;
    std::atomic<bool> wants_settled_{false};

    std::mutex mutex_;  // guards what follows
    bool started_ = false;
    std::set<TopicPartition> partitions_;  // without a membership
    Status gone_;  // a topic
    weir_context *watcher_ = nullptr;
    std::vector<Starting> to_start_;
    std::vector<std::shared_ptr<Split>> splits_, starving_;
};

}  // namespace weir::kafka
