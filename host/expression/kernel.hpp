// Kernels out of functions of one value: loops over a call's rows, with and without constants.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "host/expression/function.hpp"

namespace weir::host::expression {

// The row that a function of map<> is called for.
class Row {
public:
    Row(const Call& call, int row) : call_(call), row_(row) {}

    // The row fails; what the function returns is not looked at.
    template <class... Args>
    void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
        call_.scope.fail(call_.out, row_, code, fmt::format(format, std::forward<Args>(args)...));
    }
    // Room for a text of at most that size, or null: the row has failed then.
    char* room(size_t bytes) {
        if (call_.scope.arena.fits(bytes)) return call_.scope.arena.take(bytes);
        fail(ErrorCode::kTooLarge, "a text of {} bytes is above the limit", bytes);
        return nullptr;
    }
    std::string_view text(std::string_view from) {
        char* to = room(from.size());
        if (!to) return {};
        from.copy(to, from.size());
        return {to, from.size()};
    }
    // What the operation keeps from call to call.
    template <class T>
    T& memo() {
        auto& held = *call_.scope.memo;
        if (!held) held = std::make_shared<T>();
        return *static_cast<T*>(held.get());
    }
    int64_t now_micros() const { return call_.scope.now_micros; }
    const Type& type(size_t arg) const { return call_.args[arg]->type(); }
    const Type& result_type() const { return call_.out.type(); }

private:
    const Call& call_;
    int row_;
};

// A value as messages show it, cut where it is long.
std::string shown(std::string_view text);

namespace detail {

template <class T>
struct CellOf {
    using type = T;
};
template <>
struct CellOf<bool> {
    using type = uint8_t;
};
template <class T>
struct CellOf<std::optional<T>> {
    using type = typename CellOf<T>::type;
};

template <class F>
struct Signature;
template <class R, class... A>
struct Signature<R (*)(Row&, A...)> {
    using Result = R;
    template <auto F>
    static void run(const Call& call) {
        each<F>(call, std::index_sequence_for<A...>());
    }

private:
    template <auto F, size_t... I>
    static void each(const Call& call, std::index_sequence<I...>) {
        using Cell = typename CellOf<R>::type;
        auto* out = call.out.template mutable_values<Cell>();
        call.rows.for_each([&](int at) {
            Row row(call, at);
            if constexpr (std::is_same_v<R, std::optional<Cell>> || std::is_same_v<R, std::optional<bool>>) {
                R value = F(row, call.args[I]->template at<typename CellOf<A>::type>(at)...);
                if (value)
                    out[at] = static_cast<Cell>(*value);
                else
                    call.out.set_null(at);
            } else {
                out[at] = static_cast<Cell>(F(row, call.args[I]->template at<typename CellOf<A>::type>(at)...));
            }
        });
    }
};

}  // namespace detail

// F(Row&, arguments…) for each row. Texts are string_view, bool is bool, decimals Int128. An optional without a value
// is a null.
template <auto F>
void map(const Call& call) {
    detail::Signature<decltype(F)>::template run<F>(call);
}

// The rows from 0 to the last chosen one: what dense loops run over.
inline int dense_rows(const Selection& rows) { return rows.empty() ? 0 : rows[rows.size() - 1] + 1; }

// f(a) and f(a, b) for all rows up to the last chosen one, as plain loops that the compiler turns into vector code.
template <class A, class R, class F>
void dense_unary(const Call& call, F f) {
    const A* a = call.args[0]->values<A>();
    R* out = call.out.mutable_values<R>();
    const int n = dense_rows(call.rows);
    if (call.args[0]->is_constant()) {
        const R value = f(a[0]);
        for (int i = 0; i < n; ++i) out[i] = value;
    } else {
        for (int i = 0; i < n; ++i) out[i] = f(a[i]);
    }
}

template <class A, class B, class R, class F>
void dense_binary(const Call& call, F f) {
    const A* __restrict a = call.args[0]->values<A>();
    const B* __restrict b = call.args[1]->values<B>();
    R* __restrict out = call.out.mutable_values<R>();
    const int n = dense_rows(call.rows);
    if (call.args[0]->is_constant() && call.args[1]->is_constant()) {
        const R value = f(a[0], b[0]);
        for (int i = 0; i < n; ++i) out[i] = value;
    } else if (call.args[1]->is_constant()) {
        const B right = b[0];
        for (int i = 0; i < n; ++i) out[i] = f(a[i], right);
    } else if (call.args[0]->is_constant()) {
        const A left = a[0];
        for (int i = 0; i < n; ++i) out[i] = f(left, b[i]);
    } else {
        for (int i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
    }
}

}  // namespace weir::host::expression
