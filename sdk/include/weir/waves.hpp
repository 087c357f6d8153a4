// The rows of a batch in waves: the first has the first row of each key, the second their second ones, and so on. So an
// operator in which a row sees what the row before it has left can still compute by column.
//
//   waves_.split(slots);  // by row: what is the same for rows of one key
//   for (size_t i = 0; i < waves_.size(); ++i) step(waves_[i]);
//
// One user at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace weir {

class Waves {
public:
    // Rows whose key is null are in none.
    void split(std::span<const void *const> keys) {
        sorted_.clear();
        for (size_t row = 0; row < keys.size(); ++row)
            if (keys[row]) sorted_.emplace_back(keys[row], static_cast<int32_t>(row));
        std::sort(sorted_.begin(), sorted_.end());
        placed_.clear();
        for (size_t i = 0, first = 0; i < sorted_.size(); ++i) {
            if (sorted_[i].first != sorted_[first].first) first = i;
            placed_.emplace_back(static_cast<int32_t>(i - first), sorted_[i].second);
        }
        std::sort(placed_.begin(), placed_.end());
        rows_.clear();
        begins_.assign(1, 0);
        for (size_t i = 0; i < placed_.size(); ++i) {
            if (i > 0 && placed_[i].first != placed_[i - 1].first) begins_.push_back(i);
            rows_.push_back(placed_[i].second);
        }
        if (!rows_.empty()) begins_.push_back(rows_.size());
    }
    size_t size() const { return begins_.size() - 1; }
    // Ascending.
    std::span<const int32_t> operator[](size_t wave) const {
        return std::span(rows_).subspan(begins_[wave], begins_[wave + 1] - begins_[wave]);
    }

private:
    std::vector<std::pair<const void *, int32_t>> sorted_;
    std::vector<std::pair<int32_t, int32_t>> placed_;  // wave, row
    std::vector<int32_t> rows_;
    std::vector<size_t> begins_ = {0};
};

}  // namespace weir
