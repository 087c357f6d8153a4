// The HTTP side of http.source: requests in, bodies into the inbox, answers out. On threads of its own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <weir/result.hpp>

#include "inbox.hpp"

namespace httplib {
class Server;
}

namespace weir::http {

enum class Framing : uint8_t { kAuto, kBody, kLines };

struct ServerOptions {
    std::string host, path, token;
    int port = 0;
    Framing framing = Framing::kAuto;
    uint64_t max_body = 0, max_waiting = 0;  // bytes
    int connections = 0;
};

class Server {
public:
    // on_put: a body has come.
    Server(const ServerOptions &options, std::function<void()> on_put);
    ~Server();
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    Status listen();
    // Answers everybody who waits, and ends.
    void stop();
    int port() const { return port_; }
    Inbox &inbox() { return inbox_; }

private:
    struct Handlers;
    const ServerOptions options_;
    const std::function<void()> on_put_;
    Inbox inbox_;
    std::atomic<int> busy_{0};  // connections whose request is being served
    std::atomic<bool> ended_{false};
    int port_ = 0;
    std::unique_ptr<httplib::Server> http_;
    std::thread thread_;
};

// The records of a body: all of it, or its lines but for blank ones.
std::vector<Span> records_of(const std::string &body, bool lines);

}  // namespace weir::http
