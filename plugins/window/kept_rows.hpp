// Groups as the rows themselves, out of which a result takes those that `keep` names (an evictor, in the words of others).
#pragma once

#include "states.hpp"

namespace weir::window {

Result<std::unique_ptr<States>> make_kept_rows(Context context, const Spec &spec, const Layout &layout, const Schema &input,
                                               const Config &config);

void append_errors(AggregationEvaluator &evaluator, std::vector<StateError> &to);

}  // namespace weir::window
