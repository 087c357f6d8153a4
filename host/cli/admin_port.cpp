#include "host/cli/admin_port.hpp"

#include <fmt/format.h>

#include "host/text/address.hpp"
#include "host/text/secrets.hpp"

namespace weir::host {
namespace {

constexpr size_t kMostBody = size_t{1} << 20;

// What is given without what it belongs to, or the other way; empty: all is there.
std::string missing(const ListenArguments& given, const Endpoint& endpoint) {
    if (given.token_file.empty()) return "--listen needs --token-file FILE: whoever asks shows what is in it";
    if (given.certificate.empty() != given.key.empty()) return "--tls-cert and --tls-key belong together";
    if (given.certificate.empty() && !is_loopback(endpoint.address))
        return fmt::format("--listen {}: others than this machine reach it, and could read the token on its way: it needs --tls-cert and --tls-key", given.address);
    return "";
}

}  // namespace

Result<std::shared_ptr<AdminPort>> AdminPort::make(const ListenArguments& given) {
    if (given.address.empty()) {
        const bool any = !given.token_file.empty() || !given.certificate.empty() || !given.key.empty() || !given.hosts.empty();
        if (any) return Status::config("", "--token-file, --tls-cert, --tls-key and --allow-host are of --listen HOST:PORT, which is missing");
        return std::shared_ptr<AdminPort>();
    }
    auto endpoint = parse_endpoint(given.address);
    if (!endpoint) return Status::config("", "--listen: " + endpoint.status().message());
    if (std::string why = missing(given, *endpoint); !why.empty()) return Status::config("", std::move(why));
    auto token = read_token(given.token_file);
    if (!token) return Status::config("", "--token-file: " + token.status().message());
    Secrets::of_process().add(*token);
    std::optional<TlsFiles> tls;
    if (!given.certificate.empty()) tls = TlsFiles{given.certificate, given.key};
    return std::shared_ptr<AdminPort>(new AdminPort(std::move(*endpoint), Gate(*token, given.hosts), std::move(tls)));
}

Status AdminPort::listen(HttpServer::Handler handler) {
    HttpOptions options;
    options.most_body_bytes = kMostBody;
    options.headers = {{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}, {"X-Content-Type-Options", "nosniff"}};
    options.tls = tls_;
    http_ = std::make_unique<HttpServer>(std::move(options), [this, handler = std::move(handler)](const HttpRequest& request) {
        auto refusal = gate_.refuse(request);
        return refusal ? std::move(*refusal) : handler(request);
    });
    return http_->listen_on_port(endpoint_.address, endpoint_.port);
}

std::string AdminPort::url() const {
    return fmt::format("{}://{}/", tls_ ? "https" : "http", endpoint_text(endpoint_.address, http_->port()));
}

}  // namespace weir::host
