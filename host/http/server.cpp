#include "host/http/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/err.h>

#include "host/http/connection_threads.hpp"
#include "host/http/unix_socket.hpp"
#include "host/text/address.hpp"

namespace weir::host {
namespace {

constexpr int kBacklog = 16;
constexpr auto kHeartbeat = std::chrono::seconds(5);
constexpr auto kTurn = std::chrono::milliseconds(200);     // how soon a stream sees that the server stops
constexpr auto kLastWords = std::chrono::milliseconds(1000);  // for streams to come to their end by themselves
constexpr auto kLook = std::chrono::milliseconds(1);

Status fault(const std::filesystem::path& path, const char* what, int error) {
    return Status::fatal(path.string() + ": " + what + ": " + std::generic_category().message(error));
}

// Why OpenSSL refused something; empty: it does not say.
std::string tls_fault() {
    const unsigned long code = ERR_get_error();
    const char* why = code ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return why ? why : "";
}

// Counts a stream as long as its connection lives.
class Seat {
public:
    explicit Seat(std::atomic<size_t>& taken) : taken_(taken) {}
    ~Seat() { --taken_; }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

private:
    std::atomic<size_t>& taken_;
};

void put(const Answer& answer, httplib::Response& response) {
    response.status = answer.status;
    if (answer.retry_after > 0) response.set_header("Retry-After", std::to_string(answer.retry_after));
    bool has_cache = false;
    for (const auto& [name, value] : answer.headers) {
        has_cache = has_cache || name == "Cache-Control";
        response.set_header(name, value);
    }
    if (!has_cache) response.set_header("Cache-Control", "no-store");
    response.set_content(answer.body, answer.type);
}

HttpRequest taken(const httplib::Request& from) {
    HttpRequest out{from.method, from.path, {}, from.body, {}};
    out.query.assign(from.params.begin(), from.params.end());
    out.headers.assign(from.headers.begin(), from.headers.end());
    return out;
}

}  // namespace

// httplib knows hosts and ports; a socket that is bound already is as good.
class HttpServer::Plain : public httplib::Server {
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
};

HttpServer::HttpServer(HttpOptions options, Handler handler) : options_(std::move(options)), handler_(std::move(handler)) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::set_up() {
    http_->new_task_queue = [this] { return new ConnectionThreads(options_.threads, options_.most_waiting); };
    http_->set_keep_alive_timeout(options_.idle.count());
    http_->set_read_timeout(options_.read.count());
    http_->set_write_timeout(options_.write.count());
    http_->set_payload_max_length(options_.most_body_bytes);
    http_->set_default_headers({options_.headers.begin(), options_.headers.end()});
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) { respond(request, response); };
    http_->Get(".*", answer).Post(".*", answer).Put(".*", answer).Patch(".*", answer).Delete(".*", answer).Options(".*", answer);
    http_->set_error_handler([](const httplib::Request&, httplib::Response& response) {
        if (response.body.empty()) put(problem(response.status, "the request cannot be understood"), response);
    });
}

// What nobody foresaw must not look like an empty answer.
Answer HttpServer::guarded(const HttpRequest& request) const {
    try {
        return handler_(request);
    } catch (const std::exception& error) {
        return problem(500, fmt::format("the host failed to answer: {}", error.what()));
    }
}

void HttpServer::respond(const httplib::Request& request, httplib::Response& response) {
    const Answer answer = guarded(taken(request));
    if (!answer.events) return put(answer, response);
    response.set_header("Cache-Control", "no-store");
    if (request.method == "HEAD") return response.set_content("", "text/event-stream");
    if (streams_.fetch_add(1) >= options_.most_streams) {
        --streams_;
        return put(problem(503, fmt::format("{} clients follow events already", options_.most_streams)), response);
    }
    stream(answer.events, response);
}

