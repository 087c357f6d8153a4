// The library of the embedded engine, for tests: WEIR_LIBCHDB names it to all that the test starts.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace weir::testing {

// Obtains it, where tests/servers has not done so before.
inline void use_real_engine() {
    const char *source = std::getenv("WEIR_SOURCE_DIR");
    if (!source) throw std::runtime_error("WEIR_SOURCE_DIR is not set: run the test with ctest");
    FILE *script = ::popen((std::string(source) + "/tests/servers/clickhouse/start --fetch").c_str(), "r");
    std::string path;
    for (int c = script ? std::fgetc(script) : EOF; c != EOF && c != '\n'; c = std::fgetc(script)) path.push_back(static_cast<char>(c));
    if (!script || ::pclose(script) != 0 || path.empty()) throw std::runtime_error("tests/servers/clickhouse/start --fetch failed");
    ::setenv("WEIR_LIBCHDB", path.c_str(), 1);
}

}  // namespace weir::testing
