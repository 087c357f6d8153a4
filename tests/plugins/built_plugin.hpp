// The built-in plugins of this build, for tests.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include <weir/testing/harness.hpp>

namespace weir::testing {

inline Plugin built_plugin(const std::string &name) {
    const char *folder = std::getenv("WEIR_PLUGIN_DIR");
    if (!folder) throw std::runtime_error("WEIR_PLUGIN_DIR is not set: run the test with ctest");
    return Plugin(std::string(folder) + "/" + name + ".so");
}

}  // namespace weir::testing
