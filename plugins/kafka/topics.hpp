// Topics of a cluster: what there is, and making them. All functions block; call them on the control thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "embedded.hpp"
#include "properties.hpp"

namespace weir::kafka {

struct TopicInfo {
    std::string name;
    int32_t partitions = 0;
    int32_t replication = 0;
};

class Topics {
public:
    // `client` and `embedded` outlive this; `embedded` may hold nothing.
    Topics(rd_kafka_t *client, const Settings &settings, EmbeddedBroker &embedded)
        : client_(client), settings_(settings), embedded_(embedded) {}

    Result<std::vector<TopicInfo>> list();
    // WEIR_E_CONFIG with path `topic`, and the nearest name, when it is not there and may not be created. Waits
    // until a new topic takes records. `go_on` ends the waiting.
    Result<TopicInfo> ensure(const std::string &name, const std::function<bool()> &go_on);
    // WEIR_E_CONFIG when it exists. 0: the broker's default.
    Status create(const std::string &name, int32_t partitions, int32_t replication);

private:
    // Partitions 0: it is not there.
    Result<TopicInfo> describe(const std::string &name);
    bool is_ready(const TopicInfo &topic);
    Status missing(const std::string &name);
    // False: it was there.
    Result<bool> create_by_admin(const std::string &name, int32_t partitions, int32_t replication);

    rd_kafka_t *client_;
    const Settings &settings_;
    EmbeddedBroker &embedded_;
};

// The edit distance (Levenshtein) between two names; for "did you mean".
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace weir::kafka
