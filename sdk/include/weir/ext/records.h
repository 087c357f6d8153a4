/*
 * weir/ext/records.h: an optional module extension of plugins with a source whose splits are logs: records with offsets that
 * ascend and stay. With it the host says what became of one record, and lets the source go on at another place (`weir why`,
 * `weir seek`). Found by name through weir_module.extension of the source's module.
 *
 * `connection` is the source's connection instance, which was open when the host looked: it may be closed while a call is under way, and
 * is not destroyed before it has returned. `split` is the id of a split of the source. All functions are [any], several at once, while
 * sources read; they may block up to the connection's time-outs, but for `offset_of`.
 */
#ifndef WEIR_EXT_RECORDS_H
#define WEIR_EXT_RECORDS_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_RECORDS "weir.records/0"

/* Places in a split. */
#define WEIR_AT_EARLIEST 0 /* the first record that is there */
#define WEIR_AT_LATEST 1   /* behind the last one */
#define WEIR_AT_TIME 2     /* value: microseconds since 1970; the first record that is not older, else behind the last one */
#define WEIR_AT_OFFSET 3   /* value: that offset, which the split has, or its end */

typedef struct weir_records_api {
    uint32_t size;
    uint32_t reserved;
    const char *source; /* name of the source operator: "kafka.source" */
    /* Where a position goes on: records of lower offsets are read. WEIR_E_CONFIG: it is no position of the source. */
    int32_t (*offset_of)(weir_str position, int64_t *offset, weir_error *);
    /* The position of a place, as the source takes it in assign. WEIR_E_CONFIG: the split has no such place. */
    int32_t (*position_at)(void *connection, weir_str split, int32_t place, int64_t value, const weir_bytes_out *position,
                           weir_error *);
    /*
     * The record of that offset, given to `found` at most once, valid until that returns. Not at all: nobody reads one there (it was
     * deleted or compacted, its transaction was aborted or is open, or nothing was written there yet).
     */
    int32_t (*read)(void *connection, weir_str split, int64_t offset, void *data,
                    void (*found)(void *data, const weir_origin_record *), weir_error *);
} weir_records_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_RECORDS_H */
