// Evaluation by column: the operations of a program over a chunk of rows at a time.
//
// AND, OR, CASE and COALESCE evaluate their arguments only for the rows that need them, so that a guarded error does
// not appear. An operation that several others use is evaluated once for each row.
#pragma once

#include <memory>
#include <vector>

#include <weir/builder.hpp>

#include "host/expression/program.hpp"

namespace weir::host::expression {

// Owns the memory of one evaluation. One thread at a time.
class Evaluator {
public:
    explicit Evaluator(std::shared_ptr<const Program> program);
    Evaluator(const Evaluator&) = delete;
    Evaluator& operator=(const Evaluator&) = delete;
    ~Evaluator();

    const Program& program() const { return *program_; }

    // Evaluates all results for rows [from, from + rows) of a batch of the program's schema, rows at most kChunk; a row
    // that failed for one result is not evaluated for those behind it. The batch stays until the results were read.
    void run(const ArrowArray& batch, int64_t from, int rows, int64_t now_micros);
    // The same in steps: begin, then each result for the rows that matter to it. Errors count from the beginning of the
    // chunk then; a row that failed is not to be evaluated again.
    void begin(const ArrowArray& batch, int64_t from, int rows, int64_t now_micros);
    const Vector& evaluate_result(size_t i, const Selection& rows);

    // Of the last evaluation, by row of the chunk. Rows in failed() have no value.
    const Vector& result(size_t i) const { return *results_[i]; }
    const RowSet& failed() const { return scope_.failed; }
    // Rows count from the beginning of the batch. At most one for each row, in no order.
    const std::vector<RowError>& errors() const { return scope_.errors; }

private:
    struct Slot;

    // Texts of columns have no values() where `in_place` does without.
    const Vector& evaluate(NodeId id, const Selection& rows, bool in_place = false);
    void compute(const Node& node, Slot& slot, Vector& out, const Selection& rows);
    void call(const Node& node, Slot& slot, Vector& out, const Selection& rows);
    void logical(const Node& node, Vector& out, const Selection& rows);
    void case_of(const Node& node, Vector& out, const Selection& rows);
    bool blend(const Node& node, Vector& out, const Selection& rows);
    void coalesce(const Node& node, Vector& out, const Selection& rows);

    std::shared_ptr<const Program> program_;
    std::vector<Slot> slots_;
    std::vector<const Vector*> results_;
    Scope scope_;
    const ArrowArray* batch_ = nullptr;
    int64_t from_ = 0;
    int rows_ = 0;
};

// Appends the chosen rows of a result to a column of its type. A chunk's texts are below 2 GiB (Arena::kMaxBytes, and
// those of the batch), so that one chunk always fits Arrow's offsets.
void append_rows(const Vector& values, const Selection& rows, ColumnBuilder& out);

}  // namespace weir::host::expression
