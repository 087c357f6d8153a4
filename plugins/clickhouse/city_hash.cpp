#include "city_hash.hpp"

#include <bit>
#include <cstring>

namespace weir::clickhouse {
namespace {

using Pair = std::pair<uint64_t, uint64_t>;

constexpr uint64_t k0 = 0xc3a5c85c97cb3127, k1 = 0xb492b66fbe98f273, k2 = 0x9ae16a3b2f90404f, k3 = 0xc949d7c7509e6557;
constexpr uint64_t kMul = 0x9ddfea08eb382d69;

uint64_t fetch64(const char *at) {
    uint64_t v;
    std::memcpy(&v, at, sizeof v);
    return v;
}

uint64_t fetch32(const char *at) {
    uint32_t v;
    std::memcpy(&v, at, sizeof v);
    return v;
}

uint64_t rotate(uint64_t v, int by) { return std::rotr(v, by); }
uint64_t shift_mix(uint64_t v) { return v ^ (v >> 47); }

uint64_t mix_to_64(uint64_t low, uint64_t high) {
    uint64_t a = (low ^ high) * kMul;
    a ^= a >> 47;
    uint64_t b = (high ^ a) * kMul;
    b ^= b >> 47;
    return b * kMul;
}

uint64_t up_to_16(const char *s, size_t n) {
    if (n > 8) {
        const uint64_t a = fetch64(s), b = fetch64(s + n - 8);
        return mix_to_64(a, rotate(b + n, static_cast<int>(n))) ^ b;
    }
    if (n >= 4) return mix_to_64(n + (fetch32(s) << 3), fetch32(s + n - 4));
    if (n == 0) return k2;
    const auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<unsigned char>(s[at])); };
    const uint32_t y = byte(0) + (byte(n >> 1) << 8);
    const uint32_t z = static_cast<uint32_t>(n) + (byte(n - 1) << 2);
    return shift_mix(y * k2 ^ z * k3) * k2;
}

// A hash of 32 bytes that is weak by itself.
Pair weak_32(const char *s, uint64_t a, uint64_t b) {
    const uint64_t w = fetch64(s), x = fetch64(s + 8), y = fetch64(s + 16), z = fetch64(s + 24);
    a += w;
    b = rotate(b + a + z, 21);
    const uint64_t c = a;
    a += x + y;
    b += rotate(a, 44);
    return {a + z, b + c};
}

// Of less than 128 bytes.
Pair short_hash(const char *s, size_t n, Pair seed) {
    uint64_t a = seed.first, b = seed.second, c, d;
    if (n <= 16) {
        a = shift_mix(a * k1) * k1;
        c = b * k1 + up_to_16(s, n);
        d = shift_mix(a + (n >= 8 ? fetch64(s) : c));
    } else {
        c = mix_to_64(fetch64(s + n - 8) + k1, a);
        d = mix_to_64(b + n, c + fetch64(s + n - 16));
        a += d;
        for (auto left = static_cast<int64_t>(n) - 16; left > 0; left -= 16, s += 16) {
            a ^= shift_mix(fetch64(s) * k1) * k1;
            a *= k1;
            b ^= a;
            c ^= shift_mix(fetch64(s + 8) * k1) * k1;
            c *= k1;
            d ^= c;
        }
    }
    a = mix_to_64(a, c);
    b = mix_to_64(d, b);
    return {a ^ b, mix_to_64(b, a)};
}

Pair seeded(const char *s, size_t n, Pair seed) {
    if (n < 128) return short_hash(s, n, seed);
    uint64_t x = seed.first, y = seed.second, z = n * k1;
    Pair v, w;
    v.first = rotate(y ^ k1, 49) * k1 + fetch64(s);
    v.second = rotate(v.first, 42) * k1 + fetch64(s + 8);
    w.first = rotate(y + z, 35) * k1 + x;
    w.second = rotate(x + fetch64(s + 88), 53) * k1;
    const auto step = [&] {
        x = rotate(x + y + v.first + fetch64(s + 16), 37) * k1;
        y = rotate(y + v.second + fetch64(s + 48), 42) * k1;
        x ^= w.second;
        y ^= v.first;
        z = rotate(z ^ w.first, 33);
        v = weak_32(s, v.second * k1, x + w.first);
        w = weak_32(s + 32, z + w.second, y);
        std::swap(z, x);
        s += 64;
    };
    do {
        step();
        step();
        n -= 128;
    } while (n >= 128);
    y += rotate(w.first, 37) * k0 + z;
    x += rotate(v.first + z, 49) * k0;
    for (size_t done = 0; done < n;) {
        done += 32;
        y = rotate(y - x, 42) * k0 + v.second;
        w.first += fetch64(s + n - done + 16);
        x = rotate(x, 49) * k0 + w.first;
        w.first += v.first;
        v = weak_32(s + n - done, v.first, v.second);
    }
    x = mix_to_64(x, v.first);
    y = mix_to_64(y, w.first);
    return {mix_to_64(x + v.second, w.second) + y, mix_to_64(x + w.second, y + v.second)};
}

}  // namespace

Pair city_hash_128(const void *data, size_t n) {
    const auto *s = static_cast<const char *>(data);
    if (n >= 16) return seeded(s + 16, n - 16, {fetch64(s) ^ k3, fetch64(s + 8)});
    if (n >= 8) return seeded(nullptr, 0, {fetch64(s) ^ (n * k0), fetch64(s + n - 8) ^ k1});
    return seeded(s, n, {k0, k1});
}

}  // namespace weir::clickhouse
