// What is asked of a host, and its answer. Plain values.
#pragma once

#include <map>
#include <string>

namespace weir::host {

struct ControlRequest {
    std::string method;  // GET, POST
    std::string path;    // decoded: /v1/topologies
    std::map<std::string, std::string> query;
    std::string body;
};

struct ControlAnswer {
    int status = 200;
    std::string body;
    std::string type = "application/json";
};

}  // namespace weir::host
