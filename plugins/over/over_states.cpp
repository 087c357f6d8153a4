// How the states of frames become what their rows say.
#include <algorithm>
#include <cmath>

#include "over.hpp"

namespace weir::over {

// Rows of frames out of the states, or into them.
Status Over::move_rows(const std::vector<Move> &moves, bool leave) {
    for (size_t first = 0; first < moves.size(); first += WEIR_BATCH_MAX_ROWS) {
        const size_t n = std::min<size_t>(WEIR_BATCH_MAX_ROWS, moves.size() - first);
        BatchBuilder builder(layout_.rows);
        std::vector<void *> states;
        for (size_t i = first; i < first + n; ++i) {
            if (!layout_.codec.decode(*moves[i].bytes, builder)) return Status::fatal("a row of a frame is damaged");
            states.push_back(moves[i].state);
        }
        builder.set_rows(static_cast<int64_t>(n));
        ArrowArray array;
        builder.finish(&array);
        weir_batch raw{};
        raw.size = sizeof raw;
        raw.rows = static_cast<int64_t>(n);
        raw.array = &array;
        const BatchView rows(raw, layout_.rows);
        const Status status = leave ? evaluator_.retract(rows, {}, states, now_) : evaluator_.update(rows, {}, states, now_);
        for (const weir_expression_error &error : evaluator_.errors())
            broken_.emplace(moves[first + static_cast<size_t>(error.row)].frame,
                            std::pair(std::string(view(error.code)), std::string(view(error.message))));
        array.release(&array);
        if (!status.ok()) return status;
    }
    return {};
}

// The front of the rows [begin, end), about as many states as rows to each; the frame's own state is empty then.
Status Over::make_front(Frame &frame, size_t end) {
    const size_t begin = frame.begin, rows = end - begin;
    frames_->drop_front(frame);
    layout_.aggregation.drop(frame.state);
    const auto step = static_cast<size_t>(std::sqrt(static_cast<double>(rows)));
    std::vector<Move> moves;
    Front &front = frame.front;
    front.mid = frame.number_of(end);
    for (size_t last = end; last > begin;) {
        const size_t first = last - std::min(step, last - begin);
        front.suffixes.emplace_back(frame.number_of(first), frames_->new_state());
        for (size_t i = first; i < last; ++i) moves.push_back({&frame, &frame[i].bytes, front.suffixes.back().second});
        last = first;
    }
    Status status = move_rows(moves, false);
    for (size_t i = 1; i < front.suffixes.size() && status.ok(); ++i) {
        const void *later = front.suffixes[i - 1].second;
        status = evaluator_.merge({&front.suffixes[i].second, 1}, {&later, 1});
    }
    return status;
}

// Rows up to the next state of the front, that state, and the frame's own.
Status Over::sum_front(Frame &frame, void *sum) {
    auto &suffixes = frame.front.suffixes;
    while (!suffixes.empty() && suffixes.back().first < frame.number_of(frame.begin)) {
        frames_->free_state(suffixes.back().second);
        suffixes.pop_back();
    }
    const size_t next = frame.index_of(suffixes.empty() ? frame.front.mid : suffixes.back().first);
    std::vector<Move> moves;
    for (size_t i = frame.begin; i < next; ++i) moves.push_back({&frame, &frame[i].bytes, sum});
    Status status = move_rows(moves, false);
    for (const void *later : {suffixes.empty() ? nullptr : suffixes.back().second, frame.state})
        if (later && status.ok()) status = evaluator_.merge({&sum, 1}, {&later, 1});
    return status;
}

}  // namespace weir::over
