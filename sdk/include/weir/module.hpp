// Exporting a module.
//
//   WEIR_MODULE("acme", "1.2.0", &kEnrich, &kLookup)
//
// once, in one source file of the plugin, outside of any namespace; the arguments behind the version are
// pointers to constant descriptors. WEIR_MODULE_WITH also takes a function extension(const char *id).
#pragma once

#include <weir/memory.hpp>
#include <weir/spec.hpp>

namespace weir::detail {
inline int32_t init_module(const weir_host *given, weir_error *) {
    module_host = given;
    return WEIR_OK;
}
}  // namespace weir::detail

#define WEIR_MODULE_WITH(module_id, module_version, module_extension, ...)                                    \
    static const weir_operator *const weir_module_operators[] = {__VA_ARGS__};                                \
    extern "C" __attribute__((visibility("default"))) const weir_module weir_module_v1;                       \
    extern "C" const weir_module weir_module_v1 = {                                                           \
        sizeof(weir_module),                                                                                  \
        WEIR_ABI_MAJOR,                                                                                       \
        WEIR_ABI_MINOR,                                                                                       \
        static_cast<uint32_t>(sizeof weir_module_operators / sizeof *weir_module_operators),                  \
        module_id,                                                                                            \
        module_version,                                                                                       \
        weir_module_operators,                                                                                \
        weir::detail::init_module,                                                                            \
        nullptr,                                                                                              \
        module_extension,                                                                                     \
    };

#define WEIR_MODULE(module_id, module_version, ...) \
    WEIR_MODULE_WITH(module_id, module_version, nullptr, __VA_ARGS__)
