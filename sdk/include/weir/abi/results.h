/*
 * Return values, strings and error texts. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_RESULTS_H
#define WEIR_ABI_RESULTS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_OK 0      /* done; process, resume, ...: ready for the next call */
#define WEIR_MORE 1    /* not done: call resume (a source: poll) as soon as the outputs have room */
#define WEIR_PENDING 2 /* not done: call again (process and its kin: call resume) after the next wake */
#define WEIR_FULL 3    /* emit: taken, but the port has no room left: return WEIR_MORE soon */
#define WEIR_END 4     /* poll: this split will never have another row */

#define WEIR_E_CONFIG (-1)        /* the configuration or the schemas do not fit: refuse to start */
#define WEIR_E_ROW (-2)           /* rows of this batch failed: used by expression services */
#define WEIR_E_RETRYABLE (-3)     /* the outside failed (server down): the same may succeed later; a run that has begun fails */
#define WEIR_E_FATAL (-4)         /* cannot go on: stop the topology */
#define WEIR_E_STATE_VERSION (-5) /* cannot read state of that version: refuse the start or the swap */
#define WEIR_E_UNSUPPORTED (-6)   /* the function or the feature is not offered */

typedef struct weir_str {
    const char *data; /* NULL: no value, which differs from an empty one where the text says so */
    uint64_t size;    /* bytes */
} weir_str;

#define WEIR_ERROR_MESSAGE_BYTES 1024
#define WEIR_ERROR_PATH_BYTES 128

/* The caller's buffer for a message. Filled by the callee on error; both texts end with NUL. */
typedef struct weir_error {
    uint32_t size;
    char path[WEIR_ERROR_PATH_BYTES];       /* the parameter at fault, `record.n`, or empty */
    char message[WEIR_ERROR_MESSAGE_BYTES]; /* what is wrong, with the value, and what to do */
} weir_error;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_RESULTS_H */
