#include "host/engine/fabric.hpp"

namespace weir::host {

Fabric::Fabric(const Plan& plan) : wakeups_(plan.workers()), alignment_(wakeups_) {
    const uint32_t workers = plan.workers();
    for (size_t e = 0; e < plan.edges().size(); ++e) {
        if (plan.edges()[e].routing == Routing::kForward) continue;
        for (uint32_t from = 0; from < workers; ++from)
            for (uint32_t to = 0; to < workers; ++to)
                if (from != to && (plan.edges()[e].routing == Routing::kKeyed || from == 0 || to == 0))
                    channels_.try_emplace(std::tuple(e, from, to), wakeups_[from], wakeups_[to]);
    }
}

Channel* Fabric::channel(size_t edge, uint32_t from, uint32_t to) {
    auto found = channels_.find(std::tuple(edge, from, to));
    return found == channels_.end() ? nullptr : &found->second;
}

void Fabric::notify_all() {
    for (Wakeup& wakeup : wakeups_) wakeup.notify();
}

}  // namespace weir::host
