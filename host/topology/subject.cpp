#include "host/topology/subject.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace weir::host {

std::string with_subject(const OperatorInfo& op, const std::string& path, const std::string& message) {
    constexpr std::array<std::string_view, 8> kPredicates = {"is", "are", "has", "does", "begins", "names", "goes", "and"};
    const std::string_view first = std::string_view(message).substr(0, message.find(' '));
    const bool lacks_subject = std::find(kPredicates.begin(), kPredicates.end(), first) != kPredicates.end();
    return path.empty() || !lacks_subject ? message : fmt::format("`{}.{}` {}", op.name, path, message);
}

}  // namespace weir::host
