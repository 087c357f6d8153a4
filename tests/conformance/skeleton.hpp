// Loading a skeleton as the host does, and handing it to the SDK's harness.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include <weir/testing/harness.hpp>

#include "host/loader/module.hpp"
#include "tests/unit/loader/support.hpp"

namespace weir::host {

// A skeleton, loaded and checked by the host's loader. The harness opens the same staged file once more.
class Skeleton {
public:
    explicit Skeleton(const std::string& name)
        : loader_(folder_ / "staged", &testing::TestHost::get().abi()),
          module_(load(name)),
          plugin_(module_->staged_path().native()) {}

    const Module& module() const { return *module_; }
    const testing::Plugin& plugin() const { return plugin_; }
    TemporaryFolder& folder() { return folder_; }

    // The functions of an operator that is no instance: codec, connection, aggregate.
    template <class Api>
    const Api& api(const char* name, OperatorKind kind) const {
        return *static_cast<const Api*>(descriptor(name, kind).api);
    }
    const weir_operator& descriptor(const char* name, OperatorKind kind) const {
        const weir_operator* found = module_->find(name, kind);
        if (!found) throw std::runtime_error(std::string("no operator ") + name);
        return *found;
    }

private:
    std::shared_ptr<Module> load(const std::string& name) {
        const char* build = std::getenv("WEIR_BUILD_DIR");
        if (!build) throw std::runtime_error("WEIR_BUILD_DIR is not set: run by ctest");
        auto module = loader_.load(std::filesystem::path(build) / "tests/conformance_plugins" /
                                   ("conformance_" + name + ".so"));
        if (!module) throw std::runtime_error(module.status().message());
        return *module;
    }

    TemporaryFolder folder_;
    ModuleLoader loader_;
    std::shared_ptr<Module> module_;
    testing::Plugin plugin_;
};

// A weir_error, ready to be filled.
inline weir_error empty_error() {
    weir_error error{};
    error.size = sizeof error;
    return error;
}

// Collects byte strings.
class Collected {
public:
    Collected() {
        out_.size = sizeof out_;
        out_.data = this;
        out_.put = [](const weir_bytes_out* out, weir_str bytes) {
            static_cast<Collected*>(out->data)->items.emplace_back(view(bytes));
        };
    }
    const weir_bytes_out* out() const { return &out_; }
    std::vector<std::string> items;

private:
    weir_bytes_out out_{};
};

}  // namespace weir::host
