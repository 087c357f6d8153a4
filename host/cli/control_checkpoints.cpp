// The history of a topology's epochs.
#include <weir/row_json.hpp>

#include "host/cli/control_answers.hpp"

namespace weir::host {
namespace {

double milliseconds(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; }

}  // namespace

Json checkpoints_json(const EpochStats& epochs) {
    Json recent = Json::array();
    for (auto one = epochs.recent.rbegin(); one != epochs.recent.rend(); ++one)
        recent.push_back({{"epoch", one->epoch}, {"began", format_timestamp(one->began)}, {"aligned_ms", milliseconds(one->aligned)},
                          {"took_ms", milliseconds(one->took)}, {"bytes", one->bytes}, {"records", one->records}});
    Json out = {{"committed", epochs.committed}, {"recent", std::move(recent)}};
    if (epochs.age) out["age_ms"] = milliseconds(*epochs.age);
    if (epochs.in_flight) out["in_flight"] = {{"epoch", epochs.in_flight->epoch}, {"since_ms", milliseconds(epochs.in_flight->since)}, {"workers", epochs.in_flight->workers}};
    return out;
}

Answer answer_checkpoints(Session&, const Session::Running& one, const HttpRequest&) { return answer(checkpoints_json(one.run->stats().checkpoints)); }

}  // namespace weir::host
