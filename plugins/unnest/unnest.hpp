// unnest: a row for each element of a list. One instance, one user at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/builder.hpp>
#include <weir/operator.hpp>

namespace weir::unnest {

class Unnest final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Unnest(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status resume(uint64_t) override { return go_on(); }

private:
    // What a column of the output is made of.
    struct Made {
        enum class From : uint8_t { kRow, kElement, kMember, kPosition } from;
        size_t column = 0;  // of the input, or of the element
    };
    Status add_made(const Binding &binding, Field field, Made made);
    Status go_on();
    bool emit_some(const BatchView &batch);
    int64_t elements_of(const Column &list, int64_t row) const;
    void append(const BatchView &batch, const Column &list, int64_t row, int64_t element, BatchBuilder &out) const;

    const std::string column_, as_, position_;
    const bool keep_empty_, flatten_;
    size_t list_ = 0;  // its column in the input
    Schema out_;
    std::vector<Made> made_;
    RetainedBatch waiting_;
    int64_t row_ = 0, element_ = 0;  // to go on with
    uint32_t empty_metric_;
};

extern const OperatorSpec kUnnestSpec;

}  // namespace weir::unnest
