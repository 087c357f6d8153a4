// What is asked of a server. Plain values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::host {

struct HttpRequest {
    using Pairs = std::vector<std::pair<std::string, std::string>>;

    std::string method;  // GET, POST, DELETE
    std::string path;    // decoded: /v1/topologies
    Pairs query;         // decoded, in no order but that of values of one name
    std::string body;
    Pairs headers = {};

    // The only header of that name, whatever its case; empty: there is none, or several.
    std::string_view header(std::string_view name) const;
    // The first value of that name in the query; empty: there is none.
    std::string_view parameter(std::string_view name) const;
};

}  // namespace weir::host
