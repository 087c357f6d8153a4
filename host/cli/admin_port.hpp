// What a host is asked over TCP: an address, a token, and beyond this machine TLS.
//
// Threads: make, listen and stop on one; the handler on the server's own.
#pragma once

#include <memory>
#include <string>

#include <weir/result.hpp>

#include "host/cli/arguments.hpp"
#include "host/control/gate.hpp"
#include "host/http/server.hpp"

namespace weir::host {

class AdminPort {
public:
    // Null where nobody asked for one. WEIR_E_CONFIG: what is wrong or missing.
    static Result<std::shared_ptr<AdminPort>> make(const ListenArguments& arguments);

    // As HttpServer::listen_on_port. `handler` is asked once the gate let a request pass, and is not called any more behind stop.
    Status listen(HttpServer::Handler handler);
    void stop() { http_.reset(); }
    std::string url() const;

private:
    AdminPort(Endpoint endpoint, Gate gate, std::optional<TlsFiles> tls)
        : endpoint_(std::move(endpoint)), gate_(std::move(gate)), tls_(std::move(tls)) {}

    const Endpoint endpoint_;
    const Gate gate_;
    const std::optional<TlsFiles> tls_;
    std::unique_ptr<HttpServer> http_;
};

}  // namespace weir::host
