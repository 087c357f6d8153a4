#include "host/engine/discovery.hpp"

#include <algorithm>

#include "host/engine/bytes_out.hpp"

namespace weir::host {

Discovery::Discovery(Plan& plan, Dataflow& dataflow, Found found) : dataflow_(dataflow), found_(std::move(found)) {
    for (size_t i = 0; i < plan.nodes().size(); ++i) {
        Instance& instance = plan.nodes()[i].instance();
        if (instance.is_source()) sources_.push_back({i, &instance, {}, false, false, 0});
    }
}

bool Discovery::ask_all(int64_t now) {
    return std::all_of(sources_.begin(), sources_.end(), [&](Source& source) { return ask(source, now); });
}

bool Discovery::ask(Source& source, int64_t now) {
    source.due = false;
    source.asked_at = now;
    std::vector<std::string> ids;
    const weir_bytes_out out = bytes_into(ids);
    Status status = source.instance->call(
        [&](void* self, weir_error* error) { return source.instance->api().discover(self, &out, error); });
    if (!status.is_end()) status = Instance::must_be_done("discover", status);
    if (!status.ok()) {
        dataflow_.fail(source.node, status);
        return false;
    }
    const bool news = source.last != ids || source.complete != status.is_end();
    source.complete = status.is_end();
    source.last = ids;
    if (news) found_(source.node, std::move(ids), source.complete);
    return true;
}

void Discovery::on_wake(size_t node) {
    for (Source& source : sources_)
        if (source.node == node) source.due = !source.complete;
}

bool Discovery::step(int64_t now) {
    bool asked = false;
    for (Source& source : sources_) {
        if (!source.due || now - source.asked_at < kDiscoverInterval) continue;
        asked = true;
        if (!ask(source, now)) break;
    }
    return asked;
}

std::optional<int64_t> Discovery::next_time() const {
    std::optional<int64_t> next;
    for (const Source& source : sources_)
        if (source.due) next = std::min(next.value_or(INT64_MAX), source.asked_at + kDiscoverInterval);
    return next;
}

}  // namespace weir::host
