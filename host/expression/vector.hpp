// What kernels work on: up to kChunk values of one type, and which of their rows are meant.
//
// Values stand at their row, whatever rows were chosen, so that results for different rows can be put together.
// Rows that were not chosen hold anything; texts there must not be read.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "host/expression/types.hpp"

namespace weir::host::expression {

inline constexpr int kChunk = 1024;

// A bit a row. Rows beyond the chunk are 0.
class RowSet {
public:
    void clear() { words_.fill(0); }
    void fill(int rows) {
        clear();
        for (int word = 0; word < rows / 64; ++word) words_[at(word)] = ~uint64_t{0};
        if (rows % 64) words_[at(rows / 64)] = (uint64_t{1} << (rows % 64)) - 1;
    }
    bool test(int row) const { return words_[at(row >> 6)] >> (row & 63) & 1; }
    void set(int row) { words_[at(row >> 6)] |= uint64_t{1} << (row & 63); }
    void reset(int row) { words_[at(row >> 6)] &= ~(uint64_t{1} << (row & 63)); }
    void assign(int row, bool value) { value ? set(row) : reset(row); }
    bool any() const {
        uint64_t all = 0;
        for (uint64_t word : words_) all |= word;
        return all != 0;
    }
    int count() const {
        int n = 0;
        for (uint64_t word : words_) n += std::popcount(word);
        return n;
    }
    RowSet& operator&=(const RowSet& o) {
        for (size_t i = 0; i < words_.size(); ++i) words_[i] &= o.words_[i];
        return *this;
    }
    RowSet& operator|=(const RowSet& o) {
        for (size_t i = 0; i < words_.size(); ++i) words_[i] |= o.words_[i];
        return *this;
    }
    RowSet& subtract(const RowSet& o) {
        for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~o.words_[i];
        return *this;
    }
    uint8_t* bytes() { return reinterpret_cast<uint8_t*>(words_.data()); }

private:
    static size_t at(int word) { return static_cast<size_t>(word); }
    std::array<uint64_t, kChunk / 64> words_{};
};

// Which rows, ascending: the first `size`, or a list.
class Selection {
public:
    static Selection all(int rows) { return Selection(nullptr, rows); }
    Selection(const uint16_t* rows, int size) : rows_(rows), size_(size) {}

    int size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool is_all() const { return rows_ == nullptr; }
    int operator[](int i) const { return rows_ ? rows_[i] : i; }

    template <class F>
    void for_each(F f) const {
        if (rows_)
            for (int i = 0; i < size_; ++i) f(static_cast<int>(rows_[i]));
        else
            for (int i = 0; i < size_; ++i) f(i);
    }
    RowSet set() const {
        RowSet out;
        if (is_all())
            out.fill(size_);
        else
            for_each([&](int row) { out.set(row); });
        return out;
    }

private:
    const uint16_t* rows_;
    int size_;
};

// A selection with its own list.
class RowList {
public:
    void clear() { size_ = 0; }
    void add(int row) { rows_[static_cast<size_t>(size_++)] = static_cast<uint16_t>(row); }
    // Without a branch: adds the row if `wanted`.
    void add_if(int row, bool wanted) {
        rows_[static_cast<size_t>(size_)] = static_cast<uint16_t>(row);
        size_ += wanted;
    }
    int size() const { return size_; }
    Selection selection() const { return {rows_.data(), size_}; }

private:
    std::array<uint16_t, kChunk + 1> rows_;
    int size_ = 0;
};

class Vector {
public:
    explicit Vector(Type type) : type_(std::move(type)), width_(cell_width(type_.id)) {}
    Vector(const Vector&) = delete;
    Vector& operator=(const Vector&) = delete;

    const Type& type() const { return type_; }
    // One value that stands for all rows.
    bool is_constant() const { return constant_; }
    bool has_nulls() const { return has_nulls_; }
    bool is_null(int row) const { return has_nulls_ && !valid_.test(constant_ ? 0 : row); }

    template <class T>
    const T* values() const {
        return reinterpret_cast<const T*>(data_);
    }
    template <class T>
    const T& at(int row) const {
        return values<T>()[constant_ ? 0 : row];
    }
    const RowSet& valid() const { return valid_; }

    // To write: memory of its own, no nulls.
    void reset() {
        if (!own_) own_ = std::make_unique_for_overwrite<std::byte[]>(static_cast<size_t>(kChunk) * width_);
        data_ = own_.get();
        offsets_ = nullptr;
        constant_ = has_nulls_ = false;
    }
    // A constant: memory for one value, which the caller writes; null if so told.
    void reset_constant(bool null) {
        own_ = std::make_unique<std::byte[]>(width_);
        data_ = own_.get();
        constant_ = true;
        has_nulls_ = false;
        if (null) set_null(0);
    }
    // Somebody else's values, which stay.
    void borrow(const void* values) {
        data_ = static_cast<std::byte*>(const_cast<void*>(values));
        constant_ = has_nulls_ = false;
    }
    // Texts as they lie in a column: the offsets of each row and of the last one's end, into `bytes`. There are no
    // values() until make_views.
    void borrow_texts(const char* bytes, const int32_t* offsets) {
        data_ = nullptr;
        bytes_ = bytes;
        offsets_ = offsets;
        constant_ = has_nulls_ = false;
    }
    bool is_in_place() const { return offsets_ != nullptr; }
    const int32_t* offsets() const { return offsets_; }
    const char* text_bytes() const { return bytes_; }
    // Of texts in place, also where the row is null.
    std::string_view text_in_place(int row) const {
        const int32_t *from = offsets_ + row, *to = from + 1;
        return {bytes_ + *from, static_cast<size_t>(*to - *from)};
    }
    void make_views(int rows);
    template <class T>
    T* mutable_values() {
        return reinterpret_cast<T*>(data_);
    }
    std::byte* bytes() { return data_; }
    const std::byte* bytes() const { return data_; }
    size_t width() const { return width_; }
    void set_null(int row) {
        if (!has_nulls_) valid_.fill(kChunk);
        has_nulls_ = true;
        valid_.reset(row);
    }
    void set_valid(const RowSet& valid) {
        valid_ = valid;
        has_nulls_ = true;
    }
    // Both: rows of one are rows of the other. Constant sources stand for each of the rows.
    void copy_rows(const Vector& from, const Selection& rows);

private:
    Type type_;
    size_t width_;
    std::byte* data_ = nullptr;
    std::unique_ptr<std::byte[]> own_;
    const char* bytes_ = nullptr;
    const int32_t* offsets_ = nullptr;
    RowSet valid_;
    bool constant_ = false, has_nulls_ = false;
};

// Memory for texts that kernels make, freed all at once.
class Arena {
public:
    static constexpr size_t kMaxText = 16u << 20;    // of one value
    static constexpr size_t kMaxBytes = 256u << 20;  // of a chunk

    // REQUIRES: fits(bytes).
    char* take(size_t bytes) {
        if (bytes > left_) grow(bytes);
        char* at = at_;
        at_ += bytes;
        left_ -= bytes;
        used_ += bytes;
        return at;
    }
    bool fits(size_t bytes) const { return bytes <= kMaxText && used_ + bytes <= kMaxBytes; }
    // Gives back the end of what was taken last, which must not have been given back before.
    void give_back(size_t bytes) { at_ -= bytes, left_ += bytes, used_ -= bytes; }
    void clear();

private:
    void grow(size_t bytes);

    std::vector<std::unique_ptr<char[]>> blocks_;
    char* at_ = nullptr;
    size_t left_ = 0, used_ = 0, first_size_ = 0;
};

}  // namespace weir::host::expression
