// What a user may set of librdkafka's own properties, and the connection's configuration as a whole.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/config.hpp>

#include "client.hpp"

namespace weir::kafka {

enum class Verdict { kTake, kIgnore, kRefuse };

struct PropertyVerdict {
    Verdict verdict = Verdict::kTake;
    std::string_view why;  // for the user; empty when it is taken
};

PropertyVerdict judge_property(std::string_view name, std::string_view value);

struct CreateTopics {
    int32_t partitions = 0;   // 0: the broker's default
    int32_t replication = 0;  // 0: the broker's default
};

// A connection's parameters. Plain value.
struct Settings {
    bool embedded = false;
    std::string brokers;  // host:port,host:port; filled by the connection when embedded
    std::string client_id;
    std::string application;  // first part of the names of transactions
    std::optional<CreateTopics> create_topics;
    std::vector<Property> properties;   // sasl, tls, then the user's own
    std::vector<std::string> warnings;  // about properties that are left out

    static Result<Settings> from(const Config &config, std::string_view topology);
    // What every client of the connection has, below the user's own properties.
    std::vector<Property> base_properties() const;
    // transaction.timeout.ms, for epochs of that length: what the properties say, or what is enough. WEIR_E_CONFIG where the broker
    // would abort each transaction before it can be committed.
    Result<std::chrono::milliseconds> transaction_timeout(std::chrono::microseconds checkpoint) const;
};

}  // namespace weir::kafka
