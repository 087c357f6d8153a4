#pragma once

#include "host/loader/manifest.hpp"

namespace weir::host {

// The parameter that may stand for the whole configuration (`kafka.sink: topic`); null where none may.
inline const ParamInfo* primary_of(const OperatorInfo& op) {
    const auto found = std::find_if(op.params.begin(), op.params.end(), [](const ParamInfo& p) { return p.primary; });
    return found == op.params.end() ? nullptr : &*found;
}

}  // namespace weir::host
