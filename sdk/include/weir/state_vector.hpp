// A growable array for the state of an aggregate: plain bytes that are empty when zeroed and may be moved in memory.
//
// It frees nothing by itself: the aggregate's drop calls drop(). Elements are trivially copyable. One user at a time.
#pragma once

#include <cassert>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <weir/memory.hpp>

namespace weir {

template <class T>
class StateVector {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T *data() { return data_; }
    const T *data() const { return data_; }
    T *begin() { return data_; }
    T *end() { return data_ + size_; }
    const T *begin() const { return data_; }
    const T *end() const { return data_ + size_; }
    T &operator[](size_t i) { return data_[i]; }
    const T &operator[](size_t i) const { return data_[i]; }
    T &back() { return data_[size_ - 1]; }
    std::span<const T> span() const { return {data_, size_}; }

    // Throws std::bad_alloc when the host has no memory, as all that makes it larger.
    void reserve(size_t elements) {
        if (elements > capacity_) grow(elements);
    }
    void push_back(const T &value) {
        const T copy = value;
        if (size_ == capacity_) grow(size_ + size_t{1});
        data_[size_++] = copy;
    }
    void append(const T *values, size_t n) {
        if (n == 0) return;
        reserve(size_ + n);
        std::memcpy(static_cast<void *>(data_ + size_), values, n * sizeof(T));
        size_ += static_cast<uint32_t>(n);
    }
    void insert(size_t at, const T &value) {
        const T copy = value;
        if (size_ == capacity_) grow(size_ + size_t{1});
        std::memmove(static_cast<void *>(data_ + at + 1), data_ + at, (size_ - at) * sizeof(T));
        data_[at] = copy;
        ++size_;
    }
    void erase(size_t at) {
        std::memmove(static_cast<void *>(data_ + at), data_ + at + 1, (size_ - at - 1) * sizeof(T));
        --size_;
    }
    // New elements are zero.
    void resize(size_t elements) {
        reserve(elements);
        if (elements > size_)
            std::memset(static_cast<void *>(data_ + size_), 0, (elements - size_) * sizeof(T));
        size_ = static_cast<uint32_t>(elements);
    }
    void clear() { size_ = 0; }
    void drop() {
        if (data_) plugin_host().free(data_);
        data_ = nullptr;
        size_ = capacity_ = 0;
    }
    uint64_t bytes() const { return uint64_t{capacity_} * sizeof(T); }

private:
    void grow(size_t wanted) {
        size_t capacity = size_t{capacity_} * 2 > wanted ? size_t{capacity_} * 2 : wanted;
        if (capacity * sizeof(T) < 64) capacity = (63 + sizeof(T)) / sizeof(T);
        if (capacity > UINT32_MAX) throw std::bad_alloc();
        auto *fresh = static_cast<T *>(plugin_host().alloc(capacity * sizeof(T)));
        if (!fresh) throw std::bad_alloc();
        if (size_) std::memcpy(static_cast<void *>(fresh), data_, size_ * sizeof(T));
        if (data_) plugin_host().free(data_);
        data_ = fresh;
        capacity_ = static_cast<uint32_t>(capacity);
    }

    T *data_;
    uint32_t size_, capacity_;
};

// What save of an aggregate writes, and load reads: numbers as they lie in memory, lengths as varints.
namespace saved {

inline void put_length(std::string &out, uint64_t n) {
    for (; n >= 0x80; n >>= 7) out.push_back(static_cast<char>(n | 0x80));
    out.push_back(static_cast<char>(n));
}
inline bool take_length(std::string_view &from, uint64_t &n) {
    n = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (from.empty()) return false;
        const auto byte = static_cast<uint8_t>(from.front());
        from.remove_prefix(1);
        n |= uint64_t{byte & 0x7fu} << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}
template <class T>
void put(std::string &out, const T &value) {
    static_assert(std::is_trivially_copyable_v<T>);
    out.append(reinterpret_cast<const char *>(&value), sizeof value);
}
template <class T>
bool take(std::string_view &from, T &value) {
    if (from.size() < sizeof value) return false;
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return true;
}
inline void put_text(std::string &out, std::string_view text) {
    put_length(out, text.size());
    out.append(text);
}
inline bool take_text(std::string_view &from, std::string_view &text) {
    uint64_t n = 0;
    if (!take_length(from, n) || n > from.size()) return false;
    text = from.substr(0, n);
    from.remove_prefix(n);
    return true;
}
template <class T>
void put_vector(std::string &out, const StateVector<T> &values) {
    put_length(out, values.size());
    out.append(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
}
template <class T>
bool take_vector(std::string_view &from, StateVector<T> &values) {
    uint64_t n = 0;
    if (!take_length(from, n) || n > from.size() / sizeof(T)) return false;
    values.resize(n);
    if (n) std::memcpy(static_cast<void *>(values.data()), from.data(), n * sizeof(T));
    from.remove_prefix(n * sizeof(T));
    return true;
}

}  // namespace saved
}  // namespace weir
