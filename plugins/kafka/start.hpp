// Where a source begins where neither the host's state nor the group's offsets say it.
//
//   start: earliest                     the first record there is
//   start: latest                       what arrives from now on
//   start: "2024-05-23T12:34:56Z"       the first record that is not older; also { timestamp: … }
//   start: { offset: 5 }                this offset, in every partition
#pragma once

#include <cstdint>

#include <weir/config.hpp>

namespace weir::kafka {

struct Start {
    enum class Kind { kEarliest, kLatest, kTimestamp, kOffset };
    Kind kind = Kind::kEarliest;
    int64_t value = 0;  // milliseconds since 1970, or the offset

    bool operator==(const Start &) const = default;
    static Result<Start> parse(const Config::Json &value);
};

}  // namespace weir::kafka
