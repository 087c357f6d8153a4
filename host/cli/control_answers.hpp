// What the parts of the API that a running host answers have in common, and which parts there are. Threads: any.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/admin/watched.hpp"
#include "host/admin/why.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/session.hpp"
#include "host/http/answer.hpp"
#include "host/http/request.hpp"

namespace weir::host {

inline constexpr int kCreated = 201, kBadRequest = 400, kNotFound = 404, kConflict = 409, kInvalid = 422, kFailedToAnswer = 500, kUnavailable = 503;

inline Answer answer(const Json& body, int status = 200) { return {status, json_text(body), "application/json"}; }

// What is wrong, with what else there is to say of it.
inline Answer refusal(int status, const std::string& title, const std::string& detail, Json rest = Json::object()) {
    rest.update({{"title", title}, {"status", status}, {"detail", detail}});
    return {status, json_text(rest), "application/problem+json"};
}

inline bool is_reading(const HttpRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

inline Answer not_allowed(const HttpRequest& request, const char* allowed) {
    Answer out = refusal(405, "the method is wrong", fmt::format("{} takes {}, and not {}", request.path, allowed, request.method));
    out.headers = {{"Allow", allowed}};
    return out;
}

// A topology of the host, whether it runs or not.
Json summary_of(const Session& session, const Hosted& one);
Answer answer_details(Session& session, const Session::Running& one, const HttpRequest& request);
// Of one that does not run.
Answer answer_idle(const Session& session, const Hosted& one);
// What a change would do; making it; and beginning what does not run.
Answer answer_plan(Session& session, const Session::Running& one, const HttpRequest& request);
Answer answer_apply(Session& session, const Session::Running& one, const HttpRequest& request);
Answer answer_put(Session& session, const std::string& name, const HttpRequest& request);
// Its end, and nothing is known of it any more: `?drain=true`.
Answer answer_remove(Session& session, const std::string& name, const HttpRequest& request);
// A topology as it is at this moment.
Watched watched(const Session::Running& one);

// Health of the host, and metrics as Prometheus reads them.
Answer answer_live(Session& session, const HttpRequest& request);
Answer answer_ready(Session& session, const HttpRequest& request);
Answer answer_metrics(Session& session, const HttpRequest& request);
// The last epochs that were committed, the last one first, and the one under way.
Json checkpoints_json(const EpochStats& epochs);
Answer answer_checkpoints(Session& session, const Session::Running& one, const HttpRequest& request);
// Of the topology; and a new one, of its last committed epoch: {"name"}.
Answer answer_savepoints(Session& session, const Session::Running& one, const HttpRequest& request);
Answer answer_new_savepoint(Session& session, const Session::Running& one, const HttpRequest& request);
// Rows of a port as server-sent events: `row`, and `end` at last.
Answer answer_tap(Session& session, const Session::Running& one, const HttpRequest& request);
// What holds it back; `?record=NODE@PARTITION:OFFSET`: what became of that record.
Answer answer_why(Session& session, const Session::Running& one, const HttpRequest& request);
Answer answer_why_record(const Session::Running& one, const std::string& name);
Json findings_json(const std::string& topology, const std::vector<Finding>& findings);
// {"node", "to", "dry_run"}: a source reads on elsewhere.
Answer answer_seek(Session& session, const Session::Running& one, const HttpRequest& request);
// The last lines of the host's log, as JSON or as server-sent events.
Answer answer_logs(const HttpRequest& request);
// The builds of plugins in memory, and who uses them.
Answer answer_plugins(Session& session, const HttpRequest& request);
// {"drain", "savepoint"}
Answer answer_stop(Session& session, const Session::Running& one, const HttpRequest& request);

}  // namespace weir::host
