// A topic, read by a hand-written loop over librdkafka; tests/bench/README.md says why it is used as it is here.
#pragma once

#include <array>

#include "client.h"

namespace bench {

constexpr size_t kBatch = 1024;
constexpr int kPollMs = 100;
constexpr int kTimeoutMs = 20'000;

/// All of a topic, from its beginning to where it ended when the source was made.
class Source {
 public:
  explicit Source(const Arguments& arguments)
      : topic_(arguments.text("--topic")), call_(arguments.text("--call")) {
    if (call_ != "batch" && call_ != "callback" && call_ != "poll") die("--call batch, callback or poll");
    client_ = make_client(RD_KAFKA_CONSUMER,
                          {{"bootstrap.servers", arguments.text("--brokers")},
                           {"group.id", arguments.text("--group")},
                           {"enable.auto.commit", "false"},
                           {"enable.auto.offset.store", "false"},
                           {"check.crcs", "false"},
                           {"fetch.message.max.bytes", "262144"},
                           {"queued.min.messages", "100000"},
                           {"consume.callback.max.messages", std::to_string(kBatch)}},
                          arguments.consumer());
    rd_kafka_topic_t* topic = rd_kafka_topic_new(client_, topic_.c_str(), nullptr);
    const int partitions = partition_count(client_, topic);
    rd_kafka_topic_destroy(topic);
    begin_ = rd_kafka_topic_partition_list_new(partitions);
    end_ = rd_kafka_topic_partition_list_new(partitions);
    for (int p = 0; p < partitions; ++p) {
      int64_t low = 0, high = 0;
      check(rd_kafka_query_watermark_offsets(client_, topic_.c_str(), p, &low, &high, kTimeoutMs), "offsets");
      rd_kafka_topic_partition_list_add(begin_, topic_.c_str(), p)->offset = low;
      rd_kafka_topic_partition_list_add(end_, topic_.c_str(), p)->offset = high;
      records_ += high - low;
    }
    char limit[32];
    size_t size = sizeof limit;
    rd_kafka_conf_get(rd_kafka_conf(client_), "queued.min.messages", limit, &size);
    queued_limit_ = std::strtoull(limit, nullptr, 10);
    queue_ = call_ == "callback" ? rd_kafka_queue_new(client_) : rd_kafka_queue_get_consumer(client_);
  }

  ~Source() {
    rd_kafka_topic_partition_list_destroy(begin_);
    rd_kafka_topic_partition_list_destroy(end_);
    rd_kafka_queue_destroy(queue_);
    rd_kafka_consumer_close(client_);
    rd_kafka_destroy(client_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  int64_t records() const { return records_; }
  int partitions() const { return begin_->cnt; }

  /// Reads everything; `after_batch` is called between polls.
  template <class OnEach, class AfterBatch>
  void read(OnEach on_each, AfterBatch after_batch) {
    check(rd_kafka_assign(client_, begin_), "assign");
    if (call_ == "callback") forward_partitions();
    int64_t left = records_;
    auto counted = [&](const rd_kafka_message_t& message) {
      check(message.err, "consume");
      on_each(message);
      --left;
    };
    while (left > 0) {
      if (call_ == "batch") {
        poll_batch(counted);
      } else if (call_ == "callback") {
        poll_callback(counted);
      } else if (rd_kafka_message_t* message = rd_kafka_consumer_poll(client_, kPollMs)) {
        counted(*message);
        rd_kafka_message_destroy(message);
      }
      after_batch();
      keep_fetching();
    }
  }

  void commit() { check(rd_kafka_commit(client_, end_, 0), "commit"); }

 private:
  /// The group's own queue would hand rebalances to the message callback: take the partitions' queues instead.
  void forward_partitions() {
    for (int i = 0; i < begin_->cnt; ++i) {
      rd_kafka_queue_t* partition = rd_kafka_queue_get_partition(client_, topic_.c_str(), begin_->elems[i].partition);
      rd_kafka_queue_forward(partition, queue_);
      rd_kafka_queue_destroy(partition);
    }
  }

  /// librdkafka 2.0's fetching thread sleeps for up to a second once queued.min.messages wait, however soon they are
  /// gone. A request to the broker wakes it; nobody needs the answer.
  void keep_fetching() {
    constexpr int kNoWaitMs = 1;
    const size_t queued = rd_kafka_queue_length(queue_);
    if (queued + kBatch >= queued_limit_) {
      was_full_ = true;
    } else if (was_full_ && queued < queued_limit_ / 2) {
      was_full_ = false;
      int64_t low = 0, high = 0;
      rd_kafka_query_watermark_offsets(client_, topic_.c_str(), 0, &low, &high, kNoWaitMs);
    }
  }

  template <class OnEach>
  void poll_batch(OnEach& on_each) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue_, kPollMs, batch_.data(), batch_.size());
    for (ssize_t i = 0; i < count; ++i) {
      on_each(*batch_[i]);
      rd_kafka_message_destroy(batch_[i]);
    }
  }

  template <class OnEach>
  void poll_callback(OnEach& on_each) {
    rd_kafka_consume_callback_queue(
        queue_, kPollMs,
        [](rd_kafka_message_t* message, void* opaque) { (*static_cast<OnEach*>(opaque))(*message); }, &on_each);
  }

  std::string topic_, call_;
  rd_kafka_t* client_;
  rd_kafka_queue_t* queue_;
  rd_kafka_topic_partition_list_t *begin_, *end_;
  int64_t records_ = 0;
  size_t queued_limit_ = 0;
  bool was_full_ = false;
  std::array<rd_kafka_message_t*, kBatch> batch_{};
};

}  // namespace bench
