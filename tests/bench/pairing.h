// The work of the floor: parse a number, match it with a waiting complement first in first out, write the pair as JSON.
#pragma once

#include <librdkafka/rdkafka.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace bench {

constexpr int kSum = 12;
constexpr size_t kMaxPair = 192;  // bytes: the names and six numbers at their longest

struct Place {
  int64_t offset;
  int32_t partition;
};

/// Waiting numbers, each with a first-in first-out ring of where they came from.
class Waiting {
 public:
  /// The place of the complement that waited longest, or nothing: then the number waits itself.
  std::optional<Place> match(int number, Place place) {
    Ring& complements = rings_[static_cast<size_t>(kSum - number)];
    if (complements.count > 0) {
      --waiting_;
      return complements.pop();
    }
    ++waiting_;
    rings_[static_cast<size_t>(number)].push(place);
    return std::nullopt;
  }

  int64_t size() const { return waiting_; }

 private:
  struct Ring {
    std::vector<Place> slots = std::vector<Place>(1024);  // always a power of two
    size_t head = 0, count = 0;

    void push(Place place) {
      if (count == slots.size()) grow();
      slots[(head + count++) & (slots.size() - 1)] = place;
    }
    Place pop() {
      const Place place = slots[head];
      head = (head + 1) & (slots.size() - 1);
      --count;
      return place;
    }
    void grow() {
      std::vector<Place> larger(slots.size() * 2);
      for (size_t i = 0; i < count; ++i) larger[i] = slots[(head + i) & (slots.size() - 1)];
      slots.swap(larger);
      head = 0;
    }
  };

  std::array<Ring, kSum + 1> rings_;
  int64_t waiting_ = 0;
};

struct DeadLetter {
  std::string payload;
  Place place;
  int64_t timestamp;
};

template <size_t N>
char* put(char* to, const char (&literal)[N]) {
  std::memcpy(to, literal, N - 1);
  return to + N - 1;
}

inline char* put(char* to, int64_t number) { return std::to_chars(to, to + 20, number).ptr; }

/// Writes the JSON of a pair, at most kMaxPair bytes; returns its length. The left one is the one that waited.
inline size_t write_pair(char* to, int left, Place left_place, int right, Place right_place) {
  char* end = put(to, R"({"left":)");
  end = put(end, left);
  end = put(put(end, R"(,"right":)"), right);
  end = put(put(end, R"(,"left_partition":)"), left_place.partition);
  end = put(put(end, R"(,"left_offset":)"), left_place.offset);
  end = put(put(end, R"(,"right_partition":)"), right_place.partition);
  end = put(put(end, R"(,"right_offset":)"), right_place.offset);
  return static_cast<size_t>(put(end, "}") - to);
}

/// Parses, matches, formats a pair into `room`: `on_pair(length)`, or `on_dead(letter)`.
class Pairing {
 public:
  template <class OnPair, class OnDead>
  void feed(const rd_kafka_message_t& message, char* room, OnPair on_pair, OnDead on_dead) {
    const char* text = static_cast<const char*>(message.payload);
    const Place place{message.offset, message.partition};
    int number = -1;
    const auto [end, error] = std::from_chars(text, text + message.len, number);
    if (error != std::errc() || end != text + message.len || number < 0 || number > kSum) {
      ++dead_;
      rd_kafka_timestamp_type_t type;
      on_dead(DeadLetter{std::string(text, message.len), place, rd_kafka_message_timestamp(&message, &type)});
      return;
    }
    if (const auto other = waiting_.match(number, place)) {
      ++pairs_;
      on_pair(write_pair(room, kSum - number, *other, number, place));
    }
  }

  std::string summary() const {
    return R"(,"pairs":)" + std::to_string(pairs_) + R"(,"waiting":)" + std::to_string(waiting_.size()) +
           R"(,"dead_letters":)" + std::to_string(dead_);
  }

 private:
  Waiting waiting_;
  int64_t pairs_ = 0, dead_ = 0;
};

}  // namespace bench
