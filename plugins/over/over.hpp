// over: each row with aggregates over the rows of its key that came before it: those of the last duration, or the last n.
//
// Rows are taken in waves (weir/waves.hpp), so that each key's frame moves on by one row at a time and all keys' frames are
// computed together. One instance, one user at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/ext/memory.h>
#include <weir/late_rows.hpp>
#include <weir/operator.hpp>
#include <weir/state_entries.hpp>
#include <weir/waves.hpp>

#include "frames.hpp"

namespace weir::over {

class Over final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Over(Context context, const Config &config, const Spec &spec);

    Status bind(const Binding &binding) override;
    Status restore(const weir_state_block &block) override;
    Status open() override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status on_watermark(int64_t time) override;
    Status on_wake() override;
    Status snapshot(const weir_snapshot &out) override;

private:
    // Where the results of a row are.
    struct Place {
        int32_t wave = -1;  // -1: it has none
        int32_t index = 0;
    };

    bool by_clock() const { return spec_.processing_time || spec_.rows > 0; }
    void find_times(const BatchView &batch);
    void find_hashes(const BatchView &batch);
    bool find_frames(const BatchView &batch);
    Status run_wave(const BatchView &batch, std::span<const int32_t> rows);
    Status move_rows(const std::vector<Move> &moves, bool leave);
    Status make_front(Frame &frame, size_t end);
    Status sum_front(Frame &frame, void *sum);
    Status add_rows(const BatchView &batch, std::vector<int32_t> &rows);
    Status compute(const BatchView &batch, const std::vector<int32_t> &rows);
    void fail_broken(const std::vector<int32_t> &rows);
    void drop_failed(std::vector<int32_t> &rows) const;
    void fail(int64_t row, const weir_expression_error &error, bool result);
    void advance(int64_t time);
    bool emit(const BatchView &batch);
    ArrowArray result_column(size_t result, const std::vector<int32_t> &rows);
    void report();

    const Config config_;
    const Spec spec_;
    Layout layout_;
    std::unique_ptr<Frames> frames_;
    AggregationEvaluator evaluator_;
    LateRows late_;
    Waves waves_;
    std::string columns_text_;  // of the frames' rows
    bool columns_saved_ = false;

    // Of the batch at hand.
    int64_t now_ = INT64_MIN;
    std::vector<int64_t> times_;
    std::vector<uint64_t> own_hashes_;
    const uint64_t *hashes_ = nullptr;
    KeyBatch keys_;
    std::vector<uint8_t> bad_;  // by row: it is in errors, or late
    std::vector<Frame *> row_frames_;
    std::vector<int32_t> late_rows_;
    std::vector<int64_t> lateness_;  // of these, microseconds
    std::vector<RowError> errors_;
    std::vector<Place> places_;
    std::vector<ArrowArray> results_;  // by wave
    Moves moves_;
    // Rows whose frame's state could not be made, and why.
    std::unordered_map<Frame *, std::pair<std::string, std::string>> broken_;

    const weir_memory_api *memory_;
    uint32_t late_metric_, rows_metric_;
};

extern const OperatorSpec kOverSpec;

}  // namespace weir::over
