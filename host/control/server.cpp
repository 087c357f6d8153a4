#include "host/control/server.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include <httplib.h>

#include "host/control/unix_socket.hpp"

namespace weir::host {
namespace {

constexpr time_t kIdleSeconds = 1, kReadSeconds = 10;
constexpr int kBacklog = 16;

Status fault(const std::filesystem::path& path, const char* what, int error) {
    return Status::fatal(path.string() + ": " + what + ": " + std::generic_category().message(error));
}

// What nobody foresaw must not look like an empty answer.
ControlAnswer guarded(const ControlServer::Handler& handler, const ControlRequest& request) {
    try {
        return handler(request);
    } catch (const std::exception& error) {
        std::string what = error.what();
        for (char& c : what)
            if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ') c = '\'';
        return {500, R"({"title":"the host failed to answer","status":500,"detail":")" + what + "\"}", "application/problem+json"};
    }
}

}  // namespace

// httplib knows hosts and ports; a socket that is bound already is as good.
class ControlServer::Http : public httplib::Server {
public:
    Status bind(const std::filesystem::path& path) {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) return fault(path, "cannot be listened on", errno);
        const UnixAddress address(path);
        ::unlink(path.c_str());  // of a process of this number that was killed
        if (::bind(fd, address.get(), UnixAddress::size()) != 0 || ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 ||
            ::listen(fd, kBacklog) != 0) {
            const int error = errno;
            ::close(fd);
            return fault(path, "cannot be listened on", error);
        }
        svr_sock_ = fd;
        return {};
    }

    void serve(ControlServer::Handler handler) {
        new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
        set_keep_alive_timeout(kIdleSeconds);
        set_read_timeout(kReadSeconds);
        set_payload_max_length(kMaxBody);
        const auto answer = [handler = std::move(handler)](const httplib::Request& request, httplib::Response& response) {
            ControlRequest asked{request.method, request.path, {}, request.body};
            for (const auto& [name, value] : request.params) asked.query.emplace(name, value);
            const ControlAnswer answered = guarded(handler, asked);
            response.status = answered.status;
            response.set_content(answered.body, answered.type);
        };
        Get(".*", answer);
        Post(".*", answer);
    }
};

ControlServer::ControlServer(std::filesystem::path socket) : socket_(std::move(socket)), http_(std::make_unique<Http>()) {}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(const std::filesystem::path& socket, Handler handler) {
    std::error_code failed;
    std::filesystem::create_directories(socket.parent_path(), failed);
    if (failed || ::chmod(socket.parent_path().c_str(), S_IRWXU) != 0)
        return fault(socket.parent_path(), "cannot be made, or is another user's", failed ? failed.value() : errno);
    std::unique_ptr<ControlServer> server(new ControlServer(socket));
    if (Status s = server->http_->bind(socket); !s.ok()) return s;
    server->http_->serve(std::move(handler));
    server->thread_ = std::thread([http = server->http_.get()] { http->listen_after_bind(); });
    while (!server->http_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return server;
}

ControlServer::~ControlServer() {
    std::error_code ignored;
    std::filesystem::remove(socket_, ignored);
    if (!thread_.joinable()) return;
    http_->stop();
    thread_.join();
}

}  // namespace weir::host
