// A bounded queue from one thread to another, without locks.
//
// A ring of slots with a write and a read position, each written by its own thread alone, on cache lines apart
// (L. Lamport, "Specifying Concurrent Program Modules", 1983).
//
// Threads: push, and size as the producer sees it, on the producing thread; pop, and size as the consumer sees
// it, on the consuming one; empty on both.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

namespace weir::host {

template <class T, size_t kCapacity>
class Ring {
    static_assert((kCapacity & (kCapacity - 1)) == 0, "positions wrap by a mask");

public:
    // False: no room; the value is untouched.
    bool push(T&& value) {
        const size_t head = head_.load(std::memory_order_relaxed);
        if (head - tail_.load(std::memory_order_acquire) == kCapacity) return false;
        slots_[head & (kCapacity - 1)] = std::move(value);
        head_.store(head + 1);
        return true;
    }
    // REQUIRES: not empty.
    T pop() {
        const size_t tail = tail_.load(std::memory_order_relaxed);
        T value = std::exchange(slots_[tail & (kCapacity - 1)], T());
        tail_.store(tail + 1);
        return value;
    }
    // What pop gives next. [consumer] REQUIRES: not empty.
    const T& front() const { return slots_[tail_.load(std::memory_order_relaxed) & (kCapacity - 1)]; }
    bool empty() const { return size() == 0; }
    // Sequentially consistent with push and pop: of a producer that looks after its push and a consumer that looks
    // after its pop, one at least sees the other's.
    size_t size() const {
        const size_t tail = tail_.load();
        return head_.load() - tail;
    }

private:
    alignas(64) std::atomic<size_t> head_{0};
    alignas(64) std::atomic<size_t> tail_{0};
    alignas(64) std::array<T, kCapacity> slots_{};
};

}  // namespace weir::host
