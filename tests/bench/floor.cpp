// bench-floor: what a hand-written loop over librdkafka costs. `pairs` is the floor that weir is compared with.
//
//   bench-floor consume|produce|pairs|count --brokers HOST:PORT [--topic raw] [--out-topic pairs] [--dead-topic dead]
//               [--group bench-floor] [--call batch|callback|poll] [--partition each-batch|sticky]
//               [--set consumer.KEY=VALUE]... [--set producer.KEY=VALUE]...
//
//   consume   only consumes what --topic holds now
//   produce   only produces what `pairs` would, computed beforehand and held in memory
//   pairs     consumes, parses, matches with waiting complements, first in first out, and produces; records that are
//             no number 0..12 become dead letters; commits the offsets once everything is acknowledged
//   count     consumes, parses, counts and adds up by number in memory, and commits the offsets
//
// Prints one JSON line. Measured is from the connected client to the last record, acknowledged and committed.
// README.md says why librdkafka is used as it is here.
#include <array>

#include "client.h"
#include "counting.h"
#include "pairing.h"
#include "source.h"

// jemalloc reads this; under glibc's malloc it is an unused symbol. Records are allocated on librdkafka's threads and
// freed on ours: large thread caches make that pass in bulk.
extern "C" {
__attribute__((visibility("default"))) const char* malloc_conf =
    "tcache_nslots_small_max:4000,lg_tcache_nslots_mul:4";
}

namespace {

using bench::kBatch;
using bench::kTimeoutMs;
using bench::Source;

void stop_on_failure(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) bench::die(rd_kafka_err2str(message->err));
}

/// The producer. Pairs go out in batches, each batch to one partition, in turn.
class Sink {
 public:
  explicit Sink(const bench::Arguments& arguments) {
    client_ = bench::make_client(RD_KAFKA_PRODUCER,
                                 {{"bootstrap.servers", arguments.text("--brokers")},
                                  {"enable.idempotence", "true"},
                                  {"delivery.report.only.error", "true"},
                                  {"compression.codec", "none"},
                                  {"linger.ms", "20"},
                                  {"batch.size", "262144"},
                                  {"batch.num.messages", "100000"},
                                  {"queue.buffering.max.messages", "100000"}},
                                 arguments.producer(), stop_on_failure);
    pairs_ = rd_kafka_topic_new(client_, arguments.text("--out-topic").c_str(), nullptr);
    dead_ = rd_kafka_topic_new(client_, arguments.text("--dead-topic").c_str(), nullptr);
    partitions_ = bench::partition_count(client_, pairs_);
    bench::partition_count(client_, dead_);
    sticky_ = arguments.text("--partition") == "sticky";
    if (!sticky_ && arguments.text("--partition") != "each-batch") bench::die("--partition each-batch or sticky");
    batch_.reserve(kBatch);
  }

