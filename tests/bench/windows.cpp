// bench-windows: windows in a hand-written loop over librdkafka, each made for what it does alone. What windows.yaml and
// orders-by-status are compared with.
//
//   bench-windows MODE --brokers HOST:PORT [--topic events] [--out-topic counts] [--group bench-windows]
//
//   orders            counts by status in 30 s by the records' time, as lines to --out-topic (topic of orders)
//   orders-clock      the same by the clock, without a look at their time
//   tumbling          counts by k in 10 s
//   sliding           counts by k in 10 s by 1 s: by slices, merged where a window ends
//   hot               tumbling, by h
//   sessions          of u, that end when nothing came for 10 s
//   max               the greatest v in 10 s
//   distinct          how many v there are in 10 s
//
// Prints one JSON line, with how many results there were. Windows end when every partition is 1 s past them.
#include <algorithm>
#include <cstring>
#include <ctime>
#include <map>

#include "source.h"

extern "C" {
__attribute__((visibility("default"))) const char* malloc_conf = "tcache_nslots_small_max:4000,lg_tcache_nslots_mul:4";
}

namespace {

constexpr int64_t kDelayMs = 1000, kSizeMs = 10'000, kSlideMs = 1000, kOrdersMs = 30'000;

/// Counts by a number: open addressing, no removal. Key + 1, so that 0 is free.
class Counts {
 public:
  void add(uint64_t key, int64_t n) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    size_t at = place(key);
    while (slots_[at].first != 0 && slots_[at].first != key + 1) at = (at + 1) & (slots_.size() - 1);
    if (slots_[at].first == 0) {
      slots_[at].first = key + 1;
      ++used_;
    }
    slots_[at].second += n;
  }
  size_t size() const { return used_; }
  template <class F>
  void each(F f) const {
    for (const auto& [key, n] : slots_)
      if (key != 0) f(key - 1, n);
  }

 private:
  size_t place(uint64_t key) const { return (key * 0x9E3779B97F4A7C15u >> 32) & (slots_.size() - 1); }
  void grow() {
    std::vector<std::pair<uint64_t, int64_t>> old(slots_.empty() ? 1024 : slots_.size() * 2);
    old.swap(slots_);
    used_ = 0;
    for (const auto& [key, n] : old)
      if (key != 0) add(key - 1, n);
  }
  std::vector<std::pair<uint64_t, int64_t>> slots_;
  size_t used_ = 0;
};

struct Line {
  const char *at, *end;
  explicit Line(const rd_kafka_message_t& m) : at(static_cast<const char*>(m.payload)), end(at + m.len) {}
  void skip() {
    at = static_cast<const char*>(std::memchr(at, ',', static_cast<size_t>(end - at))) + 1;
  }
  int64_t number() {
    int64_t n = 0;
    for (; at < end && *at != ','; ++at) n = n * 10 + (*at - '0');
    ++at;
    return n;
  }
};

/// The n-th number of an event, and its time.
std::pair<uint64_t, int64_t> parse(const rd_kafka_message_t& message, int column) {
  Line line(message);
  for (int i = 0; i < column; ++i) line.skip();
  const auto value = static_cast<uint64_t>(line.number());
  for (int i = column; i < 3; ++i) line.skip();
  return {value, line.number()};
}

int64_t g_results = 0, g_sum = 0;

void result(uint64_t, int64_t n) {
  ++g_results;
  g_sum += n;
}

/// Parts of time that hold something until they end: calls `close` with each, in order, once `now` has passed it.
template <class Part, class Close>
void close_until(std::map<int64_t, Part>& parts, int64_t length, int64_t now, Close close) {
  while (!parts.empty() && parts.begin()->first + length <= now) {
    close(parts.begin()->first);
    parts.erase(parts.begin());
  }
}

/// The part that a time is in: mostly the last one's.
template <class Part>
Part& part_of(std::map<int64_t, Part>& parts, int64_t ms, int64_t length) {
  return parts[ms / length * length];
}

