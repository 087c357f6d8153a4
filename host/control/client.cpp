#include "host/control/client.hpp"

#include <httplib.h>

#include "host/http/unix_socket.hpp"

namespace weir::host {
namespace {

constexpr std::chrono::seconds kSilence{20};  // of a host whose streams send something every five

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

std::string target_of(const HttpRequest& request) {
    std::string target = request.path;
    for (const auto& [name, value] : request.query)
        target += (target.find('?') == std::string::npos ? "?" : "&") + name + "=" + httplib::detail::encode_query_param(value);
    return target;
}

Status no_answer(const std::filesystem::path& socket, httplib::Error error) {
    const std::string why = error == httplib::Error::Connection ? "nobody takes the connection: its host has ended, or hangs"
                            : error == httplib::Error::Read     ? "it has taken the request and is silent"
                                                                : httplib::to_string(error);
    return Status::retryable(socket.string() + ": no answer: " + why);
}

// Takes events out of text that comes in pieces.
class EventReader {
public:
    explicit EventReader(const OnEvent& on_event) : on_event_(on_event) {}

    // False: no more are wanted.
    bool take(const char* text, size_t size) {
        rest_.append(text, size);
        size_t begin = 0;
        for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
            if (!take_line(std::string_view(rest_).substr(begin, end - begin))) return false;
        rest_.erase(0, begin);
        return true;
    }

private:
    bool take_line(std::string_view line) {
        constexpr std::string_view kName = "event: ", kData = "data: ";
        if (line.starts_with(kName)) name_ = line.substr(kName.size());
        if (line.starts_with(kData)) {
            data_ = line.substr(kData.size());
            has_data_ = true;
        }
        if (!line.empty() || !has_data_) return true;
        has_data_ = false;
        return on_event_(name_, data_);
    }

    const OnEvent& on_event_;
    std::string rest_, name_, data_;
    bool has_data_ = false;
};

}  // namespace

Result<Answer> ask_host(const std::filesystem::path& socket, const HttpRequest& request, std::chrono::seconds timeout) {
    UnixClient client(socket);
    client.set_read_timeout(timeout);
    client.set_keep_alive(false);
    const std::string target = target_of(request);
    const auto answer = request.method == "GET"      ? client.Get(target.c_str())
                        : request.method == "DELETE" ? client.Delete(target.c_str())
                                                     : client.Post(target.c_str(), request.body, "application/json");
    if (!answer) return no_answer(socket, answer.error());
    return Answer{answer->status, answer->body, answer->get_header_value("Content-Type")};
}

Result<Answer> follow_host(const std::filesystem::path& socket, const HttpRequest& request, const OnEvent& on_event) {
    UnixClient client(socket);
    client.set_read_timeout(kSilence);
    client.set_keep_alive(false);
    Answer out;
    bool is_stream = false, is_enough = false;
    EventReader reader(on_event);
    const auto begins = [&](const httplib::Response& response) {
        out.status = response.status;
        out.type = response.get_header_value("Content-Type");
        is_stream = out.type == "text/event-stream";
        return true;
    };
    const auto takes = [&](const char* text, size_t size) {
        if (!is_stream) out.body.append(text, size);
        else is_enough = !reader.take(text, size);
        return !is_enough;
    };
    const auto answer = client.Get(target_of(request).c_str(), begins, takes);
    if (!answer && !is_enough) return no_answer(socket, answer.error());
    return out;
}

}  // namespace weir::host
