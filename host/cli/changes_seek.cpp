// Sources that are put to another place while they are read.
#include <algorithm>
#include <cstdlib>
#include <future>
#include <mutex>

#include <fmt/format.h>

#include <weir/time_text.hpp>

#include "host/cli/candidate.hpp"
#include "host/cli/changes.hpp"
#include "host/cli/record_source.hpp"
#include "host/exit_codes.hpp"
#include "host/text/grouped.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

// A place, of all splits or of one.
struct SeekPlace {
    std::string split;  // empty: all
    int32_t at = WEIR_AT_EARLIEST;
    int64_t value = 0;
};

Result<SeekPlace> parse_place(const std::string& text) {
    if (text == "earliest") return SeekPlace{"", WEIR_AT_EARLIEST, 0};
    if (text == "latest") return SeekPlace{"", WEIR_AT_LATEST, 0};
    int64_t micros = 0;
    bool has_zone = false;
    if (parse_timestamp(text, &micros, &has_zone) == Parse::kOk) {
        if (has_zone) return SeekPlace{"", WEIR_AT_TIME, micros};
        return Status::config("", fmt::format("{} is a time without its zone: expected 2024-05-23T12:34:56Z, or +02:00 behind it", ticked(text)));
    }
    const size_t colon = text.rfind(':');
    const auto offset = colon == std::string::npos ? std::nullopt : parse_int64(text.substr(colon + 1));
    if (colon > 0 && offset && *offset >= 0) return SeekPlace{text.substr(0, colon), WEIR_AT_OFFSET, *offset};
    return Status::config("", fmt::format("{} is no place in a source: expected `earliest`, `latest`, a time like 2024-05-23T12:34:56Z, or PARTITION:OFFSET", ticked(text)));
}

Result<std::vector<SeekPlace>> parse_places(const std::vector<std::string>& texts) {
    std::vector<SeekPlace> out;
    for (const std::string& text : texts) {
        auto place = parse_place(text);
        if (!place) return place.status();
        out.push_back(std::move(*place));
    }
    const bool is_of_all = std::any_of(out.begin(), out.end(), [](const SeekPlace& one) { return one.split.empty(); });
    if (out.empty() || (is_of_all && out.size() > 1))
        return Status::config("", "expected one place for all partitions, or PARTITION:OFFSET for each that is named");
    return out;
}

SeekOutcome& fail(SeekOutcome& out, SeekOutcome::Kind kind, std::string why) {
    out.kind = kind;
    out.why = std::move(why);
    return out;
}

// Where the splits are to go, into `out` and `seeks`.
Status find_places(const RecordSource& source, const std::string& name, const std::vector<SeekPlace>& places, const std::vector<SplitMark>& marks,
                   SeekOutcome& out, Seeks& seeks) {
    std::vector<const SplitMark*> splits;
    for (const SplitMark& mark : marks)
        if (mark.node == source.id() && !mark.given_back) splits.push_back(&mark);
    if (splits.empty()) return Status::retryable(fmt::format("`{}` has read nothing that an epoch has: try it again once it has", name));
    for (const SeekPlace& place : places) {
        std::vector<const SplitMark*> meant = splits;
        if (!place.split.empty()) {
            auto one = find_split(splits, place.split, name);
            if (!one) return one.status();
            meant = {*one};
        }
        for (const SplitMark* mark : meant) {
            auto from = source.offset_of(mark->position);
            auto position = source.position_at(mark->split, place.at, place.value);
            if (!from || !position) return from ? position.status() : from.status();
            auto to = source.offset_of(*position);
            if (!to) return to.status();
            if (!seeks[source.id()].emplace(mark->split, *position).second)
                return Status::config("", fmt::format("partition {} has two places", mark->split));
            out.splits.push_back({mark->split, *from, *to});
        }
    }
    return {};
}

