// min, max, first, last, arg_min, arg_max, top_n.
#include <algorithm>

#include "specs.hpp"
#include "values.hpp"

namespace weir::aggregates {
namespace {

bool is_plain(const Type &type) { return !type.is_nested(); }

// Of numbers and times: T is the C++ form.
template <class T, bool kGreatest>
class Extreme {
public:
    struct State {
        Stored<T> value;
        uint64_t present;
    };
    using Arguments = weir::Arguments<T>;
    explicit Extreme(Type type) : type_(std::move(type)) {}

    Type result_type() const { return type_; }
    void update(State &s, T value) const {
        if (s.present && !is_better(value, s.value.value())) return;
        s.value = Stored<T>::of(value);
        s.present = 1;
    }
    void merge(State &into, const State &from) const {
        if (from.present) update(into, from.value.value());
    }
    void result(const State &s, ColumnBuilder &out) const {
        if (s.present)
            append_value(out, s.value.value());
        else
            out.append_null();
    }

private:
    static bool is_better(T a, T b) { return kGreatest ? is_less(b, a) : is_less(a, b); }
    Type type_;
};

// Which value stays, for types whose values are kept in a Cell.
enum class Which : uint8_t { kFirst, kLast, kLeast, kGreatest };

class KeptValue {
public:
    using State = Cell;
    using Arguments = AnyArguments;
    KeptValue(Type type, Which which) : type_(std::move(type)), which_(which) {}

    Type result_type() const { return type_; }
    void update(Cell &s, const ArgumentRow &row) const {
        const Column &column = row.column(0);
        if (!row.is_null(0) && takes(s, [&] { return compare_to(column, row.row(), s); })) s.set(column, row.row());
    }
    void merge(Cell &into, const Cell &from) const {
        if (from.present && takes(into, [&] { return compare(type_, from, into); })) into.copy(type_, from);
    }
    void result(const Cell &s, ColumnBuilder &out) const { s.append_to(out); }
    void save(const Cell &s, std::string &out) const { s.save(type_, out); }
    bool load(Cell &s, std::string_view bytes) const { return s.load(type_, bytes) && bytes.empty(); }
    void drop(Cell &s) const { s.drop(type_); }
    uint64_t outside_bytes(const Cell &s) const { return s.outside_bytes(type_); }

private:
    // `order()`: of the new value as to the one that is there.
    template <class F>
    bool takes(const Cell &s, F order) const {
        if (!s.present) return true;
        switch (which_) {
            case Which::kFirst: return false;
            case Which::kLast: return true;
            case Which::kLeast: return order() < 0;
            default: return order() > 0;
        }
    }
    Type type_;
    Which which_;
};

// The value of the row where another one is least or greatest; of equals the first.
class ArgExtreme {
public:
    struct State {
        Cell value, by;
    };
    using Arguments = AnyArguments;
    ArgExtreme(Type value, Type by, bool greatest) : value_(std::move(value)), by_(std::move(by)), greatest_(greatest) {}

    Type result_type() const { return value_; }
    void update(State &s, const ArgumentRow &row) const {
        if (row.is_null(0) || row.is_null(1)) return;
        if (s.by.present && !is_better(compare_to(row.column(1), row.row(), s.by))) return;
        s.value.set(row.column(0), row.row());
        s.by.set(row.column(1), row.row());
    }
    void merge(State &into, const State &from) const {
        if (!from.by.present || (into.by.present && !is_better(compare(by_, from.by, into.by)))) return;
        into.value.copy(value_, from.value);
        into.by.copy(by_, from.by);
    }
    void result(const State &s, ColumnBuilder &out) const { s.value.append_to(out); }
    void save(const State &s, std::string &out) const {
        s.value.save(value_, out);
        s.by.save(by_, out);
    }
    bool load(State &s, std::string_view bytes) const {
        return s.value.load(value_, bytes) && s.by.load(by_, bytes) && bytes.empty();
    }
    void drop(State &s) const {
        s.value.drop(value_);
        s.by.drop(by_);
    }
    uint64_t outside_bytes(const State &s) const { return s.value.outside_bytes(value_) + s.by.outside_bytes(by_); }

private:
    bool is_better(int order) const { return greatest_ ? order > 0 : order < 0; }
    Type value_, by_;
    bool greatest_;
};

template <bool kGreatest>
Result<AggregatePtr> make_extreme(const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a number, a text, a time or a bool", is_plain); !status.ok()) return status;
    const Type &type = arguments.fields[0].type;
    switch (type.id) {
        case TypeId::kInt32:
        case TypeId::kDate: return make_aggregate(Extreme<int32_t, kGreatest>(type));
        case TypeId::kInt64:
        case TypeId::kTimestamp: return make_aggregate(Extreme<int64_t, kGreatest>(type));
        case TypeId::kFloat64: return make_aggregate(Extreme<double, kGreatest>(type));
        case TypeId::kDecimal128: return make_aggregate(Extreme<Int128, kGreatest>(type));
        default: return make_aggregate(KeptValue(type, kGreatest ? Which::kGreatest : Which::kLeast));
    }
}

Result<AggregatePtr> make_kept(const Schema &arguments, Which which) {
    if (Status status = check_one(arguments, "takes a number, a text, a time or a bool", is_plain); !status.ok()) return status;
    return make_aggregate(KeptValue(arguments.fields[0].type, which));
}

Result<AggregatePtr> make_arg(const Schema &arguments, bool greatest) {
    if (arguments.size() != 2 || !is_plain(arguments.fields[0].type) || !is_plain(arguments.fields[1].type))
        return wrong_arguments(arguments, "takes two numbers, texts, times or bools: the value, and what it is chosen by");
    return make_aggregate(ArgExtreme(arguments.fields[0].type, arguments.fields[1].type, greatest));
}

// The n greatest values, descending, with all that are equal to the last of them.
class TopN {
public:
    struct State {
        StateVector<Cell> values;
    };
    using Arguments = AnyArguments;
    TopN(Type type, size_t n) : type_(std::move(type)), n_(n) {}

