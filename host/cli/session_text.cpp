// How a session tells failures.
#include <fmt/format.h>

#include "host/cli/session.hpp"
#include "host/exit_codes.hpp"
#include "host/topology/subject.hpp"

namespace weir::host {
namespace {

// What the error codes of abi.h are called in messages.
const char* code_text(const Status& status, bool is_opening) {
    switch (status.code()) {
        case WEIR_E_CONFIG: return "config";
        case WEIR_E_ROW: return "row";
        case WEIR_E_RETRYABLE: return is_opening ? "unreachable" : "retryable";
        case WEIR_E_STATE_VERSION: return "state-version";
        case WEIR_E_UNSUPPORTED: return "unsupported";
        default: return "fatal";
    }
}

// Why there is no restart any more, where there might have been.
std::string over_text(const Supervisor& run) {
    if (run.why_over().empty() || run.topology()->restart.strategy == RestartStrategy::kNone) return "";
    return fmt::format(". It is not started again: {}", run.why_over());
}

// Of a run that was to end while it waited to begin again.
std::string waiting_text(const Topology& topology, const Failure& failure, bool is_durable) {
    const char* rest = is_durable ? "What is committed is kept: the next run goes on from there" : "What its sources gave since is not written";
    return fmt::format("{}. The run was to end while `{}` waited to begin again. {}", failure.text(), topology.name, rest);
}

// What a node refused about its configuration when it met the outside: told as lint would.
std::string refused_text(const Topology& topology, const Failure& failure) {
    const NodeSpec& node = topology.nodes[static_cast<size_t>(topology.find_node(failure.node))];
    Diagnostics diagnostics;
    diagnostics.error(Code::kOperatorRefused, node.config.place_of(failure.status.path()),
                      fmt::format("node `{}`: {}", failure.node, with_subject(*node.op, failure.status.path(), failure.status.message())));
    return diagnostics.text();
}

}  // namespace

int exit_code_of(const Status& status, bool is_opening) {
    if (status.code() == WEIR_E_STATE_VERSION) return kExitState;
    if (!is_opening) return kExitFailed;
    if (status.code() == WEIR_E_CONFIG) return kExitUsage;
    return status.code() == WEIR_E_RETRYABLE ? kExitUnreachable : kExitFailed;
}

std::string error_text(const Supervisor& run, const Status& status, bool is_opening, const std::string& what) {
    const bool is_state = run.failed_state() && status.code() != WEIR_E_STATE_VERSION;
    return fmt::format("error[{}]: topology `{}`: {}", is_state ? "state" : code_text(status, is_opening), run.topology()->name,
                       what);
}

std::string failure_text(const Supervisor& run, bool is_durable) {
    const Failure& failure = *run.failure();
    const bool is_opening = run.failed_opening();
    if (run.ended_waiting()) return error_text(run, failure.status, true, waiting_text(*run.topology(), failure, is_durable));
    if (is_opening && failure.status.code() == WEIR_E_CONFIG && !failure.node.empty()) return refused_text(*run.topology(), failure);
    return error_text(run, failure.status, is_opening, failure.text() + over_text(run));
}

}  // namespace weir::host
