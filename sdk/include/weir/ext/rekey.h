/*
 * weir/ext/rekey.h: an optional host extension for operators that compute their own key (WEIR_OP_OWN_KEY), to tell what a
 * change of their parameters does to what waits in their state. Found through weir_host.extension.
 */
#ifndef WEIR_EXT_REKEY_H
#define WEIR_EXT_REKEY_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_REKEY "weir.rekey/0"

typedef struct weir_rekey_api {
    uint32_t size;
    uint32_t reserved;
    /*
     * Of the block that rekey was given: so many rows wait in it, of which so many do not fit the parameters any more and will
     * leave by `errors` once the instance is open. Who does not tell has a row an entry, and none that leaves. Shown to users before
     * they make the change, and not counted against the errors that its trial may have. [host], during rekey
     */
    void (*tell)(weir_context *, uint64_t rows, uint64_t leaving);
} weir_rekey_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_REKEY_H */
