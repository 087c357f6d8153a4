#include "host/loader/module.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "host/loader/describe.hpp"
#include "host/loader/elf.hpp"
#include "host/loader/manifest_json.hpp"
#include "host/loader/staging.hpp"

namespace weir::host {
namespace {

Status refuse(const std::filesystem::path& path, std::string_view what, std::string_view remedy = {}) {
    return Status::config("", fmt::format("{}: {}{}{}", path.native(), what, remedy.empty() ? "" : "; ", remedy));
}

// The dynamic linker's own words, out of what Boost.DLL wraps around them; without the file's name, with which
// our message begins.
std::string linker_message(const std::exception& e, const std::filesystem::path& file) {
    std::string text = e.what();
    const std::string prefix = file.native() + ": ";
    if (auto at = text.find(prefix); at != std::string::npos) text.erase(0, at + prefix.size());
    return text.substr(0, text.rfind("): "));
}

// Maps `file`; messages name `asked_for`.
Result<boost::dll::shared_library> open_library(const std::filesystem::path& file,
                                                const std::filesystem::path& asked_for) {
    // The complete name: nothing is looked for along a search path, nothing is appended.
    const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;
    try {
        return boost::dll::shared_library(std::filesystem::absolute(file).native(), mode);
    } catch (const std::exception& e) {
        return refuse(asked_for, fmt::format("the dynamic linker cannot load it: {}", linker_message(e, file)),
                      "install the libraries that it needs, or rebuild it; a folder mounted noexec cannot hold "
                      "plugins (WEIR_STAGING_DIR names another)");
    }
}

const weir_module* module_of(const boost::dll::shared_library& library) {
    return static_cast<const weir_module*>(::dlsym(library.native(), WEIR_MODULE_SYMBOL));
}

// Describes what was mapped. `elf` is of the same file.
Result<PluginInfo> describe_library(const boost::dll::shared_library& library, const ElfInfo& elf,
                                    const std::filesystem::path& asked_for) {
    const weir_module* module = module_of(library);
    if (!module) return refuse(asked_for, fmt::format("has no symbol {}", WEIR_MODULE_SYMBOL));
    constexpr uint64_t kVersionEnd = offsetof(weir_module, n_operators);
    const bool complete = elf.module_size >= kVersionEnd && elf.module_size >= module->size;
    if (!complete)
        return refuse(asked_for, fmt::format("its symbol {} has {} bytes, not those of a weir_module",
                                             WEIR_MODULE_SYMBOL, elf.module_size),
                      "rebuild it against this weir's SDK");
    if (Status abi = check_abi(module->abi_major, module->abi_minor); !abi.ok())
        return refuse(asked_for, abi.message());
    auto plugin = describe(*module);
    if (!plugin)
        return refuse(asked_for, plugin.status().message(), "correct the plugin's descriptors and rebuild it");
    plugin->path = asked_for;
    return plugin;
}

// What the file says of itself without being run, if it does.
Result<std::optional<PluginInfo>> read_manifest(const ElfInfo& elf, const std::filesystem::path& asked_for) {
    if (!elf.manifest) return std::optional<PluginInfo>();
    auto written = plugin_from_json(*elf.manifest);
    if (!written) return refuse(asked_for, written.status().message());
    return std::optional<PluginInfo>(std::move(*written));
}

Status compare(const std::optional<PluginInfo>& written, const PluginInfo& plugin,
               const std::filesystem::path& asked_for) {
    if (!written || to_json(*written) == to_json(plugin)) return {};
    return refuse(asked_for, fmt::format("its section {} says other than its code", kManifestSection),
                  fmt::format("write it anew: weir plugin manifest {} --write", asked_for.native()));
}

Status call_init(const weir_module& module, const weir_host* host, const std::filesystem::path& asked_for) {
    if (!module.init) return {};
    weir_error error{};
    error.size = sizeof error;
    try {
        const int32_t code = module.init(host, &error);
        if (code == WEIR_OK) return {};
        error.message[sizeof error.message - 1] = '\0';
        const char* message = error.message[0] ? error.message : "it gave no reason";
        return refuse(asked_for, fmt::format("its init failed with code {}: {}", code, message));
    } catch (const std::exception& e) {
        return refuse(asked_for, fmt::format("its init threw an exception: {}", e.what()));
    } catch (...) {
        return refuse(asked_for, "its init threw an exception");
    }
}

Result<ElfInfo> read_checked(const std::filesystem::path& file, const std::filesystem::path& asked_for) {
    auto elf = read_elf(file);
    if (!elf && file != asked_for) {  // name the file that the user knows
        std::string message = elf.status().message();
        if (message.starts_with(file.native())) message.replace(0, file.native().size(), asked_for.native());
        return elf.status().code() == WEIR_E_FATAL ? Status::fatal(message) : Status::config("", message);
    }
    if (!elf) return elf.status();
    if (Status s = check_elf(*elf, asked_for); !s.ok()) return s;
    return elf;
}

// Whether the dynamic linker still holds a mapping of the file.
bool is_mapped(const std::filesystem::path& file) {
    void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (handle) ::dlclose(handle);
    return handle != nullptr;
}

}  // namespace

struct Module::Loaded {
    boost::dll::shared_library library;
    const weir_module* module = nullptr;
    PluginInfo info;
    StagedFile staged;
};

Module::Module(std::unique_ptr<Loaded> loaded) : loaded_(std::move(loaded)) {}

Module::~Module() {
    if (loaded_->module->deinit) loaded_->module->deinit();
}

const PluginInfo& Module::info() const { return loaded_->info; }
const weir_module& Module::abi() const { return *loaded_->module; }
const std::string& Module::hash() const { return loaded_->staged.hash; }
const std::filesystem::path& Module::staged_path() const { return loaded_->staged.path; }

const weir_operator* Module::find(std::string_view name, OperatorKind kind) const {
    const weir_module& module = *loaded_->module;
    for (uint32_t i = 0; i < module.n_operators; ++i)
        if (name == module.operators[i]->name && static_cast<uint32_t>(kind) == module.operators[i]->kind)
            return module.operators[i];
    return nullptr;
}

const void* Module::extension(const char* id) const {
    return loaded_->module->extension ? loaded_->module->extension(id) : nullptr;
}

ModuleLoader::ModuleLoader(std::filesystem::path staging_dir, const weir_host* host)
    : staging_dir_(std::move(staging_dir)), host_(host) {}

// Another host, to which the copy was one of those that it forgets, may take it away in between.
Result<std::shared_ptr<Module>> ModuleLoader::load(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    std::filesystem::path copy;
    auto loaded = load_staged(path, copy);
    std::error_code error;
    if (loaded || copy.empty() || std::filesystem::exists(copy, error)) return loaded;
    return load_staged(path, copy);
}

Result<std::shared_ptr<Module>> ModuleLoader::load_staged(const std::filesystem::path& path, std::filesystem::path& copy) {
    auto staged = stage(path, staging_dir_);
    if (!staged) return staged.status();
    copy = staged->path;
    for (const Entry& entry : entries_)
        if (entry.staged == staged->path)
            if (auto module = entry.module.lock()) return module;

    auto elf = read_checked(staged->path, path);
    if (!elf) return elf.status();
    auto written = read_manifest(*elf, path);
    if (!written) return written.status();
    auto library = open_library(staged->path, path);
    if (!library) return library.status();
    auto plugin = describe_library(*library, *elf, path);
    if (!plugin) return plugin.status();
    if (Status s = compare(*written, *plugin, path); !s.ok()) return s;

    auto loaded = std::make_unique<Module::Loaded>();
    loaded->module = module_of(*library);
    loaded->library = std::move(*library);
    loaded->info = std::move(*plugin);
    loaded->staged = *staged;
    if (Status s = call_init(*loaded->module, host_, path); !s.ok()) return s;
    std::shared_ptr<Module> module(new Module(std::move(loaded)));
    Entry entry;
    entry.generation.plugin = module->info().id;
    entry.generation.version = module->info().version;
    entry.generation.hash = staged->hash;
    entry.generation.path = path;
    entry.generation.since = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    entry.staged = staged->path;
    entry.module = module;
    entry.address = module.get();
    note(std::move(entry));
    return module;
}

// A content that comes back keeps its number.
void ModuleLoader::note(Entry entry) {
    ++counts_.loads;
    const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& one) { return one.staged == entry.staged; });
    entry.generation.number = same == entries_.end() ? next_number_++ : same->generation.number;
    if (same != entries_.end()) *same = std::move(entry);
    else entries_.push_back(std::move(entry));
    forget();
}

