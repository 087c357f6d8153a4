// The side of control that a host has: answers requests on a Unix socket that only its user can open.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include <weir/result.hpp>

#include "host/control/message.hpp"

namespace weir::host {

class ControlServer {
public:
    // Called on threads of the server's, up to kThreads at once; may block.
    using Handler = std::function<ControlAnswer(const ControlRequest&)>;
    static constexpr int kThreads = 8;
    static constexpr size_t kMaxBody = size_t{16} << 20;  // bytes of a request

    // Listens on `socket`, in a folder of mode 0700 that is made where it is missing. WEIR_E_FATAL: why it cannot.
    static Result<std::unique_ptr<ControlServer>> listen(const std::filesystem::path& socket, Handler handler);
    // Takes the socket away; answers what is being handled.
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

private:
    class Http;
    explicit ControlServer(std::filesystem::path socket);

    const std::filesystem::path socket_;
    std::unique_ptr<Http> http_;
    std::thread thread_;
};

}  // namespace weir::host
