/*
 * The module: the one symbol that a plugin exports. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_MODULE_H
#define WEIR_ABI_MODULE_H

#include <weir/abi/declare.h>
#include <weir/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weir_module {
    uint32_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t n_operators;
    const char *id;      /* as in `plugins: { acme: ">=1.2" }` */
    const char *version; /* MAJOR.MINOR.PATCH */
    const weir_operator *const *operators;
    int32_t (*init)(const weir_host *, weir_error *); /* [host] once, before anything else; may be NULL */
    void (*deinit)(void);                             /* [host] after the last destroy; may be NULL */
    const void *(*extension)(const char *id);         /* [any] optional features; may be NULL */
} weir_module;

#if defined(__cplusplus)
#define WEIR_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define WEIR_EXPORT __attribute__((visibility("default")))
#endif

#define WEIR_MODULE_SYMBOL "weir_module_v1"

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_MODULE_H */
