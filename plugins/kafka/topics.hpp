// Topics of a cluster: what there is, and making them. All functions block; call them on the control thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "embedded.hpp"
#include "properties.hpp"

namespace weir::kafka {

struct TopicInfo {
    std::string name;
    int32_t partitions = 0;
    int32_t replication = 0;
    int32_t leader = -1;  // of its first partition
};

inline constexpr int64_t kNoLimit = INT64_MAX;

// What a topic takes of a record; as here where the broker does not say.
struct TopicLimits {
    int64_t batch_bytes = kNoLimit;  // max.message.bytes
    bool needs_key = false;          // cleanup.policy: it is compacted
};

class Topics {
public:
    // `client` and `embedded` outlive this; `embedded` may hold nothing.
    Topics(rd_kafka_t *client, const Settings &settings, EmbeddedBroker &embedded)
        : client_(client), settings_(settings), embedded_(embedded) {}

    Result<std::vector<TopicInfo>> list();
    // Looked up in the list: no broker creates it for that. nullopt: it is not there.
    Result<std::optional<TopicInfo>> find(const std::string &name);
    // The same; WEIR_E_CONFIG with path `topic`, and the nearest name, when it is not there.
    Result<TopicInfo> require(const std::string &name);
    // The name that was probably meant; empty: none is near, or they cannot be listed.
    std::string nearest(const std::string &name);
    // WEIR_E_CONFIG with path `topic`, and the nearest name, when it is not there and may not be created. Waits
    // until a new topic takes records. `go_on` ends the waiting.
    Result<TopicInfo> ensure(const std::string &name, const std::function<bool()> &go_on);
    // The same for a topic of weir's own, of one partition: made when it is missing, whatever `create_topics` says.
    Result<TopicInfo> ensure_own(const std::string &name, const std::function<bool()> &go_on);
    TopicLimits limits(const TopicInfo &topic);
    // Returns once the topic takes records. WEIR_E_CONFIG when it exists. 0: the broker's default.
    Status create(const std::string &name, int32_t partitions, int32_t replication);

private:
    // Partitions 0: it is not there.
    Result<TopicInfo> describe(const std::string &name);
    bool is_ready(const TopicInfo &topic);
    Result<TopicInfo> ensure_as(const std::string &name, const std::optional<CreateTopics> &as,
                                const std::function<bool()> &go_on);
    Status missing(const std::string &name);
    // False: it was there.
    Result<bool> create_by_admin(const std::string &name, int32_t partitions, int32_t replication);

    rd_kafka_t *client_;
    const Settings &settings_;
    EmbeddedBroker &embedded_;
};

// WEIR_E_CONFIG with path `topic`: no topic can be called so.
Status check_topic_name(std::string_view name);

// The edit distance (Levenshtein) between two names; for "did you mean".
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace weir::kafka
