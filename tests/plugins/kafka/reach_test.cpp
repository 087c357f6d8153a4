#include "reach.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "client.hpp"

namespace weir::kafka {
namespace {

TEST(KafkaReach, TakesBrokerListsApart) {
    EXPECT_EQ(parse_addresses("a, b:1,[::1]:2,SSL://c:3,"),
              (std::vector<Address>{{"a", "9092"}, {"b", "1"}, {"::1", "2"}, {"c", "3"}}));
    EXPECT_EQ((Address{"::1", "2"}).text(), "[::1]:2");
}

TEST(KafkaReach, SaysWhyAnAddressIsNotReached) {
    auto go_on = [] { return true; };
    EXPECT_EQ(why_unreachable({"127.0.0.1", "1"}, std::chrono::milliseconds(500), go_on), "Connection refused");
    EXPECT_TRUE(why_unreachable({"nobody.invalid", "1"}, std::chrono::milliseconds(500), go_on)
                    .starts_with("the name does not resolve: "));
}

// Takes connections, and says nothing.
class SilentListener {
public:
    SilentListener() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto *any = reinterpret_cast<sockaddr *>(&address);
        if (bind(fd_, any, size) == 0 && listen(fd_, 8) == 0 && getsockname(fd_, any, &size) == 0) port_ = ntohs(address.sin_port);
    }
    ~SilentListener() { ::close(fd_); }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    int fd_ = -1;
    int port_ = 0;
};

TEST(KafkaReach, DoesNotTakeASlowBrokerForSomethingElse) {
    const SilentListener listener;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    ASSERT_EQ(rd_kafka_conf_set(conf, "bootstrap.servers", listener.address().c_str(), nullptr, 0), RD_KAFKA_CONF_OK);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    ASSERT_NE(client, nullptr);
    std::vector<std::string> warnings;
    const auto message = [&](bool is_no_broker) {
        const Reaching reaching{std::chrono::steady_clock::now() - std::chrono::minutes(5), [=] { return is_no_broker; }};
        return reach_cluster(client, listener.address(), std::chrono::milliseconds(50), reaching, [] { return true; }, &warnings).message();
    };
    EXPECT_EQ(message(false), "cannot reach Kafka: " + listener.address() +
                                  " (connects, and has not answered for 300 s); is it starting, or its machine busy?");
    EXPECT_TRUE(message(true).starts_with("cannot reach Kafka: " + listener.address() +
                                          " (connects, but does not answer as a Kafka broker); check that it is a Kafka listener, and "
                                          "its security settings (`sasl`, `tls`). librdkafka says: "));
    rd_kafka_destroy(client);
}

}  // namespace
}  // namespace weir::kafka
