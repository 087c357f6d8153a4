// The results of windows on their way out: gathered, computed a batch at a time, and held back while there is no room. One
// instance's; one user at a time.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <weir/operator.hpp>

#include "layout.hpp"
#include "states.hpp"
#include "time_grid.hpp"

namespace weir::window {

class Results {
public:
    Results(Context context, const Layout &layout, States &store);
    ~Results();
    Results(const Results &) = delete;
    Results &operator=(const Results &) = delete;

    // A result to be computed by build(), until which key and state stay as they are. `last`: of a changelog, what was
    // sent of it before, in its own form; it is replaced.
    void add(std::string_view key, const void *state, Bounds bounds, Pane pane, std::string *last = nullptr);
    // Takes back what was sent.
    void add_delete(std::string last);
    // By what was added, which is forgotten then: 1 where the trigger over aggregates is true now.
    Status test(std::vector<uint8_t> &fired);
    bool full() const { return keys_.size() >= WEIR_BATCH_MAX_ROWS; }
    bool empty() const { return keys_.empty(); }
    // Computes what was added. Groups without a result go to `errors`.
    Status build();
    // Emits what was built. False: no room for the rest.
    bool emit();
    bool anything_left() const { return !ready_.empty(); }
    int64_t sent() const { return sent_; }

private:
    ArrowArray group_columns();
    ArrowArray take_plain(ArrowArray &group, ArrowArray &results);
    ArrowArray take_changes(const ArrowArray &group, const ArrowArray &results);
    void append_sent(const std::string &last, Op op, BatchBuilder &to);
    // Those of the groups that failed to be told of.
    void fail(const ArrowArray &group, const std::vector<StateError> &errors);
    void clear();

    Context context_;
    const Layout &layout_;
    States &store_;
    KeyCodec sent_codec_;  // of all columns
    ArrowSchema group_schema_{};
    const Type bool_ = type_of(TypeId::kBool);

    std::vector<std::string_view> keys_;
    std::vector<const void *> states_;
    std::vector<Bounds> bounds_;
    std::vector<Pane> panes_;
    std::vector<std::string *> lasts_;
    std::vector<std::pair<size_t, std::string>> deleted_;  // before which result
    std::vector<uint8_t> failed_;
    std::deque<ArrowArray> ready_;
    int64_t sent_ = 0;
};

}  // namespace weir::window
