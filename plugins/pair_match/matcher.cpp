#include "matcher.hpp"

#include "matcher_impl.hpp"

namespace weir::pair_match {

std::unique_ptr<Matcher> Matcher::make(const MatcherOptions &options) {
    const Type &type = options.value.type;
    bool wide = type.id == TypeId::kUint64 || (type.id == TypeId::kDecimal128 && type.precision > 18);
    wide |= options.range.sum != static_cast<int64_t>(options.range.sum);
    if (wide) return std::make_unique<MatcherOf<Int128>>(options);
    return std::make_unique<MatcherOf<int64_t>>(options);
}

}  // namespace weir::pair_match
