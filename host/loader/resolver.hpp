// Where the engine gets the code behind an operator's name. The loader implements it with plugins; tests with
// descriptors of their own.
#pragma once

#include <memory>

#include <weir/abi.h>
#include <weir/result.hpp>

#include "host/loader/manifest.hpp"

namespace weir::host {

struct ResolvedOperator {
    const weir_operator* descriptor = nullptr;
    std::shared_ptr<const void> module;  // keeps the code loaded
};

class OperatorResolver {
public:
    virtual ~OperatorResolver() = default;
    // WEIR_E_CONFIG when the plugin is refused; the message names it and says why.
    virtual Result<ResolvedOperator> resolve(const OperatorInfo& info) = 0;
    // The extension of that name of the module behind an operator, which resolve has given; null: there is none.
    virtual const void* extension(const OperatorInfo&, const char*) { return nullptr; }
    // What there is by name, for codecs that a configuration names.
    virtual const Catalog& catalog() const = 0;
};

}  // namespace weir::host
