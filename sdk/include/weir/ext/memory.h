/*
 * weir/ext/memory.h: an optional host extension for operators with tables of their own, to tell what these take. It
 * counts against the topology's memory_limit; what passes that stops the run. Found through weir_host.extension.
 */
#ifndef WEIR_EXT_MEMORY_H
#define WEIR_EXT_MEMORY_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_MEMORY "weir.memory/0"

typedef struct weir_memory_api {
    uint32_t size;
    uint32_t reserved;
    /* The instance holds so many bytes in all from now on. Cheap: once a batch. [worker], during a call */
    void (*hold)(weir_context *, uint64_t bytes);
} weir_memory_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_MEMORY_H */
