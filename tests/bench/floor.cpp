// bench-floor: what a hand-written loop over librdkafka costs. `pairs` is the floor that weir is compared with.
//
//   bench-floor consume|produce|pairs --brokers HOST:PORT [--topic raw] [--out-topic pairs] [--dead-topic dead]
//               [--group bench-floor] [--call batch|callback|poll] [--partition each-batch|sticky]
//               [--set consumer.KEY=VALUE]... [--set producer.KEY=VALUE]...
//
//   consume   only consumes what --topic holds now
//   produce   only produces what `pairs` would, computed beforehand and held in memory
//   pairs     consumes, parses, matches with waiting complements, first in first out, and produces; records that are
//             no number 0..12 become dead letters; commits the offsets once everything is acknowledged
//
// Prints one JSON line. Measured is from the connected client to the last record, acknowledged and committed.
// README.md says why librdkafka is used as it is here.
#include <array>

#include "client.h"
#include "pairing.h"

// jemalloc reads this; under glibc's malloc it is an unused symbol. Records are allocated on librdkafka's threads and
// freed on ours: large thread caches make that pass in bulk.
extern "C" {
__attribute__((visibility("default"))) const char* malloc_conf =
    "tcache_nslots_small_max:4000,lg_tcache_nslots_mul:4";
}

namespace {

constexpr size_t kBatch = 1024;
constexpr int kPollMs = 100;
constexpr int kTimeoutMs = 20'000;

/// All of a topic, from its beginning to where it ended when the source was made.
class Source {
 public:
  explicit Source(const bench::Arguments& arguments)
      : topic_(arguments.text("--topic")), call_(arguments.text("--call")) {
    if (call_ != "batch" && call_ != "callback" && call_ != "poll") bench::die("--call batch, callback or poll");
    client_ = bench::make_client(RD_KAFKA_CONSUMER,
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
    const int partitions = bench::partition_count(client_, topic);
    rd_kafka_topic_destroy(topic);
    begin_ = rd_kafka_topic_partition_list_new(partitions);
    end_ = rd_kafka_topic_partition_list_new(partitions);
    for (int p = 0; p < partitions; ++p) {
      int64_t low = 0, high = 0;
      bench::check(rd_kafka_query_watermark_offsets(client_, topic_.c_str(), p, &low, &high, kTimeoutMs), "offsets");
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

  /// Reads everything; `after_batch` is called between polls.
  template <class OnEach, class AfterBatch>
  void read(OnEach on_each, AfterBatch after_batch) {
    bench::check(rd_kafka_assign(client_, begin_), "assign");
    if (call_ == "callback") forward_partitions();
    int64_t left = records_;
    auto counted = [&](const rd_kafka_message_t& message) {
      bench::check(message.err, "consume");
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

  void commit() { bench::check(rd_kafka_commit(client_, end_, 0), "commit"); }

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
                                                         {"weir.code", "out_of_range"},
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
      {"consume", consume}, {"produce", produce}, {"pairs", pairs}};
  const auto mode = modes.find(argc > 1 ? argv[1] : "");
  if (mode == modes.end()) bench::die("usage: bench-floor consume|produce|pairs --brokers HOST:PORT [OPTION...]");
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
