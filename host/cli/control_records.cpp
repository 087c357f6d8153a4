// Single records, and the places that sources read at.
#include "host/cli/candidate.hpp"
#include "host/cli/control_answers.hpp"
#include "host/cli/record_fate.hpp"
#include "host/engine/clock.hpp"
#include "host/exit_codes.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

std::optional<SeekRequest> read_seek(const std::string& body, std::string& why) {
    const Json json = Json::parse(body.empty() ? "{}" : body, nullptr, false);
    if (!json.is_object()) {
        why = "the body is no JSON object";
        return std::nullopt;
    }
    SeekRequest out;
    try {
        out.node = json.value("node", "");
        out.to = json.value("to", std::vector<std::string>());
        out.is_dry = json.value("dry_run", false);
    } catch (const Json::exception& error) {
        why = error.what();
        return std::nullopt;
    }
    if (!out.node.empty()) return out;
    why = "`node` names the source that is meant";
    return std::nullopt;
}

Json seek_json(const SeekOutcome& outcome) {
    Json out = {{"splits", Json::array()}, {"notes", outcome.notes}, {"taken", outcome.kind == SeekOutcome::Kind::kTaken}};
    for (const SeekOutcome::Split& one : outcome.splits) out["splits"].push_back({{"split", one.split}, {"from", one.from}, {"to", one.to}});
    if (!outcome.applied.was_tried && !outcome.applied.is_taken) return out;
    out["epoch"] = outcome.applied.epoch;
    out["pause_ms"] = static_cast<double>(outcome.applied.pause.count()) / 1000;
    return out;
}

// Of a topology that has just begun, or waits to begin again, there is nothing to be said of records.
Answer refused(const Status& status) {
    const bool is_wrong = status.code() == WEIR_E_CONFIG;
    return refusal(is_wrong ? kBadRequest : kUnavailable, is_wrong ? "the record is not known" : "the record cannot be looked for", status.message());
}

}  // namespace

Answer answer_why_record(const Session::Running& one, const std::string& name) {
    const auto record = parse_record_name(name);
    if (!record)
        return refusal(kBadRequest, "the record is not known", fmt::format("{} names no record; expected: NODE@PARTITION:OFFSET, as raw@2:48213", ticked(name)));
    const auto again = one.changes->again();
    if (again->exit_code() != kExitOk) return refused(Status::retryable("what runs cannot be planned again: " + again->text()));
    auto findings = what_became_of(*record, *one.run, *again, system_now());
    if (!findings) return refused(findings.status());
    Json out = findings_json(one.run->topology()->name, *findings);
    out["record"] = name;
    return answer(out);
}

Answer answer_seek(Session& session, const Session::Running& one, const HttpRequest& request) {
    std::string why;
    const auto wanted = read_seek(request.body, why);
    if (!wanted) return refusal(kBadRequest, "the request is wrong", why);
    const SeekOutcome outcome = session.seek(one, *wanted);
    Json body = seek_json(outcome);
    switch (outcome.kind) {
        case SeekOutcome::Kind::kWrong: return refusal(kBadRequest, "there is no such place", outcome.why, std::move(body));
        case SeekOutcome::Kind::kRefused: return refusal(kConflict, "the source cannot be put there", outcome.why, std::move(body));
        case SeekOutcome::Kind::kRolledBack:
            body["rolled_back"] = true;
            return refusal(kConflict, outcome.applied.is_known ? "it was rolled back" : "the topology ended in the change's trial", outcome.why, std::move(body));
        default: return answer(body);
    }
}

}  // namespace weir::host
