// A topology that is served while it runs: its views and the server before them.
//
// Threads: one thread makes, listens and destroys; it outlives the topology's runs.
#pragma once

#include "host/serve/server.hpp"
#include "host/serve/views.hpp"

namespace weir::host {

struct Serving {
    // REQUIRES: the plan's topology has `serve`. Where it is served stays as it is there.
    explicit Serving(const Plan& plan) : views(plan), server(*plan.topology().serve, views) {}

    Views views;
    ViewServer server;
};

}  // namespace weir::host
