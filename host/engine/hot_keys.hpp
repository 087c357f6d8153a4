// Which keys are frequent now among the rows that go through an exchange: found by a sample of each batch, as those of "heavy
// hitters" that make an eighth of it or more. Who stays in is kept until a sample has none of it.
//
// Deterministic: the same batches give the same keys. One user at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::host {

class HotKeys {
public:
    static constexpr size_t kMost = 8;       // keys at a time
    static constexpr size_t kSample = 32;    // rows of a batch that are looked at
    static constexpr size_t kMinRows = 16;   // of a batch that says anything
    static constexpr uint32_t kRest = 256;   // batches

    // Looks at the hashes of a batch's keys. True: other keys are frequent than before.
    bool look(const uint64_t* hashes, size_t rows);
    bool empty() const { return n_ == 0; }
    bool contains(uint64_t hash) const {
        if (!(bits_ >> (hash & 63) & 1)) return false;
        for (size_t i = 0; i < n_; ++i)
            if (hashes_[i] == hash) return true;
        return false;
    }
    // To know them did not pay: none for the next kRest batches, of which the first tells so, as any change.
    void rest() {
        resting_ = kRest;
        fell_silent_ = true;
        n_ = 0;
        bits_ = 0;
    }

private:
    std::array<uint64_t, kMost> hashes_{};
    size_t n_ = 0;
    uint64_t bits_ = 0;  // by the low six bits of each
    uint64_t place_ = 1;  // where it looks next
    uint32_t resting_ = 0;
    bool fell_silent_ = false;  // and look has not told it
};

}  // namespace weir::host
