#include "host/admin/why.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <weir/row_json.hpp>

#include "host/admin/readiness.hpp"
#include "host/text/spans.hpp"

namespace weir::host {
namespace {

// Event time this far behind the clock is worth a sentence.
constexpr int64_t kLagWorthTelling = 1'000'000;  // microseconds
// A split without rows for so long is silent, where nothing stops waiting for it.
constexpr int64_t kSilence = 5'000'000;
// An epoch that is under way for so long, or for so many times as long as they take, is slow.
constexpr std::chrono::milliseconds kSlowEpoch{500};
constexpr int kSlowTimes = 3;
constexpr double kBusyShare = 0.8, kHeldShare = 0.1;

std::string ticked(const std::string& text) { return "`" + text + "`"; }

std::string kind_text(const NodeStats& node) { return fmt::format("{} ({})", ticked(node.id), node.op); }

class Explainer {
public:
    Explainer(const Watched& before, const Watched& after, std::chrono::nanoseconds apart, int64_t now)
        : watched_(after), before_(whole_nodes(before.stats)), nodes_(whole_nodes(after.stats)), apart_(apart), now_(now) {}

    std::vector<Finding> explain() {
        topology();
        if (watched_.stats.is_open) {
            epoch();
            queues();
            watermarks();
        }
        return std::move(out_);
    }

private:
    void tell(const char* about, const std::string& node, std::string text, bool holds = true) {
        out_.push_back({about, node, std::move(text), holds});
    }
    const NodeStats* find(const std::string& id) const {
        const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const NodeStats& n) { return n.id == id; });
        return found == nodes_.end() ? nullptr : &*found;
    }
    // Of all of its instances' time, in between.
    double share(const NodeStats& node, std::chrono::nanoseconds NodeStats::* time) const {
        const auto then = std::find_if(before_.begin(), before_.end(), [&](const NodeStats& n) { return n.id == node.id; });
        if (then == before_.end() || apart_.count() <= 0 || watched_.stats.workers == 0) return 0;
        const auto spent = std::chrono::duration<double>(node.*time - (*then).*time);
        return std::clamp(spent.count() / std::chrono::duration<double>(apart_).count() / watched_.stats.workers, 0.0, 1.0);
    }
    // By names, those of clauses being their node's.
    std::set<std::string> neighbours(const std::string& id, bool readers) const {
        std::set<std::string> out;
        const Topology& topology = *watched_.topology;
        for (const Edge& edge : topology.edges) {
            const std::string& from = topology.nodes[static_cast<size_t>(edge.from_node)].name();
            const std::string& to = topology.nodes[static_cast<size_t>(edge.to_node)].name();
            if (from != to && (readers ? from : to) == id) out.insert(readers ? to : from);
        }
        return out;
    }

    void topology() {
        const std::string& name = watched_.topology->name;
        if (!watched_.restarting.empty()) tell("topology", "", fmt::format("{} waits to begin again: {}", ticked(name), watched_.restarting));
        else if (!watched_.stats.is_open) tell("topology", "", fmt::format("{} is being opened: its connections are not there yet, or its state is read", ticked(name)));
        if (watched_.stats.is_paused) tell("topology", "", fmt::format("{} is paused: its sources are not polled. `weir resume {}`", ticked(name), name));
        for (const NodeStats& node : nodes_)
            if (watched_.stats.is_open && node.kind == "source" && !node.is_assigned)
                tell("topology", node.id, fmt::format("source {} has nothing to read: no partition, file or other split was assigned to it", kind_text(node)));
    }

    // Those that the barrier has not passed though it has passed all that they read.
    void waits_for(const EpochStats::InFlight& epoch) {
        for (const NodeStats& node : nodes_) {
            const auto before = neighbours(node.id, false);
            const auto has_passed = [&](const std::string& id) {
                const NodeStats* one = find(id);
                return !one || one->passed >= epoch.epoch;
            };
            if (node.passed >= epoch.epoch || !std::all_of(before.begin(), before.end(), has_passed)) continue;
            if (node.kind == "sink")
                tell("epoch", node.id, fmt::format("sink {} has not acknowledged its rows: the server behind it is slow or away", kind_text(node)));
            else if (node.is_blocked)
                tell("epoch", node.id, fmt::format("the barrier waits at {}, which is held up: what reads it has no room", kind_text(node)));
            else
                tell("epoch", node.id, fmt::format("the barrier waits at {}, with {} batches before it", kind_text(node), node.queued));
        }
    }

