// What the tests of pair_match share.
#pragma once

#include "../built_plugin.hpp"

namespace weir::testing {

inline const Plugin &plugin() {
    static const Plugin loaded = built_plugin("pair_match");
    return loaded;
}

}  // namespace weir::testing
