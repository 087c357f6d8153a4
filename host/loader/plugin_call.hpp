// Calls into plugin code: nothing that it does wrong by its return goes further than a Status.
//
// Threads: any; the call runs on the caller's.
#pragma once

#include <exception>
#include <utility>

#include <weir/abi.h>
#include <weir/result.hpp>

namespace weir::host {

// What a plugin returned, with its message cut to the ABI's bounds. WEIR_E_FATAL for a code that the ABI does not
// have.
Status plugin_status(int32_t code, const weir_error& error);

// f(&error), where an exception that leaves the plugin becomes WEIR_E_FATAL.
template <class F>
Status call_plugin(F&& f) {
    weir_error error{};
    error.size = sizeof error;
    int32_t code = WEIR_E_FATAL;
    try {
        code = f(&error);
    } catch (const std::exception& e) {
        return Status::fatal(std::string("an exception left the plugin, which must catch its own: ") + e.what());
    } catch (...) {
        return Status::fatal("an exception left the plugin, which must catch its own");
    }
    return plugin_status(code, error);
}

// The same for what returns nothing and cannot fail: the exception's text, or "".
template <class F>
std::string call_plugin_void(F&& f) {
    Status status = call_plugin([&](weir_error*) -> int32_t {
        f();
        return WEIR_OK;
    });
    return status.ok() ? std::string() : std::string(status.message());
}

}  // namespace weir::host
