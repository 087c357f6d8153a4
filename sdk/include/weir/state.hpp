// Keyed state that the host holds: a value for each key of the node, written with the epochs and given back after a
// restart. The operator's descriptor says .with(WEIR_OP_KEYED), the topology `key:`.
//
//   struct Totals {
//       int64_t count = 0;
//       std::optional<double> last;  // nullable
//       static auto fields() { return weir::fields(weir::field("count", &Totals::count), weir::field("last", &Totals::last)); }
//   };
//   struct Sum : weir::Instance {
//       Sum(weir::Context context) : Instance(context), totals_(context, "totals") {}
//       weir::Status process(const weir::BatchView &in, uint32_t) override {
//           auto totals = totals_.update(in);
//           for (int64_t row = 0; row < in.rows(); ++row) ++totals[row].count;
//           ...
//       weir::ValueState<Totals> totals_;
//
// A value is a number, a bool, a std::string, or a trivially copyable struct that names its fields. Its state is known
// by its name, has a version, and is written with its fields' names and types. What was written before is read as it
// is where fields were only added as std::optional or became wider; anything else needs weir::older for that version,
// or the start is refused.
//
// Declare states in the constructor. References are valid until the call of the instance returns; rows of one key have
// one value, so that rows in order see each other's changes. Threads: the instance's.
#pragma once

#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <weir/operator.hpp>

namespace weir {

// When an entry is gone: so long after its last write or, with on_read, its last use. On event time that is the time
// of the row where it is given to update or read, otherwise the watermark. Rows of one key in one call share the entry:
// whether it is gone is decided by the first of them, and its latest row counts.
struct Ttl {
    std::chrono::microseconds after{0};  // 0: never
    uint32_t clock = WEIR_CLOCK_PROCESSING;
    bool on_read = false;
};

struct StateOptions {
    uint32_t version = 1;
    Ttl ttl = {};
};

// A field of a struct; `format` where the C++ type does not tell it, such as "tsu:UTC" for a timestamp.
template <class T, class M>
weir_state_field field(const char *name, M T::*member, const char *format = nullptr);
template <class... Fields>
std::vector<weir_state_field> fields(Fields... list) {
    return {list...};
}

}  // namespace weir

#include <weir/detail/state_layout.hpp>

namespace weir {

// A version that the state no longer has, and how its values become the present ones:
//   weir::older<OldTotals, [](const OldTotals &from, Totals &to) { to.count = from.n; }>(1)
template <class Old, auto Convert>
detail::OlderLayout older(uint32_t version) {
    return detail::OlderLayout::of<Old, Convert>(version);
}

// The values of a batch's rows. By update: every row has one, new ones zeroed. By read: what there is.
template <class T>
class Values {
public:
    // REQUIRES: has(row).
    T &operator[](int64_t row) { return *static_cast<T *>(slots_[row]); }
    bool has(int64_t row) const { return slots_[row] != nullptr; }
    T *find(int64_t row) const { return static_cast<T *>(slots_[row]); }
    // Zeroes the value; the key has none any more unless it is written to again. After update.
    void clear(int64_t row) { state_->erase(slots_[row]); }

private:
    template <class>
    friend class ValueState;
    Values(detail::HostState *state, void **slots) : state_(state), slots_(slots) {}
    detail::HostState *state_;
    void **slots_;
};

template <class T>
class ValueState {
    static_assert(std::is_trivially_copyable_v<T>, "a value is a number, a std::string, or a trivially copyable struct");

public:
    ValueState(Context context, const char *name, const StateOptions &options = {},
               std::vector<detail::OlderLayout> older_layouts = {})
        : state_(context, name, options, detail::Layout<T>::fields(), sizeof(T), older_layouts) {}

