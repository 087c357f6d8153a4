// Drives the kafka plugin through the ABI: a connection, and sources and sinks under the SDK's harness, with the
// real codecs. Against the embedded broker, or the one whose address is in the file $WEIR_TEST_KAFKA.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>

#include <gtest/gtest.h>

#include <weir/connection.hpp>
#include <weir/errors.hpp>
#include <weir/ext/messaging.h>
#include <weir/testing/harness.hpp>

#include "../built_plugin.hpp"

namespace weir::testing {

using std::chrono::milliseconds;
constexpr auto kPatience = std::chrono::seconds(30);

inline const Plugin &kafka_plugin() {
    static Plugin plugin = built_plugin("kafka");
    return plugin;
}
inline const Plugin &codecs_plugin() {
    static Plugin plugin = built_plugin("codecs");
    return plugin;
}

inline bool real_broker() { return std::getenv("WEIR_TEST_KAFKA") != nullptr; }
inline std::string broker_address() {
    if (!real_broker()) return "embedded";
    std::ifstream file(std::getenv("WEIR_TEST_KAFKA"));
    std::string address;
    std::getline(file, address);
    return address;
}
// A name of this run's own: the real broker is shared.
inline std::string unique_name(const std::string &base) {
    static int n = 0;
    return base + "-" + std::to_string(getpid()) + "-" + std::to_string(++n);
}

// Waits until `done`, while `work` is called again and again. False: out of patience.
inline bool until(const std::function<bool()> &done, const std::function<void()> &work = {}) {
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        if (work) work();
        poll(nullptr, 0, 1);  // another process or thread is to do something
    }
    return true;
}

// A connection instance, made and opened through the ABI.
class TestConnection {
public:
    explicit TestConnection(const std::string &config, std::chrono::microseconds timeout = std::chrono::seconds(10),
                            uint32_t flags = 0)
        : op_(kafka_plugin().find("kafka", WEIR_KIND_CONNECTION)),
          config_(with_defaults(op_.params, op_.n_params, normal(Json::parse(config))).dump()) {
        context_.size = sizeof(weir_connection_context);
        context_.flags = flags;
        context_.host = &TestHost::get().abi();
        context_.topology = to_abi("test");
        context_.name = to_abi("kafka");
        context_.owner = this;
        context_.connect_timeout = timeout.count();
        context_.log = [](weir_connection_context *c, uint32_t, weir_str text) {
            auto &self = *static_cast<Context *>(c)->owner;
            std::lock_guard lock(self.mutex_);
            self.logs_.append(view(text)).push_back('\n');
        };
        context_.wake = [](weir_connection_context *) {};
        context_.now = [](weir_connection_context *) -> int64_t {
            using namespace std::chrono;
            return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
        };
    }
    ~TestConnection() { destroy(); }

    // Before create: how long its topology's epochs are.
    void set_checkpoint(std::chrono::microseconds length) { context_.checkpoint = length.count(); }
    Status create() {
        return call([&](weir_error *e) { return api().create(&op_, &context_, to_abi(config_), &self_, e); });
    }
    Status open() {
        Status status = create();
        if (!status.ok()) return status;
        until([&] { return !(status = open_once()).is_pending(); });
        return status;
    }
    Status open_once() {
        return call([&](weir_error *e) { return api().open(self_, e); });
    }
    // As the engine does it, behind the sources' own.
    Status close() {
        Status status;
        until([&] { return !(status = call([&](weir_error *e) { return api().close(self_, e); })).is_pending(); });
        return status;
    }
    void cancel() { api().cancel(self_); }
    void destroy() {
        if (self_) api().destroy(std::exchange(self_, nullptr));
    }
    void *self() const { return self_; }
    const weir_connection_api &api() const { return *static_cast<const weir_connection_api *>(op_.api); }
    template <class F>
    Status call(F &&f) {
        weir_error error{};
        error.size = sizeof error;
        return Status::from_abi(f(&error), error);
    }
    std::string logs() {
        std::lock_guard lock(mutex_);
        return logs_;
    }
    // weir.topics/0
    const weir_topics_api &topics() const {
        return *static_cast<const weir_topics_api *>(kafka_plugin().module().extension(WEIR_EXT_TOPICS));
    }
    Status create_topic(const std::string &name, int32_t partitions) {
        return call([&](weir_error *e) { return topics().create(self_, to_abi(name), partitions, 1, e); });
    }
    Status produce(const std::string &topic, std::optional<std::string> key, std::optional<std::string> payload) {
        return call([&](weir_error *e) {
            return topics().produce(self_, to_abi(topic), key ? text(*key) : weir_str{nullptr, 0},
                                    payload ? text(*payload) : weir_str{nullptr, 0}, e);
        });
    }
    Status flush() {
        return call([&](weir_error *e) { return topics().flush(self_, e); });
    }

private:
    struct Context : weir_connection_context {
        TestConnection *owner;
    };
    static Json normal(Json config) {
        if (config["brokers"].is_string()) config["brokers"] = Json::array({config["brokers"]});
        return config;
    }
    static weir_str text(const std::string &s) { return {s.c_str(), s.size()}; }

    const weir_operator &op_;
    std::string config_;
    Context context_{};
    void *self_ = nullptr;
    std::mutex mutex_;
    std::string logs_;
};

