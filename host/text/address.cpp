#include "host/text/address.hpp"

#include <arpa/inet.h>

namespace weir::host {

bool is_ip_address(const std::string& text) {
    in_addr v4{};
    in6_addr v6{};
    return inet_pton(AF_INET, text.c_str(), &v4) == 1 || inet_pton(AF_INET6, text.c_str(), &v6) == 1;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

std::string endpoint_text(const std::string& address, int port) {
    const bool is_v6 = address.find(':') != std::string::npos;
    return (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace weir::host
