// From an aggregate's class to the C functions; included by weir/aggregate.hpp.
#pragma once

#include <tuple>

#include <weir/aggregate.hpp>
#include <weir/detail/operator_api.hpp>

namespace weir::detail {

// Reads a column as values of one C++ type.
template <class T>
struct ValueReader {
    explicit ValueReader(const ArrowArray &array) : values(static_cast<const T *>(array.buffers[1])) {}
    T operator()(int64_t row) const { return values[row]; }
    const T *values;
};
template <>
struct ValueReader<bool> {
    explicit ValueReader(const ArrowArray &array) : bits(static_cast<const uint8_t *>(array.buffers[1])) {}
    bool operator()(int64_t row) const { return (bits[row >> 3] >> (row & 7)) & 1; }
    const uint8_t *bits;
};
template <>
struct ValueReader<std::string_view> {
    explicit ValueReader(const ArrowArray &array)
        : ends(static_cast<const int32_t *>(array.buffers[1])), bytes(static_cast<const char *>(array.buffers[2])) {}
    std::string_view operator()(int64_t row) const {
        return {bytes + ends[row], static_cast<size_t>(ends[row + 1] - ends[row])};
    }
    const int32_t *ends;
    const char *bytes;
};

// The rows of a call: f(place, row), without those where an argument is null.
template <class F>
void each_valid_row(const weir_aggregate_rows &in, F &&f) {
    const ArrowArray &arguments = *in.arguments;
    bool nulls = false;
    for (int64_t i = 0; i < arguments.n_children; ++i) nulls = nulls || arguments.children[i]->null_count != 0;
    if (!nulls && !in.rows) {
        for (uint64_t i = 0; i < in.n; ++i) f(i, static_cast<int64_t>(i));
    } else if (!nulls) {
        for (uint64_t i = 0; i < in.n; ++i) f(i, int64_t{in.rows[i]});
    } else {
        for (uint64_t i = 0; i < in.n; ++i) {
            const int64_t row = in.rows ? in.rows[i] : static_cast<int64_t>(i);
            bool valid = true;
            for (int64_t k = 0; k < arguments.n_children; ++k) {
                const ArrowArray &column = *arguments.children[k];
                const auto *bits = column.null_count ? static_cast<const uint8_t *>(column.buffers[0]) : nullptr;
                valid = valid && (!bits || ((bits[row >> 3] >> (row & 7)) & 1));
            }
            if (valid) f(i, row);
        }
    }
}

// f(place, values…) of each valid row.
template <class F, class... T>
void each_row(const weir_aggregate_rows &in, const std::vector<Type> &, Arguments<T...>, F &&f) {
    [&]<size_t... I>(std::index_sequence<I...>) {
        const std::tuple<ValueReader<T>...> readers{ValueReader<T>(*in.arguments->children[I])...};
        each_valid_row(in, [&]([[maybe_unused]] uint64_t place, [[maybe_unused]] int64_t row) {
            f(place, std::get<I>(readers)(row)...);
        });
    }(std::index_sequence_for<T...>());
}

template <class F>
void each_row(const weir_aggregate_rows &in, const std::vector<Type> &types, AnyArguments, F &&f) {
    std::vector<Column> columns;
    for (size_t i = 0; i < types.size(); ++i) columns.emplace_back(in.arguments->children[i], &types[i]);
    for (uint64_t i = 0; i < in.n; ++i)
        f(i, ArgumentRow(columns.data(), in.rows ? in.rows[i] : static_cast<int64_t>(i)));
}

template <class A>
class RowAggregate final : public Aggregate {
    using State = typename A::State;
    static_assert(std::is_trivially_copyable_v<State> && alignof(State) <= 8);
    static constexpr bool kOutside = requires(const A &a, State &s) { a.drop(s); };

