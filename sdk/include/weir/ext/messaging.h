/*
 * weir/ext/messaging.h: optional module extensions of plugins that talk to a message broker. The host's
 * `weir topic`, `weir dlq` and `weir broker` commands use them; it finds them by name through weir_module.extension.
 * All functions are [host] and may block up to the connection's time-outs.
 *
 * A reader's bookmarks say how far it has come in each partition of a topic. The cluster keeps them, under the reader's name,
 * for whoever reads under that name next, from anywhere (Kafka: the offsets of a consumer group).
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

/* Of a partition: read up to before `offset`. `note` is the reader's own: printable ASCII, WEIR_BOOKMARK_NOTE_BYTES at most. */
typedef struct weir_bookmark {
    uint32_t size;
    int32_t partition;
    int64_t offset;
    weir_str note;
} weir_bookmark;

#define WEIR_BOOKMARK_NOTE_BYTES 4000

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
    const char *sink;        /* name of the sink that writes topics: "kafka.sink" */
    const char *topic_param; /* of source and sink: the parameter that names the topic */
    /*
     * The committed records that the topic has now, each partition in its order; of each partition only the last `last` offsets,
     * 0: all. Until `each` returns other than WEIR_OK, which is returned. What `each` is given is valid until it returns.
     */
    int32_t (*read)(void *connection, weir_str topic, int64_t last, void *data,
                    int32_t (*each)(void *data, const weir_origin_record *record), weir_error *);
    /* Queues a record with its headers; `topic`, `partition` and `offset` of it are not looked at. */
    int32_t (*produce_record)(void *connection, weir_str topic, const weir_origin_record *record, weir_error *);
    /* Those that the reader has set in the topic. WEIR_E_FATAL: somebody else uses its name. */
    int32_t (*bookmarks)(void *connection, weir_str reader, weir_str topic, void *data,
                         void (*each)(void *data, const weir_bookmark *), weir_error *);
    int32_t (*set_bookmark)(void *connection, weir_str reader, weir_str topic, const weir_bookmark *, weir_error *);
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
