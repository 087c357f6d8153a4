#include "ranking.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace weir::top {
namespace {

// Big-endian, so that bytes are ordered as values are.
template <class Word>
void append_word(std::string &out, Word word, bool descending) {
    if (descending) word = ~word;
    for (size_t byte = sizeof word; byte-- > 0;) out.push_back(static_cast<char>(word >> (8 * byte)));
}

uint64_t order_of(double value) {
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();  // above all numbers, as in SQL
    const auto bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
    constexpr uint64_t kSign = uint64_t{1} << 63;
    return bits & kSign ? ~bits : bits | kSign;
}

}  // namespace

bool can_rank(const Type &type) { return !type.is_text() && !type.is_nested(); }

void append_order(std::string &out, const Column &column, int64_t row, bool descending) {
    switch (column.type().id) {
        case TypeId::kFloat32: return append_word(out, order_of(static_cast<double>(column.value<float>(row))), descending);
        case TypeId::kFloat64: return append_word(out, order_of(column.value<double>(row)), descending);
        case TypeId::kDecimal128:
            return append_word(out, static_cast<Uint128>(column.decimal(row)) ^ (Uint128{1} << 127), descending);
        case TypeId::kUint64: return append_word(out, column.value<uint64_t>(row), descending);
        default: return append_word(out, static_cast<uint64_t>(column.integer(row)) ^ (uint64_t{1} << 63), descending);
    }
}

std::vector<std::pair<int64_t, const Ranked *>> Ranking::first(size_t n, bool keep_ties) const {
    std::vector<std::pair<int64_t, const Ranked *>> out;
    int64_t number = 0, rank = 0;
    const std::string *last = nullptr;
    for (const auto &[place, row] : rows_) {
        const bool tied = keep_ties && last && *last == place.first;
        ++number;
        if (!tied) rank = number;
        if (rank > static_cast<int64_t>(n)) break;
        last = &place.first;
        out.emplace_back(rank, &row);
    }
    return out;
}

}  // namespace weir::top
