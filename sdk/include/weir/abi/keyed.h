/*
 * Keyed state that the host holds: extension "weir.state/0". Part of weir/abi.h, which tells the rules.
 *
 * A state has one slot of fixed size for each key of the node (`key:` in the topology). The host keeps it in memory,
 * writes what changed at each barrier, and gives it back after a restart, to whichever worker owns the key then.
 * The operator declares WEIR_OP_KEYED; its own state_version concerns only what its snapshot hands over.
 * A state with WEIR_STATE_FOR_ALL needs an input with WEIR_PORT_BROADCAST instead.
 */
#ifndef WEIR_ABI_KEYED_H
#define WEIR_ABI_KEYED_H

#include <weir/abi/host.h>
#include <weir/abi/state.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A string in a slot, for formats u and z. Zeroed: empty. Read it freely, change it by set_bytes alone. */
typedef struct weir_state_bytes {
    const char *data;
    uint64_t size;
} weir_state_bytes;

#define WEIR_NEVER_NULL UINT32_MAX

/*
 * A field of a slot. Formats are Arrow's: b (a byte, 0 or 1), c C s S i I l L f g, d:p,s (128 bit), tdD, "tsu:UTC",
 * u and z (a weir_state_bytes). What lies between fields is not kept.
 */
typedef struct weir_state_field {
    uint32_t size;
    uint32_t offset;  /* in the slot */
    uint32_t present; /* offset of a byte that is 0 while the field is null; or WEIR_NEVER_NULL */
    uint32_t reserved;
    const char *name;
    const char *format;
} weir_state_field;

/* What a slot holds in one version of the state. */
typedef struct weir_state_layout {
    uint32_t size;
    uint32_t version; /* the author's, from 1 */
    uint32_t slot_bytes;
    uint32_t n_fields;
    const weir_state_field *fields;
    /* [host] Of an older layout: fills `slot`, zeroed, of the state's own layout from one of this. */
    int32_t (*convert)(weir_context *, uint32_t state, const void *older, void *slot);
} weir_state_layout;

#define WEIR_STATE_ITEMS 2u /* any number of slots for each key, each with a key of its own: resolve_items */
#define WEIR_STATE_FOR_ALL 4u /* one map by keys of its own, which every instance has whole: resolve_broadcast; no ttl */
#define WEIR_TTL_ON_READ 1u /* a read puts the expiry off, too; otherwise only a write does */

/*
 * A state. What was written in the same or an older version is read as it is where fields are the same, were
 * added as nullable, or have become wider; otherwise by the older layout of that version, or the start is refused.
 */
typedef struct weir_state_spec {
    uint32_t size;
    uint32_t n_older;
    const char *name; /* what the state is known by, also to users */
    weir_state_layout layout;
    const weir_state_layout *older;
    int64_t ttl; /* microseconds after which an entry is gone; 0: never */
    uint32_t ttl_clock; /* WEIR_CLOCK_* */
    uint32_t flags; /* WEIR_TTL_ON_READ, WEIR_STATE_ITEMS, WEIR_STATE_FOR_ALL */
} weir_state_spec;

/* One slot of a state with items: that of `key` under the key of the batch's row. */
typedef struct weir_state_item {
    int64_t row;
    weir_str key;
} weir_state_item;

#define WEIR_RESOLVE_CREATE 1u /* make missing entries, zeroed; otherwise their slot is NULL */
#define WEIR_RESOLVE_READ 2u   /* slots will not be changed; without CREATE */

/* [worker], during a call of the instance, unless tagged otherwise. */
typedef struct weir_state_api {
    uint32_t size;
    uint32_t reserved;
    /* [host] In create; copied. The state's number, or an error, with which the host refuses the instance. */
    int32_t (*declare)(weir_context *, const weir_state_spec *);
    /*
     * The slot of each row's key; the same for rows of one key. `batch`: that of process or on_timers, in resume still
     * that of the last of them. `times`: the event time of each row, for a ttl on event time; NULL: the watermark. Slots are valid until
     * return. Without WEIR_RESOLVE_READ every slot given counts as changed.
     */
    int32_t (*resolve)(weir_context *, uint32_t state, const weir_batch *batch, const int64_t *times, uint32_t flags,
                       void **slots);
    int32_t (*resolve_items)(weir_context *, uint32_t state, const weir_batch *batch, const weir_state_item *items,
                             uint64_t n, uint32_t flags, void **slots);
    /* Zeroes a slot that was resolved for change; the entry is gone unless it is written to before return. */
    int32_t (*erase)(weir_context *, uint32_t state, void *slot);
    /* Copies bytes into a field of a slot that was resolved for change. Also in convert. */
    int32_t (*set_bytes)(weir_context *, uint32_t state, weir_state_bytes *field, weir_str bytes);

    /* [host] In create: the instance has on_timers and will set timers. */
    int32_t (*declare_timers)(weir_context *);
    /*
     * on_timers is called with the row's key once the clock has reached `time`: on event time before a watermark at or
     * behind it is forwarded, or when all inputs have ended. A key has one timer for each time and clock. A call has each key
     * once: of its other timers that are due, those that it deletes do not fire.
     */
    int32_t (*set_timer)(weir_context *, uint32_t clock, const weir_batch *batch, int64_t row, int64_t time);
    int32_t (*delete_timer)(weir_context *, uint32_t clock, const weir_batch *batch, int64_t row, int64_t time);
    /* Of a source, in poll: no row that it emits from now on has an earlier event time. */
    int32_t (*advance_watermark)(weir_context *, int64_t time);

    /*
     * The slots of keys of a state with WEIR_STATE_FOR_ALL, valid until return. For change only in process of a broadcast
     * input: all instances process the rows of one edge in one order, and behind a barrier the same of them, so that
     * states which depend on these rows alone are the same. `erase` takes an entry away at once.
     */
    int32_t (*resolve_broadcast)(weir_context *, uint32_t state, const weir_str *keys, uint64_t n, uint32_t flags,
                                 void **slots);
    /* Its entries in the order of the keys' bytes, until `each` returns other than WEIR_OK, which is returned. */
    int32_t (*scan_broadcast)(weir_context *, uint32_t state, void *data,
                              int32_t (*each)(void *data, weir_str key, const void *slot));
} weir_state_api;

#define WEIR_STATE_EXTENSION "weir.state/0"

#ifdef __cplusplus
}
#endif

#endif /* WEIR_ABI_KEYED_H */