    template <class... T>
    static constexpr bool refuses(Arguments<T...>) {
        return std::is_same_v<decltype(std::declval<const A &>().update(std::declval<State &>(), std::declval<T>()...)), bool>;
    }
    static constexpr bool refuses(AnyArguments) {
        return std::is_same_v<decltype(std::declval<const A &>().update(std::declval<State &>(), std::declval<ArgumentRow>())), bool>;
    }
    template <class... T>
    static constexpr bool retracts(Arguments<T...>) {
        return requires(const A &a, State &s, T... values) { a.retract(s, values...); };
    }
    static constexpr bool retracts(AnyArguments) {
        return requires(const A &a, State &s, ArgumentRow row) { a.retract(s, row); };
    }
    static constexpr bool kRefuses = refuses(typename A::Arguments{});
    static constexpr bool kRetracts = retracts(typename A::Arguments{});
    static_assert(!kRefuses || kRetracts, "an aggregate that refuses rows must retract them, too");

public:
    explicit RowAggregate(A aggregate) : aggregate_(std::move(aggregate)) {}

    Field result_field() const override {
        bool nullable = true;
        if constexpr (requires { A::kNullable; }) nullable = A::kNullable;
        return Field{"", aggregate_.result_type(), nullable};
    }
    uint32_t state_bytes() const override { return sizeof(State); }
    uint32_t flags() const override {
        return (kRetracts ? WEIR_AGGREGATE_RETRACTS : 0u) | (kRefuses ? WEIR_AGGREGATE_REFUSES : 0u) |
               (kOutside ? WEIR_AGGREGATE_OUTSIDE : 0u);
    }
    void update(const weir_aggregate_rows &in) const override {
        const A &a = aggregate_;
        each_row(in, argument_types(), typename A::Arguments{}, [&](uint64_t place, auto &&...values) {
            State &state = state_of(in.states[place], in.offset);
            if constexpr (kRefuses) {
                if (!a.update(state, values...)) {
                    const Refusal why = a.refusal();
                    in.refuse(&in, place, to_abi(why.code), to_abi(why.message));
                }
            } else {
                a.update(state, values...);
            }
        });
    }
    void retract(const weir_aggregate_rows &in) const override {
        if constexpr (kRetracts)
            each_row(in, argument_types(), typename A::Arguments{}, [&](uint64_t place, auto &&...values) {
                aggregate_.retract(state_of(in.states[place], in.offset), values...);
            });
    }
    void merge(void *const *into, const void *const *from, uint64_t offset, uint64_t n) const override {
        for (uint64_t i = 0; i < n; ++i) aggregate_.merge(state_of(into[i], offset), state_of(from[i], offset));
    }
    void result(const weir_aggregate_states &in, ColumnBuilder &out) const override {
        out.reserve(static_cast<int64_t>(in.n));
        for (uint64_t i = 0; i < in.n; ++i) {
            const State &state = state_of(in.states[i], in.offset);
            if constexpr (requires { { aggregate_.result(state, out) } -> std::same_as<bool>; }) {
                if (aggregate_.result(state, out)) continue;
                const Refusal why = aggregate_.refusal();
                in.fail(&in, i, to_abi(why.code), to_abi(why.message));
            } else {
                aggregate_.result(state, out);
            }
        }
    }
    void save(const void *state, std::string &out) const override {
        if constexpr (requires(const State &s) { aggregate_.save(s, out); }) {
            aggregate_.save(state_of(state, 0), out);
        } else {
            // Without the zeros at the end, of which counters have many.
            size_t size = sizeof(State);
            while (size > 0 && static_cast<const char *>(state)[size - 1] == '\0') --size;
            out.append(static_cast<const char *>(state), size);
        }
    }
    bool load(void *state, std::string_view bytes) const override {
        if constexpr (requires(State &s) { aggregate_.load(s, bytes); }) {
            return aggregate_.load(state_of(state, 0), bytes);
        } else {
            static_assert(!kOutside, "memory outside of the state needs save and load");
            if (bytes.size() > sizeof(State)) return false;
            std::memcpy(state, bytes.data(), bytes.size());  // the state is zeroed
            return true;
        }
    }
    void drop([[maybe_unused]] void *state) const override {
        if constexpr (kOutside) aggregate_.drop(state_of(state, 0));
    }
    uint64_t outside_bytes([[maybe_unused]] const void *state) const override {
        if constexpr (kOutside) return aggregate_.outside_bytes(state_of(state, 0));
        return 0;
    }

private:
    static State &state_of(void *state, uint64_t offset) {
        return *reinterpret_cast<State *>(static_cast<char *>(state) + offset);
    }
    static const State &state_of(const void *state, uint64_t offset) {
        return *reinterpret_cast<const State *>(static_cast<const char *>(state) + offset);
    }

