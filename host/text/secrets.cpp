#include "host/text/secrets.hpp"

#include <algorithm>
#include <cstdio>

namespace weir::host {
namespace {

constexpr std::string_view kHidden = "***";

std::string json_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out.append("\\").push_back(c);
        else if (c == '\n') out += "\\n";
        else if (c == '\t') out += "\\t";
        else if (c == '\r') out += "\\r";
        else out.push_back(c);
    }
    return out;
}

}  // namespace

Secrets& Secrets::of_process() {
    static Secrets secrets;
    return secrets;
}

void Secrets::add(std::string_view secret) {
    if (secret.size() < kLeastBytes) return;
    const std::lock_guard lock(mutex_);
    for (const std::string& form : {std::string(secret), json_escaped(secret)})
        if (std::find(secrets_.begin(), secrets_.end(), form) == secrets_.end()) secrets_.push_back(form);
    std::stable_sort(secrets_.begin(), secrets_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Secrets::hide(std::string text) const {
    const std::lock_guard lock(mutex_);
    for (const std::string& secret : secrets_)
        for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += kHidden.size()) text.replace(at, secret.size(), kHidden);
    return text;
}

}  // namespace weir::host
