// The connection `clickhouse`: servers that have the same tables, who is asked of them, and as which user.
//
// A query goes to the server that answered last. One that cannot be reached, or says that it cannot answer now, is passed
// over: a query that no server has seen goes to the next one at once, any other one is the caller's to ask again, and goes to the
// next server then.
//
// Threads: [any] unless said otherwise.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <weir/connection.hpp>

#include "answer.hpp"
#include "data_type.hpp"
#include "embedded.hpp"
#include "http_client.hpp"

namespace weir::clickhouse {

struct ConnectionSettings {
    std::vector<std::string> servers;  // scheme://host:port, in the order of preference
    std::string embedded;              // the folder of the engine that is run instead; empty: there are servers
    std::string database;              // never empty
    std::string user, password;
    TlsOptions tls;
    std::chrono::milliseconds connect_timeout{0}, timeout{0};
    std::vector<std::pair<std::string, std::string>> server_settings;  // of ClickHouse, for every query

    static Result<ConnectionSettings> from(const Config &config);
};

struct Query {
    std::string sql;
    // Rows behind the statement (INSERT ... FORMAT). Then `sql` travels in the address; without it, it is the body.
    std::shared_ptr<const std::string> data = nullptr;
    std::vector<std::pair<std::string, std::string>> settings = {};  // more parameters of the address: settings, param_NAME, ...
    std::chrono::milliseconds timeout{0};                            // 0: the connection's
    uint64_t max_answer_bytes = UINT64_MAX;
    std::chrono::milliseconds delay{0};  // to wait before it is sent
    std::string content_type = {};       // of `data`, where it is another than rows
    bool in_database = true;             // false: no database is named, since it may have to be made
};

class ClickHouseConnection final : public Connection {
public:
    using Done = std::function<void(Answer)>;

    static Result<std::unique_ptr<ClickHouseConnection>> create(ConnectionContext context, const Config &config);
    ~ClickHouseConnection() override;

    Status open() override;
    void cancel() override;

    // `done` is called once, on the client's thread, which it must not hold up.
    void start(Query query, Done done);
    // Blocks. Not on a worker's thread, nor in a `done`.
    Answer ask(Query query);
    // The same again, for as long as open would try, while no server can answer: the query may be done twice.
    Answer ask_patiently(Query query);
    // One statement: its answer, or why not, as Answer::as_status says. Without data it is asked patiently.
    Result<std::string> post(const std::string &sql, std::shared_ptr<const std::string> data = nullptr);

    const ConnectionSettings &settings() const { return settings_; }
    const std::string &database() const { return settings_.database; }
    size_t servers() const;
    // After open: such as {26, 7}.
    std::pair<int, int> version() const { return version_; }
    bool at_least(int major, int minor) const { return version_ >= std::pair(major, minor); }

private:
    struct Asking;

    ClickHouseConnection(ConnectionContext context, ConnectionSettings settings);
    HttpRequest request_for(const Query &query, const EngineAddress &server) const;
    // Who is asked as `i`, and as whom. While an embedded engine does not answer: where nobody does.
    EngineAddress server(size_t i) const;
    Status start_engine();
    void attempt(std::shared_ptr<Asking> asking);
    void on_answer(std::shared_ptr<Asking> asking, HttpAnswer answer);
    // One step of reaching a server: asks for its version, and again after a pause until connect_timeout.
    void reach(std::chrono::milliseconds delay);
    void on_reached(Answer answer);

    ConnectionContext context_;
    const ConnectionSettings settings_;
    std::atomic<size_t> current_{0};  // index of the server that is asked first
    std::pair<int, int> version_{0, 0};
    std::atomic<bool> cancelled_{false};
    std::string scratch_;    // lint's own folder, where the engine's is not there yet
    Engine::Handle engine_;  // since open; none where there are servers

    enum class Opening : uint8_t { kNot, kAsking, kDone };
    std::mutex mutex_;  // guards what follows
    Opening opening_ = Opening::kNot;
    Status opened_;
    int64_t give_up_at_ = 0;
    bool told_ = false;
    std::unique_ptr<HttpClient> client_;  // the last: what it calls must be there
};

extern const OperatorSpec kConnectionSpec;

}  // namespace weir::clickhouse
