// The operator pair_match: finds numbers that add up to a sum, first in first out.
//
// It sees the rows of its share of the keys and assumes nothing about the others. One instance, one user at a
// time, as weir/abi.h says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/ext/memory.h>
#include <weir/ext/rekey.h>
#include <weir/operator.hpp>

#include "matcher.hpp"

namespace weir::pair_match {

extern const OperatorSpec kPairMatchSpec;

class PairMatch final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    PairMatch(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status open() override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status resume(uint64_t budget_rows) override;
    Status on_wake() override;
    Status compute_key(const BatchView &batch, uint32_t input, uint64_t *hashes) override;
    Status snapshot(const weir_snapshot &out) override { return matcher_->snapshot(out); }
    Status restore(const weir_state_block &block) override { return matcher_->restore(block); }
    Status rekey(const weir_state_block &block, const weir_snapshot &out) override;

private:
    // Where an output column comes from.
    enum class From : uint8_t { kValue, kLeft, kRight, kStored, kLeftStored, kRightStored };
    struct OutputColumn {
        From from;
        size_t stored;  // index in the matcher's store, for the last three
        Field field;
    };
    // A column beside the value: its name in the input, and what it is called behind `left_`.
    struct Beside {
        size_t input;
        std::string name;
    };

    Result<std::vector<Beside>> columns_beside(const Schema &input) const;
    Status plan_outputs(const Binding &binding, const std::vector<Beside> &beside,
                        std::vector<StoredColumn> *stored);
    Status emit_what_is_there(const BatchView *batch);
    bool emit_pairs(const BatchView *batch);
    bool emit_expired();
    void fail_unfit();
    ArrowArray build_pairs(const BatchView *batch, size_t n);
    static void append_rows(const Column &from, const int32_t *rows, size_t n, ColumnBuilder &to);
    size_t next_pairs(const BatchView *batch) const;
    bool anything_left() const;
    void catch_up();
    void report();
    Status match(const BatchView &batch);
    Status go_on();

    Config config_;
    std::string left_, right_;
    int64_t ttl_;
    uint32_t waiting_metric_;
    const weir_memory_api *memory_;  // null: the host does not ask
    const weir_rekey_api *rekey_;    // the same

    Schema input_;
    size_t value_ = 0;
    std::vector<OutputColumn> pair_columns_, expired_columns_;
    std::unique_ptr<Matcher> matcher_;

    bool settled_ = false;
    size_t pairs_sent_ = 0, expired_sent_ = 0;
    RetainedBatch retained_;  // while the outputs are full: the rows that unsent pairs refer to, or,
    bool deferred_ = false;   // deferred, a batch that is still to be matched
    std::vector<RowError> errors_;
};

}  // namespace weir::pair_match