  ~Sink() {
    rd_kafka_topic_destroy(pairs_);
    rd_kafka_topic_destroy(dead_);
    rd_kafka_destroy(client_);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// Where the next pair may be written, if it is not in memory already.
  char* room() { return arena_.data() + used_; }

  /// `bytes` must stay as they are until the batch is sent.
  void add(char* bytes, size_t length) {
    rd_kafka_message_t& message = batch_.emplace_back();
    message.payload = bytes;
    message.len = length;
    if (batch_.size() == kBatch) send();
  }

  void add_from_room(size_t length) {
    char* bytes = room();
    used_ += length;
    add(bytes, length);
  }

  /// The payload unchanged and the headers that weir adds (bench-fill writes neither keys nor headers).
  void add(const bench::DeadLetter& dead, const std::string& topic) {
    const std::pair<const char*, std::string> added[] = {{"weir.topology", "pair-match"},
                                                         {"weir.node", "pairs"},
                                                         {"weir.code", "out-of-range"},
                                                         {"weir.field", "n"},
                                                         {"weir.message", "no number within 0..12"},
                                                         {"weir.topic", topic},
                                                         {"weir.partition", std::to_string(dead.place.partition)},
                                                         {"weir.offset", std::to_string(dead.place.offset)},
                                                         {"weir.timestamp", std::to_string(dead.timestamp)}};
    rd_kafka_headers_t* headers = rd_kafka_headers_new(std::size(added));
    for (const auto& [name, value] : added) {
      rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
    }
    const auto error = rd_kafka_producev(
        client_, RD_KAFKA_V_RKT(dead_), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
        RD_KAFKA_V_VALUE(const_cast<char*>(dead.payload.data()), dead.payload.size()), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_END);
    bench::check(error, "produce dead letter");
  }

  void poll() { rd_kafka_poll(client_, 0); }

  /// Returns when the brokers have acknowledged everything.
  void flush() {
    if (!batch_.empty()) send();
    bench::check(rd_kafka_flush(client_, kTimeoutMs), "flush");
  }

 private:
  void send() {
    bench::produce_all(client_, pairs_, sticky_ ? RD_KAFKA_PARTITION_UA : next_, batch_.data(), batch_.size());
    next_ = (next_ + 1) % partitions_;
    batch_.clear();
    used_ = 0;
  }

  rd_kafka_t* client_;
  rd_kafka_topic_t *pairs_, *dead_;
  int partitions_ = 0, next_ = 0;
  bool sticky_ = false;
  std::vector<rd_kafka_message_t> batch_;
  std::vector<char> arena_ = std::vector<char>(kBatch * bench::kMaxPair);
  size_t used_ = 0;
};

void consume(const bench::Arguments& arguments) {
  Source source(arguments);
  bench::Meter meter;
  source.read([](const rd_kafka_message_t&) {}, [] {});
  meter.stop();
  meter.print("consume", source.records(), "");
}

void pairs(const bench::Arguments& arguments) {
  Sink sink(arguments);
  Source source(arguments);
  bench::Pairing pairing;
  const std::string topic = arguments.text("--topic");
  bench::Meter meter;
  source.read(
      [&](const rd_kafka_message_t& message) {
        pairing.feed(
            message, sink.room(), [&](size_t length) { sink.add_from_room(length); },
            [&](const bench::DeadLetter& dead) { sink.add(dead, topic); });
      },
      [&] { sink.poll(); });
  sink.flush();
  source.commit();
  meter.stop();
  meter.print("pairs", source.records(), pairing.summary());
}

void count(const bench::Arguments& arguments) {
  Source source(arguments);
  bench::Counting counting;
  bench::Meter meter;
  source.read([&](const rd_kafka_message_t& message) { counting.feed(message); }, [] {});
  source.commit();
  meter.stop();
  if (counting.rows() != source.records()) bench::die("not every record was counted");
  meter.print("count", source.records(), counting.summary());
}

void produce(const bench::Arguments& arguments) {
  std::vector<char> bytes;
  std::vector<uint8_t> lengths;
  std::vector<bench::DeadLetter> dead_letters;
  bench::Pairing pairing;
  int64_t records = 0;
  {
    Source source(arguments);
    records = source.records();
    bytes.reserve(static_cast<size_t>(records) / 2 * bench::kMaxPair);  // untouched pages cost nothing
    lengths.reserve(static_cast<size_t>(records) / 2);
    std::array<char, bench::kMaxPair> room;
    source.read(
        [&](const rd_kafka_message_t& message) {
          pairing.feed(
              message, room.data(),
              [&](size_t length) {
                bytes.insert(bytes.end(), room.data(), room.data() + length);
                lengths.push_back(static_cast<uint8_t>(length));
              },
              [&](bench::DeadLetter&& dead) { dead_letters.push_back(std::move(dead)); });
        },
        [] {});
  }
  Sink sink(arguments);
  const std::string topic = arguments.text("--topic");
  bench::Meter meter;
  char* next = bytes.data();
  for (const uint8_t length : lengths) {
    sink.add(next, length);
    next += length;
  }
  for (const bench::DeadLetter& dead : dead_letters) sink.add(dead, topic);
  sink.flush();
  meter.stop();
  meter.print("produce", records, pairing.summary());
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, void (*)(const bench::Arguments&)> modes = {
      {"consume", consume}, {"produce", produce}, {"pairs", pairs}, {"count", count}};
  const auto mode = modes.find(argc > 1 ? argv[1] : "");
  if (mode == modes.end()) bench::die("usage: bench-floor consume|produce|pairs|count --brokers HOST:PORT [OPTION...]");
  const bench::Arguments arguments(argc, argv, 2,
                                   {{"--brokers", ""},
                                    {"--topic", "raw"},
                                    {"--out-topic", "pairs"},
                                    {"--dead-topic", "dead"},
                                    {"--group", "bench-floor"},
                                    {"--call", "batch"},
                                    {"--partition", "each-batch"}});
  mode->second(arguments);
}
