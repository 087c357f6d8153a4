// What a host answers while it runs. Paths, and bodies in JSON:
//
//   GET  /v1/topologies                 all that run
//   GET  /v1/topologies/NAME            one, with its nodes
//   POST /v1/topologies/NAME/plan       {"file", "set": ["name=value"], "params": [FILE]}: what the change would do
//   POST /v1/topologies/NAME/apply      the same with "allow_loss": [NODE] and "trial_us": does it
//   POST /v1/topologies/NAME/stop       {"drain": false}
//
// What is wrong comes as application/problem+json (RFC 9457). Threads: any.
#pragma once

#include "host/control/message.hpp"

namespace weir::host {

class Session;

ControlAnswer answer_control(Session& session, const ControlRequest& request);

}  // namespace weir::host
