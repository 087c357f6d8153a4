/*
 * weir/ext/messaging.h: optional module extensions of plugins that talk to a message broker. The host's
 * `weir topic` and `weir broker` commands use them; it finds them by name through weir_module.extension.
 * All functions are [host] and may block up to the connection's time-outs.
 *
 * The name of a topic is 1 to 249 of a-z, A-Z, 0-9, `.`, `_` and `-`, and not `.` or `..`. The host calls with no
 * others; list may give others (escape them before showing them).
 */
#ifndef WEIR_EXT_MESSAGING_H
#define WEIR_EXT_MESSAGING_H

#include <weir/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXT_TOPICS "weir.topics/0"
#define WEIR_EXT_BROKER "weir.broker/0"

typedef struct weir_topic_info {
    uint32_t size;
    int32_t partitions;
    int32_t replication;
    uint32_t reserved;
    weir_str name;
    int64_t records; /* end minus begin offsets over all partitions; -1: unknown */
} weir_topic_info;

/* `connection` is an opened connection instance of this module. */
typedef struct weir_topics_api {
    uint32_t size;
    uint32_t reserved;
    const char *connection_kind; /* name of the connection operator: "kafka" */
    const char *source;          /* name of the source that reads topics: "kafka.source" */
    int32_t (*list)(void *connection, void *data, void (*topic)(void *data, const weir_topic_info *),
                    weir_error *);
    /* partitions or replication 0: the broker's default. WEIR_E_CONFIG when it exists. */
    int32_t (*create)(void *connection, weir_str name, int32_t partitions, int32_t replication, weir_error *);
    /* Queues a record (key, payload data NULL: null). */
    int32_t (*produce)(void *connection, weir_str topic, weir_str key, weir_str payload, weir_error *);
    /* Waits until all that was queued is acknowledged. */
    int32_t (*flush)(void *connection, weir_error *);
} weir_topics_api;

/* An embedded broker of this process: one a process. */
typedef struct weir_broker_api {
    uint32_t size;
    uint32_t reserved;
    /* Starts it on a free loopback port and gives its bootstrap address; if it runs already, gives that. */
    int32_t (*start)(const weir_bytes_out *address, weir_error *);
    void (*stop)(void);
} weir_broker_api;

#ifdef __cplusplus
}
#endif

#endif /* WEIR_EXT_MESSAGING_H */
