// Random numbers that are a function of (seed, column, row): any row can be made without those before it.
//
// Plain functions, any thread. The same on every machine but for the last bits of log and cos in libm.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include <weir/types.hpp>

namespace weir::generate {

// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
inline uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

// The numbers of one column.
class Stream {
public:
    Stream() = default;
    Stream(int64_t seed, std::string_view column) : state_(mix(static_cast<uint64_t>(seed) + kStep)) {
        for (char c : column) state_ = mix(state_ ^ static_cast<unsigned char>(c)) + kStep;
    }
    // 64 random bits for a row; more of them with another `turn`.
    uint64_t bits(uint64_t row, uint64_t turn = 0) const {
        uint64_t base = mix(state_ + row * kStep);
        return turn ? mix(base + turn * kStep) : base;
    }
    // In [0, 1).
    double unit(uint64_t row, uint64_t turn = 0) const {
        return static_cast<double>(bits(row, turn) >> 11) * 0x1.0p-53;
    }
    // In [0, n), by multiplication (Lemire 2019, without the rejection: the bias is below n / 2^64). n = 0: 2^64.
    uint64_t below(uint64_t n, uint64_t row) const {
        uint64_t random = bits(row);
        return n ? static_cast<uint64_t>(static_cast<Uint128>(random) * n >> 64) : random;
    }
    // Standard normal, by Box and Muller.
    double normal(uint64_t row) const {
        return std::sqrt(-2 * std::log(1 - unit(row, 1))) * std::cos(2 * M_PI * unit(row, 2));
    }

private:
    static constexpr uint64_t kStep = 0x9e3779b97f4a7c15ULL;
    uint64_t state_ = 0;
};

// Zipf's distribution over 1..n with exponent s, by rejection-inversion (Hörmann and Derflinger 1996): constant
// time and no table.
class Zipf {
public:
    Zipf() = default;
    Zipf(double n, double s) : n_(n), s_(s) {
        h_first_ = integral(1.5) - 1;
        h_last_ = integral(n + 0.5);
        cut_ = 2 - inverse(integral(2.5) - weight(2));
    }
    int64_t at(const Stream &stream, uint64_t row) const {
        for (uint64_t turn = 1;; ++turn) {
            double u = h_last_ + stream.unit(row, turn) * (h_first_ - h_last_);
            double x = inverse(u);
            double k = std::floor(x + 0.5);
            k = k < 1 ? 1 : k > n_ ? n_ : k;
            if (k - x <= cut_ || u >= integral(k + 0.5) - weight(k)) return static_cast<int64_t>(k);
        }
    }

private:
    double weight(double x) const { return std::exp(-s_ * std::log(x)); }
    double integral(double x) const {  // of weight, up to a constant
        double t = (1 - s_) * std::log(x);
        return (std::fabs(t) > 1e-8 ? std::expm1(t) / t : 1 + t / 2) * std::log(x);
    }
    double inverse(double y) const {
        double t = y * (1 - s_);
        if (t < -1) t = -1;
        return std::exp((std::fabs(t) > 1e-8 ? std::log1p(t) / t : 1 - t / 2) * y);
    }

    double n_ = 1, s_ = 1, h_first_ = 0, h_last_ = 0, cut_ = 0;
};

}  // namespace weir::generate
