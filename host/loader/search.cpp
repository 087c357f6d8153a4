#include "host/loader/search.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "host/loader/elf.hpp"
#include "host/loader/manifest_json.hpp"
#include "host/loader/module.hpp"
#include "host/loader/staging.hpp"

namespace weir::host {
namespace {

using Level = PluginProblem::Level;
namespace fs = std::filesystem;

// A file of one folder.
struct Candidate {
    fs::path path;
    std::optional<PluginInfo> plugin;  // what it says of itself, if that could be read
    Status status;                     // why it cannot be used
};

Candidate examine(const fs::path& path) {
    Candidate candidate{path, std::nullopt, {}};
    auto elf = read_elf(path);
    if (!elf) {
        candidate.status = elf.status();
        return candidate;
    }
    Status manifest_status;
    if (elf->manifest) {
        auto written = plugin_from_json(*elf->manifest);
        if (written) {
            candidate.plugin = std::move(*written);
            candidate.plugin->path = path;
        } else {
            manifest_status = Status::config("", fmt::format("{}: {}", path.native(), written.status().message()));
        }
    }
    candidate.status = check_elf(*elf, path);
    if (candidate.status.ok()) candidate.status = manifest_status;
    if (!candidate.status.ok() || candidate.plugin) return candidate;
    auto described = describe_file(path);
    if (described) candidate.plugin = std::move(*described);
    else candidate.status = described.status();
    return candidate;
}

std::vector<std::string> names_of(const PluginInfo& plugin) {
    std::vector<std::string> names;
    for (const OperatorInfo& op : plugin.operators) names.push_back(op.name);
    return names;
}

// The first operator of `plugin` that has the name of one of `other`, or null.
const OperatorInfo* find_collision(const PluginInfo& plugin, const PluginInfo& other) {
    for (const OperatorInfo& ours : plugin.operators)
        for (const OperatorInfo& theirs : other.operators)
            if (ours.collides_with(theirs)) return &ours;
    return nullptr;
}

bool same_content(const fs::path& a, const fs::path& b) {
    auto hash_a = content_hash(a);
    auto hash_b = content_hash(b);
    return hash_a && hash_b && *hash_a == *hash_b;
}

// What is used of one id, and in which folder it lies.
struct Chosen {
    PluginInfo plugin;
    size_t dir = 0;
};

class Search {
public:
    SearchResult run(std::vector<PluginDir> dirs) {
        for (const PluginDir& dir : dirs) look_into(dir);
        settle(dirs.size());
        result_.dirs = std::move(dirs);
        return std::move(result_);
    }

private:
    void note(Level level, const fs::path& path, const PluginInfo* plugin, std::string message) {
        PluginProblem& problem = result_.problems.emplace_back();
        problem.level = level;
        problem.path = path;
        problem.message = std::move(message);
        if (!plugin) return;
        problem.plugin = plugin->id;
        problem.operators = names_of(*plugin);
    }

    void look_into(const PluginDir& dir) {
        std::vector<fs::path> files = dir.files;
        std::error_code error;
        if (files.empty())
            for (fs::directory_iterator it(dir.path, error), end; !error && it != end; it.increment(error))
                if (it->path().extension() == ".so") files.push_back(it->path());
        const bool is_missing = error == std::errc::no_such_file_or_directory;
        if (error && (dir.required || !is_missing))
            note(dir.required ? Level::kError : Level::kWarning, dir.path, nullptr,
                 fmt::format("{}: cannot be searched for plugins ({}): {}; name a folder that holds .so files",
                             dir.path.native(), dir.origin, error.message()));
        std::sort(files.begin(), files.end());

        std::map<std::string, PluginInfo> here;  // by id
        std::map<std::string, PluginInfo> doubtful;
        for (const fs::path& file : files) {
            Candidate candidate = examine(file);
            if (!candidate.status.ok())
                note(Level::kError, file, candidate.plugin ? &*candidate.plugin : nullptr,
                     candidate.status.message());
            else
                take(std::move(*candidate.plugin), here, doubtful);
        }
        for (auto& [id, plugin] : doubtful) here.erase(id);
        for (auto& [id, plugin] : here) choose(std::move(plugin), dir);
        ++dir_;
    }

    // Of two files of one id in one folder neither is taken, unless they are the same.
    void take(PluginInfo plugin, std::map<std::string, PluginInfo>& here,
              std::map<std::string, PluginInfo>& doubtful) {
        auto [first, is_new] = here.try_emplace(plugin.id, plugin);
        if (is_new || same_content(first->second.path, plugin.path)) return;
        note(Level::kError, plugin.path, &plugin,
             fmt::format("{}: plugin `{}` is also {}; neither is used: remove one of the two",
                         plugin.path.native(), plugin.id, first->second.path.native()));
        doubtful.emplace(plugin.id, std::move(plugin));
    }

