// union: the rows of several nodes as one stream. One instance, one user at a time.
#pragma once

#include <memory>

#include <weir/pass.hpp>

namespace weir::unite {

class Union final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &) {
        return std::unique_ptr<Instance>(new Union(context));
    }
    explicit Union(Context context) : Instance(context) {}

    Status bind(const Binding &binding) override { return pass_.bind(binding); }
    Status process(const BatchView &batch, uint32_t input) override {
        return pass_.emit(context_, batch, input) ? Status() : Status::more();
    }

private:
    PassThrough pass_;
};

inline constexpr auto kUnionSpec = operator_spec<Union>(
    "union", "The rows of several nodes, `from: [a, b]`, as one stream: for operators and ports that several nodes read. They "
             "have the same columns, in any order; a column may be null where it may in one of them.");

}  // namespace weir::unite
