// summing: its rows can be added up for other workers (weir/ext/combine.h). Numbers by key, n modulo 16, of which those below 8 are
// one; at the end a row for each, { n: the key, count }. Refuses what comes out of order: of a split, whose numbers are
// below 1,000,000 behind its own million, each is to be greater than the last, but for those that are left out, which have an order of their own. For TestResolver.
#pragma once

#include <weir/abi.h>

namespace weir::host::testing {

const weir_operator& summing_operator();

// How summing's instances have been called, and what they do, since reset_summing.
struct Summing {
    int combines = 0, takes = 0, refusals = 0;
    int refuse_every = 0;     // every n-th take wants rows
    int64_t left_out = 0;     // numbers that divide by it are not added up; 0: none
    bool does_not_pay = false;
};
Summing& summing();  // under world_mutex()
void reset_summing();

}  // namespace weir::host::testing
