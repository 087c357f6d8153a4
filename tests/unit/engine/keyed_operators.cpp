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
    Status process(const BatchView& in, uint32_t) override {
        {
            std::lock_guard lock(world_mutex());
            if (world().crash_after > 0 && --world().crash_after == 0) throw std::runtime_error("crashed as told");
        }
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

template <class T>
constexpr auto keyed_spec(const char* name) {
    return operator_spec<T>(name, "Keeps state by n.").with(WEIR_OP_KEYED);
}
constexpr auto kKeyedCount = keyed_spec<KeyedCount>("keyed_count");
constexpr auto kKeyedText = keyed_spec<KeyedText>("keyed_text");
constexpr auto kKeyedTtl = keyed_spec<KeyedTtl>("keyed_ttl");
constexpr auto kTotals1 = keyed_spec<Totals1>("totals_v1");
constexpr auto kTotalsWider = keyed_spec<Totals1Wider>("totals_wider");
constexpr auto kTotals2 = keyed_spec<Totals2>("totals_v2");
constexpr auto kTotalsOther = keyed_spec<TotalsOther>("totals_other");

const weir_operator* const kKeyedOperators[] = {&kKeyedCount, &kKeyedText,   &kKeyedTtl,   &kTotals1,
                                                &kTotalsWider, &kTotals2, &kTotalsOther};

}  // namespace

std::span<const weir_operator* const> keyed_operators() { return kKeyedOperators; }

}  // namespace weir::host::testing
