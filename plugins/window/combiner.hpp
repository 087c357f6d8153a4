// Rows of frequent keys, added up by key and slice on the worker that reads them, for the one that has the keys
// (weir/ext/combine.h). Only where a row's windows do not depend on others of its key, and where rows have no results of their own.
//
// One instance's; one user at a time. What it adds up is in states of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/ext/combine.h>

#include "windows.hpp"

namespace weir::window {

class Combiner {
public:
    static bool fits(const Spec &spec, const Layout &layout);
    // REQUIRES: fits. `states` holds no groups of windows; all others outlive it.
    Combiner(const Spec &spec, const Layout &layout, const TimeGrid &grid, std::unique_ptr<States> states);
    ~Combiner();

    // As weir_combiner.combine says. Bad rows, and those that may be late as far as `windows` knows, are not taken. Empty `out`: it
    // does not pay.
    Status combine(const Rows &rows, const Windows &windows, uint8_t *taken, std::string &out);
    // What combine wrote, into `windows`, whose time by the clock is `now`. WEIR_E_UNSUPPORTED as weir_combiner.take says.
    Status take(std::string_view sums, int64_t now, Windows &windows);

private:
    struct Part {
        uint64_t hash;
        std::string_view key;
        Bounds slice;
        int64_t rows;
    };
    static constexpr size_t kMostParts = 64;  // of a batch: rows of more keys or slices are not taken

    void *state(size_t i) { return cells_.data() + i * cells_of_state_; }
    Part *part_of(const Rows &rows, size_t row, Bounds slice);
    void drop_states(size_t n);

    struct alignas(16) Cell {
        char bytes[16];
    };
    const Spec &spec_;
    const TimeGrid &grid_;
    std::unique_ptr<States> states_;
    size_t cells_of_state_;
    std::vector<Cell> cells_;  // kMostParts states, zeroed between calls
    std::vector<Part> parts_;
    std::vector<int32_t> rows_;
    std::vector<uint32_t> part_of_row_;
    std::vector<void *> state_of_row_;
};

}  // namespace weir::window
