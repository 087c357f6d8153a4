#include "client.hpp"

#include <dlfcn.h>
#include <syslog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <thread>

namespace weir::kafka {
namespace {

constexpr auto kDestroyTimeout = std::chrono::seconds(5);
constexpr int64_t kRepetitionWindow = 10'000'000;  // microseconds

std::string_view without_thread(std::string_view text) {
    if (size_t at = text.find("]: "); text.starts_with("[thrd:") && at != text.npos) text.remove_prefix(at + 3);
    return text;
}

}  // namespace

void pin_module() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<void *>(&pin_module), &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

void LogTarget::log(uint32_t level, std::string_view text) {
    std::lock_guard lock(mutex_);
    if (context_) context_->log(level, text);
}

bool LogTarget::is_repetition(std::string_view text) {
    int64_t now = context_->now();
    bool same = text == last_failure_ && now - last_failure_at_ < kRepetitionWindow;
    if (!same) {
        last_failure_ = text;
        last_failure_at_ = now;
    }
    return same;
}

void LogTarget::log_client(int syslog_level, std::string_view facility, std::string_view text) {
    std::lock_guard lock(mutex_);
    if (!context_) return;
    // Every client of a connection gets every property, also those for the other kind of client.
    if (facility == "CONFWARN") return;
    // An old broker, or the embedded one, which creates topics whatever is asked of it.
    if (text.find("allow.auto.create.topics=false not supported") != text.npos) return;
    uint32_t level = syslog_level <= LOG_ERR       ? WEIR_LOG_ERROR
                     : syslog_level == LOG_WARNING ? WEIR_LOG_WARNING
                     : syslog_level < LOG_DEBUG    ? WEIR_LOG_INFO
                                                   : WEIR_LOG_DEBUG;
    // Connections come and go, and the client makes them again; what that means for a node, the node says.
    text = without_thread(text);
    if (facility == "FAIL" || facility == "ERROR") {
        level = std::min(level, WEIR_LOG_WARNING);
        // "…: Connection refused (after 0ms in state CONNECT, 1 identical error(s) suppressed)": what differs
        // between repetitions is behind it.
        text = text.substr(0, text.rfind(" (after"));
        if (is_repetition(text)) return;
    }
    context_->log(level, std::string("librdkafka: ") + std::string(text));
}

void LogTarget::close() {
    std::lock_guard lock(mutex_);
    context_.reset();
}

std::string ticked(std::string_view name) {
    std::string out;
    return out.append("`").append(name).append("`");
}

PartitionList make_partition_list(size_t capacity) {
    return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(capacity)));
}

void add_partition(const PartitionList &list, const TopicPartition &partition, int64_t offset) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset = offset;
}

// What librdkafka gets as its opaque pointer; left behind with a client that does not end.
struct Client::Relay {
    std::atomic<Listener *> listener;
    std::shared_ptr<LogTarget> log;

    static Relay &of(void *opaque) { return *static_cast<Relay *>(opaque); }
    template <class F>
    static void call(void *opaque, F &&f) noexcept {
        try {
            if (Listener *l = of(opaque).listener.load(std::memory_order_acquire)) f(*l);
        } catch (const std::exception &e) {
            of(opaque).log->log(WEIR_LOG_ERROR, std::string("in a callback of librdkafka: ") + e.what());
        }
    }
};

void Client::install(rd_kafka_conf_t *conf, Relay *relay, const ClientOptions &options) {
    rd_kafka_conf_set_opaque(conf, relay);
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t *rk, int level, const char *facility, const char *text) {
        Relay::of(rd_kafka_opaque(rk)).log->log_client(level, facility, text);
    });
    rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t *, int code, const char *text, void *opaque) {
        Relay::call(opaque, [&](Listener &l) { l.on_error(static_cast<rd_kafka_resp_err_t>(code), text); });
    });
    if (options.type == RD_KAFKA_CONSUMER) {
        rd_kafka_conf_set_offset_commit_cb(
            conf, [](rd_kafka_t *, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque) {
                Relay::call(opaque, [&](Listener &l) { l.on_commit(code, list); });
            });
        if (options.rebalances)
            rd_kafka_conf_set_rebalance_cb(
                conf, [](rd_kafka_t *, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque) {
                    Relay::call(opaque, [&](Listener &l) { l.on_rebalance(code, *list); });
                });
    } else if (options.acknowledges) {
        rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t *, const rd_kafka_message_t *message, void *opaque) {
            Relay::call(opaque, [&](Listener &l) { l.on_delivery_failure(*message); });
        });
        // Successes are told on the broker threads, where the messages are freed at once; handing each over to
        // a polling thread costs more.
        rd_kafka_conf_interceptor_add_on_new(
            conf, "weir",
            [](rd_kafka_t *rk, const rd_kafka_conf_t *, void *opaque, char *, size_t) {
                return rd_kafka_interceptor_add_on_acknowledgement(
                    rk, "weir",
                    [](rd_kafka_t *, rd_kafka_message_t *message, void *inner) {
                        if (!message->err) Relay::call(inner, [&](Listener &l) { l.on_acknowledged(*message); });
                        return RD_KAFKA_RESP_ERR_NO_ERROR;
                    },
                    opaque);
            },
            relay);
    }
}

Result<Client> Client::create(const ClientOptions &options) {
    char why[512] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    std::vector<Property> properties = options.properties;
    if (options.acknowledges) properties.emplace_back("delivery.report.only.error", "true");
    for (const auto &[name, value] : properties) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK) continue;
        rd_kafka_conf_destroy(conf);
        return Status::config("properties." + name, why);
    }
    auto relay = std::make_unique<Relay>();
    relay->listener = options.listener;
    relay->log = options.log;
    install(conf, relay.get(), options);
    Client client;
    client.handle_ = rd_kafka_new(options.type, conf, why, sizeof why);
    if (!client.handle_) {
        rd_kafka_conf_destroy(conf);
        return Status::config("", std::string("librdkafka refuses the configuration: ") + why);
    }
    client.relay_ = relay.release();
    return client;
}

Client::~Client() {
    if (!handle_) return;
    struct Ending {
        std::mutex mutex;
        std::condition_variable changed;
        bool done = false;
    };
    auto ending = std::make_shared<Ending>();
    // Group members leave before this; closing the consumer again is what may hang.
    std::thread ender([ending, handle = handle_] {
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        std::lock_guard lock(ending->mutex);
        ending->done = true;
        ending->changed.notify_all();
    });
    std::unique_lock lock(ending->mutex);
    if (ending->changed.wait_for(lock, kDestroyTimeout, [&] { return ending->done; })) {
        lock.unlock();
        ender.join();
        delete relay_;
        return;
    }
    pin_module();
    ender.detach();
    relay_->listener = nullptr;
    relay_->log->log(WEIR_LOG_WARNING, "a client of librdkafka does not end; it is left behind");
}

}  // namespace weir::kafka
