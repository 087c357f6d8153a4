// The HTTP server of a topology's views: JSON, server-sent events, and the dashboard's page. It only reads.
//
// It answers requests that call it by an address, `localhost`, or a name it was told, so that no page from elsewhere reaches it
// under a name of its own (DNS rebinding), and sends no CORS header, so that no other page reads what it says.
//
// Threads: listen and stop on one; requests on the server's own.
#pragma once

#include <string>
#include <string_view>

#include <weir/result.hpp>

#include "host/http/server.hpp"
#include "host/serve/views.hpp"
#include "host/topology/views.hpp"

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

    // As HttpServer::listen_on_port.
    Status listen();
    void stop();

    int port() const { return http_.port(); }
    std::string url() const;

private:
    Answer answer(const HttpRequest& request);
    Answer answer_view(std::string_view rest, const HttpRequest& request);
    Answer index();
    Answer events(const std::vector<std::string>& names);

    const ServeSpec spec_;
    Views& views_;
    HttpServer http_;
};

}  // namespace weir::host
