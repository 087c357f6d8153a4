// The host's allocator and log, as this module reaches them, and growable buffers from it.
//
// One pointer a module, set by module init (WEIR_MODULE does it) before any instance exists.
#pragma once

#include <cassert>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include <weir/abi.h>

namespace weir {

inline weir_str to_abi(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view view(weir_str s) { return {s.data ? s.data : "", s.data ? s.size : 0}; }

namespace detail {
inline const weir_host *module_host = nullptr;
}

// The host that loaded this module. (Not `host`: that is the namespace of the host itself.)
inline const weir_host &plugin_host() {
    assert(detail::module_host);
    return *detail::module_host;
}

// Growable memory from the host, 64-byte aligned. Move-only. One user at a time.
class Buffer {
public:
    Buffer() = default;
    Buffer(Buffer &&o) noexcept { swap(o); }
    Buffer &operator=(Buffer &&o) noexcept {
        swap(o);
        return *this;
    }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    ~Buffer() {
        if (data_) plugin_host().free(data_);
    }

    uint8_t *data() { return data_; }
    const uint8_t *data() const { return data_; }
    size_t size() const { return size_; }
    size_t capacity() const { return capacity_; }

    // Makes room for `bytes` in all; throws std::bad_alloc when the host has none.
    void reserve(size_t bytes) {
        if (bytes > capacity_) grow(bytes);
    }
    void resize(size_t bytes) {
        reserve(bytes);
        size_ = bytes;
    }
    void append(const void *from, size_t bytes) {
        if (size_ + bytes > capacity_) grow(size_ + bytes);
        if (bytes) std::memcpy(data_ + size_, from, bytes);
        size_ += bytes;
    }
    template <class T>
    void push(const T &value) {
        if (size_ + sizeof(T) > capacity_) grow(size_ + sizeof(T));
        std::memcpy(data_ + size_, &value, sizeof(T));
        size_ += sizeof(T);
    }
    template <class T>
    T *as() {
        return reinterpret_cast<T *>(data_);
    }
    // The memory, now the caller's to give back with plugin_host().free; never null.
    uint8_t *release() {
        if (!data_) grow(1);
        size_ = capacity_ = 0;
        return std::exchange(data_, nullptr);
    }
    void swap(Buffer &o) noexcept {
        std::swap(data_, o.data_);
        std::swap(size_, o.size_);
        std::swap(capacity_, o.capacity_);
    }

private:
    void grow(size_t bytes) {
        size_t wanted = capacity_ * 2 > bytes ? capacity_ * 2 : bytes;
        if (wanted < 64) wanted = 64;
        auto *fresh = static_cast<uint8_t *>(plugin_host().alloc(wanted));
        if (!fresh) throw std::bad_alloc();
        if (size_) std::memcpy(fresh, data_, size_);
        if (data_) plugin_host().free(data_);
        data_ = fresh;
        capacity_ = wanted;
    }

    uint8_t *data_ = nullptr;
    size_t size_ = 0, capacity_ = 0;
};

}  // namespace weir