    A aggregate_;
};

inline const Aggregate &aggregate_of(void *self) { return *static_cast<const Aggregate *>(self); }

inline Status describe_aggregate(AggregatePtr made, const Schema &arguments, void **self, ArrowSchema *result,
                                 weir_aggregate_info *info) {
    std::vector<Type> types;
    for (const Field &field : arguments.fields) types.push_back(field.type);
    made->set_argument_types(std::move(types));
    info->flags = made->flags();
    info->state_bytes = made->state_bytes();
    const Field field = made->result_field();
    ArrowSchema whole;
    export_schema(Schema{{field}}, &whole);
    *result = *whole.children[0];
    whole.children[0]->release = nullptr;
    whole.release(&whole);
    *self = made.release();
    return {};
}

template <class T>
int32_t create_aggregate(const weir_operator *, const weir_host *, weir_str config, const ArrowSchema *arguments,
                         void **self, ArrowSchema *result, weir_aggregate_info *info, weir_error *error) {
    return guarded(error, [&]() -> Status {
        auto parsed = Config::parse(view(config));
        if (!parsed) return parsed.status();
        auto columns = import_schema(*arguments);
        if (!columns) return columns.status();
        Result<AggregatePtr> made = T::create(*parsed, *columns);
        if (!made) return made.status();
        return describe_aggregate(std::move(*made), *columns, self, result, info);
    });
}

// Where the class is of no matter.
struct AggregateCalls {
    static void destroy(void *self) { delete static_cast<Aggregate *>(self); }
    static int32_t update(void *self, const weir_aggregate_rows *rows, weir_error *error) {
        return guarded(error, [&]() -> Status { return aggregate_of(self).update(*rows), Status(); });
    }
    static int32_t retract(void *self, const weir_aggregate_rows *rows, weir_error *error) {
        return guarded(error, [&]() -> Status { return aggregate_of(self).retract(*rows), Status(); });
    }
    static int32_t merge(void *self, void *const *into, const void *const *from, uint64_t offset, uint64_t n,
                         weir_error *error) {
        return guarded(error, [&]() -> Status { return aggregate_of(self).merge(into, from, offset, n), Status(); });
    }
    static int32_t result(void *self, const weir_aggregate_states *states, ArrowArray *out, weir_error *error) {
        return guarded(error, [&]() -> Status {
            ColumnBuilder column(aggregate_of(self).result_field().type);
            aggregate_of(self).result(*states, column);
            column.finish(out);
            return {};
        });
    }
    static int32_t save(void *self, const void *state, const weir_bytes_out *out, weir_error *error) {
        return guarded(error, [&]() -> Status {
            std::string bytes;
            aggregate_of(self).save(state, bytes);
            out->put(out, to_abi(bytes));
            return {};
        });
    }
    static int32_t load(void *self, void *state, weir_str bytes, weir_error *error) {
        return guarded(error, [&]() -> Status {
            if (aggregate_of(self).load(state, view(bytes))) return {};
            return Status::state_version("these bytes are no state of this aggregate");
        });
    }
    static void drop(void *self, void *state) { aggregate_of(self).drop(state); }
    static uint64_t outside_bytes(void *self, const void *state) { return aggregate_of(self).outside_bytes(state); }
};

template <class T>
inline constexpr weir_aggregate_api kAggregateApi = {
    sizeof(weir_aggregate_api), 0,
    create_aggregate<T>,        AggregateCalls::destroy,
    AggregateCalls::update,     AggregateCalls::retract,
    AggregateCalls::merge,      AggregateCalls::result,
    AggregateCalls::save,       AggregateCalls::load,
    AggregateCalls::drop,       AggregateCalls::outside_bytes,
};

}  // namespace weir::detail
