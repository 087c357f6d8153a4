// How many seeds a random test is run with.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weir {

// GCC and clang say it in their own ways.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_TEST_SHARE 10
#elif __has_feature(address_sanitizer)
#define WEIR_TEST_SHARE 5
#endif
#elif defined(__SANITIZE_THREAD__)
#define WEIR_TEST_SHARE 10
#elif defined(__SANITIZE_ADDRESS__)
#define WEIR_TEST_SHARE 5
#endif
#if !defined(WEIR_TEST_SHARE)
#define WEIR_TEST_SHARE 1
#endif

// `n`, and fewer where a sanitizer slows every step. What runs on one thread has no races to find.
constexpr uint64_t seeds(uint64_t n) { return std::max<uint64_t>(1, n / WEIR_TEST_SHARE); }

}  // namespace weir
