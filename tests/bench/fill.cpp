// bench-fill: recreates a topic and fills it.
//
//   bench-fill --brokers HOST:PORT --topic raw [--payload numbers] [--below 1000] [--partitions 4] [--records 5000000] [--seed 12]
//              [--corrupt-one-in 10000] [--compression none]
//
// numbers   the input of pair-match: 0..12 as text, uniform; one in --corrupt-one-in (0: none) is out of range or no number
// keys      numbers below --below as text, uniform
// orders    that of orders-by-status, as orders-seeder writes it: customer=customer-042,status=SHIPPED,...,ts=...
// events    that of windows.yaml: `k,u,v,h,ts`, numbers below 10,000, 100,000 and 1,000,000, a key that is 0 in half of the
//           records and below 10,000 in the others, and milliseconds
//
// Times go on by 10 us a record, some up to a second behind. The same seed gives the same payloads in the same partitions.
// --records 0 only recreates the topic.
#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <random>
#include <thread>

#include "client.h"

namespace {

using Payloads = std::array<std::string_view, 17>;
constexpr Payloads kPayloads = {"0", "1",  "2",  "3",  "4",  "5",  "6",    "7",           "8",
                                "9", "10", "11", "12", "13", "-1", "6.5", "not a number"};
constexpr uint64_t kValid = 13;
constexpr int kAdminTimeoutMs = 30'000;
constexpr int kBatch = 1000;

rd_kafka_resp_err_t delete_topic(rd_kafka_t* client, rd_kafka_queue_t* queue, const std::string& name) {
  rd_kafka_DeleteTopic_t* request = rd_kafka_DeleteTopic_new(name.c_str());
  rd_kafka_DeleteTopics(client, &request, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kAdminTimeoutMs);
  rd_kafka_DeleteTopic_destroy(request);
  if (event == nullptr) bench::die("no answer to DeleteTopics");
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    size_t count = 0;
    error = rd_kafka_topic_result_error(
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)[0]);
  }
  rd_kafka_event_destroy(event);
  return error;
}

rd_kafka_resp_err_t create_topic(rd_kafka_t* client, rd_kafka_queue_t* queue, const std::string& name,
                                 int partitions) {
  char text[256];
  rd_kafka_NewTopic_t* request = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, text, sizeof text);
  if (request == nullptr) bench::die(text);
  rd_kafka_CreateTopics(client, &request, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kAdminTimeoutMs);
  rd_kafka_NewTopic_destroy(request);
  if (event == nullptr) bench::die("no answer to CreateTopics");
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    size_t count = 0;
    error = rd_kafka_topic_result_error(
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)[0]);
  }
  rd_kafka_event_destroy(event);
  return error;
}

/// Partitions that have a leader, 0 when there is no such topic. Asks for all topics: asking for one may create it.
int ready_partitions(rd_kafka_t* client, const std::string& name) {
  const rd_kafka_metadata_t* metadata = nullptr;
  bench::check(rd_kafka_metadata(client, 1, nullptr, &metadata, kAdminTimeoutMs), "metadata");
  int ready = 0;
  for (int t = 0; t < metadata->topic_cnt; ++t) {
    const rd_kafka_metadata_topic& topic = metadata->topics[t];
    if (topic.topic != name) continue;
    for (int p = 0; p < topic.partition_cnt; ++p) ready += topic.partitions[p].leader >= 0 ? 1 : 0;
  }
  rd_kafka_metadata_destroy(metadata);
  return ready;
}