    Type result_type() const { return list_of(type_, false); }
    void update(State &s, const ArgumentRow &row) const {
        if (row.is_null(0)) return;
        const Column &column = row.column(0);
        if (s.values.size() >= n_ && compare_to(column, row.row(), s.values.back()) < 0) return;
        const size_t at = place(s, [&](const Cell &cell) { return compare_to(column, row.row(), cell); });
        Cell cell{};
        cell.set(column, row.row());
        s.values.insert(at, cell);
        trim(s);
    }
    void merge(State &into, const State &from) const {
        for (const Cell &value : from.values) {
            if (into.values.size() >= n_ && compare(type_, value, into.values.back()) < 0) break;
            Cell cell{};
            cell.copy(type_, value);
            into.values.insert(place(into, [&](const Cell &one) { return compare(type_, value, one); }), cell);
            trim(into);
        }
    }
    bool result(const State &s, ColumnBuilder &out) const {
        size_t bytes = s.values.size() * sizeof(Cell);
        for (const Cell &cell : s.values) bytes += type_.is_text() ? cell.text.size() : 0;
        const bool fits = bytes <= kMostResultBytes;
        if (s.values.empty() || !fits) return out.append_null(), fits;
        for (const Cell &cell : s.values) cell.append_to(out.child(0));
        out.end_row();
        return true;
    }
    Refusal refusal() const { return kResultTooLarge; }
    void save(const State &s, std::string &out) const {
        saved::put_length(out, s.values.size());
        for (const Cell &cell : s.values) cell.save(type_, out);
    }
    bool load(State &s, std::string_view bytes) const {
        uint64_t n = 0;
        if (!saved::take_length(bytes, n)) return false;
        for (; n > 0; --n) {
            Cell cell{};
            if (!cell.load(type_, bytes) || !cell.present) return false;
            s.values.push_back(cell);
        }
        return bytes.empty();
    }
    void drop(State &s) const {
        for (Cell &cell : s.values) cell.drop(type_);
        s.values.drop();
    }
    uint64_t outside_bytes(const State &s) const {
        uint64_t bytes = s.values.bytes();
        for (const Cell &cell : s.values) bytes += cell.outside_bytes(type_);
        return bytes;
    }

private:
    // Behind all that are not less. `order`: of the new value as to one of them.
    template <class F>
    static size_t place(const State &s, F order) {
        const auto found = std::partition_point(s.values.begin(), s.values.end(), [&](const Cell &c) { return order(c) <= 0; });
        return static_cast<size_t>(found - s.values.begin());
    }
    void trim(State &s) const {
        while (s.values.size() > n_ && compare(type_, s.values.back(), s.values[n_ - 1]) < 0) {
            s.values.back().drop(type_);
            s.values.erase(s.values.size() - 1);
        }
    }
    Type type_;
    size_t n_;
};

}  // namespace

Result<AggregatePtr> MinFactory::create(const Config &, const Schema &arguments) { return make_extreme<false>(arguments); }
Result<AggregatePtr> MaxFactory::create(const Config &, const Schema &arguments) { return make_extreme<true>(arguments); }
Result<AggregatePtr> FirstFactory::create(const Config &, const Schema &arguments) { return make_kept(arguments, Which::kFirst); }
Result<AggregatePtr> LastFactory::create(const Config &, const Schema &arguments) { return make_kept(arguments, Which::kLast); }
Result<AggregatePtr> ArgMinFactory::create(const Config &, const Schema &arguments) { return make_arg(arguments, false); }
Result<AggregatePtr> ArgMaxFactory::create(const Config &, const Schema &arguments) { return make_arg(arguments, true); }

Result<AggregatePtr> TopNFactory::create(const Config &config, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a number, a text, a time or a bool", is_plain); !status.ok()) return status;
    constexpr int64_t kMost = 10'000;
    const int64_t n = config.int64("n");
    if (n < 1 || n > kMost) return Status::config("n", "is " + std::to_string(n) + ", and from 1 to 10000 are kept");
    return make_aggregate(TopN(arguments.fields[0].type, static_cast<size_t>(n)));
}

}  // namespace weir::aggregates
