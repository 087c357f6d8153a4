// The rows of one ranking, in their order. One user at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <weir/column.hpp>

namespace weir::top {

// A value as bytes whose order is that of the ranking. REQUIRES: can_rank, and it is not null.
void append_order(std::string &out, const Column &column, int64_t row, bool descending);
bool can_rank(const Type &type);

struct Ranked {
    std::string id;     // what a later row of the same id takes the place of; empty: nothing does
    std::string row;    // its columns as bytes
    int64_t time = 0;   // by the clock, of its last row
    int64_t listed = INT64_MIN;
    bool saved = false;
};

class Ranking {
public:
    using Place = std::pair<std::string, uint64_t>;  // order, then number
    using Rows = std::map<Place, Ranked>;

    // Puts a row in, in place of that of its id. `gone`: told of each row that leaves.
    template <class Gone>
    void put(std::string order, uint64_t number, Ranked row, Gone gone) {
        if (!row.id.empty()) {
            const auto found = ids_.find(row.id);
            if (found != ids_.end() && found->second.first == order) {  // keeps its place among equals
                Ranked &there = rows_.at(found->second);
                there.saved = false;  // it is written again under the same number
                gone(found->second, there);
                there.row = std::move(row.row);
                there.time = row.time;
                return;
            }
            if (found != ids_.end()) {
                row.listed = rows_.at(found->second).listed;
                erase(found->second, gone);
            }
            ids_[row.id] = Place(order, number);
        }
        rows_.emplace(Place(std::move(order), number), std::move(row));
    }
    template <class Gone>
    void erase(const Place &place, Gone gone) {
        const auto found = rows_.find(place);
        gone(found->first, found->second);
        if (!found->second.id.empty()) ids_.erase(found->second.id);
        rows_.erase(found);
    }
    // Rows that are not among the first n go.
    template <class Gone>
    void cut(size_t n, bool keep_ties, Gone gone) {
        while (rows_.size() > n) {
            const auto last = std::prev(rows_.end());
            if (keep_ties && std::next(rows_.begin(), static_cast<std::ptrdiff_t>(n - 1))->first.first == last->first.first) return;
            gone(last->first, last->second);
            rows_.erase(last);
        }
    }
    // The first n with their ranks.
    std::vector<std::pair<int64_t, const Ranked *>> first(size_t n, bool keep_ties) const;
    const Ranked *find(const std::string &id, Place *place) const {
        const auto found = ids_.find(id);
        if (found == ids_.end()) return nullptr;
        *place = found->second;
        return &rows_.at(found->second);
    }
    Ranked *find(const std::string &id) {
        const auto found = ids_.find(id);
        return found == ids_.end() ? nullptr : &rows_.at(found->second);
    }
    Rows &rows() { return rows_; }
    const Rows &rows() const { return rows_; }

    uint64_t hash = 0;                // of its key
    std::vector<std::string> shown;   // what was sent last, by place: rank and row

private:
    Rows rows_;
    std::unordered_map<std::string, Place> ids_;
};

}  // namespace weir::top