// Codecs for the harness, from the codecs plugin.
class TestCodecs {
public:
    ~TestCodecs() {
        for (const weir_codec &codec : made_) codec.api->destroy(codec.self);
    }
    int32_t make(weir_str json, weir_codec *out, weir_error *error) {
        Json wanted = Json::parse(view(json));
        if (wanted.is_string()) wanted = {{"codec", wanted}, {"config", Json::object()}};
        auto name = wanted["codec"].get<std::string>();
        const weir_operator &op = codecs_plugin().find(name, WEIR_KIND_CODEC);
        std::string config = with_defaults(op.params, op.n_params, wanted["config"]).dump();
        *out = {sizeof(weir_codec), 0, static_cast<const weir_codec_api *>(op.api), nullptr};
        int32_t code = out->api->create(&op, &TestHost::get().abi(), to_abi(config), &out->self, error);
        if (code == WEIR_OK) made_.push_back(*out);
        return code;
    }
    HarnessOptions options(TestConnection &connection) {
        HarnessOptions options;
        options.connection = connection.self();
        options.codec = [this](weir_str json, weir_codec *out, weir_error *error) { return make(json, out, error); };
        return options;
    }

private:
    std::vector<weir_codec> made_;
};

// Opens an instance whose open returns WEIR_PENDING meanwhile.
inline Status start(Harness &harness) {
    Status status = harness.create();
    if (status.ok()) status = harness.bind();
    if (!status.ok()) return status;
    until([&] { return !(status = harness.open()).is_pending(); });
    return status;
}

// A source with all splits that it lists, polled in turn as the engine does: those that had more, and all once it was woken.
class Reader {
public:
    explicit Reader(Harness &harness) : source(harness) {}

    // Assigns what is new and gives back what is gone.
    void discover() {
        std::vector<std::string> ids = source.discover();
        for (const std::string &id : ids)
            if (!splits.contains(id)) {
                EXPECT_EQ(source.assign(next_, id).message(), "");
                ready.insert(next_);
                splits[id] = next_++;
            }
        for (auto it = splits.begin(); it != splits.end();) {
            if (std::find(ids.begin(), ids.end(), it->first) != ids.end()) {
                ++it;
                continue;
            }
            revoke(it->second);
            it = splits.erase(it);
        }
    }
    void revoke(uint64_t number) {
        weir_error error{};
        error.size = sizeof error;
        EXPECT_EQ(source.api().revoke(source.self(), number, &error), WEIR_OK) << error.message;
    }
    // One round over all splits; rows are collected.
    void poll() {
        woken = source.take_wake();
        for (auto &[id, number] : splits) {
            if (woken) ready.insert(number);
            if (ended.contains(id) || !ready.contains(number)) continue;
            Status status = source.poll(number, most_rows, most_bytes);
            if (!status.is_more()) ready.erase(number);
            EXPECT_TRUE(status.ok()) << status.message();
            if (!status.ok()) ended.insert(id);
            if (status.is_end()) ended.insert(id);
        }
        for (auto &row : source.take()) rows.push_back(std::move(row));
        for (auto &row : source.take_failed()) failed.push_back(std::move(row));
    }
    // Polls until there are n rows, failed ones included.
    bool read(size_t n) {
        return until([&] { return rows.size() + failed.size() >= n; },
                     [&] {
                         discover();
                         poll();
                     });
    }
    bool read_to_end() {
        discover();
        return until([&] { return ended.size() == splits.size(); }, [&] { poll(); });
    }
    void commit(uint64_t epoch = 1) {
        std::vector<std::string> texts;
        std::vector<weir_position> positions;
        texts.reserve(splits.size());
        for (auto &[id, number] : splits) {
            texts.push_back(source.position(number));
            if (!texts.back().empty()) positions.push_back({number, to_abi(texts.back())});
        }
        weir_error error{};
        error.size = sizeof error;
        EXPECT_EQ(source.api().on_epoch_committed(source.self(), epoch, positions.data(), positions.size(), &error),
                  WEIR_OK);
    }
    // close, as the engine does it: again while it is pending.
    Status close() {
        Status status;
        until([&] { return !(status = source.close()).is_pending(); }, [&] { source.options().now += 1000; });
        return status;
    }

    Harness &source;
    std::map<std::string, uint64_t> splits;
    std::set<std::string> ended;
    std::set<uint64_t> ready;
    bool woken = false;  // before the last round
    uint64_t most_rows = WEIR_BATCH_MAX_ROWS, most_bytes = WEIR_BATCH_MAX_BYTES;
    std::vector<std::string> rows;
    std::vector<FailedRow> failed;

private:
    uint64_t next_ = 1;
};

// Calls `prepare` until all is acknowledged.
inline Status drain(Harness &sink, uint64_t epoch = 1) {
    Status status;
    until([&] { return !(status = sink.prepare(epoch)).is_pending(); });
    return status;
}

// The configuration of a connection to that broker.
inline std::string config(Json more = Json::object()) {
    more["brokers"] = broker_address();
    return more.dump();
}

inline Status open_sink(TestConnection &connection, TestCodecs &codecs, const std::string &topic) {
    Harness sink(kafka_plugin(), "kafka.sink", Json{{"topic", topic}, {"value", "v"}}.dump(),
                 {schema_of({{"v", "string"}})}, codecs.options(connection));
    return start(sink);
}

}  // namespace weir::testing
