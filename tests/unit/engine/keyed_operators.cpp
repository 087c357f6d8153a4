#include "tests/unit/engine/keyed_operators.hpp"

#include <optional>
#include <stdexcept>
#include <string>

#include <weir/testing/rows.hpp>
#include <weir/weir.hpp>

#include "tests/unit/engine/test_operators.hpp"

namespace weir::host::testing {

namespace {

// Emits a value beside each n.
struct KeyedOperator : weir::Instance {
    using Instance::Instance;
    virtual TypeId type() const { return TypeId::kInt64; }
    Schema schema() const {
        return {{{"n", type_of(TypeId::kInt64), false}, {"value", type_of(type()), false}}};
    }
    Status bind(const Binding& binding) override {
        binding.set_output(0, schema());
        return {};
    }
    static void crash_as_told() {
        std::lock_guard lock(world_mutex());
        if (world().crash_after > 0 && --world().crash_after == 0) throw std::runtime_error("crashed as told");
    }
    Status process(const BatchView& in, uint32_t) override {
        crash_as_told();
        BatchBuilder out(schema());
        begin(in);
        for (int64_t row = 0; row < in.rows(); ++row) {
            const int64_t n = in.column(0).value<int64_t>(row);
            out.column(0).append(n);
            each(row, n, out.column(1));
        }
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit_derived(0, rows, in.raw()) ? Status() : Status::more();
    }
    virtual void begin(const BatchView& in) = 0;
    virtual void each(int64_t row, int64_t n, ColumnBuilder& out) = 0;
};

template <class T>
Result<std::unique_ptr<weir::Instance>> make_keyed(Context context, const Config&) {
    return std::unique_ptr<weir::Instance>(new T(context));
}

struct KeyedCount : KeyedOperator {
    explicit KeyedCount(Context context, const StateOptions& options = {})
        : KeyedOperator(context), counts_(context, "count", options) {}
    static constexpr auto create = make_keyed<KeyedCount>;
    void begin(const BatchView& in) override { now_.emplace(counts_.update(in)); }
    void each(int64_t row, int64_t, ColumnBuilder& out) override { out.append(++(*now_)[row]); }
    ValueState<int64_t> counts_;
    std::optional<Values<int64_t>> now_;
};

struct KeyedTtl : KeyedCount {
    explicit KeyedTtl(Context context)
        : KeyedCount(context, {1, {std::chrono::microseconds(100), WEIR_CLOCK_PROCESSING, false}}) {}
    static constexpr auto create = make_keyed<KeyedTtl>;
};

struct KeyedEventTtl : KeyedCount {
    explicit KeyedEventTtl(Context context)
        : KeyedCount(context, {1, {std::chrono::microseconds(100), WEIR_CLOCK_EVENT, false}}) {}
    static constexpr auto create = make_keyed<KeyedEventTtl>;
};

constexpr StateOptions kTenSeconds{1, {std::chrono::seconds(10), WEIR_CLOCK_PROCESSING, false}};

struct KeyedLongTtl : KeyedCount {
    explicit KeyedLongTtl(Context context) : KeyedCount(context, kTenSeconds) {}
    static constexpr auto create = make_keyed<KeyedLongTtl>;
};

struct KeyedText : KeyedOperator {
    explicit KeyedText(Context context) : KeyedOperator(context), texts_(context, "text") {}
    static constexpr auto create = make_keyed<KeyedText>;
    TypeId type() const override { return TypeId::kString; }
    void begin(const BatchView& in) override { now_.emplace(texts_.update(in)); }
    void each(int64_t row, int64_t n, ColumnBuilder& out) override {
        std::string text((*now_)[row]);
        text += std::to_string(text.size()) + ".";
        out.append_text(text);
        if (n % 10 == 0 && text.size() > 30)
            now_->clear(row);
        else
            now_->set(row, text);
    }
    ValueState<std::string> texts_;
    std::optional<Values<std::string>> now_;
};

struct TotalsV1 {
    int32_t sum = 0;
    std::optional<int16_t> last;
    static auto fields() { return weir::fields(field("sum", &TotalsV1::sum), field("last", &TotalsV1::last)); }
};
struct TotalsWider {
    std::optional<double> mean;
    int64_t sum = 0;
    std::optional<int64_t> last;
    static auto fields() {
        return weir::fields(field("mean", &TotalsWider::mean), field("sum", &TotalsWider::sum), field("last", &TotalsWider::last));
    }
};
struct TotalsV2 {
    int64_t sum_times_ten = 0;
    static auto fields() { return weir::fields(field("sum_times_ten", &TotalsV2::sum_times_ten)); }
};

template <class T>
struct Totals : KeyedOperator {
    Totals(Context context, const StateOptions& options, std::vector<detail::OlderLayout> older = {})
        : KeyedOperator(context), totals_(context, "totals", options, older) {}
    void begin(const BatchView& in) override { now_.emplace(totals_.update(in)); }
    void each(int64_t row, int64_t n, ColumnBuilder& out) override {
        T& mine = (*now_)[row];
        if constexpr (std::is_same_v<T, TotalsV2>) {
            mine.sum_times_ten += 10 * n;
            out.append(mine.sum_times_ten);
        } else {
            if (mine.sum != 0 && mine.last.value() != n) throw std::runtime_error("`last` was lost");
            mine.sum += static_cast<decltype(mine.sum)>(n);
            mine.last = static_cast<int16_t>(n);
            out.append(static_cast<int64_t>(mine.sum));
        }
    }
    ValueState<T> totals_;
    std::optional<Values<T>> now_;
};
struct Totals1 : Totals<TotalsV1> {
    explicit Totals1(Context context) : Totals(context, {}) {}
    static constexpr auto create = make_keyed<Totals1>;
};
struct Totals1Wider : Totals<TotalsWider> {
    explicit Totals1Wider(Context context) : Totals(context, {}) {}
    static constexpr auto create = make_keyed<Totals1Wider>;
};
struct Totals2 : Totals<TotalsV2> {
    explicit Totals2(Context context)
        : Totals(context, {.version = 2}, {weir::older<TotalsV1, [](const TotalsV1& from, TotalsV2& to) {
                     to.sum_times_ten = 10 * from.sum;
                 }>(1)}) {}
    static constexpr auto create = make_keyed<Totals2>;
};
struct TotalsOther : Totals<TotalsV2> {
    explicit TotalsOther(Context context) : Totals(context, {.version = 2}) {}
    static constexpr auto create = make_keyed<TotalsOther>;
};

// The sum of the last three n, of a list, and of every (n % 3)'s last place in a map, and their mean's accumulator.
struct Mean {
    struct Accumulator {
        int64_t sum, count;
        static auto fields() { return weir::fields(field("sum", &Accumulator::sum), field("count", &Accumulator::count)); }
    };
    using Input = int64_t;
    static void add(Accumulator& to, const int64_t& n) {
        to.sum += n;
        ++to.count;
    }
    static int64_t result(const Accumulator& of) { return of.sum / of.count; }
};
struct Collections : KeyedOperator {
    explicit Collections(Context context, const StateOptions& options = {})
        : KeyedOperator(context), lists_(context, "list", options), maps_(context, "map", options), means_(context, "mean", options) {}
    static constexpr auto create = make_keyed<Collections>;
    TypeId type() const override { return TypeId::kString; }
    void begin(const BatchView& in) override {
        list_.emplace(lists_.update(in));
        map_.emplace(maps_.update(in));
        mean_.emplace(means_.update(in));
    }
    void each(int64_t row, int64_t n, ColumnBuilder& out) override {
        const auto before = static_cast<int64_t>(list_->get(row).size());
        list_->add(row, "e" + std::to_string(before));
        if (before == 3) list_->remove_first(row, 2);
        mean_->add(row, n);
        const std::string name = "k" + std::to_string(map_->entries(row).size() % 25);
        const int64_t times = map_->get(row, name).value_or(-1) + 1;
        map_->put(row, name, times);
        if (times == 2) map_->remove(row, name);
        if (map_->entries(row).size() == 24) map_->put(row, "k3", 0);
        std::string text;
        for (const std::string& element : list_->get(row)) text += element + " ";
        for (const auto& [key, value] : map_->entries(row)) text += key + "=" + std::to_string(value) + " ";
        if (text.size() > 150) {
            list_->clear(row);
            map_->clear(row);
        }
        out.append_text(text + std::to_string(mean_->result(row)));
    }
    ListState<std::string> lists_;
    MapState<std::string, int64_t> maps_;
    AggregatingState<Mean> means_;
    std::optional<Lists<std::string>> list_;
    std::optional<Maps<std::string, int64_t>> map_;
    std::optional<Aggregates<Mean>> mean_;
};

struct CollectionsTtl : Collections {
    explicit CollectionsTtl(Context context) : Collections(context, kTenSeconds) {}
    static constexpr auto create = make_keyed<CollectionsTtl>;
};

// Counts, and emits the count of a key only when its timer fires: 10 us of the clock behind the key's first row.
template <uint32_t Clock>
struct Delayed : KeyedOperator {
    explicit Delayed(Context context) : KeyedOperator(context), counts_(context, "count"), timers_(context) {}
    static constexpr auto create = make_keyed<Delayed>;
    Status process(const BatchView& in, uint32_t) override {
        crash_as_told();
        auto counts = counts_.update(in);
        for (int64_t row = 0; row < in.rows(); ++row) {
            const int64_t n = in.column(0).template value<int64_t>(row);
            if (counts[row]++ == 0) timers_.set(Clock, in, row, Clock == WEIR_CLOCK_EVENT ? n + 10 : context_.now() + 100);
            timers_.set(Clock, in, row, INT64_MAX);
            timers_.remove(Clock, in, row, INT64_MAX);
        }
        return {};
    }
    Status on_timers(uint32_t clock, const BatchView& keys, const int64_t* times) override {
        crash_as_told();
        if (clock != Clock) return Status::fatal("a timer of another clock");
        auto counts = counts_.update(keys);
        BatchBuilder out(schema());
        for (int64_t row = 0; row < keys.rows(); ++row) {
            const int64_t n = keys.column(0).template value<int64_t>(row);
            if (Clock == WEIR_CLOCK_EVENT && times[row] != n + 10) return Status::fatal("a timer of another time");
            out.column(0).append(n);
            out.column(1).append(counts[row]);
            counts.clear(row);
        }
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit(0, rows) ? Status() : Status::more();
    }
    void begin(const BatchView&) override {}
    void each(int64_t, int64_t, ColumnBuilder&) override {}
    ValueState<int64_t> counts_;
    weir::Timers timers_;
};

template <class T>
constexpr auto keyed_spec(const char* name) {
    return operator_spec<T>(name, "Keeps state by n.").with(WEIR_OP_KEYED);
}
constexpr auto kKeyedCount = keyed_spec<KeyedCount>("keyed_count");
constexpr auto kKeyedText = keyed_spec<KeyedText>("keyed_text");
constexpr auto kKeyedTtl = keyed_spec<KeyedTtl>("keyed_ttl");
constexpr auto kKeyedEventTtl = keyed_spec<KeyedEventTtl>("keyed_event_ttl");
constexpr auto kKeyedLongTtl = keyed_spec<KeyedLongTtl>("keyed_long_ttl");
constexpr auto kTotals1 = keyed_spec<Totals1>("totals_v1");
constexpr auto kTotalsWider = keyed_spec<Totals1Wider>("totals_wider");
constexpr auto kTotals2 = keyed_spec<Totals2>("totals_v2");
constexpr auto kTotalsOther = keyed_spec<TotalsOther>("totals_other");

constexpr auto kCollections = keyed_spec<Collections>("collections");
constexpr auto kCollectionsTtl = keyed_spec<CollectionsTtl>("collections_ttl");
constexpr auto kEventDelayed = keyed_spec<Delayed<WEIR_CLOCK_EVENT>>("event_delayed");
constexpr auto kDelayed = keyed_spec<Delayed<WEIR_CLOCK_PROCESSING>>("delayed");

const weir_operator* const kKeyedOperators[] = {&kKeyedCount, &kKeyedText, &kKeyedTtl, &kKeyedEventTtl, &kKeyedLongTtl,
                                                &kTotals1, &kTotalsWider, &kTotals2, &kTotalsOther, &kCollections,
                                                &kCollectionsTtl, &kEventDelayed, &kDelayed};

}  // namespace

std::span<const weir_operator* const> keyed_operators() { return kKeyedOperators; }

}  // namespace weir::host::testing
