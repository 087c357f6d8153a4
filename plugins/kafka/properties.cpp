#include "properties.hpp"

#include <algorithm>
#include <cstdlib>

namespace weir::kafka {
namespace {

struct Rule {
    std::string_view name;
    Verdict verdict;
    std::string_view why;
};

constexpr std::string_view kBrokers = "the connection's `brokers` says it";
constexpr std::string_view kOffsets = "weir commits offsets itself, once the outputs are acknowledged";
constexpr std::string_view kStart = "the source's `start` says it";
constexpr std::string_view kTopicsAreCreated = "the connection's `create_topics` says whether topics are created";
constexpr std::string_view kEvents = "the plugin serves librdkafka's queues and events itself";
constexpr const char *kNoBrokers = "is empty: write `host:port`, a list of them, or `embedded`";
constexpr std::string_view kCode = "it loads code into the host";

constexpr std::string_view kTransactionTimeoutName = "transaction.timeout.ms";
constexpr std::chrono::milliseconds kTransactionTimeout{60'000};  // where the properties say nothing else, and epochs are not longer:
constexpr std::chrono::milliseconds kCommitTime{30'000};          // for the end of an epoch, behind its last row

constexpr Rule kRules[] = {
    {"bootstrap.servers", Verdict::kIgnore, kBrokers},
    {"metadata.broker.list", Verdict::kIgnore, kBrokers},
    {"client.id", Verdict::kIgnore, "the connection's `client_id` says it"},
    {"group.id", Verdict::kIgnore, "the source's `group_id` says it"},
    {"group.instance.id", Verdict::kIgnore, "the source's `instance_id` says it"},
    {"group.protocol.type", Verdict::kIgnore, "weir joins groups as a consumer"},
    {"transactional.id", Verdict::kIgnore, "weir names transactions after the topology, to fence old hosts"},
    {"enable.auto.commit", Verdict::kIgnore, kOffsets},
    {"auto.commit.enable", Verdict::kIgnore, kOffsets},
    {"auto.commit.interval.ms", Verdict::kIgnore, kOffsets},
    {"enable.auto.offset.store", Verdict::kIgnore, kOffsets},
    {"offset.store.method", Verdict::kIgnore, kOffsets},
    {"offset.store.path", Verdict::kIgnore, kOffsets},
    {"offset.store.sync.interval.ms", Verdict::kIgnore, kOffsets},
    {"auto.offset.reset", Verdict::kIgnore, kStart},
    {"enable.partition.eof", Verdict::kIgnore, "the source's `stop_at_end` says whether it ends"},
    {"allow.auto.create.topics", Verdict::kIgnore, kTopicsAreCreated},
    {"delivery.report.only.error", Verdict::kIgnore, kEvents},
    {"consume.callback.max.messages", Verdict::kIgnore, kEvents},
    {"log.queue", Verdict::kIgnore, kEvents},
    {"enabled_events", Verdict::kIgnore, kEvents},
    {"statistics.interval.ms", Verdict::kIgnore, kEvents},
    {"internal.termination.signal", Verdict::kIgnore, kEvents},
    {"test.mock.num.brokers", Verdict::kIgnore, "`brokers: embedded` starts the embedded broker"},
    {"partitioner", Verdict::kIgnore, "the sink's `partitioner` says it"},
    {"plugin.library.paths", Verdict::kRefuse, kCode},
    {"ssl.engine.location", Verdict::kRefuse, kCode},
    {"ssl.engine.id", Verdict::kRefuse, kCode},
    {"ssl.providers", Verdict::kRefuse, kCode},
    {"ssl_engine_callback_data", Verdict::kRefuse, kCode},
    {"sasl.kerberos.kinit.cmd", Verdict::kRefuse, "it runs a command on the host"},
};

std::string text_of(const Config::Json &value) {
    if (value.is_string()) return value.get<std::string>();
    return value.dump();
}

void add_if(std::vector<Property> &out, const Config &config, const char *parameter, const char *property) {
    if (config.has(parameter)) out.emplace_back(property, config.string(parameter));
}

void add_security(std::vector<Property> &out, const Config &config) {
    bool sasl = config.has("sasl"), tls = config.has("tls");
    if (!sasl && !tls) return;
    out.emplace_back("security.protocol", sasl && tls ? "sasl_ssl" : sasl ? "sasl_plaintext" : "ssl");
    if (sasl) {
        add_if(out, config.child("sasl"), "mechanism", "sasl.mechanism");
        add_if(out, config.child("sasl"), "username", "sasl.username");
        add_if(out, config.child("sasl"), "password", "sasl.password");
    }
    if (tls) {
        Config t = config.child("tls");
        add_if(out, t, "ca", "ssl.ca.location");
        add_if(out, t, "certificate", "ssl.certificate.location");
        add_if(out, t, "key", "ssl.key.location");
        add_if(out, t, "key_password", "ssl.key.password");
        if (t.has("verify") && !t.boolean("verify")) {
            out.emplace_back("enable.ssl.certificate.verification", "false");
            out.emplace_back("ssl.endpoint.identification.algorithm", "none");
        }
    }
}

// Tries each property on a configuration that is thrown away, so that lint can say what is wrong.
Status check_properties(const std::vector<Property> &properties) {
    rd_kafka_conf_t *scratch = rd_kafka_conf_new();
    Status status;
    for (const auto &[name, value] : properties) {
        char why[512] = "";
        if (rd_kafka_conf_set(scratch, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK) continue;
        status = Status::config("properties." + name, std::string("librdkafka does not take it: ") + why);
        break;
    }
    rd_kafka_conf_destroy(scratch);
    return status;
}

}  // namespace

PropertyVerdict judge_property(std::string_view name, std::string_view value) {
    if (name == "partition.assignment.strategy") {
        if (value == "range" || value == "roundrobin" || value == "range,roundrobin") return {};
        return {Verdict::kIgnore, "weir hands partitions over at an epoch, which `range` and `roundrobin` allow"};
    }
    for (const Rule &rule : kRules)
        if (rule.name == name) return {rule.verdict, rule.why};
    return {};
}

Result<Settings> Settings::from(const Config &config, std::string_view topology) {
    Settings out;
    for (const std::string &broker : config.strings("brokers")) {
        if (broker.empty()) return Status::config("brokers", kNoBrokers);
        out.brokers += (out.brokers.empty() ? "" : ",") + broker;
    }
    out.embedded = out.brokers == "embedded";
    if (out.brokers.empty()) return Status::config("brokers", kNoBrokers);
    out.client_id = config.has("client_id") ? config.string("client_id") : "weir." + std::string(topology);
    out.application = config.string("application");
    if (out.application.empty()) return Status::config("application", "is empty");
    if (config.has("create_topics")) {
        Config topics = config.child("create_topics");
        int64_t partitions = topics.int64("partitions"), replication = topics.int64("replication");
        if (partitions < 0 || partitions > 100'000)
            return Status::config("create_topics.partitions",
                                  "must be between 1 and 100000, or 0 for the broker's default");
        if (replication < 0 || replication > 1'000)
            return Status::config("create_topics.replication",
                                  "must be between 1 and 1000, or 0 for the broker's default");
        out.create_topics = {static_cast<int32_t>(partitions), static_cast<int32_t>(replication)};
    }
    add_security(out.properties, config);
    const Config properties = config.child("properties");
    for (const auto &[name, json] : properties.json().items()) {
        std::string value = text_of(json);
        PropertyVerdict judged = judge_property(name, value);
        if (judged.verdict == Verdict::kRefuse)
            return Status::config("properties." + name, "`" + name + "` is refused: " + std::string(judged.why));
        if (judged.verdict == Verdict::kIgnore)
            out.warnings.push_back("property `" + name + "` is ignored: " + std::string(judged.why));
        else
            out.properties.emplace_back(name, value);
    }
    Status status = check_properties(out.properties);
    if (!status.ok()) return status;
    return out;
}

std::vector<Property> Settings::base_properties() const {
    return {
        {"bootstrap.servers", brokers},
        {"client.id", client_id},
        {"allow.auto.create.topics", "false"},
        {"log_level", "6"},
        {"log.connection.close", "false"},  // brokers close idle connections; that is no news
        // A broker that comes back is found again within a second.
        {"reconnect.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "1000"},
        {"socket.keepalive.enable", "true"},
        {"socket.nagle.disable", "true"},
    };
}

Result<std::chrono::milliseconds> Settings::transaction_timeout(std::chrono::microseconds checkpoint) const {
    const auto epoch = std::chrono::ceil<std::chrono::milliseconds>(checkpoint);
    std::chrono::milliseconds timeout = std::max(kTransactionTimeout, epoch + kCommitTime);
    for (const auto &[name, value] : properties)
        if (name == kTransactionTimeoutName) timeout = std::chrono::milliseconds(std::strtoll(value.c_str(), nullptr, 10));
    if (timeout > epoch) return timeout;
    return Status::config("properties." + std::string(kTransactionTimeoutName),
                          "is " + std::to_string(timeout.count()) + " ms, and a transaction is open for the length of an epoch, `checkpoint`, which is " +
                              std::to_string(epoch.count()) + " ms: the broker would abort each before it is committed. Expected: more than that, " +
                              std::to_string(std::max(kTransactionTimeout, epoch + kCommitTime).count()) + " say, which is what it is when left out; or a shorter `checkpoint`");
}

}  // namespace weir::kafka
