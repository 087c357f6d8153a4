/*
 * weir/ext/restored.h: an optional host extension for operators that look at all of their restored state before they open: what open
 * would refuse of it can then be told before a running topology is changed (`weir plan`). Found through weir_host.extension.
 */
#ifndef WEIR_EXT_RESTORED_H
#define WEIR_EXT_RESTORED_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_RESTORED "weir.restored/0"

/* Static: lives as long as the module. */
typedef struct weir_restored_checker {
    uint32_t size;
    uint32_t reserved;
    /*
     * Of an instance that is bound and restored, and is not opened: what open would say of its state. Changes nothing, and reaches
     * nothing outside. WEIR_E_STATE_VERSION: it would refuse it. [host]
     */
    int32_t (*check)(void *self, weir_error *);
} weir_restored_checker;

typedef struct weir_restored_api {
    uint32_t size;
    uint32_t reserved;
    /* From bind. NULL: there is none any more. [host] */
    void (*offer)(weir_context *, const weir_restored_checker *);
} weir_restored_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_RESTORED_H */
