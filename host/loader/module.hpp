// Loading plugin modules, and their life.
//
// A module is loaded from a copy whose name holds the hash of its content: a new build can be loaded beside the
// old one, and the file that was found may be overwritten while it is in use. Whatever is made from a module
// (instances, codecs, connections) holds the shared_ptr; the last one to go calls deinit and unloads it.
//
// Threads: a ModuleLoader is [any]; the destruction of a Module is [host]; const access to a Module is from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

#include "host/loader/manifest.hpp"

namespace weir::host {

class Module {
public:
    // deinit, then unload, which is best effort: see Generation::resident.
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    // As described by the code that is loaded; `path` is the file it was asked for by.
    const PluginInfo& info() const;
    const weir_module& abi() const;
    // The descriptor, valid as long as this; null if there is none of that name and kind.
    const weir_operator* find(std::string_view name, OperatorKind kind) const;
    // The module's extension of that name, or null.
    const void* extension(const char* id) const;

    const std::string& hash() const;  // of the content; 32 hexadecimal digits
    const std::filesystem::path& staged_path() const;

private:
    friend class ModuleLoader;
    struct Loaded;
    explicit Module(std::unique_ptr<Loaded> loaded);

    std::unique_ptr<Loaded> loaded_;
};

// One content that was loaded at some time.
struct Generation {
    uint64_t number = 0;  // from 1, in the order of loading
    std::string plugin;   // id and version
    std::string version;
    std::string hash;
    std::filesystem::path path;  // the file that was asked for
    int64_t since = 0;           // when it was loaded last; microseconds since 1970
    const void* module = nullptr;  // to be compared with Instance::module(); null: it is not in use
    bool in_use = false;         // a Module of it exists
    bool resident = false;       // still mapped: in use, or something (a thread-local destructor) keeps it
};

// Loads modules for one host. One per process and staging folder: the dynamic linker knows each staged file once.
class ModuleLoader {
public:
    // `host` is given to every module's init; it must outlive all modules. The folder is made when it is first
    // needed, readable by this user alone; one that others can write to is refused.
    ModuleLoader(std::filesystem::path staging_dir, const weir_host* host);

    // Copies, checks, loads, describes and initializes. The same content is loaded once: as long as its Module
    // lives, that one is returned (with the path of the first load).
    //
    // Every refusal is WEIR_E_CONFIG, names the file and says what to do; WEIR_E_FATAL when a file cannot be
    // read or written. Nothing stays loaded after an error.
    Result<std::shared_ptr<Module>> load(const std::filesystem::path& path);

    // Of contents that are unloaded so many are remembered.
    static constexpr size_t kRemembered = 16;
    // The contents that were loaded, oldest first, but for those that are unloaded and forgotten.
    std::vector<Generation> generations() const;
    // How many loads there were, and how many contents are forgotten.
    struct Counts {
        uint64_t loads = 0, forgotten = 0;
    };
    Counts counts() const;

private:
    Result<std::shared_ptr<Module>> load_staged(const std::filesystem::path& path, std::filesystem::path& copy);
    struct Entry {
        Generation generation;
        std::filesystem::path staged;
        // Never locked to be looked at: that may be the last owner, and a module is not unloaded on a thread that only looks.
        std::weak_ptr<Module> module;
        const void* address = nullptr;  // of that one
    };

    void note(Entry entry);
    void forget();

    std::filesystem::path staging_dir_;
    const weir_host* host_;
    mutable std::mutex mutex_;  // guards the rest; held while a module is loaded
    std::vector<Entry> entries_;
    uint64_t next_number_ = 1;
    Counts counts_;
};

// Where copies go when nobody says: WEIR_STAGING_DIR, or weir/plugins under XDG_RUNTIME_DIR, or a folder of this
// user under the folder for temporary files.
std::filesystem::path default_staging_dir();

// Loads the file itself, not a copy, describes it and unloads it again; init is not called. The section
// .weir.manifest is not looked at. Errors as ModuleLoader::load.
Result<PluginInfo> describe_file(const std::filesystem::path& path);

}  // namespace weir::host
