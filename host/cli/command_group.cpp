#include "host/cli/command_group.hpp"

#include <utility>

namespace weir::host {

CLI::App& CommandGroup::command(CLI::App& parent, const std::string& name, const std::string& doc, const std::string& examples,
                                std::function<int()> action) {
    CLI::App& added = group(parent, name, doc, examples);
    added.callback([this, action = std::move(action)] { action_ = action; });
    return added;
}

CLI::App& CommandGroup::group(CLI::App& parent, const std::string& name, const std::string& doc, const std::string& examples) {
    CLI::App& added = *parent.add_subcommand(name, doc);
    std::string footer = "Examples:";
    for (size_t at = 0; at != std::string::npos;) {
        const size_t end = examples.find('\n', at);
        footer += "\n  " + examples.substr(at, end == std::string::npos ? end : end - at);
        at = end == std::string::npos ? end : end + 1;
    }
    added.footer(footer);
    return added;
}

}  // namespace weir::host
