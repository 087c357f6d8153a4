/*
 * weir/ext/combine.h: an optional host extension for keyed operators whose rows can be added up before they cross to the worker
 * that has their key: local pre-aggregation. What one worker has of a key that comes often then crosses as one sum, and that key
 * costs its owner no more than another. Found through weir_host.extension.
 *
 * The host uses it where it pays, for rows of keys that it finds to be frequent, and only between workers. The operator must give
 * the same result whether rows come by process or by combine and take, and in whatever portions.
 */
#ifndef WEIR_EXT_COMBINE_H
#define WEIR_EXT_COMBINE_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_COMBINE "weir.combine/0"

/* Static: lives as long as the module. */
typedef struct weir_combiner {
    uint32_t size;
    uint32_t reserved;
    /*
     * Adds rows up, whose keys another instance of the node has, and writes what take understands to `out`, once. `batch` has the shape of
     * those of process, for input 0, with a hash for each row. taken[i], 0 at first: 1 for each row that is in it; the others go
     * their way as rows. None taken: it did not pay, and the host does not ask again for some time. Changes nothing that others
     * of the instance's calls see, emits nothing and fails no rows: what cannot be added up is not taken. Called on the instance of
     * the rows' worker, also while a (flow) call of that instance is not done. [worker]
     */
    int32_t (*combine)(void *self, const weir_batch *batch, uint8_t *taken, const weir_bytes_out *out, weir_error *);
    /*
     * What combine of another worker's instance wrote, in the place of its rows, all of whose keys this instance has. (flow), but
     * WEIR_OK at once. WEIR_E_UNSUPPORTED: nothing was changed, and the rows themselves have to come by process (some are late, say).
     * [worker]
     */
    int32_t (*take)(void *self, weir_str combined, weir_error *);
} weir_combiner;

typedef struct weir_combine_api {
    uint32_t size;
    uint32_t reserved;
    /* From bind, of an operator with one input: the instance's rows can be added up. NULL: not any more. [host] */
    void (*offer)(weir_context *, const weir_combiner *);
} weir_combine_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_COMBINE_H */
