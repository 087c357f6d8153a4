#include "host/loader/plugin_call.hpp"

#include <fmt/format.h>

namespace weir::host {

Status plugin_status(int32_t code, const weir_error& error) {
    if (code < WEIR_E_UNSUPPORTED || code > WEIR_END)
        return Status::fatal(fmt::format("the plugin returned {}, which is no code of the ABI", code));
    weir_error bounded = error;  // the plugin may not have ended its texts
    bounded.path[sizeof bounded.path - 1] = '\0';
    bounded.message[sizeof bounded.message - 1] = '\0';
    if (code < 0 && !bounded.message[0])
        *fmt::format_to_n(bounded.message, sizeof bounded.message - 1, "the plugin gave code {} and no reason", code).out =
            '\0';
    return Status::from_abi(code, bounded);
}

}  // namespace weir::host
