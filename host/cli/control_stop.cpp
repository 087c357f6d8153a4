// Savepoints of topologies that run, and their end.
#include "host/cli/control_answers.hpp"
#include "host/cli/savepoints.hpp"

namespace weir::host {
namespace {

struct StopRequest {
    bool drain = false;
    std::optional<std::string> savepoint;  // its name
};

// Empty: it is a name.
std::string name_fault(const std::string& savepoint) {
    return is_savepoint_name(savepoint) ? "" : fmt::format("`{}` is no name of a savepoint: letters, digits, `-`, `_` and `.`", savepoint);
}

// nullopt: `why` says what is wrong with it.
std::optional<StopRequest> read_stop(const std::string& body, std::string& why) {
    const Json json = Json::parse(body.empty() ? "{}" : body, nullptr, false);
    StopRequest out;
    const Json drain = json.is_object() ? json.value("drain", Json(false)) : Json();
    const Json savepoint = json.is_object() ? json.value("savepoint", Json(false)) : Json();
    if (!drain.is_boolean() || !(savepoint.is_boolean() || savepoint.is_string())) {
        why = "expected: an object, with `drain` true or false, and `savepoint` true or a name";
        return std::nullopt;
    }
    out.drain = drain.get<bool>();
    if (savepoint.is_string()) out.savepoint = savepoint.get<std::string>();
    else if (savepoint.get<bool>()) out.savepoint = savepoint_name_of_now();
    if (out.savepoint) why = name_fault(*out.savepoint);
    if (!why.empty()) return std::nullopt;
    return out;
}

// Why none can be made; nullopt: it can.
std::optional<Answer> refuse_savepoint(const Session& session, const Session::Running& one, const std::string& savepoint) {
    const std::string name = one.run->topology()->name;
    std::error_code unseen;
    if (!one.is_durable)
        return refusal(kConflict, "there is nothing to make a savepoint of", fmt::format("the state of `{}` is not kept: run it with --data-dir", name));
    if (std::filesystem::exists(savepoint_path(session.data_dir(), name, savepoint), unseen))
        return refusal(kConflict, "there is such a savepoint", fmt::format("`{}` has a savepoint `{}` already: give this one another name", name, savepoint));
    return std::nullopt;
}

Json savepoint_json(const SavepointInfo& info) {
    if (!info.fault.empty()) return {{"name", info.name}, {"fault", info.fault}};
    return {{"name", info.name}, {"created", info.created}, {"epoch", info.epoch}, {"bytes", info.bytes}, {"nodes", info.nodes}};
}

}  // namespace

Answer answer_savepoints(Session& session, const Session::Running& one, const HttpRequest&) {
    Json out = Json::array();
    if (one.is_durable)
        for (const SavepointInfo& info : list_savepoints(session.data_dir(), one.run->topology()->name)) out.push_back(savepoint_json(info));
    return answer(out);
}

Answer answer_new_savepoint(Session& session, const Session::Running& one, const HttpRequest& request) {
    const Json json = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
    const Json given = json.is_object() ? json.value("name", Json(savepoint_name_of_now())) : Json();
    if (!given.is_string()) return refusal(kBadRequest, "the request is wrong", "expected: an object, with `name`, a text");
    const auto savepoint = given.get<std::string>();
    if (const std::string why = name_fault(savepoint); !why.empty()) return refusal(kBadRequest, "the request is wrong", why);
    if (auto refused = refuse_savepoint(session, one, savepoint)) return std::move(*refused);
    const std::string name = one.run->topology()->name;
    if (Status made = create_savepoint(session.data_dir(), name, savepoint); !made.ok())
        return refusal(kConflict, "there is no savepoint", made.message());
    return answer(savepoint_json(describe_savepoint(session.data_dir(), name, savepoint)), kCreated);
}

Answer answer_stop(Session& session, const Session::Running& one, const HttpRequest& request) {
    std::string why;
    const auto wanted = read_stop(request.body, why);
    if (!wanted) return refusal(kBadRequest, "the request is wrong", why);
    const std::string name = one.run->topology()->name;
    if (wanted->savepoint)
        if (auto refused = refuse_savepoint(session, one, *wanted->savepoint)) return std::move(*refused);
    session.stop(one, wanted->drain ? StopMode::kDrain : StopMode::kCheckpoint);
    Json out = {{"name", name}, {"state", "ending"}};
    if (!wanted->savepoint) return answer(out);
    one.run->wait_finished();
    const Status made = create_savepoint(session.data_dir(), name, *wanted->savepoint);
    if (!made.ok()) return refusal(kFailedToAnswer, "it has ended, and there is no savepoint", made.message());
    out.update({{"state", "ended"}, {"savepoint", savepoint_json(describe_savepoint(session.data_dir(), name, *wanted->savepoint))}});
    return answer(out);
}

}  // namespace weir::host
