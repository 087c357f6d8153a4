// A host for tests: one process-wide weir_host that counts its memory, keeps logs and prints, and the loading
// of a plugin's .so. No engine: see harness.hpp for driving an instance.
#pragma once

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/memory.hpp>

namespace weir::testing {

class TestHost {
public:
    static TestHost &get() {
        static TestHost host;
        return host;
    }
    const weir_host &abi() const { return abi_; }
    // Blocks of memory that were allocated and not freed: 0 when everything was released.
    int64_t live_blocks() const { return live_.load(); }
    std::string logs() {
        std::lock_guard lock(mutex_);
        return logs_;
    }
    // What was printed since the last call.
    std::string take_printed() {
        std::lock_guard lock(mutex_);
        return std::exchange(printed_, {});
    }
    void add_extension(const std::string &name, const void *api) {
        std::lock_guard lock(mutex_);
        extensions_[name] = api;
    }
    void add_log(std::string_view text) {
        std::lock_guard lock(mutex_);
        logs_.append(text).push_back('\n');
    }

private:
    TestHost() {
        abi_.size = sizeof abi_;
        abi_.abi_minor = WEIR_ABI_MINOR;
        abi_.data = this;
        abi_.alloc = [](uint64_t bytes) -> void * {
            ++get().live_;
            return std::aligned_alloc(64, (bytes + 63) / 64 * 64 + (bytes ? 0 : 64));
        };
        abi_.free = [](void *p) {
            if (p) --get().live_;
            std::free(p);
        };
        abi_.log = [](const weir_host *, uint32_t, weir_str text) { get().add_log(view(text)); };
        abi_.print = [](const weir_host *, weir_str text) {
            std::lock_guard lock(get().mutex_);
            get().printed_.append(view(text));
        };
        abi_.extension = [](const weir_host *, const char *name) -> const void * {
            std::lock_guard lock(get().mutex_);
            const auto found = get().extensions_.find(name);
            return found == get().extensions_.end() ? nullptr : found->second;
        };
        detail::module_host = &abi_;
    }

    weir_host abi_{};
    std::atomic<int64_t> live_{0};
    std::mutex mutex_;
    std::string logs_, printed_;
    std::map<std::string, const void *> extensions_;
};

// A loaded plugin. Stays loaded for the rest of the process.
class Plugin {
public:
    // One that is part of this process.
    explicit Plugin(const weir_module &module) : module_(&module) { init(); }
    explicit Plugin(const std::string &path) {
        void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!library) throw std::runtime_error(dlerror());
        module_ = static_cast<const weir_module *>(dlsym(library, WEIR_MODULE_SYMBOL));
        if (!module_) throw std::runtime_error(path + " has no " WEIR_MODULE_SYMBOL);
        init();
    }
    const weir_module &module() const { return *module_; }
    const weir_operator &find(std::string_view name, uint32_t kind) const {
        for (uint32_t i = 0; i < module_->n_operators; ++i)
            if (name == module_->operators[i]->name && kind == module_->operators[i]->kind)
                return *module_->operators[i];
        throw std::runtime_error("the plugin has no operator " + std::string(name));
    }

private:
    void init() {
        weir_error error{};
        error.size = sizeof error;
        if (module_->init && module_->init(&TestHost::get().abi(), &error) < 0)
            throw std::runtime_error(error.message);
    }
    const weir_module *module_;
};

}  // namespace weir::testing
