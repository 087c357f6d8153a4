// Addresses of machines, as they are written. Pure functions; any thread.
#pragma once

#include <string>

namespace weir::host {

// IPv4 or IPv6, in digits; and whether none but this machine reaches it.
bool is_ip_address(const std::string& text);
bool is_loopback(const std::string& address);

// An address and its port as they stand in a URL: `[::1]:8502`.
std::string endpoint_text(const std::string& address, int port);

}  // namespace weir::host
