// Whether a broker can be reached, and if not, why: what librdkafka itself tells only in passing.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <librdkafka/rdkafka.h>

#include <weir/result.hpp>

namespace weir::kafka {

struct Address {
    std::string host;
    std::string port;
    std::string text() const;
    bool operator==(const Address &) const = default;
};

// `a:9092,[::1]:9093,PLAINTEXT://b` -> addresses; the port defaults to 9092.
std::vector<Address> parse_addresses(std::string_view brokers);

// Empty, or what is wrong: "connection refused", "the name does not resolve (...)". Blocks at most `limit` for
// each address of the name, and for the resolver. `go_on` is asked every 100 ms.
std::string why_unreachable(const Address &address, std::chrono::milliseconds limit,
                            const std::function<bool()> &go_on);

// What attempts are part of.
struct Reaching {
    std::chrono::steady_clock::time_point since;  // the first one
    std::function<bool()> is_no_broker;           // whoever took the connection has answered wrongly, or not within the client's limit
};

// One attempt to reach the cluster behind `client`: metadata, then the addresses that the brokers advertise.
// Done: reached, and `warnings` names advertised brokers that cannot be reached while others can. Otherwise
// WEIR_E_RETRYABLE, with what to do. Blocks up to `limit` and the time of the probes.
Status reach_cluster(rd_kafka_t *client, const std::string &brokers, std::chrono::milliseconds limit,
                     const Reaching &reaching, const std::function<bool()> &go_on, std::vector<std::string> *warnings);

}  // namespace weir::kafka
