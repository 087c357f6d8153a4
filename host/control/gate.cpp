#include "host/control/gate.hpp"

#include <strings.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "host/http/origin.hpp"
#include "host/text/address.hpp"

namespace weir::host {
namespace {

constexpr std::string_view kBearer = "Bearer ", kSpace = " \t\r\n";

// `https://board.example:8600` is of `board.example:8600`; empty: it is no address of a page.
std::string_view host_of(std::string_view origin) {
    const size_t at = origin.find("://");
    return at == std::string_view::npos ? std::string_view() : origin.substr(at + 3);
}

}  // namespace

Gate::Gate(const std::string& token, std::vector<std::string> names) : token_(digest_of(token)), names_(std::move(names)) {}

Gate::Digest Gate::digest_of(std::string_view text) {
    Digest out{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
    return out;
}

std::optional<Answer> Gate::refuse(const HttpRequest& request) const {
    if (auto foreign = refuse_foreign(request, names_, "--allow-host")) return foreign;
    for (const auto& [name, value] : request.headers)
        if (::strcasecmp(name.c_str(), "Origin") == 0 && host_of(value) != request.header("Host"))
            return problem(403, "a page of another site cannot ask");
    const std::string_view given = request.header("Authorization");
    const bool is_bearer = given.size() > kBearer.size() && ::strncasecmp(given.data(), kBearer.data(), kBearer.size()) == 0;
    const Digest digest = digest_of(is_bearer ? given.substr(kBearer.size()) : "");
    if (CRYPTO_memcmp(digest.data(), token_.data(), token_.size()) == 0 && is_bearer) return std::nullopt;
    Answer out = problem(401, given.empty() ? "expected: the header `Authorization: Bearer TOKEN`, with the token of --token-file" : "the token is another one");
    out.headers = {{"WWW-Authenticate", "Bearer realm=\"weir\""}};
    return out;
}

Result<std::string> read_token(const std::filesystem::path& file) {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) return Status::config("", fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
    if ((about.st_mode & S_IRWXO) != 0)
        return Status::config("", fmt::format("{}: everybody on this machine can read or write it: chmod o= {}", file.string(), file.string()));
    std::ifstream in(file);
    std::string token{std::istreambuf_iterator<char>(in), {}};
    if (!in) return Status::config("", fmt::format("{}: cannot be read", file.string()));
    token.erase(0, std::min(token.find_first_not_of(kSpace), token.size()));
    token.erase(token.find_last_not_of(kSpace) + 1);
    if (token.size() < Gate::kLeastToken)
        return Status::config("", fmt::format("{}: a token of {} bytes is easily guessed; expected: {} at least, as `openssl rand -hex 32` makes them",
                                              file.string(), token.size(), Gate::kLeastToken));
    return token;
}

Result<Endpoint> parse_endpoint(const std::string& text) {
    const auto wrong = [&] {
        return Status::config("", fmt::format("`{}` is no address to listen on; expected: 127.0.0.1:8600, [::1]:8600 or localhost:8600; port 0 is one that is free", text));
    };
    const size_t colon = text.rfind(':');
    if (colon == std::string::npos) return wrong();
    Endpoint out{text.substr(0, colon), -1};
    const char *begin = text.data() + colon + 1, *end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(begin, end, out.port);
    if (error != std::errc() || parsed != end || begin == end || out.port < 0 || out.port > 65535) return wrong();
    if (out.address == "localhost") out.address = "127.0.0.1";
    if (out.address.starts_with('[') && out.address.ends_with(']')) out.address = out.address.substr(1, out.address.size() - 2);
    else if (out.address.find(':') != std::string::npos) return wrong();
    if (!is_ip_address(out.address)) return wrong();
    return out;
}

}  // namespace weir::host
