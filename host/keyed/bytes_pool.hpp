// Memory for byte strings of any size that come and go: long keys, and texts in slots. Sizes are rounded up to one of
// a few, and freed blocks of a size are used again; memory returns to the system only with the pool.
//
// One thread at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace weir::host {

class BytesPool {
public:
    BytesPool() = default;
    BytesPool(const BytesPool&) = delete;
    BytesPool& operator=(const BytesPool&) = delete;
    ~BytesPool() {
        for (char* block : large_) delete[] block;
    }

    // A copy of the bytes; null for none.
    char* copy(std::string_view bytes) {
        if (bytes.empty()) return nullptr;
        char* to = take(bytes.size());
        used_ += room_of(bytes.size());
        std::memcpy(to, bytes.data(), bytes.size());
        return to;
    }
    // `size`: that of the copy.
    void give_back(char* block, size_t size) {
        if (!block) return;
        const size_t c = class_of(size);
        used_ -= room_of(size);
        if (c == kClasses) {
            large_.erase(block);
            bytes_ -= size;
            delete[] block;
            return;
        }
        std::memcpy(block, &free_[c], sizeof(char*));
        free_[c] = block;
    }
    // Whether bytes of the one size may be overwritten by bytes of the other in place.
    static bool same_room(size_t a, size_t b) { return a && b && class_of(a) == class_of(b) && class_of(a) != kClasses; }

    size_t bytes() const { return bytes_; }  // held in all
    size_t used() const { return used_; }    // of them, by what is not given back

private:
    static constexpr size_t kClasses = 20;  // 8, 16, 24, 32, then two to each power of two, to 4 KiB and beyond
    static constexpr size_t kChunkBytes = 64 << 10;

    static constexpr size_t size_of(size_t c) {
        if (c < 4) return 8 * (c + 1);
        const size_t power = size_t{32} << ((c - 4) / 2);
        return (c - 4) % 2 == 0 ? power + power / 2 : power * 2;
    }
    static size_t class_of(size_t size) {
        if (size <= 32) return size == 0 ? 0 : (size - 1) / 8;
        const size_t log = static_cast<size_t>(std::bit_width(size - 1)) - 1;  // 2^log < size <= 2^(log+1), log >= 5
        const size_t c = 4 + (log - 5) * 2 + (size > (size_t{3} << log) / 2);
        return c < kClasses ? c : kClasses;
    }
    static size_t room_of(size_t size) {
        const size_t c = class_of(size);
        return c == kClasses ? size : size_of(c);
    }
    char* take(size_t size) {
        const size_t c = class_of(size);
        if (c == kClasses) {
            bytes_ += size;
            return *large_.insert(new char[size]).first;
        }
        if (char* block = free_[c]) {
            std::memcpy(&free_[c], block, sizeof(char*));
            return block;
        }
        const size_t room = size_of(c);
        if (left_ < room) {
            chunks_.push_back(std::make_unique<char[]>(kChunkBytes));
            next_ = chunks_.back().get();
            left_ = kChunkBytes;
            bytes_ += kChunkBytes;
        }
        left_ -= room;
        return std::exchange(next_, next_ + room);
    }

    std::array<char*, kClasses> free_{};
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::unordered_set<char*> large_;
    char* next_ = nullptr;
    size_t left_ = 0, bytes_ = 0, used_ = 0;
};

}  // namespace weir::host