/// What was asked of the controller is known to the broker only a moment later.
void await_partitions(rd_kafka_t* client, const std::string& name, int partitions) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kAdminTimeoutMs);
  while (ready_partitions(client, name) != partitions) {
    if (std::chrono::steady_clock::now() > deadline) bench::die("topic " + name + " is not ready");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void recreate_topic(rd_kafka_t* client, const std::string& name, int partitions) {
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  if (const auto error = delete_topic(client, queue, name); error != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    bench::check(error, "delete topic " + name);
  }
  await_partitions(client, name, 0);
  bench::check(create_topic(client, queue, name, partitions), "create topic " + name);
  await_partitions(client, name, partitions);
  rd_kafka_queue_destroy(queue);
}

constexpr int64_t kStartMs = 1'716'465'600'000;  // 2024-05-23T12:00:00Z
constexpr size_t kMaxPayload = 128;

/// Writes payloads one behind the other.
class Payload {
 public:
  Payload(const std::string& kind, uint64_t seed, uint64_t corrupt_one_in, uint64_t below)
      : kind_(kind), random_(seed), corrupt_one_in_(corrupt_one_in), below_(below) {
    if (kind != "numbers" && kind != "keys" && kind != "orders" && kind != "events")
      bench::die("--payload numbers, keys, orders or events");
  }

  /// The length. REQUIRES: room for kMaxPayload bytes.
  size_t write(int64_t record, char* to) {
    if (kind_ == "numbers") return number(to);
    if (kind_ == "keys") return static_cast<size_t>(std::to_chars(to, to + kMaxPayload, random_() % below_).ptr - to);
    const int64_t ms = kStartMs + record / 100 - static_cast<int64_t>(random_() % 1000);
    return kind_ == "orders" ? order(ms, to) : event(ms, to);
  }

 private:
  size_t number(char* to) {
    uint64_t which = random_() % kValid;
    if (corrupt_one_in_ != 0 && random_() % corrupt_one_in_ == 0) which = kValid + random_() % (kPayloads.size() - kValid);
    return kPayloads[which].copy(to, kMaxPayload);
  }
  size_t order(int64_t ms, char* to) {
    static constexpr const char* kStatus[] = {"NEW", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"};
    static constexpr const char* kRegions[] = {"eu-west", "eu-north", "us-east", "us-west", "ap-south"};
    const time_t seconds = ms / 1000;
    tm parts{};
    gmtime_r(&seconds, &parts);
    const auto cents = static_cast<unsigned>(random_() % 30'000);
    const int length = std::snprintf(to, kMaxPayload, "customer=customer-%03u,status=%s,region=%s,amount=%u.%02u,ts=",
                                     static_cast<unsigned>(random_() % 500), kStatus[random_() % 5], kRegions[random_() % 5],
                                     cents / 100, cents % 100);
    return static_cast<size_t>(length) + std::strftime(to + length, kMaxPayload - static_cast<size_t>(length), "%Y-%m-%dT%H:%M:%SZ", &parts);
  }
  size_t event(int64_t ms, char* to) {
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random_() % n); };
    const unsigned hot = below(2) ? below(10'000) : 0;
    return static_cast<size_t>(std::snprintf(to, kMaxPayload, "%u,%u,%u,%u,%lld", below(10'000), below(100'000), below(1'000'000), hot,
                                             static_cast<long long>(ms)));
  }

  const std::string kind_;
  std::mt19937_64 random_;
  const uint64_t corrupt_one_in_, below_;
};

void fill(rd_kafka_t* client, rd_kafka_topic_t* topic, int partitions, int64_t records, Payload payload) {
  std::vector<rd_kafka_message_t> batch(kBatch);
  std::vector<char> bytes(kBatch * kMaxPayload);
  int partition = 0;
  for (int64_t sent = 0; sent < records;) {
    const int count = static_cast<int>(std::min<int64_t>(kBatch, records - sent));
    for (int i = 0; i < count; ++i) {
      char* to = bytes.data() + static_cast<size_t>(i) * kMaxPayload;
      batch[i] = {};
      batch[i].payload = to;
      batch[i].len = payload.write(sent + i, to);
    }
    bench::produce_all(client, topic, partition, batch.data(), static_cast<size_t>(count));
    sent += count;
    partition = (partition + 1) % partitions;
  }
}

void stop_on_failure(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) bench::die(rd_kafka_err2str(message->err));
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv, 1,
                                   {{"--brokers", ""},
                                    {"--topic", "raw"},
                                    {"--payload", "numbers"},
                                    {"--below", "1000"},
                                    {"--partitions", "4"},
                                    {"--records", "5000000"},
                                    {"--seed", "12"},
                                    {"--corrupt-one-in", "10000"},
                                    {"--compression", "none"}});
  rd_kafka_t* client = bench::make_client(RD_KAFKA_PRODUCER,
                                          {{"bootstrap.servers", arguments.text("--brokers")},
                                           {"compression.codec", arguments.text("--compression")},
                                           {"enable.idempotence", "true"},
                                           {"delivery.report.only.error", "true"},
                                           {"linger.ms", "20"},
                                           {"batch.size", "262144"},
                                           {"batch.num.messages", "100000"},
                                           {"queue.buffering.max.messages", "500000"}},
                                          arguments.producer(), stop_on_failure);
  const std::string name = arguments.text("--topic");
  const int partitions = static_cast<int>(arguments.number("--partitions"));
  recreate_topic(client, name, partitions);

  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, name.c_str(), nullptr);
  fill(client, topic, partitions, arguments.number("--records"),
       Payload(arguments.text("--payload"), static_cast<uint64_t>(arguments.number("--seed")),
               static_cast<uint64_t>(arguments.number("--corrupt-one-in")), static_cast<uint64_t>(arguments.number("--below"))));
  bench::check(rd_kafka_flush(client, 120'000), "flush");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
}
