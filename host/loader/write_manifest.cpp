#include "host/loader/write_manifest.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "host/loader/elf.hpp"
#include "host/loader/manifest_json.hpp"
#include "host/loader/module.hpp"

namespace weir::host {
namespace {

namespace fs = std::filesystem;

// A folder beside the plugin, so that a rename replaces it at once. Removed with all that is in it.
class WorkFolder {
public:
    explicit WorkFolder(const fs::path& plugin) {
        std::string pattern = (plugin.parent_path() / ".manifest-XXXXXX").native();
        if (::mkdtemp(pattern.data())) path_ = pattern;
    }
    ~WorkFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

std::string read_text(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

// Runs a program of the search path to its end; what it writes goes to `log`. The exit code, or -1 with errno.
int run(std::vector<std::string> arguments, const fs::path& log) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t child = 0;
    const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = error;
    if (error != 0) return -1;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// A copy of `plugin` with `json` as its section.
Status rewrite(const fs::path& plugin, const fs::path& json, const fs::path& copy, const fs::path& log) {
    const std::string section = kManifestSection;
    const int code = run({"objcopy", "--remove-section", section, "--add-section", section + "=" + json.native(),
                          "--set-section-flags", section + "=noload,readonly", plugin.native(), copy.native()},
                         log);
    if (code == 0) return {};
    if (code < 0)
        return Status::fatal(fmt::format("{}: its manifest cannot be written: objcopy: {}; install binutils",
                                         plugin.native(), std::strerror(errno)));
    return Status::fatal(fmt::format("{}: its manifest cannot be written: objcopy failed: {}", plugin.native(),
                                     read_text(log)));
}

}  // namespace

Result<PluginInfo> write_manifest(const fs::path& path) {
    auto plugin = describe_file(path);
    if (!plugin) return plugin;
    const auto failed = [&](const std::error_code& error) {
        return Status::fatal(fmt::format("{}: its manifest cannot be written: {}", path.native(), error.message()));
    };
    const fs::path target = fs::absolute(path);
    WorkFolder work(target);
    if (work.path().empty()) return failed({errno, std::generic_category()});
    const fs::path json = work.path() / "manifest.json";
    std::ofstream out(json);
    out << to_json(*plugin).dump() << '\n';
    out.close();
    if (!out) return failed(std::make_error_code(std::errc::io_error));
    const fs::path copy = work.path() / target.filename();
    if (Status s = rewrite(target, json, copy, work.path() / "log"); !s.ok()) return s;
    std::error_code error;
    fs::permissions(copy, fs::status(target).permissions(), error);
    if (!error) fs::rename(copy, target, error);
    if (error) return failed(error);
    return plugin;
}

}  // namespace weir::host
