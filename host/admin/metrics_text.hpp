// What a host counts, in the text format that Prometheus reads (version 0.0.4). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/admin/watched.hpp"

namespace weir::host {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// Of the process, by the names that Prometheus's own libraries use.
struct ProcessStats {
    double cpu_seconds = 0, start_seconds = 0;  // the latter since 1970
    int64_t resident_bytes = 0, open_files = 0;

    static ProcessStats now();
};

// `now`: the clock, in microseconds since 1970.
std::string metrics_text(const std::vector<Watched>& topologies, const ProcessStats& process, const std::string& version, int64_t now);

}  // namespace weir::host
