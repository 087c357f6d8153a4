// Starting and stopping partitions, on the control thread.
#include <algorithm>

#include "consumer.hpp"

#include <weir/failpoint.hpp>

namespace weir::kafka {
namespace {

constexpr int kQueryTimeout = 5000;  // milliseconds
constexpr auto kRetryPause = std::chrono::milliseconds(200);

}  // namespace

void Consumer::start_splits() {
    std::vector<Starting> starting;
    {
        std::lock_guard lock(mutex_);
        starting = std::exchange(to_start_, {});
    }
    std::erase_if(starting, [](const Starting &s) { return s.split->state() != Split::State::kStarting; });
    if (starting.empty()) return;
    Offsets starts, fetches, ends;
    WEIR_FAILPOINT("kafka.splits.resolve");
    Status status = resolve(starting, starts, fetches, ends);
    WEIR_FAILPOINT("kafka.splits.resolved");
    if (status.code() == WEIR_E_RETRYABLE) {  // a broker that is away comes back, or the host gives up
        log_->log(WEIR_LOG_WARNING, "node " + options_.node + ": " + status.message() + "; trying again");
        if (!control_.sleep(kRetryPause)) return;
        std::lock_guard lock(mutex_);
        to_start_.insert(to_start_.end(), starting.begin(), starting.end());
        control_.post([self = shared_from_this()] { self->start_splits(); });
        return;
    }
    for (const Starting &s : starting) {
        const TopicPartition &p = s.split->partition();
        Status started = status;
        const auto fetch = fetches.find(p);
        if (started.ok()) started = run(*s.split, starts[p], fetch == fetches.end() ? starts[p] : fetch->second, options_.stop_at_end ? ends[p] : -1);
        if (!started.ok()) s.split->fail(started);
    }
}

Status Consumer::resolve(const std::vector<Starting> &splits, Offsets &starts, Offsets &fetches, Offsets &ends) {
    std::vector<TopicPartition> all, unknown;
    for (const Starting &s : splits) {
        all.push_back(s.split->partition());
        if (s.position) starts[s.split->partition()] = s.position->next;
        if (!s.position || s.is_given_back()) unknown.push_back(s.split->partition());
    }
    if (options_.stop_at_end) {
        Status status = offsets_for(client_.get(), all, kLatestOffset, ends);
        if (!status.ok()) return status;
    }
    if (Status status = from_group(splits, unknown, starts); !status.ok()) return status;
    if (Status status = check_positions(splits, starts, fetches); !status.ok()) return status;
    return from_start(unknown, starts);
}

// Where the group has an offset, and that may be used; those are taken out of `unknown`. A partition that comes back is
// never read again before where its own epochs ended: while the group held it to be another's, nothing was committed.
Status Consumer::from_group(const std::vector<Starting> &splits, std::vector<TopicPartition> &unknown, Offsets &starts) {
    if (unknown.empty()) return {};
    auto committed = group_->committed(unknown, std::chrono::milliseconds(kQueryTimeout));
    if (!committed) return committed.status();
    const auto reached = group_->reached();
    for (const Starting &s : splits) {
        const TopicPartition &p = s.split->partition();
        auto found = committed->find(p);
        if (s.position) {
            if (s.is_given_back() && found != committed->end()) starts[p] = std::max(s.position->next, found->second);
            std::erase(unknown, p);
            continue;
        }
        if (auto own = reached.find(p); own != reached.end()) {
            starts[p] = found == committed->end() ? own->second : std::max(own->second, found->second);
            std::erase(unknown, p);
            continue;
        }
        if (found == committed->end()) continue;
        if (!s.outside)
            return Status::state_version("group `" + options_.group_id + "` is at offset " + std::to_string(found->second) +
                                         " of " + p.topic + "/" + std::to_string(p.partition) + ", and " +
                                         s.outside.status().message());
        if (s.outside.value() != WEIR_START_OUTSIDE) continue;
        starts[p] = found->second;
        std::erase(unknown, p);
    }
    return {};
}

// A position that the partition does not have any more, or not yet, is never replaced by another one in silence. Where it has
// the position, the record before it shows whether it is the partition that was read: that one is asked for, too.
Status Consumer::check_positions(const std::vector<Starting> &splits, Offsets &starts, Offsets &fetches) {
    std::vector<TopicPartition> partitions;
    for (const Starting &s : splits)
        if (s.position) partitions.push_back(s.split->partition());
    if (partitions.empty()) return {};
    Offsets first, end;
    Status status = offsets_for(client_.get(), partitions, kEarliestOffset, first);
    if (status.ok()) status = offsets_for(client_.get(), partitions, kLatestOffset, end);
    if (!status.ok()) return status;
    for (const Starting &s : splits) {
        if (!s.position) continue;
        const TopicPartition &partition = s.split->partition();
        const int64_t start = starts[partition];
        if (s.position->last && start == s.position->next) fetches[partition] = std::clamp(s.position->last->offset, std::min(first[partition], start), start);
        if (start >= first[partition] && start <= end[partition]) continue;
        const std::string name = partition.topic + "/" + std::to_string(partition.partition);
        const std::string range = std::to_string(first[partition]) + " to " + std::to_string(end[partition]);
        return Status::state_version(
            "the state goes on at offset " + std::to_string(start) + " of " + name + ", which has " + range +
            (start < first[partition] ? ": records were deleted before they were read"
                                      : ": it is another topic than the state knows") +
            ". `--reset` forgets the state and begins as configured");
    }
    return {};
}

Status Consumer::from_start(const std::vector<TopicPartition> &partitions, Offsets &out) {
    if (partitions.empty()) return {};
    switch (options_.start.kind) {
        case Start::Kind::kEarliest: return offsets_for(client_.get(), partitions, kEarliestOffset, out);
        case Start::Kind::kLatest: return offsets_for(client_.get(), partitions, kLatestOffset, out);
        case Start::Kind::kOffset:
            for (const TopicPartition &p : partitions) out[p] = options_.start.value;
            return {};
        case Start::Kind::kTimestamp: break;
    }
    Offsets found;
    Status status = offsets_for(client_.get(), partitions, options_.start.value, found);
    if (!status.ok()) return status;
    std::vector<TopicPartition> older;  // all records are older: from the end
    for (const auto &[partition, offset] : found) {
        if (offset >= 0) out[partition] = offset;
        else older.push_back(partition);
    }
    return older.empty() ? Status() : offsets_for(client_.get(), older, kLatestOffset, out);
}

Status Consumer::run(Split &split, int64_t first, int64_t fetch, int64_t end) {
    const TopicPartition &p = split.partition();
    rd_kafka_topic_t *topic = handle(p.topic);
    if (end >= 0 && first >= end) {  // nothing to read
        split.run(Queue(rd_kafka_queue_new(client_.get())), first, end);
        return {};
    }
    // A split of before that was revoked, and whose end waits behind this.
    if (running_.erase(p)) rd_kafka_consume_stop(topic, p.partition);
    Queue queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_queue_t *raw = queue.get();
    split.run(std::move(queue), first, end);
    if (rd_kafka_consume_start_queue(topic, p.partition, fetch, raw) != 0)
        return Status::retryable("cannot read " + p.topic + "/" + std::to_string(p.partition) + ": " +
                                 rd_kafka_err2str(rd_kafka_last_error()));
    running_[p] = &split;
    WEIR_FAILPOINT("kafka.splits.started");
    return {};
}

void Consumer::stop(Split &split) {
    const TopicPartition &p = split.partition();
    if (const auto found = running_.find(p); found != running_.end() && found->second == &split) {
        rd_kafka_consume_stop(topics_[p.topic].get(), p.partition);
        running_.erase(found);
    }
    split.close();
}

void Consumer::refetch(const std::shared_ptr<Split> &split) {
    std::lock_guard lock(mutex_);
    starving_.push_back(split);
    if (starving_.size() > 1) return;  // the task for the first takes them all
    control_.post([self = shared_from_this()] {
        std::vector<TopicPartition> partitions;
        {
            std::lock_guard inner(self->mutex_);
            for (const auto &s : std::exchange(self->starving_, {})) partitions.push_back(s->partition());
        }
        // Any request to a broker wakes its thread, which then looks at its queues again; librdkafka 2.0.2 has
        // no other way.
        Offsets ends;
        if (!partitions.empty()) (void)offsets_for(self->client_.get(), partitions, kLatestOffset, ends);
    });
}

}  // namespace weir::kafka
