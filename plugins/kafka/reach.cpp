#include "reach.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "client.hpp"

namespace weir::kafka {
namespace {

constexpr auto kConnectSlice = std::chrono::milliseconds(100);
constexpr auto kProbe = std::chrono::milliseconds(1000);

std::string try_connect(const addrinfo &to, std::chrono::milliseconds limit, const std::function<bool()> &go_on) {
    int fd = socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to.ai_protocol);
    if (fd < 0) return std::strerror(errno);
    std::string why;
    if (connect(fd, to.ai_addr, to.ai_addrlen) != 0) {
        why = std::strerror(errno);
        if (errno == EINPROGRESS) {
            why = "no answer to the connection";
            for (auto waited = kConnectSlice; waited <= limit && go_on(); waited += kConnectSlice) {
                pollfd ready{fd, POLLOUT, 0};
                if (poll(&ready, 1, static_cast<int>(kConnectSlice.count())) <= 0) continue;
                int code = 0;
                socklen_t size = sizeof code;
                getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
                why = code ? std::strerror(code) : "";
                break;
            }
        }
    }
    ::close(fd);
    return why;
}

Status unreachable(const std::string &brokers, std::string_view client_says, const Reaching &reaching,
                   const std::function<bool()> &go_on) {
    std::string message = "cannot reach Kafka";
    const char *separator = ": ";
    bool connects = false;
    const bool is_no_broker = reaching.is_no_broker();
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - reaching.since);
    for (const Address &address : parse_addresses(brokers)) {
        std::string why = why_unreachable(address, kProbe, go_on);
        connects |= why.empty();
        if (why.empty())
            why = is_no_broker ? "connects, but does not answer as a Kafka broker"
                               : "connects, and has not answered for " + std::to_string(waited.count()) + " s";
        message += separator + address.text() + " (" + why + ")";
        separator = ", ";
    }
    if (connects && !is_no_broker)
        message += "; is it starting, or its machine busy?";
    else if (connects)
        message += "; check that it is a Kafka listener, and its security settings (`sasl`, `tls`). librdkafka says: " +
                   std::string(client_says);
    else
        message += "; is the broker running, and does `brokers` name it?";
    return Status::retryable(message);
}

}  // namespace

std::string Address::text() const {
    return (host.find(':') != host.npos ? "[" + host + "]" : host) + ":" + port;
}

std::vector<Address> parse_addresses(std::string_view brokers) {
    std::vector<Address> out;
    while (!brokers.empty()) {
        size_t comma = brokers.find(',');
        std::string_view one = brokers.substr(0, comma);
        brokers = comma == brokers.npos ? "" : brokers.substr(comma + 1);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (size_t scheme = one.find("://"); scheme != one.npos) one.remove_prefix(scheme + 3);
        if (one.empty()) continue;
        size_t bracket = one.starts_with('[') ? one.find(']') : one.npos;
        size_t colon = one.find(':', bracket == one.npos ? 0 : bracket);
        std::string_view host = one.substr(0, colon);
        if (bracket != one.npos) host = one.substr(1, bracket - 1);
        out.push_back({std::string(host), colon == one.npos ? "9092" : std::string(one.substr(colon + 1))});
    }
    return out;
}

std::string why_unreachable(const Address &address, std::chrono::milliseconds limit,
                            const std::function<bool()> &go_on) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo *found = nullptr;
    if (int code = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found))
        return std::string("the name does not resolve: ") + gai_strerror(code);
    std::string why = "the name has no address";
    for (const addrinfo *at = found; at && go_on(); at = at->ai_next) {
        why = try_connect(*at, limit, go_on);
        if (why.empty()) break;
    }
    freeaddrinfo(found);
    return why;
}

Status reach_cluster(rd_kafka_t *client, const std::string &brokers, std::chrono::milliseconds limit,
                     const Reaching &reaching, const std::function<bool()> &go_on, std::vector<std::string> *warnings) {
    const struct rd_kafka_metadata *raw = nullptr;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, nullptr, &raw, static_cast<int>(limit.count()));
    if (code) return unreachable(brokers, rd_kafka_err2str(code), reaching, go_on);
    const ClusterMetadata metadata(raw);

    const std::vector<Address> given = parse_addresses(brokers);
    std::vector<std::string> bad;
    for (int i = 0; i < metadata->broker_cnt; ++i) {
        Address address{metadata->brokers[i].host, std::to_string(metadata->brokers[i].port)};
        if (std::find(given.begin(), given.end(), address) != given.end()) continue;
        std::string why = why_unreachable(address, kProbe, go_on);
        if (!why.empty()) bad.push_back(ticked(address.text()) + " (" + why + ")");
    }
    if (bad.empty()) return {};
    std::string names;
    for (const std::string &one : bad) names += (names.empty() ? "" : ", ") + one;
    std::string message = "the broker at " + brokers + " answered but advertises " + names +
                          ", which cannot be reached from here: set advertised.listeners on the broker to an "
                          "address that this machine reaches";
    if (bad.size() == static_cast<size_t>(metadata->broker_cnt)) return Status::retryable(message);
    warnings->push_back(message);
    return {};
}

}  // namespace weir::kafka
