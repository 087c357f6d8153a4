#include "server.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include <httplib.h>
#include <nlohmann/json.hpp>

namespace weir::http {
namespace {

constexpr int kSpareConnections = 4;  // to say 429 on while all others wait
constexpr time_t kIdleSeconds = 2;    // a connection without a request is closed
constexpr time_t kReadSeconds = 10;

void refuse(httplib::Response &response, int status, const std::string &why) {
    response.status = status;
    if (status == 429) response.set_header("Retry-After", "1");
    if (status == 401) response.set_header("WWW-Authenticate", "Bearer");
    response.set_content(nlohmann::ordered_json{{"error", why}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                         "application/json");
}

// Takes as long for a wrong token as for the right one.
bool equal_tokens(const std::string &a, const std::string &b) {
    unsigned char different = a.size() == b.size() ? 0 : 1;
    for (size_t i = 0; i < a.size(); ++i) different |= static_cast<unsigned char>(a[i] ^ b[b.empty() ? 0 : i % b.size()]);
    return !different;
}

bool is_lines(Framing framing, const std::string &content_type) {
    if (framing != Framing::kAuto) return framing == Framing::kLines;
    const std::string type = content_type.substr(0, content_type.find(';'));
    return type == "application/x-ndjson" || type == "application/ndjson" || type == "application/jsonl" ||
           type == "application/x-jsonlines" || type == "text/csv" || type == "text/plain";
}

}  // namespace

std::vector<Span> records_of(const std::string &body, bool lines) {
    std::vector<Span> out;
    if (!lines) {
        out.push_back({0, static_cast<int32_t>(body.size())});
        return out;
    }
    for (size_t at = 0; at < body.size();) {
        size_t end = body.find('\n', at);
        const size_t next = end == body.npos ? body.size() : end + 1;
        if (end == body.npos) end = body.size();
        if (end > at && body[end - 1] == '\r') --end;
        if (end > at) out.push_back({static_cast<uint32_t>(at), static_cast<int32_t>(end - at)});
        at = next;
    }
    return out;
}

// What the requests meet, one after the other.
struct Server::Handlers {
    static bool is_allowed(Server &server, const httplib::Request &request, httplib::Response &response) {
        const std::string expected = "Bearer " + server.options_.token;
        if (!server.options_.token.empty() && !equal_tokens(request.get_header_value("Authorization"), expected)) {
            refuse(response, 401, "needs the header Authorization: Bearer TOKEN, with the topology's token");
            return false;
        }
        if (request.has_header("Content-Encoding")) {
            refuse(response, 415, "takes bodies without Content-Encoding");
            return false;
        }
        const auto length = request.get_header_value<uint64_t>("Content-Length");
        if (length > server.options_.max_body) {
            refuse(response, 413, too_large(server));
            return false;
        }
        if (server.busy_ > server.options_.connections || !server.inbox_.has_room(length)) {
            refuse(response, 429, "weir cannot keep up; nothing of this was taken. Send it again later");
            return false;
        }
        return true;
    }

    static std::string too_large(const Server &server) {
        return "the body is longer than `max_body`, " + std::to_string(server.options_.max_body) + " bytes; send it in parts";
    }

    static void post(Server &server, const httplib::Request &request, httplib::Response &response,
                     const httplib::ContentReader &content) {
        struct Busy {
            explicit Busy(std::atomic<int> &n) : count(n) { ++count; }
            ~Busy() { --count; }
            std::atomic<int> &count;
        } busy(server.busy_);
        if (!is_allowed(server, request, response)) {
            response.set_header("Connection", "close");  // its body is not read
            return;
        }
        Posted posted;
        const bool whole = content([&](const char *data, size_t bytes) {
            if (posted.body.size() + bytes > server.options_.max_body) return false;
            posted.body.append(data, bytes);
            return true;
        });
        if (!whole) return refuse(response, 413, too_large(server));
        posted.records = records_of(posted.body, is_lines(server.options_.framing, request.get_header_value("Content-Type")));
        if (posted.records.empty() || posted.body.empty()) return refuse(response, 400, "the body has no record");
        const Answer answer = server.inbox_.post(std::move(posted), server.on_put_);
        response.status = answer.status;
        if (answer.status == 429 || answer.status == 503) response.set_header("Retry-After", "1");
        response.set_content(answer.text, "application/json");
    }
};

Server::Server(const ServerOptions &options, std::function<void()> on_put)
    : options_(options), on_put_(std::move(on_put)), inbox_(options.max_waiting), http_(std::make_unique<httplib::Server>()) {
    const auto threads = static_cast<size_t>(options_.connections + kSpareConnections);
    http_->new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    http_->set_keep_alive_timeout(kIdleSeconds);
    http_->set_read_timeout(kReadSeconds);
    http_->set_write_timeout(kReadSeconds);
    // Not SO_REUSEPORT, as the library has it: two hosts would share a port without noticing.
    http_->set_socket_options([](int socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http_->Post(".*", [this](const httplib::Request &request, httplib::Response &response, const httplib::ContentReader &content) {
        if (request.path != options_.path) return refuse(response, 404, "records are posted to " + options_.path);
        Handlers::post(*this, request, response, content);
    });
    http_->set_error_handler([this](const httplib::Request &request, httplib::Response &response) {
        if (!response.body.empty()) return;
        if (response.status == 404) return refuse(response, 405, "records come by POST " + options_.path + ", and not by " + request.method);
        refuse(response, response.status, "the request cannot be understood");
    });
}

Server::~Server() { stop(); }

Status Server::listen() {
    errno = 0;
    port_ = options_.port;
    if (options_.port == 0)
        port_ = http_->bind_to_any_port(options_.host);
    else if (!http_->bind_to_port(options_.host, options_.port))
        port_ = -1;
    if (port_ < 0)
        return Status::retryable(options_.host + ":" + std::to_string(options_.port) + " cannot be listened on: " +
                                 (errno ? std::strerror(errno) : "no such address") + ". Choose another `port` or `host`");
    thread_ = std::thread([this] {
        http_->listen_after_bind();
        ended_ = true;
    });
    return {};
}

void Server::stop() {
    inbox_.close();
    if (!thread_.joinable()) return;
    while (!http_->is_running() && !ended_) std::this_thread::yield();  // stop() is heard from then on
    http_->stop();
    thread_.join();
}

}  // namespace weir::http
