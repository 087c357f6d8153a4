// CityHash128 of version 1.0.2, which ClickHouse puts before each compressed block (later versions of CityHash give other
// values). The algorithm is Geoff Pike's and Jyrki Alakuijala's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir::clickhouse {

// Low and high half.
std::pair<uint64_t, uint64_t> city_hash_128(const void *data, size_t bytes);

}  // namespace weir::clickhouse
