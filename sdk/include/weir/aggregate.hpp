// Writing an aggregate: what `product(x)` in an expression over groups of rows calls.
//
//   #include <weir/aggregate.hpp>
//   #include <weir/module.hpp>
//
//   class Product {
//   public:
//       struct State { double product; int64_t rows; };  // zeroed at first, and may be moved in memory
//       using Arguments = weir::Arguments<double>;        // rows with a null do not come
//
//       static weir::Result<weir::AggregatePtr> create(const weir::Config &, const weir::Schema &arguments) {
//           if (arguments.size() != 1 || arguments.fields[0].type.id != weir::TypeId::kFloat64)
//               return weir::Status::config("", "takes one float64");
//           return weir::make_aggregate(Product());
//       }
//       weir::Type result_type() const { return weir::type_of(weir::TypeId::kFloat64); }
//       void update(State &s, double x) const { s.product = s.rows++ ? s.product * x : x; }
//       void merge(State &into, const State &from) const {
//           if (from.rows) into.product = into.rows ? into.product * from.product : from.product;
//           into.rows += from.rows;
//       }
//       void result(const State &s, weir::ColumnBuilder &out) const { s.rows ? out.append(s.product) : out.append_null(); }
//   };
//   constexpr weir_port kFactors[] = {weir::port("x", "The factors.")};
//   constexpr auto kProduct = weir::aggregate_spec<Product>("acme.product", "The product.").inputs(kFactors).state(1, 0);
//   WEIR_MODULE("acme", "1.0.0", &kProduct)
//
// An aggregate A may also have
//   void retract(State &, values…) const                   takes back a row that came
//   bool update(State &, values…) const                    false: the row is refused, the state as before; needs retract
//   bool result(const State &, ColumnBuilder &) const      false: there is none; a null was appended
//   Refusal refusal() const                                why, for both
//   static constexpr bool kNullable = false                the result is never null
// and, where its State owns memory (weir/state_vector.hpp is made for that)
//   void save(const State &, std::string &out) const, bool load(State &, std::string_view bytes) const (false: is none),
//   void drop(State &) const, uint64_t outside_bytes(const State &) const
//
// All are const and called by any thread. Memory comes from the host (weir/memory.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/builder.hpp>
#include <weir/column.hpp>
#include <weir/config.hpp>
#include <weir/operator.hpp>
#include <weir/spec.hpp>

namespace weir {

// Why a row, or a state's result, is refused. Texts that live as long as the aggregate.
struct Refusal {
    std::string_view code, message;
};

// The columns of a call whose row comes as values of these C++ types: int64_t, double, Int128, bool, std::string_view, …
template <class... T>
struct Arguments {};

// Columns of any type, nulls included: the row comes as one of these.
struct AnyArguments {};
class ArgumentRow {
public:
    ArgumentRow(const Column *columns, int64_t row) : columns_(columns), row_(row) {}
    const Column &column(size_t i) const { return columns_[i]; }
    int64_t row() const { return row_; }
    bool is_null(size_t i) const { return columns_[i].is_null(row_); }

private:
    const Column *columns_;
    int64_t row_;
};

// A batch at a time: what the C functions call. Mostly made by make_aggregate.
class Aggregate {
public:
    virtual ~Aggregate() = default;
    virtual Field result_field() const = 0;
    virtual uint32_t state_bytes() const = 0;
    virtual uint32_t flags() const = 0;
    virtual void update(const weir_aggregate_rows &rows) const = 0;
    virtual void retract(const weir_aggregate_rows &rows) const = 0;
    virtual void merge(void *const *into, const void *const *from, uint64_t offset, uint64_t n) const = 0;
    virtual void result(const weir_aggregate_states &states, ColumnBuilder &out) const = 0;
    virtual void save(const void *state, std::string &out) const = 0;
    virtual bool load(void *state, std::string_view bytes) const = 0;
    virtual void drop(void *state) const = 0;
    virtual uint64_t outside_bytes(const void *state) const = 0;

    // The types of the columns that update is called with. Set by the host's side before anything else.
    const std::vector<Type> &argument_types() const { return argument_types_; }
    void set_argument_types(std::vector<Type> types) { argument_types_ = std::move(types); }

private:
    std::vector<Type> argument_types_;
};
using AggregatePtr = std::unique_ptr<Aggregate>;

}  // namespace weir

#include <weir/detail/aggregate_impl.hpp>

namespace weir {

template <class A>
AggregatePtr make_aggregate(A aggregate) {
    return std::make_unique<detail::RowAggregate<A>>(std::move(aggregate));
}

// The descriptor of an aggregate; its `inputs` are the arguments, `params` the constants behind them. T has
//   static Result<AggregatePtr> create(const Config &, const Schema &arguments)
template <class T>
constexpr OperatorSpec aggregate_spec(const char *name, const char *doc) {
    return detail::spec(WEIR_KIND_AGGREGATE, name, doc, &detail::kAggregateApi<T>);
}

}  // namespace weir
