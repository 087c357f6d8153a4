// Who may ask a host over TCP: whoever has its token, calls it by a name that it has, and is no page of another site.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "host/http/answer.hpp"
#include "host/http/request.hpp"

namespace weir::host {

// Constant once made; any thread.
class Gate {
public:
    static constexpr size_t kLeastToken = 16;  // bytes

    // `names`: by which requests may call the host, beside `localhost` and addresses.
    Gate(const std::string& token, std::vector<std::string> names);

    // 421: another name, 403: another site's page, 401: not the token; nullopt: it is welcome. How long it takes does not depend
    // on how much of a token is right.
    std::optional<Answer> refuse(const HttpRequest& request) const;

private:
    using Digest = std::array<unsigned char, 32>;  // SHA-256
    static Digest digest_of(std::string_view text);

    const Digest token_;
    const std::vector<std::string> names_;
};

// The token in a file, without white space around it. WEIR_E_CONFIG: it cannot be read, is too short, or others can read it.
Result<std::string> read_token(const std::filesystem::path& file);

struct Endpoint {
    std::string address;  // IPv4 or IPv6, in digits
    int port = 0;
};
// `127.0.0.1:8600`, `[::1]:8600`, `localhost:8600`. WEIR_E_CONFIG: what is wrong with it.
Result<Endpoint> parse_endpoint(const std::string& text);

}  // namespace weir::host
