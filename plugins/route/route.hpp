// route: each row to the port whose condition is true for it, or to all of those. One instance, one user at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/expression.hpp>
#include <weir/pass.hpp>

namespace weir::route {

class Route final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Route(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status process(const BatchView &batch, uint32_t input) override;

private:
    // One edge: the conditions over its columns, by port.
    struct Input {
        std::vector<uint32_t> conditions;
        ExpressionProgram program;
        ExpressionEvaluator evaluator;
    };
    Result<Input> compile(const Schema &columns);
    // Sorts the rows of the batch into chosen_ and errors_.
    void choose(const BatchView &batch, Input &input);
    void take_outcomes(size_t port);
    void take_failures(Input &input);

    const Config::Json conditions_;  // by port, in written order
    const bool all_;                 // match: all
    const uint32_t unrouted_;        // metric
    std::vector<Input> inputs_;
    std::vector<PassThrough> ports_;  // in the order of conditions_, then the default

    // Of the batch at hand.
    enum class Fate : uint8_t { kOpen, kRouted, kFailed };
    std::vector<Fate> fates_;     // by row
    std::vector<int32_t> open_;   // rows that the next condition is asked for
    std::vector<uint8_t> outcomes_;
    std::vector<std::vector<int32_t>> chosen_;  // by port
    std::vector<RowError> errors_;
};

extern const OperatorSpec kRouteSpec;

}  // namespace weir::route
