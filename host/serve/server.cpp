#include "host/serve/server.hpp"

#include <fmt/format.h>

#include "host/http/origin.hpp"
#include "host/serve/page.hpp"
#include "host/text/address.hpp"

namespace weir::host {
namespace {

// Scripts and styles are the page's own files; nothing is inline, and nothing comes from elsewhere.
constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

HttpOptions http_options() {
    HttpOptions out;
    out.threads = kServeThreads;
    out.most_waiting = kMaxWaitingConnections;
    out.most_streams = kMaxFollowers;
    out.headers = {{"Content-Security-Policy", kContentPolicy},
                   {"X-Content-Type-Options", "nosniff"},
                   {"Referrer-Policy", "no-referrer"},
                   {"Cross-Origin-Resource-Policy", "same-origin"},
                   {"Cross-Origin-Opener-Policy", "same-origin"}};
    return out;
}

Answer json_answer(const Json& json) {
    Answer out;
    out.body = json.dump();
    return out;
}

const PageFile* find_page(std::string_view path) {
    for (const PageFile& file : page_files())
        if (file.path == path) return &file;
    return nullptr;
}

class ViewEvents : public EventStream {
public:
    ViewEvents(Views& views, Views::Follower at) : views_(views), at_(std::move(at)) {}
    std::optional<std::string> next(std::chrono::milliseconds patience) override { return views_.next(at_, patience); }

private:
    Views& views_;
    Views::Follower at_;
};

}  // namespace

ViewServer::ViewServer(ServeSpec spec, Views& views)
    : spec_(std::move(spec)), views_(views), http_(http_options(), [this](const HttpRequest& request) { return answer(request); }) {}

ViewServer::~ViewServer() { stop(); }

Answer ViewServer::answer(const HttpRequest& request) {
    if (request.method != "GET" && request.method != "HEAD") {
        Answer refusal = problem(405, "this server only reads: GET");
        refusal.headers = {{"Allow", "GET, HEAD"}};
        return refusal;
    }
    if (auto refusal = refuse_foreign(request, spec_.hosts, "`serve.hosts`")) return *refusal;
    const std::string& path = request.path;
    if (const PageFile* file = find_page(path)) {
        Answer out;
        out.body = file->content;
        out.type = file->type;
        out.headers = {{"Cache-Control", "no-cache"}};
        return out;
    }
    if (path == "/dashboard.json") return json_answer(views_.dashboard());
    if (path == "/api" || path == "/api/") return index();
    if (path == "/events") {
        std::vector<std::string> names;
        for (const auto& [name, value] : request.query)
            if (name == "view") names.push_back(value);
        if (names.empty() || names.size() != request.query.size())
            return problem(400, "takes the names of views: /events?view=NAME&view=NAME");
        return events(names);
    }
    constexpr std::string_view kViews = "/api/";
    if (path.starts_with(kViews)) return answer_view(std::string_view(path).substr(kViews.size()), request);
    return problem(404, fmt::format("there is nothing at {}; the views are at /api", path));
}

Answer ViewServer::answer_view(std::string_view rest, const HttpRequest& request) {
    const size_t slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    if (slash == std::string_view::npos) return views_.answer(name, request.query);
    if (rest.substr(slash) != "/events") return problem(404, fmt::format("there is nothing at {}; the views are at /api", request.path));
    if (!request.query.empty()) return problem(400, "the events of a view take no arguments");
    return events({std::string(name)});
}

Answer ViewServer::index() {
    Json out = views_.describe();
    out["followers"] = {{"now", http_.streams()}, {"most", kMaxFollowers}, {"dropped", http_.dropped()}};
    return json_answer(out);
}

Answer ViewServer::events(const std::vector<std::string>& names) {
    Answer out;
    auto follower = views_.follow(names, out);
    if (follower) out.events = std::make_shared<ViewEvents>(views_, std::move(*follower));
    return out;
}

Status ViewServer::listen() { return http_.listen_on_port(spec_.address, static_cast<int>(spec_.port)); }

void ViewServer::stop() {
    views_.stop();
    http_.stop();
}

std::string ViewServer::url() const {
    const bool is_any = spec_.address == "0.0.0.0" || spec_.address == "::";
    return fmt::format("http://{}/", endpoint_text(is_any ? "localhost" : spec_.address, port()));
}

}  // namespace weir::host
