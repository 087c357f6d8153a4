/*
 * weir/ext/query.h: an optional module extension of plugins whose connections answer queries (a database). The host's views use
 * it; it finds it by name through weir_module.extension.
 *
 * All functions are [any], also several at once on one connection, and block up to the limits that they are given.
 */
#ifndef WEIR_EXT_QUERY_H
#define WEIR_EXT_QUERY_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_QUERY "weir.query/0"

/*
 * A value for the `$name`s of a query. It is bound, never pasted: whatever the text holds, it stays one value. `type` is a type
 * of weir as a topology writes it (`string`, `int64`, `timestamp`, `decimal(12,2)`, ...); `text` the value as an expression's
 * CAST from a string takes it, data NULL: null.
 */
typedef struct weir_query_argument {
    uint32_t size;
    uint32_t reserved;
    weir_str name;
    weir_str type;
    weir_str text;
} weir_query_argument;

/* A result that is larger fails with WEIR_E_ROW; it is never cut. 0: no limit. */
typedef struct weir_query_limits {
    uint32_t size;
    uint32_t reserved;
    uint64_t rows;
    uint64_t bytes;  /* of the JSON text */
    int64_t timeout; /* microseconds */
} weir_query_limits;

/* `connection` is an opened connection instance of this module. Texts are copied before a callback returns. */
typedef struct weir_query_api {
    uint32_t size;
    uint32_t reserved;
    const char *connection_kind; /* name of the connection operator: "clickhouse" */
    /*
     * The names and types (weir's) of the columns that the query gives, in their order, without running it. WEIR_E_CONFIG: the
     * query is wrong, or uses a `$name` that is not among the arguments, with the server's message; WEIR_E_RETRYABLE: the server
     * cannot be asked now.
     */
    int32_t (*describe)(void *connection, weir_str sql, const weir_query_argument *arguments, uint64_t n, void *data,
                        void (*column)(void *data, weir_str name, weir_str type), weir_error *);
    /*
     * Runs the query, which may only read, and puts the rows as one JSON array of objects: numbers as numbers (64 bits and
     * decimals, too; NaN and infinities as null), timestamps as ISO 8601 in UTC, bytes that are not UTF-8 replaced. Returns as
     * describe, and WEIR_E_ROW where a limit is passed or an argument's text does not fit its type.
     */
    int32_t (*run)(void *connection, weir_str sql, const weir_query_argument *arguments, uint64_t n,
                   const weir_query_limits *limits, const weir_bytes_out *rows, weir_error *);
} weir_query_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_QUERY_H */
