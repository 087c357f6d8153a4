// The HTTP server of a topology's views: JSON, server-sent events, and the dashboard's page. It only reads.
//
// It answers requests that call it by an address, `localhost`, or a name it was told, so that no page from elsewhere reaches it
// under a name of its own (DNS rebinding), and sends no CORS header, so that no other page reads what it says.
// Connections, threads, followers and queries are bounded; a client that does not read is dropped and counted.
//
// Threads: listen and stop on one; requests on its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include <weir/result.hpp>

#include "host/serve/views.hpp"
#include "host/topology/views.hpp"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace weir::host {

inline constexpr size_t kServeThreads = 32;
inline constexpr size_t kMaxFollowers = 16;           // connections with server-sent events
inline constexpr size_t kMaxWaitingConnections = 32;  // beyond them the kernel lets others wait

class ViewServer {
public:
    // `views` outlive it.
    ViewServer(ServeSpec spec, Views& views);
    ~ViewServer();
    ViewServer(const ViewServer&) = delete;
    ViewServer& operator=(const ViewServer&) = delete;

    // Takes the port and begins to answer. WEIR_E_RETRYABLE: somebody has the port; WEIR_E_CONFIG: it, or the address, cannot
    // be had.
    Status listen();
    void stop();

    int port() const { return port_; }
    std::string url() const;

private:
    void add_routes();
    bool is_welcome(const httplib::Request& request, httplib::Response& response) const;
    void get_view(const httplib::Request& request, httplib::Response& response);
    void get_index(httplib::Response& response);
    void get_events(const httplib::Request& request, httplib::Response& response, const std::vector<std::string>& names);

    const ServeSpec spec_;
    Views& views_;
    std::unique_ptr<httplib::Server> http_;
    std::thread thread_;
    std::atomic<bool> ended_{false};
    std::atomic<size_t> followers_{0};
    std::atomic<int64_t> dropped_{0};  // followers that did not read
    int port_ = 0;
};

// Whether requests may call the server by what a Host header says: `localhost`, an address in digits, or one of `names`.
bool is_own_host(std::string_view header, const std::vector<std::string>& names);

}  // namespace weir::host
