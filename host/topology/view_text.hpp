// What views and dashboards say, to tell whether they are others. Pure functions; any thread.
#pragma once

#include <string>

#include "host/topology/views.hpp"

namespace weir::host {

// All of it but its places.
std::string text_of(const ViewSpec& view);
std::string text_of(const DashboardSpec& dashboard);

}  // namespace weir::host