    void epoch() {
        const EpochStats& epochs = watched_.stats.checkpoints;
        const auto usual = epochs.committed > 0 ? epochs.total / epochs.committed : std::chrono::microseconds(0);
        if (epochs.in_flight && epochs.in_flight->since > std::max<std::chrono::microseconds>(kSlowEpoch, usual * kSlowTimes)) {
            const auto& flight = *epochs.in_flight;
            tell("epoch", "", fmt::format("epoch {} is under way for {}{}; no positions are committed meanwhile", flight.epoch, span_text(flight.since),
                                          usual.count() > 0 ? fmt::format(" (they take {})", span_text(usual)) : ""));
            if (flight.workers.empty()) tell("epoch", "", "all nodes have passed its barrier: it waits for the state store, or the server that decides");
            else waits_for(flight);
            return;
        }
        const std::string age = epochs.age ? span_text(*epochs.age) : "a while";
        if (epochs.committed == 0) return tell("epoch", "", fmt::format("no epoch is committed yet, {} after rows could flow", age), false);
        tell("epoch", "", fmt::format("nothing holds its epochs: the last one was committed {} ago; they take {}", age, span_text(usual)), false);
    }

    void queues() {
        for (const NodeStats& node : nodes_) {
            const double held = share(node, &NodeStats::blocked), busy = share(node, &NodeStats::busy);
            const auto readers = neighbours(node.id, true);
            if (busy >= kBusyShare && !node.is_blocked)
                tell("queue", node.id, fmt::format("{} is busy {:.0f} % of its time: it sets the pace", kind_text(node), busy * 100));
            if (held < kHeldShare) continue;
            std::string culprits;
            for (const std::string& id : readers) {
                const NodeStats* reader = find(id);
                if (reader) culprits += fmt::format("{}{} ({:.0f} % busy{})", culprits.empty() ? "" : ", ", ticked(id), share(*reader, &NodeStats::busy) * 100,
                                                    reader->kind == "sink" ? ", a sink: it waits for its server where it is not" : "");
            }
            tell("queue", node.id, fmt::format("{} is held up {:.0f} % of its time: there is no room before {}", kind_text(node), held * 100,
                                               culprits.empty() ? "what reads it" : culprits));
        }
    }

    // "split `events/2`, which has sent no row since …", with the way out.
    std::string holder_text(const NodeStats::Time& time) const {
        if (time.held_by.empty()) return "";
        const std::string by = fmt::format("{} {}", time.is_split ? "split" : "node", ticked(time.held_by));
        if (!time.silent_since || now_ - *time.silent_since < kSilence) return by;
        return fmt::format("{}, which has sent no row since {}; `event_time: {{ idle_after: 30s }}` stops waiting for it", by,
                           format_timestamp(*time.silent_since));
    }

    void watermarks() {
        for (const NodeStats& node : nodes_) {
            if (!node.time || node.time->is_idle) continue;
            const NodeStats::Time& time = *node.time;
            const std::string by = holder_text(time);
            if (!time.watermark) {
                tell("watermark", node.id, fmt::format("{} has no watermark yet{}", kind_text(node), by.empty() ? "" : ": it waits for " + by));
                continue;
            }
            if (*time.watermark > now_ - kLagWorthTelling) continue;
            const std::string behind = behind_text(*time.watermark, now_);
            tell("watermark", node.id, fmt::format("the watermark of {} is {}{}", kind_text(node), is_far_behind(*time.watermark, now_) ? behind : behind + " behind the clock",
                                                   by.empty() ? "" : ", held back by " + by));
        }
    }

    const Watched& watched_;
    const std::vector<NodeStats> before_, nodes_;
    const std::chrono::nanoseconds apart_;
    const int64_t now_;
    std::vector<Finding> out_;
};

}  // namespace

std::vector<Finding> why_held(const Watched& before, const Watched& after, std::chrono::nanoseconds apart, int64_t now) {
    return Explainer(before, after, apart, now).explain();
}

}  // namespace weir::host
