/*
 * weir/ext/start.h: an optional host extension about how this start goes on from what there was: for sources whose clients keep
 * positions outside of the host's epochs, such as a consumer group's offsets; and for operators that would lose part of their state.
 * Found through weir_host.extension; without it such positions may be used, and nothing may be lost.
 */
#ifndef WEIR_EXT_START_H
#define WEIR_EXT_START_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_START "weir.start/0"

#define WEIR_START_OUTSIDE 0    /* begin at the position that is kept outside, where there is one */
#define WEIR_START_CONFIGURED 1 /* begin as configured, whatever is kept outside */
#define WEIR_START_LATER 2      /* begin at the later of the position given and the one that is kept outside */

typedef struct weir_start_api {
    uint32_t size;
    uint32_t reserved;
    /*
     * During assign of a split without a position: where to begin. Below 0: a split that would begin at an outside
     * position must fail with this code and message instead, since the state that belongs to that position is not
     * there; one that has none begins as configured. Of a split with a position: WEIR_START_LATER where the host had
     * given the split back after it, so that others may have read on; all else means at the position. [worker]
     */
    int32_t (*outside_start)(weir_context *, weir_error *);
    /*
     * In restore and open. Not 0: the user gave up by name what the node's configuration has no place for any more (--allow-loss);
     * else WEIR_E_STATE_VERSION where there is any. [worker]
     */
    int32_t (*may_lose)(weir_context *);
} weir_start_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_START_H */