    Values<T> update(const BatchView &in, const int64_t *times = nullptr) {
        return {&state_, state_.resolve(in.raw(), times, WEIR_RESOLVE_CREATE)};
    }
    Values<const T> read(const BatchView &in, const int64_t *times = nullptr) {
        return {&state_, state_.resolve(in.raw(), times, WEIR_RESOLVE_READ)};
    }
    // A text in a struct.
    void set_text(weir_state_bytes &field, std::string_view text) { state_.set_bytes(field, text); }

private:
    detail::HostState state_;
};

// A value that inputs are added to, and that gives a result. A has
//   struct Accumulator (as a value's struct), using Input,
//   static void add(Accumulator &, const Input &), and static auto result(const Accumulator &)
template <class A>
class Aggregates {
public:
    explicit Aggregates(Values<typename A::Accumulator> values) : values_(values) {}
    void add(int64_t row, const typename A::Input &input) { A::add(values_[row], input); }
    auto result(int64_t row) { return A::result(values_[row]); }
    void clear(int64_t row) { values_.clear(row); }

private:
    Values<typename A::Accumulator> values_;
};

template <class A>
class AggregatingState {
public:
    AggregatingState(Context context, const char *name, const StateOptions &options = {},
                     std::vector<detail::OlderLayout> older_layouts = {})
        : state_(context, name, options, std::move(older_layouts)) {}
    Aggregates<A> update(const BatchView &in, const int64_t *times = nullptr) {
        return Aggregates<A>(state_.update(in, times));
    }

private:
    ValueState<typename A::Accumulator> state_;
};

// Timers of the row's key: on_timers is called once the clock has reached the time; on event time before a watermark
// there or behind is forwarded, or when all inputs have ended. A call has each key once, so that it can remove other
// timers of the key that are due. They are part of the state; those on processing time
// whose time passed while nothing ran fire once after the restart.
class Timers {
public:
    explicit Timers(Context context) : context_(context.raw()), api_(detail::state_api(context_)) {
        api_->declare_timers(context_);  // a refusal is the host's to tell
    }
    // `clock`: WEIR_CLOCK_EVENT or WEIR_CLOCK_PROCESSING. Setting a timer that is set changes nothing.
    void set(uint32_t clock, const BatchView &batch, int64_t row, int64_t time) {
        detail::check(api_->set_timer(context_, clock, &batch.raw(), row, time), "set_timer");
    }
    void remove(uint32_t clock, const BatchView &batch, int64_t row, int64_t time) {
        detail::check(api_->delete_timer(context_, clock, &batch.raw(), row, time), "delete_timer");
    }

private:
    weir_context *context_;
    const weir_state_api *api_;
};

// Of a source, in poll: no row that it emits from now on has an earlier event time.
inline void advance_watermark(Context context, int64_t time) {
    detail::check(detail::state_api(context.raw())->advance_watermark(context.raw(), time), "advance_watermark");
}

template <>
class Values<std::string> {
public:
    std::string_view operator[](int64_t row) const {
        const weir_state_bytes *text = slot(row);
        return text && text->size ? std::string_view(text->data, text->size) : std::string_view();
    }
    bool has(int64_t row) const { return slots_[row] != nullptr; }
    void set(int64_t row, std::string_view text) { state_->set_bytes(*slot(row), text); }
    void clear(int64_t row) { state_->erase(slots_[row]); }

private:
    friend class ValueState<std::string>;
    Values(detail::HostState *state, void **slots) : state_(state), slots_(slots) {}
    weir_state_bytes *slot(int64_t row) const { return static_cast<weir_state_bytes *>(slots_[row]); }
    detail::HostState *state_;
    void **slots_;
};

template <>
class ValueState<std::string> {
public:
    ValueState(Context context, const char *name, const StateOptions &options = {})
        : state_(context, name, options, detail::Layout<std::string>::fields(), sizeof(weir_state_bytes), {}) {}

    Values<std::string> update(const BatchView &in, const int64_t *times = nullptr) {
        return {&state_, state_.resolve(in.raw(), times, WEIR_RESOLVE_CREATE)};
    }
    // Only to look at: set and clear need update.
    Values<std::string> read(const BatchView &in, const int64_t *times = nullptr) {
        return {&state_, state_.resolve(in.raw(), times, WEIR_RESOLVE_READ)};
    }

private:
    detail::HostState state_;
};

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/state_impl.hpp>
#endif
