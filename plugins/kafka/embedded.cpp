#include "embedded.hpp"

#include <mutex>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

namespace weir::kafka {
namespace {

struct Cluster {
    std::mutex mutex;
    int references = 0;
    rd_kafka_t *owner = nullptr;  // has the cluster: they begin and end together, at once
    rd_kafka_mock_cluster_t *mock = nullptr;
    std::string address;
};

Cluster &cluster() {
    static Cluster one;
    return one;
}

Status start(Cluster &c) {
    char why[512] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "client.id", "weir.embedded", nullptr, 0);
    rd_kafka_conf_set(conf, "log_level", "3", nullptr, 0);
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", nullptr, 0);
    c.owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!c.owner) {
        rd_kafka_conf_destroy(conf);
        return Status::fatal(std::string("the embedded broker does not start: ") + why);
    }
    c.mock = rd_kafka_handle_mock_cluster(c.owner);
    c.address = rd_kafka_mock_cluster_bootstraps(c.mock);
    return {};
}

}  // namespace

Result<EmbeddedBroker> EmbeddedBroker::acquire(bool *started) {
    Cluster &c = cluster();
    std::lock_guard lock(c.mutex);
    if (started) *started = c.references == 0;
    if (c.references == 0) {
        Status status = start(c);
        if (!status.ok()) return status;
    }
    ++c.references;
    EmbeddedBroker held;
    held.held_ = true;
    return held;
}

EmbeddedBroker::~EmbeddedBroker() {
    if (!held_) return;
    Cluster &c = cluster();
    std::lock_guard lock(c.mutex);
    if (--c.references) return;
    rd_kafka_destroy(c.owner);
    c.mock = nullptr;
    c.owner = nullptr;
}

std::string EmbeddedBroker::address() const {
    Cluster &c = cluster();
    std::lock_guard lock(c.mutex);
    return c.address;
}

Result<bool> EmbeddedBroker::create_topic(const std::string &name, int32_t partitions) {
    Cluster &c = cluster();
    std::lock_guard lock(c.mutex);
    rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(c.mock, name.c_str(), partitions, 1);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return false;
    if (code)
        return Status::fatal("the embedded broker does not create topic `" + name + "`: " + rd_kafka_err2str(code));
    return true;
}

}  // namespace weir::kafka
