// The one HTTP server of the host: what listens on a socket or a port, and hands each request to a handler.
//
// Connections, threads, bodies and streams of events are bounded; a client that does not read is dropped and counted. What a handler
// throws is answered as a failure of the host.
//
// Threads: create, listen, stop and destroy on one; the handler is called on the server's own, several at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <weir/result.hpp>

#include "host/http/answer.hpp"
#include "host/http/request.hpp"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace weir::host {

struct TlsFiles {
    std::filesystem::path certificate, key;  // PEM; the certificate's chain behind it
};

struct HttpOptions {
    size_t threads = 16;              // connections that are served at once
    size_t most_waiting = 32;         // for a thread; others are left to the kernel
    size_t most_streams = 8;          // answers that go on; fewer than threads
    size_t most_body_bytes = 1024;    // of a request
    std::chrono::seconds idle{3};     // a connection without a request is closed
    std::chrono::seconds read{5};
    std::chrono::seconds write{5};    // a client that takes nothing for so long is dropped
    HttpRequest::Pairs headers = {};  // of every answer
    std::optional<TlsFiles> tls = std::nullopt;  // of a port
};

class HttpServer {
public:
    using Handler = std::function<Answer(const HttpRequest&)>;

    HttpServer(HttpOptions options, Handler handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Listens on a Unix socket that only its user can open, in a folder of mode 0700 that is made where it is missing. The
    // end of the server takes the socket away. WEIR_E_FATAL: why it cannot.
    Status listen_on_socket(const std::filesystem::path& socket);
    // Takes the port, or any that is free where it is 0. WEIR_E_RETRYABLE: somebody has it; WEIR_E_CONFIG: it, the address or
    // the certificate cannot be had.
    Status listen_on_port(const std::string& address, int port);
    // Ends all streams, answers what is being handled, and returns.
    void stop();

    int port() const { return port_; }
    // Streams that are open, and those that were dropped.
    size_t streams() const { return streams_.load(); }
    int64_t dropped() const { return dropped_.load(); }

private:
    class Plain;
    Status make_secure();
    void set_up();
    void respond(const httplib::Request& request, httplib::Response& response);
    void stream(std::shared_ptr<EventStream> events, httplib::Response& response);
    Answer guarded(const HttpRequest& request) const;
    void begin();

    const HttpOptions options_;
    const Handler handler_;
    std::unique_ptr<httplib::Server> http_;
    std::filesystem::path socket_;
    std::thread thread_;
    std::atomic<bool> stopping_{false}, ended_{false};
    std::atomic<size_t> streams_{0};
    std::atomic<int64_t> dropped_{0};
    int port_ = 0;
};

}  // namespace weir::host
