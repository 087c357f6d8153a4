// The frames of one instance's keys: the rows that aggregates are computed over, in memory. They are not the host's to hold,
// since a slot for each key has no room for states of aggregates, which are kept between rows; what is written are the
// rows, each by itself, and states are made of them anew. One user at a time.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <weir/saturated.hpp>

#include "layout.hpp"

namespace weir::over {

struct FrameRow {
    int64_t time = 0;     // of a frame of rows: when it came
    uint64_t number = 0;  // on disk
    bool saved = false;
    std::string bytes;    // of Layout::codec
};

// Where aggregates take no rows back: states of the older rows of a frame, from several rows on up to `mid`, so that the frame's
// state need only have the rows behind that. (Two stacks, with one state for several rows.) Rows are counted from the first
// that the frame ever had.
struct Front {
    uint64_t mid = 0;                                   // 0: there is none
    std::vector<std::pair<uint64_t, void *>> suffixes;  // from which row on, the oldest last
};

// A key's rows by time, or in the order of arrival, and a state of the rows [begin, end) of them, or of those behind the front.
class Frame {
public:
    size_t size() const { return rows_.size() - gone_; }
    FrameRow &operator[](size_t i) { return rows_[gone_ + i]; }
    const FrameRow &operator[](size_t i) const { return rows_[gone_ + i]; }
    // The first row behind a time.
    size_t behind(int64_t time) const;
    void insert(size_t at, FrameRow row) { rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(gone_ + at), std::move(row)); }
    void remove_first(size_t n);
    uint64_t number_of(size_t i) const { return removed_ + i; }
    size_t index_of(uint64_t number) const { return static_cast<size_t>(number - removed_); }

    Front front;
    uint64_t hash = 0;
    std::string_view key;
    void *state = nullptr;
    size_t begin = 0, end = 0;
    size_t unsaved = 0;
    int64_t listed = INT64_MIN;  // the last bucket that has it

private:
    std::vector<FrameRow> rows_;
    size_t gone_ = 0;  // rows at the front that are no longer there
    uint64_t removed_ = 0;
};

// A row of a frame on its way into or out of a state.
struct Move {
    Frame *frame;
    const std::string *bytes;
    void *state;
};

// What makes the states what they have to be: rows leave, then fronts are made of [begin, old end), then rows come in.
struct Moves {
    std::vector<Move> leave, join;
    std::vector<std::pair<Frame *, size_t>> flip;  // with the old end
    void clear() {
        leave.clear();
        join.clear();
        flip.clear();
    }
};

class Frames {
public:
    // Both outlive it.
    Frames(const Spec &spec, const Layout &layout) : spec_(spec), layout_(layout) {}
    ~Frames();
    Frames(const Frames &) = delete;
    Frames &operator=(const Frames &) = delete;

    Frame &at(uint64_t hash, std::string_view key);
    // Makes [begin, end) the rows that a row of that time sees, and tells what has to move.
    void aim(Frame &frame, int64_t time, Moves &moves);
    // The state has no rows.
    void reset(Frame &frame);
    void drop_front(Frame &frame);
    void *new_state() const;
    void free_state(void *state) const {
        layout_.aggregation.drop(state);
        std::free(state);
    }
    // Behind the rows that it sees; the state has it. `clock`: when it came.
    void add(Frame &frame, int64_t time, int64_t clock, std::string bytes);
    // Of a frame that has come to nothing.
    void erase_if_empty(Frame &frame);
    // Rows that no later row sees go. `evict` takes rows out of a state, before they go.
    template <class Evict>
    void advance(int64_t time, Evict evict);
    // When advance has something to do next.
    std::optional<int64_t> next_advance() const;

    bool is_late(int64_t time) const;
    int64_t lateness(int64_t time) const { return saturated_sub(watermark_, time); }  // microseconds
    // Entries of state, by key group.
    using Put = std::function<void(uint32_t group, std::string key, std::optional<std::string> value)>;
    void save(const Put &put, bool full);
    Status restore(std::string_view key, std::string_view value);
    int64_t rows() const { return rows_; }
    uint64_t held_bytes() const { return bytes_ + frames_.size() * (sizeof(Frame) + 64 + layout_.aggregation.state_bytes()); }

private:
    struct Key {
        uint64_t hash;
        std::string text;
    };
    struct KeyView {
        uint64_t hash;
        std::string_view text;
    };
    struct Hash {
        using is_transparent = void;
        size_t operator()(const Key &key) const { return key.hash; }
        size_t operator()(const KeyView &key) const { return key.hash; }
    };
    struct Equal {
        using is_transparent = void;
        static KeyView view(const Key &key) { return {key.hash, key.text}; }
        static KeyView view(const KeyView &key) { return key; }
        template <class A, class B>
        bool operator()(const A &a, const B &b) const {
            return view(a).hash == view(b).hash && view(a).text == view(b).text;
        }
    };
    using Table = std::unordered_map<Key, Frame, Hash, Equal>;

    // Rows are looked after in buckets of their times.
    int64_t width() const { return std::max<int64_t>(1, (spec_.last ? spec_.last : spec_.ttl) / 32); }
    int64_t bucket_of(int64_t time) const { return time >= 0 ? time / width() : -((-(time + 1)) / width()) - 1; }
    void list(Frame &frame, int64_t time);
    void forget(Frame &frame, size_t n);
    void erase(Frame &frame);
    int64_t end_of(int64_t bucket) const { return (bucket + 1) * width(); }
    // No later row sees rows before this time.
    int64_t horizon(int64_t time) const;
    // How many rows at the front nobody needs any more where those before `end` may go.
    size_t expired(const Frame &frame, int64_t end) const;

    const Spec &spec_;
    const Layout &layout_;
    Table frames_;
    std::map<int64_t, std::unordered_set<Frame *>> buckets_;
    std::unordered_set<Frame *> changed_;
    std::vector<std::pair<uint32_t, std::string>> deleted_;  // since the last snapshot: group, key on disk
    uint64_t next_number_ = 0;
    int64_t rows_ = 0;
    uint64_t bytes_ = 0;
    int64_t watermark_ = INT64_MIN;
};

template <class Evict>
void Frames::advance(int64_t time, Evict evict) {
    watermark_ = std::max(watermark_, time);
    while (!buckets_.empty() && end_of(buckets_.begin()->first) <= horizon(watermark_)) {
        const int64_t end = end_of(buckets_.begin()->first);
        const std::unordered_set<Frame *> due = std::move(buckets_.begin()->second);
        buckets_.erase(buckets_.begin());
        for (Frame *frame : due) {
            const size_t n = expired(*frame, end);
            if (n == frame->size()) reset(*frame);
            else if (frame->begin < n) evict(*frame, n);
            forget(*frame, n);
            erase_if_empty(*frame);
        }
    }
}

}  // namespace weir::over
