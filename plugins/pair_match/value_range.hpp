// Which values can pair at all: a number `n` and its complement `sum - n` must both lie in the allowed range.
//
// Values are unscaled integers of the column's scale (12.50 of decimal(10,2) is 1250). Plain value, any thread.
#pragma once

#include <cstdint>
#include <string>

#include <weir/config.hpp>
#include <weir/result.hpp>
#include <weir/types.hpp>

namespace weir::pair_match {

struct ValueRange {
    Int128 sum = 0;
    Int128 low = 0, high = 0;    // what the column's type, `min` and `max` allow
    Int128 first = 0, last = 0;  // those of them whose complement is allowed as well; first + last == sum
    int scale = 0;

    // Why a value outside of first..last is refused.
    std::string explain(Int128 value) const;
};

// The range of a column of an integer or decimal type under the parameters sum, min and max.
// WEIR_E_CONFIG: one of them is not a number or does not fit, or no two values can ever pair.
Result<ValueRange> make_range(const Config &config, const Type &type);

// The key of a pair is the smaller one of its two values (as unscaled integers); its hash is the finalizer of
// MurmurHash3 (Austin Appleby, public domain) over the low 64 bits, and for a key beyond int64 over the low
// bits xor the hash of the high ones. The top 8 bits are the key group. Part of the state's format.
inline uint64_t mix(uint64_t h) {
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdULL;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return h ^ (h >> 33);
}
inline uint64_t hash_key(int64_t key) { return mix(static_cast<uint64_t>(key)); }
inline uint64_t hash_key(Int128 key) {
    auto low = static_cast<uint64_t>(key);
    if (key == static_cast<int64_t>(key)) return mix(low);
    return mix(low ^ mix(static_cast<uint64_t>(key >> 64)));
}
inline uint32_t group_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 56); }

// The key of any value, also of one that cannot pair: those must only go somewhere, always the same way.
template <class V>
V key_of(V value, V sum) {
    V other;
    if (__builtin_sub_overflow(sum, value, &other)) return value;
    return value < other ? value : other;
}

}  // namespace weir::pair_match
