// What a host answers while it runs: schemas/admin-api.yaml describes it, and GET /v1 lists it.
//
// What is wrong comes as application/problem+json (RFC 9457). Secrets of topologies stand as `***`. Threads: any.
#pragma once

#include "host/http/answer.hpp"
#include "host/http/request.hpp"

namespace weir::host {

class Session;

Answer answer_control(Session& session, const HttpRequest& request);

}  // namespace weir::host
