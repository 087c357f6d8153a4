// bench-latency: how long a record takes from produce through a topology to consume.
//
//   bench-latency probe --brokers HOST:PORT --topic in --out-topic out [--rate 100000] [--seconds 20] [--warm-up 5]
//                 [--isolation read_uncommitted]
//   bench-latency relay --brokers HOST:PORT --topic in --out-topic out
//
// probe produces `n=7,t=MICROSECONDS` at that rate, n from 0 to 12, a batch each millisecond, and reads the topology's results, JSON
// whose `t` is the time of the record that was sent last of those it is made of. --rate 0: as quickly as they are taken.
// Prints one JSON line: results, their rate, and percentiles of (now - t) in milliseconds, without those of the warm-up.
//
// relay is what a topology costs at least: a bare loop that writes a result as long as weir's for every second record, keeps nothing
// and commits nothing, until SIGTERM.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <ctime>
#include <thread>

#include "client.h"

namespace {

constexpr int kPollMs = 10;
constexpr size_t kBatch = 1024, kMaxPayload = 40;
constexpr int64_t kUnlimited = 2000;  // records a millisecond

int64_t now_us() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * 1'000'000LL + time.tv_nsec / 1000;
}

class Producer {
 public:
  explicit Producer(const bench::Arguments& arguments)
      : client_(bench::make_client(RD_KAFKA_PRODUCER,
                                   {{"bootstrap.servers", arguments.text("--brokers")}, {"linger.ms", "0"}, {"acks", "1"},
                                    {"queue.buffering.max.messages", "200000"}},
                                   arguments.producer())),
        topic_(rd_kafka_topic_new(client_, arguments.text("--topic").c_str(), nullptr)),
        partitions_(bench::partition_count(client_, topic_)),
        each_ms_(arguments.number("--rate") == 0 ? kUnlimited : std::max<int64_t>(1, arguments.number("--rate") / 1000)) {}
  ~Producer() {
    rd_kafka_topic_destroy(topic_);
    rd_kafka_destroy(client_);
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  void run(int64_t end_us) {
    std::vector<rd_kafka_message_t> messages(static_cast<size_t>(each_ms_));
    std::vector<char> payloads(messages.size() * kMaxPayload);
    uint64_t random = 12;
    int32_t partition = 0;
    for (int64_t next = now_us(); next < end_us; next += 1000) {
      if (const int64_t wait = next - now_us(); wait > 0) std::this_thread::sleep_for(std::chrono::microseconds(wait));
      const int64_t now = now_us();
      for (size_t i = 0; i < messages.size(); ++i) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        char* at = payloads.data() + i * kMaxPayload;
        const int size = std::snprintf(at, kMaxPayload, "n=%d,t=%lld", static_cast<int>((random >> 33) % 13), static_cast<long long>(now));
        messages[i] = {};
        messages[i].payload = at;
        messages[i].len = static_cast<size_t>(size);
      }
      bench::produce_all(client_, topic_, partition++ % partitions_, messages.data(), messages.size());
    }
    constexpr int kFlushMs = 20'000;
    bench::check(rd_kafka_flush(client_, kFlushMs), "flush");
  }

 private:
  rd_kafka_t* client_;
  rd_kafka_topic_t* topic_;
  int32_t partitions_;
  int64_t each_ms_;
};

/// The greatest number behind a `t":` or `_t":` of a result, or the one behind the `t=` of a record.
int64_t time_of(std::string_view payload) {
  int64_t found = 0;
  for (const std::string_view name : {"t\":", "t="}) {
    for (size_t at = payload.find(name); at != std::string_view::npos; at = payload.find(name, at + name.size())) {
      int64_t time = 0;
      std::from_chars(payload.data() + at + name.size(), payload.data() + payload.size(), time);
      found = std::max(found, time);
    }
  }
  if (found == 0) bench::die("a result without a time: " + std::string(payload));
  return found;
}

rd_kafka_t* make_consumer(const bench::Arguments& arguments, const std::string& from) {
  rd_kafka_t* client = bench::make_client(
      RD_KAFKA_CONSUMER,
      {{"bootstrap.servers", arguments.text("--brokers")}, {"group.id", "bench-latency"}, {"enable.auto.commit", "false"},
       {"isolation.level", arguments.text("--isolation")}, {"fetch.wait.max.ms", "10"}},
      arguments.consumer());
  const char* name = from.c_str();
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, name, nullptr);
  const int partitions = bench::partition_count(client, topic);
  rd_kafka_topic_destroy(topic);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  for (int p = 0; p < partitions; ++p) rd_kafka_topic_partition_list_add(list, name, p)->offset = RD_KAFKA_OFFSET_END;
  bench::check(rd_kafka_assign(client, list), "assign");
  rd_kafka_topic_partition_list_destroy(list);
  return client;
}

double percentile(const std::vector<int64_t>& sorted, double share) {
  return static_cast<double>(sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))]) / 1000;
}

