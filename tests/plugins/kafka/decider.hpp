// The engine's part in exactly-once delivery, played by hand: a connection that decides, sinks that write in its
// transactions, and kcat as the reader of what was committed.
#pragma once

#include <cstdio>
#include <deque>

#include "support.hpp"

namespace weir::testing {

// What `command` prints, line by line.
inline std::vector<std::string> lines_of(const std::string &command) {
    std::vector<std::string> lines;
    FILE *out = popen(command.c_str(), "r");
    std::string text;
    for (int c; out && (c = std::fgetc(out)) != EOF;) {
        if (c != '\n') {
            text.push_back(static_cast<char>(c));
            continue;
        }
        lines.push_back(std::exchange(text, {}));
    }
    if (out) pclose(out);
    return lines;
}

// All payloads of a topic of one partition, as a reader of committed records sees them.
inline std::vector<std::string> committed(const std::string &broker, const std::string &topic) {
    return lines_of("kcat -C -e -q -b " + broker + " -t " + topic + " -o beginning -X isolation.level=read_committed");
}

inline std::string rows(std::vector<std::string> values) {
    Json out = Json::array();
    for (std::string &value : values) out.push_back(Json::array({std::move(value)}));
    return out.dump();
}

// One run of a topology: the connection, and the sinks that name it. Calls wait while they are pending.
class Decider {
public:
    Decider(std::string broker, const std::string &application, Json more = Json::object())
        : connection_(config_of(std::move(broker), application, std::move(more)), std::chrono::seconds(30),
                      WEIR_CONTEXT_EXACTLY_ONCE) {}

    Status open() {
        Status status = look();
        return status.ok() ? fence() : status;
    }
    Status look() { return connection_.open(); }
    Status fence() {
        return again([&](weir_error *e) { return api().fence(self(), e); });
    }
    Status begin(uint64_t epoch) {
        return again([&](weir_error *e) { return api().begin(self(), epoch, e); });
    }
    Status prepare(uint64_t epoch) {
        return again([&](weir_error *e) { return api().prepare(self(), epoch, e); });
    }
    Status commit(uint64_t epoch, const std::string &marker) {
        return again([&](weir_error *e) { return api().commit(self(), epoch, to_abi(marker), e); });
    }
    Status commit_once(uint64_t epoch, const std::string &marker) {
        return connection_.call([&](weir_error *e) { return api().commit(self(), epoch, to_abi(marker), e); });
    }
    Status abort(uint64_t epoch) {
        return again([&](weir_error *e) { return api().abort(self(), epoch, e); });
    }
    Status close() {
        return again([&](weir_error *e) { return api().close(self(), e); });
    }
    // What was found; nullopt: nothing.
    Status last_committed(std::optional<std::string> *marker) {
        marker->reset();
        weir_bytes_out out{sizeof out, 0, marker, [](const weir_bytes_out *to, weir_str bytes) {
                               *static_cast<std::optional<std::string> *>(to->data) = std::string(view(bytes));
                           }};
        return again([&](weir_error *e) { return api().last_committed(self(), &out, e); });
    }
    std::optional<std::string> marker() {
        std::optional<std::string> found;
        EXPECT_EQ(last_committed(&found).message(), "");
        return found;
    }

    // A sink of the payload column `v`.
    Harness &sink(const std::string &topic, Json config = Json::object()) {
        config["topic"] = topic;
        config["value"] = "v";
        Harness &sink = sinks_.emplace_back(kafka_plugin(), "kafka.sink", config.dump(),
                                            std::vector<Schema>{schema_of({{"v", "binary"}})},
                                            codecs_.options(connection_));
        EXPECT_EQ(start(sink).message(), "");
        return sink;
    }
    // All sinks, then the connection, then the decision.
    Status end(uint64_t epoch, const std::string &marker) {
        Status status = prepare_sinks(epoch);
        if (status.ok()) status = prepare(epoch);
        return status.ok() ? commit(epoch, marker) : status;
    }
    Status prepare_sinks(uint64_t epoch) {
        for (Harness &sink : sinks_) {
            Status status;
            until([&] { return !(status = sink.prepare(epoch)).is_pending(); });
            if (!status.ok()) return status;
        }
        return {};
    }
    // As after SIGKILL, but for what the process would have left in its sockets.
    void vanish() {
        sinks_.clear();
        connection_.destroy();
    }
    TestConnection &connection() { return connection_; }

private:
    static std::string config_of(std::string broker, const std::string &application, Json more) {
        more["brokers"] = std::move(broker);
        more["application"] = application;
        more["create_topics"] = {{"partitions", 1}};
        return more.dump();
    }
    const weir_connection_api &api() const { return connection_.api(); }
    void *self() const { return connection_.self(); }
    template <class F>
    Status again(F &&f) {
        Status status;
        until([&] { return !(status = connection_.call(f)).is_pending(); });
        return status;
    }

    TestConnection connection_;
    TestCodecs codecs_;
    std::deque<Harness> sinks_;
};

}  // namespace weir::testing
