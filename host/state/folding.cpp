#include "host/state/folding.hpp"

namespace weir::host {
namespace {

constexpr size_t kTierRuns = 8;
constexpr size_t kMinRuns = 4;
constexpr size_t kMaxRuns = 32;
constexpr uint64_t kLargeBytes = 64 << 10;  // of an entry, on average
constexpr uint64_t kTierSpread = 4;  // runs of one tier differ by less than that from their mean

// How many of the newest runs are about one size.
size_t tier(std::span<const Run> runs) {
    uint64_t sum = runs[0].bytes;
    size_t n = 1;
    while (n < runs.size() && runs[n].bytes * n <= kTierSpread * sum) sum += runs[n++].bytes;
    return n;
}

// Entries that have pages of their own: one run of them is read no quicker than many.
bool are_large(std::span<const Run> runs) {
    uint64_t bytes = 0, entries = 0;
    for (const Run& run : runs) {
        bytes += run.bytes;
        entries += run.entries - run.deletions;
    }
    return bytes > entries * kLargeBytes;
}

// Whether no more than a quarter of the entries is left: what is written again then is a third of what is freed.
bool are_mostly_dead(std::span<const Run> runs) {
    uint64_t entries = 0, deletions = 0;
    for (const Run& run : runs) {
        entries += run.entries - run.deletions;
        deletions += run.deletions;
    }
    return 4 * deletions >= 3 * entries;
}

// How many of the newest runs of a stretch of one version to fold. `oldest`: nothing stands behind it.
size_t choose_in_stretch(std::span<const Run> runs, bool oldest, bool all) {
    const size_t n = runs.size();
    const Run& last = runs.back();
    if (n == 1) return oldest && (last.entries == last.deletions || (all && last.deletions > 0)) ? 1 : 0;
    if (all || n > kMaxRuns) return n;
    if (are_large(runs)) return n >= kTierRuns && are_mostly_dead(runs) ? n : 0;
    uint64_t newer = 0;
    for (const Run& run : runs.first(n - 1)) newer += run.bytes;
    if (n >= kMinRuns && newer >= last.bytes) return n;
    const size_t same = tier(runs);
    return same >= kTierRuns ? same : 0;
}

}  // namespace

bool choose_fold(std::span<const Run> runs, bool all, FoldPlan& plan) {
    plan = {};
    while (plan.visible < runs.size() && !runs[plan.visible++].full) {
    }
    for (size_t begin = 0, end = 0; begin < plan.visible; begin = end) {
        while (end < plan.visible && runs[end].version == runs[begin].version) ++end;
        const size_t n = choose_in_stretch(runs.subspan(begin, end - begin), end == plan.visible, all);
        if (n == 0) continue;
        plan.first = begin;
        plan.last = begin + n;
        return true;
    }
    return plan.visible < runs.size();
}

}  // namespace weir::host
