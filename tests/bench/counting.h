// The work of the keyed floor: parse a number, count it and add it up, in a table made for nothing else.
#pragma once

#include <librdkafka/rdkafka.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

#include "client.h"

namespace bench {

class Counting {
 public:
  void feed(const rd_kafka_message_t& message) {
    const char* text = static_cast<const char*>(message.payload);
    int64_t number = 0;
    if (std::from_chars(text, text + message.len, number).ec != std::errc()) die("no number: " + std::string(text, message.len));
    Slot& slot = find(number);
    ++slot.count;
    slot.sum += number;
  }

  int64_t rows() const {
    int64_t rows = 0;
    for (const Slot& slot : slots_) rows += slot.count;
    return rows;
  }
  std::string summary() const { return ",\"keys\":" + std::to_string(keys_); }

 private:
  struct Slot {
    int64_t number = 0, count = 0, sum = 0;  // no count: empty
  };

  // Open addressing; at most half full.
  Slot& find(int64_t number) {
    Slot* slot = &place(slots_, number);
    if (slot->count == 0) {
      if (++keys_ * 2 > slots_.size()) {
        grow();
        slot = &place(slots_, number);
      }
      slot->number = number;
    }
    return *slot;
  }
  static Slot& place(std::vector<Slot>& slots, int64_t number) {
    size_t at = (static_cast<uint64_t>(number) * 0x9E3779B97F4A7C15u) >> 20;
    for (;; ++at) {
      Slot& slot = slots[at & (slots.size() - 1)];
      if (slot.count == 0 || slot.number == number) return slot;
    }
  }
  void grow() {
    std::vector<Slot> larger(slots_.size() * 2);
    for (const Slot& slot : slots_)
      if (slot.count > 0) place(larger, slot.number) = slot;
    slots_.swap(larger);
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1 << 12);  // always a power of two
  size_t keys_ = 0;
};

}  // namespace bench
