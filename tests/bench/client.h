// What the yardstick programs share: arguments, librdkafka configuration, and the measuring itself.
// Nothing here knows weir; a failure ends the program with a message.
#pragma once

#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

[[noreturn]] inline void die(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

using Properties = std::vector<std::pair<std::string, std::string>>;

/// `--name value` pairs after the positional arguments; `--set consumer.KEY=VALUE` and `--set producer.KEY=VALUE`
/// (repeatable) go to librdkafka and win over what the program sets.
class Arguments {
 public:
  /// `defaults` holds every option that there is; any other name is refused.
  Arguments(int argc, char** argv, int first, std::map<std::string, std::string> defaults)
      : values_(std::move(defaults)) {
    for (int i = first; i < argc; i += 2) {
      const std::string name = argv[i];
      if (i + 1 == argc) die(name + " needs a value");
      if (name == "--set") {
        add_property(argv[i + 1]);
      } else if (const auto known = values_.find(name); known != values_.end()) {
        known->second = argv[i + 1];
      } else {
        die("unknown option " + name);
      }
    }
  }

  const std::string& text(const std::string& name) const { return values_.at(name); }

  int64_t number(const std::string& name) const {
    const std::string& value = text(name);
    int64_t parsed = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc() || end != value.data() + value.size()) die(name + " is not a number: " + value);
    return parsed;
  }

  const Properties& consumer() const { return consumer_; }
  const Properties& producer() const { return producer_; }

 private:
  void add_property(std::string_view argument) {
    constexpr std::string_view kConsumer = "consumer.", kProducer = "producer.";
    const size_t equals = argument.find('=');
    const std::string_view key = argument.substr(0, equals);
    if (equals == std::string_view::npos || !(key.starts_with(kConsumer) || key.starts_with(kProducer))) {
      die("--set takes consumer.KEY=VALUE or producer.KEY=VALUE, not " + std::string(argument));
    }
    Properties& target = key.starts_with(kConsumer) ? consumer_ : producer_;
    target.emplace_back(key.substr(kConsumer.size()), argument.substr(equals + 1));
  }

  std::map<std::string, std::string> values_;
  Properties consumer_, producer_;
};

/// A librdkafka client of either type; the caller owns it.
inline rd_kafka_t* make_client(rd_kafka_type_t type, const Properties& defaults, const Properties& overrides,
                               void (*delivery_report)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const Properties* properties : {&defaults, &overrides}) {
    for (const auto& [key, value] : *properties) {
      if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) die(error);
    }
  }
  if (delivery_report != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, delivery_report);
  rd_kafka_t* client = rd_kafka_new(type, conf, error, sizeof error);
  if (client == nullptr) die(error);
  return client;
}

inline void check(rd_kafka_resp_err_t error, const std::string& what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) die(what + ": " + rd_kafka_err2str(error));
}

/// Number of partitions of an existing topic. Also leaves the topic known to the client.
inline int partition_count(rd_kafka_t* client, rd_kafka_topic_t* topic) {
  constexpr int kTimeoutMs = 20'000;
  const rd_kafka_metadata_t* metadata = nullptr;
  const std::string name = rd_kafka_topic_name(topic);
  check(rd_kafka_metadata(client, 0, topic, &metadata, kTimeoutMs), "metadata of " + name);
  check(metadata->topics[0].err, "topic " + name);
  const int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  return count;
}

/// Produces all of `messages` to `partition`, waiting while librdkafka's queue is full.
inline void produce_all(rd_kafka_t* client, rd_kafka_topic_t* topic, int32_t partition, rd_kafka_message_t* messages,
                        size_t count) {
  constexpr int kFullWaitMs = 1;
  for (size_t done = 0; done < count;) {
    done += static_cast<size_t>(rd_kafka_produce_batch(topic, partition, RD_KAFKA_MSG_F_COPY, messages + done,
                                                       static_cast<int>(count - done)));
    if (done == count) break;
    if (messages[done].err != RD_KAFKA_RESP_ERR__QUEUE_FULL) check(messages[done].err, "produce");
    rd_kafka_poll(client, kFullWaitMs);
  }
  rd_kafka_poll(client, 0);
}

/// The cost of what happens between construction and stop(): user and system time of the whole process, all
/// threads included, and peak memory since construction.
class Meter {
 public:
  Meter() {
    std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM begins again
    cpu_ns_ = cpu_now_ns();
    start_ = std::chrono::steady_clock::now();
  }

  void stop() {
    cpu_ns_ = cpu_now_ns() - cpu_ns_;
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  /// The JSON line; `rest` is appended to the object as it is.
  void print(std::string_view mode, int64_t records, const std::string& rest) const {
    const double count = static_cast<double>(records);
    std::printf(R"({"mode":"%.*s","records":%lld,"cpu_ns_per_record":%.1f,)"
                R"("records_per_s":%.0f,"peak_rss_bytes":%lld%s})"
                "\n",
                static_cast<int>(mode.size()), mode.data(), static_cast<long long>(records),
                static_cast<double>(cpu_ns_) / count, count / seconds_, static_cast<long long>(peak_rss_bytes()),
                rest.c_str());
  }

 private:
  static int64_t cpu_now_ns() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000'000LL +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1'000LL;
  }

  /// VmHWM. Not ru_maxrss: that one keeps the size of whatever process was replaced by exec.
  static int64_t peak_rss_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      if (word == "VmHWM:") {
        int64_t kib = 0;
        status >> kib;
        return kib * 1024;
      }
    }
    return 0;
  }

  int64_t cpu_ns_ = 0;
  std::chrono::steady_clock::time_point start_;
  double seconds_ = 0;
};

}  // namespace bench
