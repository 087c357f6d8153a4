// A call of an aggregate as text: what it means for a state's bytes, and how it is written.
#pragma once

#include <string>
#include <vector>

#include <weir/types.hpp>

#include "host/expression/ast.hpp"
#include "host/expression/resolver.hpp"
#include "host/loader/manifest.hpp"

namespace weir::host::aggregation {

// The same for calls that mean the same, whatever spaces and names of parameters they are written with:
// `sum/1(decimal(12,2): (* price quantity))`.
std::string call_text(const expression::Ast& call, const std::vector<expression::Parameter>& parameters,
                      const Schema& arguments, uint32_t state_version);

// `quantile(x, p)`: an aggregate's arguments, as its descriptor names them.
std::string call_form(const OperatorInfo& info);

}  // namespace weir::host::aggregation
