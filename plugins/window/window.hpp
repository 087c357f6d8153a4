// The operator window: aggregates over the rows of a key that belong together by time or number. One instance has its share
// of the keys; one user at a time, as weir/abi.h says.
#pragma once

#include <memory>
#include <vector>

#include <weir/expression.hpp>
#include <weir/ext/memory.h>
#include <weir/late_rows.hpp>

#include "combiner.hpp"
#include "windows.hpp"

namespace weir::window {

extern const OperatorSpec kWindowSpec;

class Window final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Window(Context context, const Config &config, const Spec &spec);

    Status bind(const Binding &binding) override;
    Status restore(const weir_state_block &block) override;
    Status open() override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status resume(uint64_t) override { return go_on(); }
    Status on_watermark(int64_t time) override;
    Status on_wake() override;
    Status finish() override;
    Status snapshot(const weir_snapshot &out) override;

    // As weir_combiner says.
    Status combine(const BatchView &batch, uint8_t *taken, std::string &out);
    Status take_combined(std::string_view sums);

private:
    Status bind_row_expressions(const Binding &binding);
    Status bind_combiner(const Binding &binding);
    void find_times(const BatchView &batch, std::vector<int64_t> &times, std::vector<uint8_t> &bad);
    void refuse_without_time(const BatchView &batch);
    Status find_row_values(const BatchView &batch);
    void find_hashes(const BatchView &batch);
    Status drop_refused(const BatchView &batch);
    Status go_on();
    void tick();
    void report();

    const Config config_;
    const Spec spec_;
    Layout layout_;
    std::unique_ptr<TimeGrid> grid_;
    std::unique_ptr<States> states_;
    std::unique_ptr<Results> results_;
    std::unique_ptr<Windows> windows_;
    std::unique_ptr<Combiner> combiner_;  // where rows can be added up

    // Expressions over single rows.
    ExpressionProgram program_;
    ExpressionEvaluator evaluator_;
    std::optional<uint32_t> trigger_, gap_;
    Type gap_type_;

    LateRows late_;
    bool late_full_ = false;

    // Of the batch at hand.
    std::vector<int64_t> times_, gaps_;
    std::vector<uint8_t> triggers_, bad_;
    std::vector<uint64_t> own_hashes_;
    const uint64_t *hashes_ = nullptr;
    KeyBatch keys_;
    Refused refused_;
    // The same of one that is combined, while another is at hand.
    struct {
        std::vector<int64_t> times;
        std::vector<uint8_t> bad;
        KeyBatch keys;
    } combined_;

    int64_t next_early_ = INT64_MAX, next_late_ = INT64_MAX;  // by the clock
    const weir_memory_api *memory_;
    uint32_t late_metric_, results_metric_, open_metric_;
    int64_t results_reported_ = 0;
};

}  // namespace weir::window