    void choose(PluginInfo plugin, const PluginDir& dir) {
        const std::string id = plugin.id;
        auto [earlier, is_new] = chosen_.try_emplace(id, Chosen{plugin, dir_});
        if (is_new || same_content(earlier->second.plugin.path, plugin.path)) return;
        const PluginInfo& old = earlier->second.plugin;
        note(Level::kNote, plugin.path, &plugin,
             fmt::format("{}: plugin `{}` {} ({}) takes the place of {} {}", plugin.path.native(), id, plugin.version,
                         dir.origin, old.version, old.path.native()));
        earlier->second = {std::move(plugin), dir_};
    }

    // Folder by folder: names of operators are settled between the plugins that are left.
    void settle(size_t n_dirs) {
        std::vector<Chosen> taken;
        for (size_t dir = 0; dir < n_dirs; ++dir)
            for (auto& [id, chosen] : chosen_)
                if (chosen.dir == dir && !is_refused(chosen, taken)) {
                    for (Chosen& earlier : taken) take_over(earlier.plugin, chosen.plugin);
                    taken.push_back(std::move(chosen));
                }
        for (Chosen& chosen : taken) result_.catalog.add(std::move(chosen.plugin));
    }

    // Of two plugins of one folder with an operator of one name nothing says which is meant.
    bool is_refused(const Chosen& chosen, const std::vector<Chosen>& taken) {
        const PluginInfo& plugin = chosen.plugin;
        for (const Chosen& other : taken) {
            const OperatorInfo* op = chosen.dir == other.dir ? find_collision(plugin, other.plugin) : nullptr;
            if (op == nullptr) continue;
            note(Level::kError, plugin.path, &plugin,
                 fmt::format("{}: offers `{}`, which {} offers too; it is not used: remove one of the two",
                             plugin.path.native(), op->name, other.plugin.path.native()));
            return true;
        }
        return false;
    }

    // What needs a connection goes with it: it would be given that of another module.
    void take_over(PluginInfo& earlier, const PluginInfo& later) {
        std::string names;
        while (const OperatorInfo* lost = find_collision(earlier, later)) {
            names += fmt::format("{}`{}`", names.empty() ? "" : ", ", lost->name);
            const std::string connection = lost->is_a(OperatorKind::kConnection) ? lost->name : "";
            const auto index = lost - earlier.operators.data();
            earlier.operators.erase(earlier.operators.begin() + index);
            if (!connection.empty())
                std::erase_if(earlier.operators, [&](const OperatorInfo& op) { return op.connection == connection; });
        }
        if (names.empty()) return;
        note(Level::kWarning, later.path, &later,
             fmt::format("{}: plugin `{}` takes the place of plugin `{}` ({}) for {}; name operators with a dot, such as "
                         "`{}.name`, where that is not meant",
                         later.path.native(), later.id, earlier.id, earlier.path.native(), names, later.id));
    }

    SearchResult result_;
    size_t dir_ = 0;                        // the folder that is looked into
    std::map<std::string, Chosen> chosen_;  // by id
};

}  // namespace

fs::path built_in_plugin_dir() {
    std::error_code error;
    const fs::path executable = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path() : executable.parent_path().parent_path() / "lib" / "weir" / "plugins";
}

std::vector<PluginDir> plugin_dirs(std::string_view plugin_path, const std::vector<fs::path>& command_line) {
    std::vector<PluginDir> dirs;
    if (const fs::path built_in = built_in_plugin_dir(); !built_in.empty()) dirs.push_back({built_in, "built in", false});
    while (!plugin_path.empty()) {
        const size_t end = std::min(plugin_path.find(':'), plugin_path.size());
        if (end > 0) dirs.push_back({plugin_path.substr(0, end), "WEIR_PLUGIN_PATH", false});
        plugin_path.remove_prefix(std::min(end + 1, plugin_path.size()));
    }
    for (const fs::path& dir : command_line) dirs.push_back({dir, "--plugin-dir", true});
    return dirs;
}

std::vector<PluginDir> plugin_dirs(const std::vector<fs::path>& command_line) {
    const char* value = std::getenv("WEIR_PLUGIN_PATH");
    return plugin_dirs(value ? value : "", command_line);
}

SearchResult find_plugins(std::vector<PluginDir> dirs) { return Search().run(std::move(dirs)); }

}  // namespace weir::host
