#include "host/serve/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <httplib.h>

#include "host/serve/connection_threads.hpp"
#include "host/serve/page.hpp"

namespace weir::host {
namespace {

constexpr time_t kIdleSeconds = 3;  // a connection without a request is closed
constexpr time_t kReadSeconds = 5;
constexpr time_t kWriteSeconds = 5;  // a client that takes nothing for so long is dropped
constexpr size_t kMaxBodyBytes = 1024;
constexpr auto kHeartbeat = std::chrono::seconds(5);
constexpr auto kFollowTurn = std::chrono::milliseconds(500);

// Scripts and styles are the page's own files; nothing is inline, and nothing comes from elsewhere.
constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

void put(const Answer& answer, httplib::Response& response) {
    response.status = answer.status;
    if (answer.retry_after > 0) response.set_header("Retry-After", std::to_string(answer.retry_after));
    response.set_header("Cache-Control", "no-store");
    response.set_content(answer.body, answer.type);
}

RequestParameters parameters_of(const httplib::Request& request) { return {request.params.begin(), request.params.end()}; }

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// Counts a follower as long as its connection lives.
class Seat {
public:
    explicit Seat(std::atomic<size_t>& taken) : taken_(taken) {}
    ~Seat() { --taken_; }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

private:
    std::atomic<size_t>& taken_;
};

}  // namespace

bool is_own_host(std::string_view header, const std::vector<std::string>& names) {
    std::string host = lower(header);
    if (host.starts_with('[')) {
        const size_t end = host.find(']');
        return end != std::string::npos && is_ip_address(host.substr(1, end - 1));
    }
    host = host.substr(0, host.find(':'));
    if (host == "localhost" || is_ip_address(host)) return true;
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return lower(name) == host; });
}

ViewServer::ViewServer(ServeSpec spec, Views& views) : spec_(std::move(spec)), views_(views), http_(std::make_unique<httplib::Server>()) {
    http_->new_task_queue = [] { return new ConnectionThreads(kServeThreads, kMaxWaitingConnections); };
    http_->set_keep_alive_timeout(kIdleSeconds);
    http_->set_read_timeout(kReadSeconds);
    http_->set_write_timeout(kWriteSeconds);
    http_->set_payload_max_length(kMaxBodyBytes);
    http_->set_tcp_nodelay(true);
    // Not SO_REUSEPORT, as the library has it: two hosts would share a port without noticing.
    http_->set_socket_options([](int socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http_->set_default_headers({{"Content-Security-Policy", kContentPolicy},
                                {"X-Content-Type-Options", "nosniff"},
                                {"Referrer-Policy", "no-referrer"},
                                {"Cross-Origin-Resource-Policy", "same-origin"},
                                {"Cross-Origin-Opener-Policy", "same-origin"}});
    add_routes();
}

ViewServer::~ViewServer() { stop(); }

void ViewServer::add_routes() {
    http_->set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
        // Others are refused below, once their body is read: what is left of one would look like a request.
        const bool reads = request.method == "GET" || request.method == "HEAD";
        return !reads || is_welcome(request, response) ? httplib::Server::HandlerResponse::Unhandled : httplib::Server::HandlerResponse::Handled;
    });
    for (const PageFile& file : page_files()) {
        http_->Get(file.path, [&file](const httplib::Request&, httplib::Response& response) {
            response.set_header("Cache-Control", "no-cache");
            response.set_content(file.content.data(), file.content.size(), file.type);
        });
    }
    http_->Get("/dashboard.json", [this](const httplib::Request&, httplib::Response& response) {
        put({200, views_.dashboard().dump(), "application/json", 0}, response);
    });
    http_->Get("/api/?", [this](const httplib::Request&, httplib::Response& response) { get_index(response); });
    http_->Get("/events", [this](const httplib::Request& request, httplib::Response& response) {
        std::vector<std::string> names;
        for (const auto& [name, value] : request.params)
            if (name == "view") names.push_back(value);
        if (names.empty() || names.size() != request.params.size())
            return put(problem(400, "takes the names of views: /events?view=NAME&view=NAME"), response);
        get_events(request, response, names);
    });
    http_->Get("/api/([^/]+)", [this](const httplib::Request& request, httplib::Response& response) { get_view(request, response); });
    http_->Get("/api/([^/]+)/events", [this](const httplib::Request& request, httplib::Response& response) {
        if (!request.params.empty()) return put(problem(400, "the events of a view take no arguments"), response);
        get_events(request, response, {request.matches[1].str()});
    });
    const httplib::Server::Handler refuse = [](const httplib::Request&, httplib::Response& response) {
        response.set_header("Allow", "GET, HEAD");
        put(problem(405, "this server only reads: GET"), response);
    };
    http_->Post(".*", refuse).Put(".*", refuse).Patch(".*", refuse).Delete(".*", refuse).Options(".*", refuse);
    http_->set_error_handler([](const httplib::Request& request, httplib::Response& response) {
        if (!response.body.empty()) return;
        const bool is_missing = response.status == 404;
        put(problem(response.status, is_missing ? fmt::format("there is nothing at {}; the views are at /api", request.path)
                                                : "the request cannot be understood"),
            response);
    });
    http_->set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
        put(problem(500, "the request could not be answered"), response);
    });
}