template <class Each, class Batch>
int64_t read(const bench::Arguments& arguments, Each each, Batch batch) {
  bench::Source source(arguments);
  bench::Meter meter;
  std::vector<int64_t> latest(static_cast<size_t>(source.partitions()), INT64_MIN);
  source.read(
      [&](const rd_kafka_message_t& message) {
        const int64_t ms = each(message);
        int64_t& last = latest[static_cast<size_t>(message.partition)];
        last = std::max(last, ms);
      },
      [&] {
        int64_t least = INT64_MAX;
        for (const int64_t ms : latest) least = std::min(least, ms);
        if (least != INT64_MIN) batch(least - kDelayMs);
      });
  batch(INT64_MAX / 2);
  source.commit();
  meter.stop();
  meter.print("windows", source.records(),
              ",\"results\":" + std::to_string(g_results) + ",\"sum\":" + std::to_string(g_sum));
  return source.records();
}

void tumbling(const bench::Arguments& arguments, int column) {
  std::map<int64_t, Counts> windows;
  read(
      arguments,
      [&](const rd_kafka_message_t& message) {
        const auto [key, ms] = parse(message, column);
        part_of(windows, ms, kSizeMs).add(key, 1);
        return ms;
      },
      [&](int64_t now) { close_until(windows, kSizeMs, now, [&](int64_t at) { windows[at].each(result); }); });
}

void sliding(const bench::Arguments& arguments) {
  std::map<int64_t, Counts> slices;
  int64_t next = INT64_MIN;  // end of a window
  auto close = [&](int64_t end) {
    Counts window;
    for (auto at = slices.lower_bound(end - kSizeMs); at != slices.end() && at->first < end; ++at)
      at->second.each([&](uint64_t key, int64_t n) { window.add(key, n); });
    window.each(result);
  };
  read(
      arguments,
      [&](const rd_kafka_message_t& message) {
        const auto [key, ms] = parse(message, 0);
        part_of(slices, ms, kSlideMs).add(key, 1);
        return ms;
      },
      [&](int64_t now) {
        if (slices.empty()) return;
        if (next == INT64_MIN) next = slices.begin()->first + kSlideMs;
        for (; !slices.empty() && next <= now; next += kSlideMs) {
          close(next);
          slices.erase(slices.begin(), slices.upper_bound(next - kSizeMs));
        }
      });
}

