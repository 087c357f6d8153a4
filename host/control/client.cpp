#include "host/control/client.hpp"

#include <httplib.h>

#include "host/control/unix_socket.hpp"

namespace weir::host {
namespace {

class UnixClient : public httplib::ClientImpl {
public:
    explicit UnixClient(const std::filesystem::path& path) : ClientImpl("localhost"), path_(path) {}

private:
    bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
        const UnixAddress address(path_);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && ::connect(fd, address.get(), UnixAddress::size()) == 0) {
            socket.sock = fd;
            return true;
        }
        if (fd >= 0) ::close(fd);
        error = httplib::Error::Connection;
        return false;
    }

    const std::filesystem::path path_;
};

}  // namespace

Result<ControlAnswer> ask_host(const std::filesystem::path& socket, const ControlRequest& request, std::chrono::seconds timeout) {
    UnixClient client(socket);
    client.set_read_timeout(timeout);
    client.set_keep_alive(false);
    std::string target = request.path;
    for (const auto& [name, value] : request.query)
        target += (target.find('?') == std::string::npos ? "?" : "&") + name + "=" + httplib::detail::encode_query_param(value);
    const auto answer = request.method == "GET" ? client.Get(target.c_str()) : client.Post(target.c_str(), request.body, "application/json");
    if (!answer) return Status::retryable(socket.string() + ": no answer: " + httplib::to_string(answer.error()));
    return ControlAnswer{answer->status, answer->body, answer->get_header_value("Content-Type")};
}

}  // namespace weir::host
