// What an operator's open would say of restored state, told before: weir/ext/restored.h.
#pragma once

#include <weir/ext/restored.h>
#include <weir/operator.hpp>

namespace weir {

// From bind. `Status T::check_restored() const` is what open asks first of all; it changes nothing. Nothing where the host has no such
// extension.
template <class T>
void offer_restored_check(Context context) {
    static constexpr weir_restored_checker kChecker = {
        sizeof(weir_restored_checker), 0, [](void *self, weir_error *error) {
            return detail::guarded(error, [&] { return static_cast<const T &>(*detail::instance(self)).check_restored(); });
        }};
    const weir_host &host = *context.raw()->host;
    const auto *api = host.extension ? static_cast<const weir_restored_api *>(host.extension(&host, WEIR_EXT_RESTORED)) : nullptr;
    if (api) api->offer(context.raw(), &kChecker);
}

}  // namespace weir
