// Health and metrics of a host.
#include <thread>

#include "host/admin/metrics_text.hpp"
#include "host/admin/readiness.hpp"
#include "host/cli/control_answers.hpp"
#include "host/engine/clock.hpp"

namespace weir::host {
namespace {

// How long shares of time are looked at.
constexpr std::chrono::milliseconds kBetweenLooks{400};

}  // namespace

Answer answer_ready(Session& session, const HttpRequest&) {
    Json all = Json::array();
    std::string why;
    for (const Session::Running& one : session.running()) {
        const Watched now = watched(one);
        const std::string reason = why_not_ready(now);
        Json entry = {{"topology", now.topology->name}, {"ready", reason.empty()}};
        if (!reason.empty()) entry["why"] = reason;
        if (!reason.empty() && why.empty()) why = fmt::format("topology `{}`: {}", now.topology->name, reason);
        all.push_back(std::move(entry));
    }
    for (const auto& one : session.all()) {
        const bool waits = one->state() == Hosted::State::kStarting, failed = one->state() == Hosted::State::kFailed;
        if (!waits && !failed) continue;
        const std::string reason = fmt::format("it {}{}", waits ? "is being begun" : "has failed", one->why().empty() ? "" : ": " + one->why());
        all.push_back({{"topology", one->name()}, {"ready", false}, {"why", reason}});
        if (why.empty()) why = fmt::format("topology `{}`: {}", one->name(), reason);
    }
    if (all.empty() && !session.stays()) why = "no topology runs";
    if (why.empty()) return answer({{"status", "ready"}, {"topologies", std::move(all)}});
    return refusal(kUnavailable, "the host is not ready", why, {{"topologies", std::move(all)}});
}

Answer answer_metrics(Session& session, const HttpRequest&) {
    std::vector<Watched> all;
    for (const Session::Running& one : session.running()) all.push_back(watched(one));
    return {200, metrics_text(all, ProcessStats::now(), WEIR_VERSION, system_now()), kMetricsType};
}

Watched watched(const Session::Running& one) {
    const auto waiting = one.run->waiting();
    return {one.run->topology(), one.run->stats(), one.is_durable, waiting ? waiting->failure : ""};
}

Json findings_json(const std::string& topology, const std::vector<Finding>& findings) {
    Json out = Json::array();
    for (const Finding& finding : findings) {
        Json entry = {{"about", finding.about}, {"holds", finding.holds}, {"text", finding.text}};
        if (!finding.node.empty()) entry["node"] = finding.node;
        out.push_back(std::move(entry));
    }
    return {{"topology", topology}, {"findings", std::move(out)}};
}

Answer answer_why(Session&, const Session::Running& one, const HttpRequest& request) {
    if (const std::string record(request.parameter("record")); !record.empty()) return answer_why_record(one, record);
    const auto begin = std::chrono::steady_clock::now();
    const Watched before = watched(one);
    std::this_thread::sleep_for(kBetweenLooks);
    const Watched after = watched(one);
    return answer(findings_json(after.topology->name, why_held(before, after, std::chrono::steady_clock::now() - begin, system_now())));
}

Answer answer_live(Session&, const HttpRequest&) { return answer({{"status", "live"}}); }

}  // namespace weir::host