std::vector<std::string> notes_of(const SeekOutcome& outcome, const Plan& plan) {
    std::vector<std::string> out;
    int64_t again = 0, left_out = 0;
    for (const SeekOutcome::Split& one : outcome.splits) (one.to < one.from ? again : left_out) += std::abs(one.to - one.from);
    const Topology& topology = plan.topology();
    const auto& nodes = plan.nodes();
    const bool keeps = std::any_of(nodes.begin(), nodes.end(), [](const PlannedNode& node) {
        const Instance& one = node.instance();
        return !one.is_source() && (one.keyed() || one.descriptor().state_version > 0);
    });
    if (again > 0)
        out.push_back(fmt::format("records of {} offsets are read again{}", grouped(again),
                                  keeps ? "; state stays as it is, and counts them once more" : ", and their results written once more"));
    if (left_out > 0) out.push_back(fmt::format("records of {} offsets are left out", grouped(left_out)));
    const bool has_time = std::any_of(topology.nodes.begin(), topology.nodes.end(), [](const NodeSpec& node) { return node.event_time.has_value(); });
    if (again > 0 && has_time) out.push_back("event time does not go back: rows that are older than a node's watermark are late there");
    return out;
}

}  // namespace

std::string places_text(const SeekOutcome& outcome) {
    std::string out;
    for (size_t i = 0; i < std::min(outcome.splits.size(), kMostPlaces); ++i) {
        const SeekOutcome::Split& one = outcome.splits[i];
        out += fmt::format("{}{} from {} to {}", i > 0 ? ", " : "", one.split, one.from, one.to);
    }
    return outcome.splits.size() > kMostPlaces ? fmt::format("{} and {} more", out, outcome.splits.size() - kMostPlaces) : out;
}

std::shared_ptr<Candidate> Changes::again() const {
    return Candidate::load(merged({}), {false, connect_timeout_, run_.connections()}, loader_);
}

// As for any other change.
std::string Changes::why_not_seek(const Graph& running, Candidate& again) const {
    auto before = running.plan_again();
    if (!before) return fmt::format("what runs cannot be compared any more: {}", before.status().message());
    if (!compare_graphs(**before, again.plan(), {}).is_empty())
        return "a plugin is of another build by now than what runs: `weir apply` makes that change first";
    if ((*before)->is_ephemeral()) return "it reads or writes a broker inside this process, which would be gone with the run that ends: run `weir broker` beside it";
    if ((*before)->has_state() && !is_durable_) return "its state is kept nowhere, and would be gone with the run that ends: run it with --data-dir";
    return "";
}

void Changes::seek_alone(const SeekRequest& request, SeekOutcome& out) {
    auto places = parse_places(request.to);
    if (!places) return void(fail(out, SeekOutcome::Kind::kWrong, places.status().message()));
    const auto planned = again();
    if (planned->exit_code() != kExitOk) return void(fail(out, SeekOutcome::Kind::kRefused, "what runs cannot be planned again: " + planned->text()));
    PluginResolver plugins(planned->plugins());
    auto source = RecordSource::find(planned->plan(), plugins, request.node);
    const auto kind_of = [](const Status& status) { return status.code() == WEIR_E_CONFIG ? SeekOutcome::Kind::kWrong : SeekOutcome::Kind::kRefused; };
    if (!source) return void(fail(out, kind_of(source.status()), source.status().message()));
    const auto marks = run_.marks();
    const std::vector<SplitMark> none;
    Seeks seeks;
    const Status found = find_places(*source, request.node, *places, marks.empty() ? none : *marks.back().second, out, seeks);
    if (!found.ok()) return void(fail(out, kind_of(found), found.message()));
    out.notes = notes_of(out, planned->plan());
    const Graph running = run_.graph();
    if (std::string why = why_not_seek(running, *planned); !why.empty()) return void(fail(out, SeekOutcome::Kind::kRefused, std::move(why)));
    if (request.is_dry) return;
    Graph graph = planned->graph();
    graph.id = running.id;  // its epochs are of the same graph
    std::promise<Applied> done;
    auto answered = done.get_future();
    run_.apply({std::move(graph), planned->take_plan(), {}, {}, [&done](const Applied& applied) { done.set_value(applied); }, {}, std::move(seeks)});
    out.applied = answered.get();
    if (out.applied.is_taken) out.kind = SeekOutcome::Kind::kTaken;
    else fail(out, out.applied.was_tried ? SeekOutcome::Kind::kRolledBack : SeekOutcome::Kind::kRefused, out.applied.why.text());
}

SeekOutcome Changes::seek(const SeekRequest& request) {
    SeekOutcome out;
    const std::unique_lock alone(applying_, std::try_to_lock);
    if (alone) seek_alone(request, out);
    else fail(out, SeekOutcome::Kind::kRefused, fmt::format("another change of `{}` is under way: try it again behind that", run_.topology()->name));
    return out;
}

}  // namespace weir::host
