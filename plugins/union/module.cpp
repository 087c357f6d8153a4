#include <weir/module.hpp>

#include "union.hpp"

namespace weir::unite {
namespace {

constexpr auto kUnionSpec = operator_spec<Union>(
    "union", "The rows of several nodes, `from: [a, b]`, as one stream: for operators and ports that several nodes read. They "
             "have the same columns, in any order; a column may be null where it may in one of them.");

}  // namespace
}  // namespace weir::unite

WEIR_MODULE("union", "0.1.0", &weir::unite::kUnionSpec)