void sessions(const bench::Arguments& arguments) {
  struct Session {
    int64_t first = 0, last = INT64_MIN, n = 0;
  };
  std::vector<Session> open(100'000);  // users are small numbers; those of one user come in order but for a second
  int64_t swept = INT64_MIN;
  auto close = [&](Session& session) {
    result(0, session.n);
    session = Session();
  };
  read(
      arguments,
      [&](const rd_kafka_message_t& message) {
        const auto [user, ms] = parse(message, 1);
        Session& session = open[user];
        if (session.n > 0 && ms >= session.last + kSizeMs) close(session);
        if (session.n == 0) session = {ms, ms, 0};
        session.first = std::min(session.first, ms);
        session.last = std::max(session.last, ms);
        ++session.n;
        return ms;
      },
      [&](int64_t now) {
        if (swept != INT64_MIN && now < swept + kSlideMs) return;
        swept = now;
        for (Session& session : open)
          if (session.n > 0 && session.last + kSizeMs <= now) close(session);
      });
}

void max(const bench::Arguments& arguments) {
  std::map<int64_t, uint64_t> windows;
  read(
      arguments,
      [&](const rd_kafka_message_t& message) {
        const auto [value, ms] = parse(message, 2);
        uint64_t& greatest = part_of(windows, ms, kSizeMs);
        greatest = std::max(greatest, value);
        return ms;
      },
      [&](int64_t now) {
        close_until(windows, kSizeMs, now, [&](int64_t at) { result(0, static_cast<int64_t>(windows[at])); });
      });
}

void distinct(const bench::Arguments& arguments) {
  std::map<int64_t, Counts> windows;
  read(
      arguments,
      [&](const rd_kafka_message_t& message) {
        const auto [value, ms] = parse(message, 2);
        part_of(windows, ms, kSizeMs).add(value, 1);
        return ms;
      },
      [&](int64_t now) {
        close_until(windows, kSizeMs, now, [&](int64_t at) { result(0, static_cast<int64_t>(windows[at].size())); });
      });
}

int64_t two(const char* at) { return (at[0] - '0') * 10 + (at[1] - '0'); }

/// Milliseconds of 2024-05-23T12:34:56Z. Days from the civil calendar: Howard Hinnant, chrono-compatible date algorithms.
int64_t parse_time(const char* at) {
  int64_t year = two(at) * 100 + two(at + 2);
  const int64_t month = two(at + 5), day = two(at + 8);
  year -= month <= 2;
  const int64_t era = year / 400, of_era = year - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t days = era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
  return (((days * 24 + two(at + 11)) * 60 + two(at + 14)) * 60 + two(at + 17)) * 1000;
}

void orders(const bench::Arguments& arguments, bool by_clock) {
  using Window = std::vector<std::pair<std::string, int64_t>>;
  std::map<int64_t, Window> windows;
  rd_kafka_t* client = bench::make_client(RD_KAFKA_PRODUCER,
                                          {{"bootstrap.servers", arguments.text("--brokers")}, {"enable.idempotence", "true"}},
                                          arguments.producer());
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, arguments.text("--out-topic").c_str(), nullptr);
  auto close = [&](int64_t at) {
    for (const auto& [status, n] : windows[at]) {
      char line[128], begin[32], end[32];
      for (auto [text, ms] : {std::pair(begin, at), std::pair(end, at + kOrdersMs)}) {
        const time_t seconds = ms / 1000;
        tm parts{};
        gmtime_r(&seconds, &parts);
        std::strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
      }
      const int length = std::snprintf(line, sizeof line, "status=%s,count=%lld,windowStart=%s,windowEnd=%s", status.c_str(),
                                       static_cast<long long>(n), begin, end);
      rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, line, static_cast<size_t>(length), nullptr, 0, nullptr);
      result(0, n);
    }
  };
  auto now_ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  };
  int64_t clock = now_ms();
  read(
      arguments,
      [&](const rd_kafka_message_t& message) {
        const std::string_view line(static_cast<const char*>(message.payload), message.len);
        const size_t begin = line.find(",status=") + 8, end = line.find(',', begin);
        const std::string_view status = line.substr(begin, end - begin);
        const int64_t ms = by_clock ? clock : parse_time(line.data() + line.size() - 20);
        Window& window = part_of(windows, ms, kOrdersMs);
        auto at = std::find_if(window.begin(), window.end(), [&](const auto& one) { return one.first == status; });
        if (at == window.end()) at = window.emplace(window.end(), status, 0);
        ++at->second;
        return ms;
      },
      [&](int64_t now) {
        clock = now_ms();
        close_until(windows, kOrdersMs, now, close);
        rd_kafka_poll(client, 0);
        if (now == INT64_MAX / 2) bench::check(rd_kafka_flush(client, bench::kTimeoutMs), "flush");
      });
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv, 2,
                                   {{"--brokers", ""},
                                    {"--topic", "events"},
                                    {"--out-topic", "counts"},
                                    {"--group", "bench-windows"},
                                    {"--call", "batch"}});
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "orders" || mode == "orders-clock") orders(arguments, mode == "orders-clock");
  else if (mode == "tumbling") tumbling(arguments, 0);
  else if (mode == "hot") tumbling(arguments, 3);
  else if (mode == "sliding") sliding(arguments);
  else if (mode == "sessions") sessions(arguments);
  else if (mode == "max") max(arguments);
  else if (mode == "distinct") distinct(arguments);
  else bench::die("usage: bench-windows MODE --brokers HOST:PORT [OPTION...]");
}