void HttpServer::stream(std::shared_ptr<EventStream> events, httplib::Response& response) {
    struct State {
        State(std::shared_ptr<EventStream> events_, std::atomic<size_t>& taken_) : events(std::move(events_)), seat(taken_) {}
        std::shared_ptr<EventStream> events;
        Seat seat;
        std::chrono::steady_clock::time_point written = std::chrono::steady_clock::now();
        bool begun = false;
    };
    auto state = std::make_shared<State>(std::move(events), streams_);
    response.set_header("X-Accel-Buffering", "no");
    response.set_chunked_content_provider("text/event-stream", [this, state](size_t, httplib::DataSink& sink) {
        std::optional<std::string> next = "retry: 1000\n\n";
        if (std::exchange(state->begun, true)) next = stopping_ ? std::nullopt : state->events->next(kTurn);
        if (!next) {
            sink.done();
            return true;
        }
        const auto begin = std::chrono::steady_clock::now();
        if (next->empty() && begin - state->written < kHeartbeat) return true;
        if (next->empty()) next = ":\n\n";  // so that a client that went is noticed
        state->written = begin;
        if (sink.write(next->data(), next->size())) return true;
        if (std::chrono::steady_clock::now() - begin >= options_.write) ++dropped_;
        return false;
    });
}

void HttpServer::begin() {
    thread_ = std::thread([this] {
        http_->listen_after_bind();
        ended_ = true;
    });
}

Status HttpServer::listen_on_socket(const std::filesystem::path& socket) {
    std::error_code failed;
    std::filesystem::create_directories(socket.parent_path(), failed);
    if (failed || ::chmod(socket.parent_path().c_str(), S_IRWXU) != 0)
        return fault(socket.parent_path(), "cannot be made, or is another user's", failed ? failed.value() : errno);
    auto plain = std::make_unique<Plain>();
    if (Status s = plain->bind(socket); !s.ok()) return s;
    http_ = std::move(plain);
    socket_ = socket;
    set_up();
    begin();
    return {};
}

Status HttpServer::make_secure() {
    const std::filesystem::path& certificate = options_.tls->certificate;
    const std::filesystem::path& key = options_.tls->key;
    Status status;
    const auto refuse = [&](const std::filesystem::path& file, const char* what) {
        status = Status::config("", fmt::format("{}: {}: {}", file.string(), what, tls_fault()));
        return false;
    };
    http_ = std::make_unique<httplib::SSLServer>([&](SSL_CTX& context) {
        SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
        SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
        if (SSL_CTX_use_certificate_chain_file(&context, certificate.c_str()) != 1)
            return refuse(certificate, "expected a certificate, PEM");
        if (SSL_CTX_use_PrivateKey_file(&context, key.c_str(), SSL_FILETYPE_PEM) != 1)
            return refuse(key, "expected the certificate's key, PEM, without a password");
        return true;
    });
    return status;
}

Status HttpServer::listen_on_port(const std::string& address, int port) {
    if (!options_.tls)
        http_ = std::make_unique<Plain>();
    else if (Status s = make_secure(); !s.ok())
        return s;
    set_up();
    http_->set_tcp_nodelay(true);
    // Not SO_REUSEPORT, as the library has it: two hosts would share a port without noticing.
    http_->set_socket_options([](int socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http_->set_address_family(address.find(':') != std::string::npos ? AF_INET6 : AF_INET);
    errno = 0;
    if (port == 0) port_ = http_->bind_to_any_port(address);
    else port_ = http_->bind_to_port(address, port) ? port : -1;
    if (port_ < 0) {
        const int code = errno;
        const std::string where = endpoint_text(address, port);
        if (code == EADDRINUSE) return Status::retryable(fmt::format("{} is taken: another program, or another run of weir, listens there", where));
        return Status::config("", fmt::format("{} cannot be listened on: {}", where, code ? std::strerror(code) : "no such address"));
    }
    begin();
    return {};
}

void HttpServer::stop() {
    stopping_ = true;
    std::error_code ignored;
    if (!socket_.empty()) std::filesystem::remove(socket_, ignored);
    if (!thread_.joinable()) return;
    while (!http_->is_running() && !ended_) std::this_thread::yield();  // stop() is heard from then on
    // The library breaks off what is being written.
    const auto until = std::chrono::steady_clock::now() + kLastWords;
    while (streams_ > 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kLook);
    http_->stop();
    thread_.join();
}

}  // namespace weir::host
