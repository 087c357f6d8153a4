// fold: for each key a row of state, which every row of the key makes anew by expressions; one row out for each row in.
//
// The host holds the state, as rows in bytes. Rows are taken in waves (weir/waves.hpp), a wave by column. One instance, one
// user at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/restored.hpp>
#include <weir/row_layouts.hpp>
#include <weir/state.hpp>
#include <weir/waves.hpp>

#include "program.hpp"

namespace weir::fold {

class Fold final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Fold(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status restore(const weir_state_block &block) override { return layouts_.restore(block); }
    Status check_restored() const { return layouts_.check(context_, "`columns`"); }
    Status open() override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status snapshot(const weir_snapshot &out) override { return layouts_.snapshot(out); }

private:
    struct Kept {
        weir_state_bytes row;
        static auto fields() { return weir::fields(weir::field("row", &Kept::row, "z")); }
    };
    // Of the output: a column of the input, or of the state.
    struct Column {
        bool of_state;
        size_t index;
    };

    Status bind_time(const Binding &binding);
    Status list_output(const Binding &binding);
    Status add_output(const Binding &binding, const Field &field, Column column);
    void run_wave(const BatchView &batch, std::span<const int32_t> rows, Values<Kept> &kept);
    std::vector<int32_t> begin_states(const BatchView &batch, std::span<const int32_t> rows, Values<Kept> &kept,
                                      BatchBuilder &states);
    void append_state(std::string_view row, BatchBuilder &states);
    void append_fresh(const std::vector<ArrowArray> &fresh, int64_t at, BatchBuilder &states);
    void fail_rows(ExpressionEvaluator &evaluator, bool init, const std::vector<int32_t> &rows);
    Status emit(const BatchView &batch);

    const Config config_;
    const std::string time_;  // a column; empty: the engine's clock
    Program program_;
    ExpressionEvaluator init_, next_;
    Schema all_;  // the input's columns, then the state's
    Schema output_;
    std::vector<Column> columns_;
    size_t time_column_ = 0;

    ValueState<Kept> state_;
    RowLayouts layouts_;
    Waves waves_;

    // Of the batch at hand: by row, its state behind it; empty where it failed.
    std::vector<std::string> next_rows_;
    std::vector<RowError> errors_;
};

extern const OperatorSpec kFoldSpec;

}  // namespace weir::fold
