// latest: for each key the last value of each column that was not null; a row out for each row in that changed something.
//
// The host holds a key's values as bytes, with the time of each where rows are ordered by a column. One instance, one user
// at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/restored.hpp>
#include <weir/row_layouts.hpp>
#include <weir/state.hpp>

namespace weir::latest {

class Latest final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Latest(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status restore(const weir_state_block &block) override { return layouts_.restore(block); }
    Status check_restored() const { return layouts_.check(context_, config_.has("columns") ? "`columns`" : "the input"); }
    Status open() override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status snapshot(const weir_snapshot &out) override { return layouts_.snapshot(out); }

private:
    struct Kept {
        weir_state_bytes values;  // a row of the columns
        weir_state_bytes times;   // an int64 for each of them; or nothing
        static auto fields() {
            return weir::fields(weir::field("values", &Kept::values, "z"), weir::field("times", &Kept::times, "z"));
        }
    };
    struct Value {
        std::optional<std::string> bytes;  // none: there was none yet
        int64_t time = INT64_MIN;
    };

    Status find_order(const Binding &binding);
    Result<std::vector<size_t>> choose_columns(const Binding &binding) const;
    void load(const Kept &kept);
    void store(Kept &kept);
    bool take_row(const BatchView &batch, int64_t row, int64_t time);
    Status emit(const BatchView &batch, const std::vector<int32_t> &rows, BatchBuilder &values);

    const Config config_;
    const std::string by_;  // a column; empty: rows are in the order of arrival
    const bool every_;
    size_t by_column_ = 0;
    std::vector<size_t> columns_;  // of the input, that are kept
    std::vector<size_t> key_;      // of the input, that go out
    std::vector<size_t> sent_;     // of those that are kept, that go out
    ValueState<Kept> state_;
    RowLayouts layouts_;

    // Of the row at hand.
    std::vector<Value> values_;
    std::string bytes_;
};

extern const OperatorSpec kLatestSpec;

}  // namespace weir::latest