/// Calls `each` with every message there is for up to kPollMs; how many there were. A batch call alone would wait for a whole batch,
/// or for all of its time.
template <class Each>
size_t read_some(rd_kafka_queue_t* queue, Each each) {
  rd_kafka_message_t* messages[kBatch];
  messages[0] = rd_kafka_consume_queue(queue, kPollMs);
  if (!messages[0]) return 0;
  const size_t n = 1 + static_cast<size_t>(std::max<ssize_t>(0, rd_kafka_consume_batch_queue(queue, 0, messages + 1, kBatch - 1)));
  for (size_t i = 0; i < n; ++i) {
    bench::check(messages[i]->err, "consume");
    each(*messages[i]);
    rd_kafka_message_destroy(messages[i]);
  }
  return n;
}

void probe(const bench::Arguments& arguments) {
  Producer producer(arguments);
  rd_kafka_t* consumer = make_consumer(arguments, arguments.text("--out-topic"));
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
  const int64_t begin = now_us(), warm = begin + arguments.number("--warm-up") * 1'000'000;
  const int64_t end = warm + arguments.number("--seconds") * 1'000'000;
  std::atomic<bool> done{false};
  std::thread sending([&] {
    producer.run(end);
    done = true;
  });
  std::vector<int64_t> took;
  int64_t last_us = now_us();
  constexpr int64_t kIdleUs = 3'000'000;
  while (!done || now_us() - last_us < kIdleUs) {
    int64_t now = 0;
    const size_t n = read_some(queue, [&](const rd_kafka_message_t& message) {
      if (now == 0) now = now_us();
      const int64_t sent = time_of({static_cast<const char*>(message.payload), message.len});
      if (sent >= warm) took.push_back(now - sent);
    });
    if (n > 0) last_us = now;
  }
  sending.join();
  if (took.empty()) bench::die("no results");
  const double seconds = static_cast<double>(last_us - warm) / 1e6;
  std::sort(took.begin(), took.end());
  std::printf(R"({"results":%zu,"results_per_s":%.0f,"p50_ms":%.2f,"p99_ms":%.2f,"p999_ms":%.2f,"max_ms":%.2f})" "\n", took.size(),
              static_cast<double>(took.size()) / seconds, percentile(took, 0.5), percentile(took, 0.99), percentile(took, 0.999),
              percentile(took, 1));
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

std::atomic<bool> stop{false};

void relay(const bench::Arguments& arguments) {
  std::signal(SIGTERM, [](int) { stop = true; });
  rd_kafka_t* consumer = make_consumer(arguments, arguments.text("--topic"));
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
  rd_kafka_t* producer = bench::make_client(RD_KAFKA_PRODUCER,
                                            {{"bootstrap.servers", arguments.text("--brokers")}, {"linger.ms", "0"},
                                             {"enable.idempotence", "true"}, {"delivery.report.only.error", "true"},
                                             {"queue.buffering.max.messages", "200000"}},
                                            arguments.producer());
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, arguments.text("--out-topic").c_str(), nullptr);
  const int partitions = bench::partition_count(producer, topic);
  constexpr size_t kMaxResult = 160;
  std::vector<char> payloads(kBatch * kMaxResult);
  std::vector<rd_kafka_message_t> results;
  int64_t records = 0;
  int32_t partition = 0;
  while (!stop) {
    results.clear();
    read_some(queue, [&](const rd_kafka_message_t& message) {
      if (++records % 2 != 0) return;
      const auto sent = static_cast<long long>(time_of({static_cast<const char*>(message.payload), message.len}));
      char* at = payloads.data() + results.size() * kMaxResult;
      rd_kafka_message_t& result = results.emplace_back();
      result.payload = at;
      result.len = static_cast<size_t>(std::snprintf(at, kMaxResult,
          R"({"left":5,"right":7,"left_partition":%d,"left_offset":%lld,"right_partition":%d,"right_offset":%lld,"left_t":%lld,"right_t":%lld})",
          message.partition, static_cast<long long>(message.offset), message.partition, static_cast<long long>(message.offset), sent, sent));
    });
    if (!results.empty()) bench::produce_all(producer, topic, partition++ % partitions, results.data(), results.size());
  }
  constexpr int kFlushMs = 20'000;
  bench::check(rd_kafka_flush(producer, kFlushMs), "flush");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode != "probe" && mode != "relay") bench::die("usage: bench-latency probe|relay --brokers HOST:PORT [OPTION...]");
  const bench::Arguments arguments(argc, argv, 2,
                                   {{"--brokers", "127.0.0.1:9092"}, {"--topic", "in"}, {"--out-topic", "out"}, {"--rate", "100000"},
                                    {"--seconds", "20"}, {"--warm-up", "5"}, {"--isolation", "read_uncommitted"}});
  mode == "probe" ? probe(arguments) : relay(arguments);
}
