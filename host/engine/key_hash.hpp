// The hash of a row's key, which decides its key group and with it its worker and the place of its state.
//
// Fixed for good: state on disk and the split of keys over hosts depend on it. The key's columns are hashed one
// behind the other with XXH3 (64 bits; Y. Collet, xxhash.com), each seeded with the hash so far, the first with 0:
//   integers, bool, date, timestamp   the value as a little-endian int64, so that a wider type keeps the keys
//   float32, float64                  the value as a float64; -0.0 as 0.0, every NaN as one
//   decimal                           the unscaled value as a little-endian int128
//   string, binary                    the bytes
//   null                              the seed plus 1, finished by XXH3 of no bytes
// The top 8 bits are the key group, 0..255. Worker w of n owns the groups g with g * n / 256 = w.
//
// Threads: const use from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <weir/result.hpp>
#include <weir/types.hpp>

namespace weir::host {

inline constexpr uint32_t kKeyGroups = 256;

inline uint32_t key_group(uint64_t hash) { return static_cast<uint32_t>(hash >> 56); }
inline uint32_t worker_of_group(uint32_t group, uint32_t workers) { return group * workers / kKeyGroups; }

class KeyHasher {
public:
    // For the named columns of rows of `schema`. WEIR_E_CONFIG: a column is not there, or of a type that is no key.
    static Result<KeyHasher> create(const Schema& schema, const std::vector<std::string>& columns);
    // One hash a row of `rows`, which has the schema.
    void hash(const ArrowArray& rows, uint64_t* hashes) const;

private:
    struct Part {
        size_t index;
        Type type;
    };
    std::vector<Part> parts_;
};

}  // namespace weir::host
