/*
 * weir/ext/transaction.h: an optional host extension for connections that decide epochs (WEIR_OP_TRANSACTIONAL), to tell for how
 * long a transaction may be open. Found through weir_host.extension.
 */
#ifndef WEIR_EXT_TRANSACTION_H
#define WEIR_EXT_TRANSACTION_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_TRANSACTION "weir.transaction/0"

typedef struct weir_transaction_api {
    uint32_t size;
    uint32_t reserved;
    /*
     * In create. The server aborts a transaction that is open for longer than so many microseconds, as the setting `name` says. An
     * epoch that the user asks to be longer, a change's trial, is refused by that name.
     */
    void (*bound)(weir_connection_context *, int64_t micros, weir_str name);
} weir_transaction_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_TRANSACTION_H */
