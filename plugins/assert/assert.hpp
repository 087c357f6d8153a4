// assert: what must be true of every row. The first row of which it is not ends the run. One instance, one user at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/expression.hpp>
#include <weir/pass.hpp>

namespace weir::asserting {

class Assert final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    explicit Assert(Context context) : Instance(context) {}

    Status bind(const Binding &binding) override;
    Status process(const BatchView &batch, uint32_t input) override;

private:
    // Numbers are compared as long double, which holds every int64 and uint64.
    struct Range {
        std::string column;
        std::optional<long double> min, max;
    };
    struct Bound {  // of an input: columns, and conditions in written order
        std::vector<size_t> not_null, ranges;
        std::vector<uint32_t> conditions;
        ExpressionProgram program;
        ExpressionEvaluator evaluator;
    };
    Status bind_columns(const Binding &binding, uint32_t input);
    Status bind_conditions(const Binding &binding, uint32_t input);
    Status fail_at(const BatchView &batch, int64_t row, const std::string &why) const;
    Status check_range(const BatchView &batch, const Range &range, const Column &column) const;
    Status check_conditions(const BatchView &batch, Bound &bound);

    std::vector<std::string> not_null_;
    std::vector<Range> ranges_;
    Config::Json that_ = Config::Json::object();  // conditions by name
    std::vector<Bound> inputs_;
    std::vector<uint8_t> outcomes_;
    PassThrough pass_;
};

extern const OperatorSpec kAssertSpec;

}  // namespace weir::asserting