// Whoever swaps plugins for years fills neither the memory nor the folder with what was. A copy that another host has loaded stays its.
void ModuleLoader::forget() {
    size_t gone = 0;
    for (size_t i = entries_.size(); i-- > 0;) {
        if (!entries_[i].module.expired() || is_mapped(entries_[i].staged) || ++gone <= kRemembered) continue;
        std::error_code ignored;
        std::filesystem::remove(entries_[i].staged, ignored);
        entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
        ++counts_.forgotten;
    }
}

ModuleLoader::Counts ModuleLoader::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::vector<Generation> ModuleLoader::generations() const {
    const std::lock_guard lock(mutex_);
    std::vector<Generation> all;
    for (const Entry& entry : entries_) {
        Generation& generation = all.emplace_back(entry.generation);
        generation.in_use = !entry.module.expired();
        generation.module = generation.in_use ? entry.address : nullptr;
        generation.resident = generation.in_use || is_mapped(entry.staged);
    }
    return all;
}

std::filesystem::path default_staging_dir() {
    const auto variable = [](const char* name) -> std::string_view {
        const char* value = std::getenv(name);
        return value ? value : "";
    };
    if (auto given = variable("WEIR_STAGING_DIR"); !given.empty()) return given;
    if (auto runtime = variable("XDG_RUNTIME_DIR"); !runtime.empty())
        return std::filesystem::path(runtime) / "weir" / "plugins";
    std::error_code error;
    auto temporary = std::filesystem::temp_directory_path(error);
    return (error ? "/tmp" : temporary) / fmt::format("weir-plugins-{}", ::geteuid());
}

Result<PluginInfo> describe_file(const std::filesystem::path& path) {
    auto elf = read_checked(path, path);
    if (!elf) return elf.status();
    auto library = open_library(path, path);
    if (!library) return library.status();
    return describe_library(*library, *elf, path);
}

}  // namespace weir::host
