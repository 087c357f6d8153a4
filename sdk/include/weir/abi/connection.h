/*
 * Connections: what the operators of a topology share, and the decider of its epochs. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_CONNECTION_H
#define WEIR_ABI_CONNECTION_H

#include <weir/abi/declare.h>
#include <weir/abi/host.h>
#include <weir/abi/state.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of one connection; valid until destroy has returned. */
typedef struct weir_connection_context {
    uint32_t size;
    uint32_t flags; /* WEIR_CONTEXT_* */
    const weir_host *host;
    weir_str topology;
    weir_str name;
    void *data;
    void (*log)(struct weir_connection_context *, uint32_t level, weir_str text); /* [any] */
    void (*wake)(struct weir_connection_context *); /* [any] call again what returned WEIR_PENDING */
    int64_t (*now)(struct weir_connection_context *); /* [any] */
    int64_t connect_timeout; /* how long open may keep trying; microseconds */
    /* In create. What this reaches is gone with the process: the host then keeps no state of the topology. */
    void (*ephemeral)(struct weir_connection_context *);
    int64_t checkpoint; /* the least time from an epoch to the next; microseconds; 0: not known */
} weir_connection_context;

/*
 * Created once a (topology, connection name), before its operators, shared by them, destroyed after them; operators of a changed
 * graph may take the place of the first ones.
 * All functions are [host] but cancel; the operators' own use of `self` is the plugin's business and [any].
 * The decider's part (begin .. last_committed, fence) is offered only with WEIR_OP_TRANSACTIONAL; (again) applies.
 */
typedef struct weir_connection_api {
    uint32_t size;
    uint32_t reserved;
    int32_t (*create)(const weir_operator *, weir_connection_context *, weir_str config, void **self,
                      weir_error *);
    int32_t (*open)(void *self, weir_error *);  /* (again) reach the server, or say why not */
    int32_t (*close)(void *self, weir_error *); /* (again) */
    void (*cancel)(void *self);                 /* [any] */
    void (*destroy)(void *self);
    int32_t (*begin)(void *self, uint64_t epoch, weir_error *);
    int32_t (*prepare)(void *self, uint64_t epoch, weir_error *);
    int32_t (*commit)(void *self, uint64_t epoch, weir_str marker, weir_error *);
    int32_t (*abort)(void *self, uint64_t epoch, weir_error *);
    int32_t (*last_committed)(void *self, const weir_bytes_out *marker, weir_error *);
    /*
     * (optional) After open: what names the server that was reached, whatever its address: a cluster's id, say, as text. State
     * is not gone on with on another one. Nothing is put where it has no such name.
     */
    int32_t (*identity)(void *self, const weir_bytes_out *id, weir_error *);
    /*
     * (optional, again) After open and before the first begin; done once, a later call has no effect. From then on nobody else
     * decides epochs of this topology, and what others left open is ended, so that what last_committed says is final. Before
     * it neither open nor last_committed may disturb or wait for whoever decides them: the start may yet be refused.
     */
    int32_t (*fence)(void *self, weir_error *);
} weir_connection_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_CONNECTION_H */
