/*
 * Instances of sources, operators and sinks. Part of weir/abi.h, which tells the rules.
 */
#ifndef WEIR_ABI_INSTANCE_H
#define WEIR_ABI_INSTANCE_H

#include <weir/abi/bind.h>
#include <weir/abi/check.h>
#include <weir/abi/declare.h>
#include <weir/abi/host.h>
#include <weir/abi/state.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The functions of an instance. Order of calls: create, bind (any number of times), restore (any number of
 * times), open, then the calls of the run, then close and destroy; destroy may follow anything. Members
 * may be NULL where marked (optional). [worker] unless tagged.
 *
 * Calls of the run may emit. Those marked (flow) return WEIR_OK, WEIR_MORE or WEIR_PENDING; until the
 * instance is back at WEIR_OK the host calls only resume (also in place of on_wake), cancel, close and
 * destroy, and holds back barriers and watermarks. Behind finish nothing is emitted and no row is given; a sink's rows
 * may fail until prepare, or commit, is done with them. Those marked (again) may return WEIR_PENDING and are then called
 * again with the same arguments after the next wake.
 */
typedef struct weir_instance_api {
    uint32_t size;
    uint32_t reserved;
    /* [host] `config`: one JSON object, complete and checked against the declared parameters. */
    int32_t (*create)(const weir_operator *, weir_context *, weir_str config, void **self, weir_error *);
    int32_t (*bind)(void *self, const weir_bind *, weir_error *); /* [host] */
    int32_t (*restore)(void *self, const weir_state_block *, weir_error *); /* [host] (optional) */
    int32_t (*open)(void *self, weir_error *);                    /* (again) (optional) connect, check */
    /* (flow) A batch of input edge `input`. Not for sources. */
    int32_t (*process)(void *self, const weir_batch *, uint32_t input, weir_error *);
    int32_t (*resume)(void *self, uint64_t budget_rows, weir_error *);      /* (flow) go on */
    int32_t (*on_watermark)(void *self, int64_t time, weir_error *);        /* (flow) (optional) */
    /* (flow) (optional) Keys, each once, and times of due timers, before the watermark is forwarded. */
    int32_t (*on_timers)(void *self, uint32_t clock, const weir_batch *keys, const int64_t *times,
                         weir_error *);
    int32_t (*on_wake)(void *self, weir_error *); /* (flow) (optional) a wake while nothing was pending */
    int32_t (*finish)(void *self, weir_error *);  /* (flow) (optional) all inputs have ended */
    /* (optional) Hands over entries; every input up to the barrier has been processed. */
    int32_t (*snapshot)(void *self, const weir_snapshot *, weir_error *);
    int32_t (*reconfigure)(void *self, weir_str config, weir_error *); /* (optional) new parameters, in place */
    /* [host] (optional) A block written by an older state_version into blocks of this one. */
    int32_t (*migrate)(void *self, const weir_state_block *, const weir_snapshot *out, weir_error *);
    /* [host] (optional) Entries whose key group changes with the new parameters. */
    int32_t (*rekey)(void *self, const weir_state_block *, const weir_snapshot *out, weir_error *);
    void (*cancel)(void *self);                     /* [any] (optional) end every WEIR_PENDING soon */
    int32_t (*close)(void *self, weir_error *);     /* (again) (optional) */
    void (*destroy)(void *self);                    /* [host] */

    /* Operators that compute their own key (WEIR_OP_OWN_KEY): a 64-bit hash for each row. */
    int32_t (*compute_key)(void *self, const weir_batch *, uint32_t input, uint64_t *hashes, weir_error *);

    /*
     * Sinks. (again) (optional) All rows so far are durable, or handed over as committables, which only
     * WEIR_OP_OUTBOX may under exactly_once; those of the call that returns WEIR_OK count.
     */
    int32_t (*prepare)(void *self, uint64_t epoch, const weir_bytes_out *committables, weir_error *);
    /*
     * (again) (optional) Idempotent. The epoch is decided: make the committable visible. WEIR_MORE: it is not,
     * and what was put into `instead` (halves of a block that was refused, say) takes its place: the host stores
     * those durably before it commits each of them. Called between other calls, also while one of them, or
     * commit of another committable, is pending.
     */
    int32_t (*commit)(void *self, uint64_t epoch, weir_str committable, const weir_bytes_out *instead,
                      weir_error *);

    /*
     * Sources. Called on one instance: the ids of all splits there are now. WEIR_OK: they may change (wake
     * then); WEIR_END: there will be no others. A split that is no longer listed is revoked, after an epoch
     * if one can be had. A source has ended when all its splits have.
     */
    int32_t (*discover)(void *self, const weir_bytes_out *ids, weir_error *);
    /* This instance reads the split from now on, from `position` (data NULL: from the configured
     * start; or, where this run has read it before and it comes back, from where the source knows). */
    int32_t (*assign)(void *self, uint64_t split, weir_str id, weir_str position, weir_error *);
    int32_t (*revoke)(void *self, uint64_t split, weir_error *);
    /*
     * Emits at most max_rows rows of the split. WEIR_MORE: there may be more at once; WEIR_OK: dry, and it
     * will wake (or asked wake_at); WEIR_END: the split has ended.
     */
    int32_t (*poll)(void *self, uint64_t split, uint64_t max_rows, uint64_t max_bytes, weir_error *);
    /* The position behind the last row emitted of the split. */
    int32_t (*position)(void *self, uint64_t split, const weir_bytes_out *out, weir_error *);
    /* (optional) Everything up to these positions is durable downstream. */
    int32_t (*on_epoch_committed)(void *self, uint64_t epoch, const weir_position *, uint64_t n, weir_error *);

    /*
     * [host] (optional) After bind, at lint time (WEIR_CONTEXT_CHECK_ONLY), with the node's connection open: whether what
     * the configuration names is there and fits. Changes nothing outside; tells all it finds. An error says what kept it
     * from looking. May block as long as its connection's requests. The instance is never opened.
     */
    int32_t (*check)(void *self, const weir_check *, weir_error *);
} weir_instance_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_INSTANCE_H */
