// The topologies that run in a data directory, as commands find them: every host there is asked.
//
// Threads: the main thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/control/client.hpp"
#include "host/loader/manifest.hpp"

namespace weir::host {

class Terminal;

// What a host answers at once.
inline constexpr std::chrono::seconds kQuickly{10};

// A topology that runs, and who runs it.
struct Found {
    std::filesystem::path socket;
    Json summary;
};

class RunningHosts {
public:
    // A host that gives no answer is told and left out. nullopt: there is no data directory, which has been said.
    static std::optional<RunningHosts> find(const std::filesystem::path& given, Terminal& terminal);

    const std::vector<Found>& all() const { return found_; }
    // Whether there is a host that gave no answer.
    bool is_any_silent() const { return silent_; }
    // Those that are no more than known to their hosts are not among these.
    std::vector<Found> running() const;
    // Every host that answered.
    const std::vector<std::filesystem::path>& sockets() const { return sockets_; }
    // The one that runs, where several hosts know it.
    const Found* named(const std::string& name) const;
    // Why there is no topology of that name.
    std::string not_found(const std::string& name) const;

private:
    std::filesystem::path data_dir_;
    std::vector<std::filesystem::path> sockets_;
    std::vector<Found> found_;
    bool silent_ = false;
};

// The topology of that name, or what is wrong has been said. An empty name is that of the only one that runs.
std::optional<Found> find_topology(const std::string& name, const std::filesystem::path& data_dir, Terminal& terminal);

// The topology of that name, or the only one that has the node; or what is wrong has been said, by the command of that name.
std::optional<Found> find_owner(const char* command, const std::string& topology, const std::string& node, const std::filesystem::path& data_dir,
                                Terminal& terminal);

// In the API.
std::string topology_path(const std::string& topology, const std::string& what = "");

// What an answer says that is no success: its title and detail.
std::string refusal_text(const Answer& answer);

}  // namespace weir::host
