// The secrets of this process's topologies, so that no message tells one: what a plugin or a server says may have it in it.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weir::host {

class Secrets {
public:
    // Shorter ones cannot be told from other text.
    static constexpr size_t kLeastBytes = 6;

    static Secrets& of_process();

    void add(std::string_view secret);
    // The text with `***` where a secret stands, also as it stands in a JSON string.
    std::string hide(std::string text) const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> secrets_;  // the longest first: one may be a part of another
};

}  // namespace weir::host
