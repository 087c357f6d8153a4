// Which runs of an id are folded into one.
//
// Internal to host/state. Plain functions.
#pragma once

#include <cstddef>
#include <span>

#include "host/state/keys.hpp"

namespace weir::host {

// The runs [first, last) become one, and [visible, end) go, being hidden by a full one.
struct FoldPlan {
    size_t first = 0;
    size_t last = 0;
    size_t visible = 0;

    // Nothing older is left that a deletion could hide.
    bool to_the_end() const { return last == visible; }
};

// What is worth doing for an id's runs, newest first, all of committed epochs; false if nothing is. Only neighbours
// of one state_version are folded. Of those:
//
//   - all, once the newer ones together are as large as the oldest (and there are at least four): so that stored is
//     at most about twice what is live, for at most two bytes written for each that came in;
//   - otherwise the newest eight or more of about one size, so that each tier is written once: a blob becomes part of
//     a run of eight blobs, that of one of 64, and the number of runs grows with the logarithm of their bytes;
//   - an oldest one that holds nothing but deletions;
//   - of entries that are large each, as blocks of rows that wait for a server are, at least eight runs, once three quarters of
//     them are deleted: to write the others again gains nothing. Stored is then at most four times what is live.
//
// `all`: each stretch of one version into one run, without deletions that hide nothing.
bool choose_fold(std::span<const Run> runs, bool all, FoldPlan& plan);

}  // namespace weir::host