bool ViewServer::is_welcome(const httplib::Request& request, httplib::Response& response) const {
    if (request.get_header_value_count("Host") != 1 || !is_own_host(request.get_header_value("Host"), spec_.hosts)) {
        put(problem(421, "requests call this server by `localhost`, an address, or one of `serve.hosts`"), response);
        return false;
    }
    // A page from elsewhere may have a link to this one, and must not ask for its data.
    if (request.get_header_value("Sec-Fetch-Site") == "cross-site" && request.get_header_value("Sec-Fetch-Mode") != "navigate") {
        put(problem(403, "a page of another site cannot ask"), response);
        return false;
    }
    return true;
}

void ViewServer::get_view(const httplib::Request& request, httplib::Response& response) {
    put(views_.answer(request.matches[1].str(), parameters_of(request)), response);
}

void ViewServer::get_index(httplib::Response& response) {
    Json index = views_.describe();
    index["followers"] = {{"now", followers_.load()}, {"most", kMaxFollowers}, {"dropped", dropped_.load()}};
    put({200, index.dump(), "application/json", 0}, response);
}

void ViewServer::get_events(const httplib::Request& request, httplib::Response& response, const std::vector<std::string>& names) {
    Answer why;
    auto follower = views_.follow(names, why);
    if (!follower) return put(why, response);
    if (request.method == "HEAD") return response.set_content("", "text/event-stream");
    if (followers_.fetch_add(1) >= kMaxFollowers) {
        --followers_;
        return put(problem(503, fmt::format("{} clients follow views already", kMaxFollowers)), response);
    }
    struct Stream {
        Stream(Views::Follower at_, std::atomic<size_t>& taken) : at(std::move(at_)), seat(taken) {}
        Views::Follower at;
        Seat seat;
        std::chrono::steady_clock::time_point written = std::chrono::steady_clock::now();
        bool begun = false;
    };
    auto stream = std::make_shared<Stream>(std::move(*follower), followers_);
    response.set_header("Cache-Control", "no-store");
    response.set_header("X-Accel-Buffering", "no");
    response.set_chunked_content_provider("text/event-stream", [this, stream](size_t, httplib::DataSink& sink) {
        std::optional<std::string> next = stream->begun ? views_.next(stream->at, kFollowTurn) : std::string("retry: 1000\n\n");
        stream->begun = true;
        if (!next) {
            sink.done();
            return true;
        }
        std::string text = std::move(*next);
        const auto begin = std::chrono::steady_clock::now();
        if (text.empty() && begin - stream->written < kHeartbeat) return true;
        if (text.empty()) text = ":\n\n";  // so that a client that went is noticed
        stream->written = begin;
        if (sink.write(text.data(), text.size())) return true;
        if (std::chrono::steady_clock::now() - begin >= std::chrono::seconds(kWriteSeconds)) ++dropped_;
        return false;
    });
}

Status ViewServer::listen() {
    errno = 0;
    const auto port = static_cast<int>(spec_.port);
    const bool is_v6 = spec_.address.find(':') != std::string::npos;
    http_->set_address_family(is_v6 ? AF_INET6 : AF_INET);
    port_ = port;
    if (port == 0)
        port_ = http_->bind_to_any_port(spec_.address);
    else if (!http_->bind_to_port(spec_.address, port))
        port_ = -1;
    if (port_ < 0) {
        const int code = errno;
        const std::string where = fmt::format("{}{}{}:{}", is_v6 ? "[" : "", spec_.address, is_v6 ? "]" : "", port);
        if (code == EADDRINUSE) return Status::retryable(fmt::format("{} is taken: another program, or another run of weir, listens there", where));
        return Status::config("", fmt::format("{} cannot be listened on: {}", where, code ? std::strerror(code) : "no such address"));
    }
    thread_ = std::thread([this] {
        http_->listen_after_bind();
        ended_ = true;
    });
    return {};
}

void ViewServer::stop() {
    views_.stop();
    if (!thread_.joinable()) return;
    while (!http_->is_running() && !ended_) std::this_thread::yield();  // stop() is heard from then on
    http_->stop();
    thread_.join();
}

std::string ViewServer::url() const {
    const bool is_any = spec_.address == "0.0.0.0" || spec_.address == "::";
    const bool is_v6 = spec_.address.find(':') != std::string::npos;
    const std::string host = is_any ? "localhost" : is_v6 ? "[" + spec_.address + "]" : spec_.address;
    return fmt::format("http://{}:{}/", host, port_);
}

}  // namespace weir::host
