#include "host/text/nearest.hpp"

#include <algorithm>
#include <iterator>

namespace weir::host {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Whether `part` is `whole` without what stands before or behind a dot or underscore.
bool is_part_of(std::string_view part, std::string_view whole) {
    constexpr std::size_t kShortestPart = 3;
    if (part.size() < kShortestPart || part.size() >= whole.size()) return false;
    auto is_separator = [](char c) { return c == '.' || c == '_'; };
    if (whole.starts_with(part)) return is_separator(whole[part.size()]);
    return whole.ends_with(part) && is_separator(whole[whole.size() - part.size() - 1]);
}

// Whether one is the other with its letters in another order: the likelier slip.
bool same_letters(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::is_permutation(a.begin(), a.end(), b.begin());
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t bound) {
    const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (gap > bound) return bound + 1;
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        std::size_t best = row[0];
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (x == y ? 0U : 1U)});
            const bool swapped = i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]);
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
            best = std::min(best, row[j]);
        }
        if (best > bound) return bound + 1;
        std::swap(before, above);
        std::swap(above, row);
    }
    return std::min(above[b.size()], bound + 1);
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
    constexpr std::size_t kLongestName = 256;
    constexpr std::ptrdiff_t kMaxCandidates = 1000;
    if (name.empty() || name.size() > kLongestName) return "";
    const std::size_t bound = std::clamp<std::size_t>(name.size() / 3, 1, 4);
    std::string best;
    std::size_t best_distance = bound + 1;
    const auto last = candidates.begin() + std::min<std::ptrdiff_t>(std::ssize(candidates), kMaxCandidates);
    for (auto at = candidates.begin(); at != last; ++at) {
        const std::string& candidate = *at;
        const std::size_t distance = edit_distance(name, candidate, bound);
        const bool nearer =
            distance < best_distance || (distance == best_distance && !best.empty() &&
                                         same_letters(name, candidate) && !same_letters(name, best));
        if (nearer) {
            best = candidate;
            best_distance = distance;
        }
    }
    if (!best.empty()) return best;
    const auto part = std::find_if(candidates.begin(), last, [&](const std::string& candidate) {
        return is_part_of(name, candidate) || is_part_of(candidate, name);
    });
    return part == last ? "" : *part;
}

}  // namespace weir::host
