// Variances, quantiles, histograms, bool_and and bool_or.
#include <algorithm>
#include <cmath>

#include "specs.hpp"
#include "values.hpp"

namespace weir::aggregates {
namespace {

// Welford's algorithm (Technometrics 4(3), 1962); states are merged as by Chan, Golub and LeVeque (1979).
class Moments {
public:
    struct State {
        int64_t rows;
        double mean, squares;  // sum of squared distances from the mean
    };
    using Arguments = AnyArguments;
    Moments(bool sample, bool root) : sample_(sample), root_(root) {}

    Type result_type() const { return type_of(TypeId::kFloat64); }
    void update(State &s, const ArgumentRow &row) const {
        if (row.is_null(0)) return;
        const double value = number_at(row.column(0), row.row());
        const double before = value - s.mean;
        s.mean += before / static_cast<double>(++s.rows);
        s.squares += before * (value - s.mean);
    }
    void merge(State &into, const State &from) const {
        if (from.rows == 0) return;
        if (into.rows == 0) {
            into = from;
            return;
        }
        const double rows = static_cast<double>(into.rows + from.rows), distance = from.mean - into.mean;
        into.mean += distance * static_cast<double>(from.rows) / rows;
        into.squares +=
            from.squares + distance * distance * static_cast<double>(into.rows) * static_cast<double>(from.rows) / rows;
        into.rows += from.rows;
    }
    void result(const State &s, ColumnBuilder &out) const {
        const int64_t divisor = s.rows - (sample_ ? 1 : 0);
        if (divisor < 1) return out.append_null();
        const double variance = s.squares / static_cast<double>(divisor);
        out.append(root_ ? std::sqrt(variance) : variance);
    }

private:
    bool sample_, root_;
};

Result<AggregatePtr> make_moments(const Schema &arguments, bool sample, bool root) {
    if (Status status = check_one(arguments, "takes a number", is_number); !status.ok()) return status;
    return make_aggregate(Moments(sample, root));
}

// PostgreSQL's percentile_cont: between the two values that the place falls between, in proportion. Keeps all values.
class ExactQuantile {
public:
    struct State {
        StateVector<double> values;
    };
    using Arguments = AnyArguments;
    explicit ExactQuantile(double share) : share_(share) {}

    Type result_type() const { return type_of(TypeId::kFloat64); }
    void update(State &s, const ArgumentRow &row) const {
        if (!row.is_null(0)) s.values.push_back(number_at(row.column(0), row.row()));
    }
    void retract(State &s, const ArgumentRow &row) const {
        if (row.is_null(0)) return;
        const double value = number_at(row.column(0), row.row());
        auto *found = std::find_if(s.values.begin(), s.values.end(),
                                   [&](double one) { return !is_less(one, value) && !is_less(value, one); });
        if (found == s.values.end()) return;
        *found = s.values.back();
        s.values.erase(s.values.size() - 1);
    }
    void merge(State &into, const State &from) const { into.values.append(from.values.data(), from.values.size()); }
    void result(const State &s, ColumnBuilder &out) const {
        if (s.values.empty()) return out.append_null();
        std::vector<double> sorted(s.values.begin(), s.values.end());
        const double place = share_ * static_cast<double>(sorted.size() - 1);
        const auto low = static_cast<size_t>(std::floor(place)), high = static_cast<size_t>(std::ceil(place));
        const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(low);
        std::nth_element(sorted.begin(), at, sorted.end(), is_less<double>);
        const double below = *at;
        if (low == high) return out.append(below);
        const double above = *std::min_element(at + 1, sorted.end(), is_less<double>);
        out.append(below + (above - below) * (place - static_cast<double>(low)));
    }
    void save(const State &s, std::string &out) const { saved::put_vector(out, s.values); }
    bool load(State &s, std::string_view bytes) const { return saved::take_vector(bytes, s.values) && bytes.empty(); }
    void drop(State &s) const { s.values.drop(); }
    uint64_t outside_bytes(const State &s) const { return s.values.bytes(); }

private:
    double share_;
};

// DDSketch (Masson, Rim, Lee: VLDB 2019): numbers of values in buckets whose bounds grow by a factor, so that what stands
// for a bucket is within 1 % of every value in it.
class SketchedQuantile {
public:
    struct Bucket {
        int64_t index;  // values in (factor^(index - 1), factor^index]
        uint64_t values;
    };
    struct State {
        StateVector<Bucket> above, below;  // zero, ascending; below: of what is less than zero, by its magnitude
        uint64_t zeros;
    };
    using Arguments = AnyArguments;
    explicit SketchedQuantile(double share) : share_(share) {}

    Type result_type() const { return type_of(TypeId::kFloat64); }
    bool update(State &s, const ArgumentRow &row) const {
        if (row.is_null(0)) return true;
        const double value = number_at(row.column(0), row.row());
        if (!std::isfinite(value)) return false;
        add(s, value, 1);
        return true;
    }
    void retract(State &s, const ArgumentRow &row) const {
        if (!row.is_null(0)) add(s, number_at(row.column(0), row.row()), -1);
    }
    void merge(State &into, const State &from) const {
        into.zeros += from.zeros;
        for (const Bucket &bucket : from.above) add_to(into.above, bucket.index, static_cast<int64_t>(bucket.values));
        for (const Bucket &bucket : from.below) add_to(into.below, bucket.index, static_cast<int64_t>(bucket.values));
    }
    void result(const State &s, ColumnBuilder &out) const {
        const uint64_t below = total(s.below), values = below + s.zeros + total(s.above);
        if (values == 0) return out.append_null();
        auto place = static_cast<uint64_t>(share_ * static_cast<double>(values - 1));
        if (place < below) return out.append(-value_of(bucket_at(s.below, below - 1 - place)));
        place -= below;
        if (place < s.zeros) return out.append(0.0);
        out.append(value_of(bucket_at(s.above, place - s.zeros)));
    }
    Refusal refusal() const { return {"bad-argument", "approx_quantile takes finite numbers alone"}; }
    void save(const State &s, std::string &out) const {
        saved::put(out, s.zeros);
        saved::put_vector(out, s.above);
        saved::put_vector(out, s.below);
    }
    bool load(State &s, std::string_view bytes) const {
        return saved::take(bytes, s.zeros) && saved::take_vector(bytes, s.above) && saved::take_vector(bytes, s.below) &&
               bytes.empty();
    }
    void drop(State &s) const {
        s.above.drop();
        s.below.drop();
    }
    uint64_t outside_bytes(const State &s) const { return s.above.bytes() + s.below.bytes(); }

private:
    static constexpr double kError = 0.01, kFactor = (1 + kError) / (1 - kError);

    static void add(State &s, double value, int64_t times) {
        if (value == 0) {
            s.zeros += static_cast<uint64_t>(times);
            return;
        }
        static const double kLog = std::log(kFactor);
        add_to(value > 0 ? s.above : s.below, static_cast<int64_t>(std::ceil(std::log(std::fabs(value)) / kLog)), times);
    }
    static void add_to(StateVector<Bucket> &buckets, int64_t index, int64_t times) {
        auto *found = std::lower_bound(buckets.begin(), buckets.end(), index,
                                       [](const Bucket &b, int64_t wanted) { return b.index < wanted; });
        const auto at = static_cast<size_t>(found - buckets.begin());
        if (at == buckets.size() || found->index != index) {
            if (times > 0) buckets.insert(at, {index, static_cast<uint64_t>(times)});
            return;
        }
        found->values += static_cast<uint64_t>(times);
        if (found->values == 0) buckets.erase(at);
    }
    static uint64_t total(const StateVector<Bucket> &buckets) {
        uint64_t out = 0;
        for (const Bucket &bucket : buckets) out += bucket.values;
        return out;
    }
    static int64_t bucket_at(const StateVector<Bucket> &buckets, uint64_t place) {
        size_t i = 0;
        while (i + 1 < buckets.size() && place >= buckets[i].values) place -= buckets[i++].values;
        return buckets[i].index;
    }
    static double value_of(int64_t index) { return 2 * std::pow(kFactor, static_cast<double>(index)) / (kFactor + 1); }

    double share_;
};

Result<double> share_of(const Config &config) {
    const double share = config.float64("p");
    if (share >= 0 && share <= 1) return share;
    return Status::config("p", "is " + std::to_string(share) + ", and a share is from 0 to 1: 0.95 is the 95th percentile");
}

// PostgreSQL's width_bucket, counted.
class Histogram {
public:
    struct State {
        StateVector<int64_t> counts;  // below, each bucket, above
    };
    using Arguments = AnyArguments;
    Histogram(double lowest, double highest, size_t buckets) : lowest_(lowest), highest_(highest), buckets_(buckets) {}

    Type result_type() const { return list_of(type_of(TypeId::kInt64), false); }
    bool update(State &s, const ArgumentRow &row) const {
        if (row.is_null(0)) return true;
        const double value = number_at(row.column(0), row.row());
        if (std::isnan(value)) return false;
        if (s.counts.empty()) s.counts.resize(buckets_ + 2);
        ++s.counts[bucket_of(value)];
        return true;
    }
    void retract(State &s, const ArgumentRow &row) const {
        if (!row.is_null(0) && !s.counts.empty()) --s.counts[bucket_of(number_at(row.column(0), row.row()))];
    }
    void merge(State &into, const State &from) const {
        if (from.counts.empty()) return;
        if (into.counts.empty()) into.counts.resize(buckets_ + 2);
        for (size_t i = 0; i < from.counts.size(); ++i) into.counts[i] += from.counts[i];
    }
    void result(const State &s, ColumnBuilder &out) const {
        for (size_t i = 0; i < buckets_ + 2; ++i) out.child(0).append(s.counts.empty() ? int64_t{0} : s.counts[i]);
        out.end_row();
    }
    Refusal refusal() const { return {"bad-argument", "histogram has no bucket for NaN"}; }
    static constexpr bool kNullable = false;
    void save(const State &s, std::string &out) const { saved::put_vector(out, s.counts); }
    bool load(State &s, std::string_view bytes) const {
        return saved::take_vector(bytes, s.counts) && bytes.empty() && (s.counts.empty() || s.counts.size() == buckets_ + 2);
    }
    void drop(State &s) const { s.counts.drop(); }
    uint64_t outside_bytes(const State &s) const { return s.counts.bytes(); }

private:
    size_t bucket_of(double value) const {
        if (value < lowest_) return 0;
        if (value >= highest_) return buckets_ + 1;
        const double at = (value - lowest_) / (highest_ - lowest_) * static_cast<double>(buckets_);
        return std::min(static_cast<size_t>(at) + 1, buckets_);
    }
    double lowest_, highest_;
    size_t buckets_;
};

template <bool kAll>
class BoolTest {
public:
    struct State {
        int64_t holding, others;
    };
    using Arguments = weir::Arguments<bool>;

    Type result_type() const { return type_of(TypeId::kBool); }
    void update(State &s, bool value) const { ++(value ? s.holding : s.others); }
    void retract(State &s, bool value) const { --(value ? s.holding : s.others); }
    void merge(State &into, const State &from) const {
        into.holding += from.holding;
        into.others += from.others;
    }
    void result(const State &s, ColumnBuilder &out) const {
        if (s.holding + s.others == 0) return out.append_null();
        out.append_bool(kAll ? s.others == 0 : s.holding > 0);
    }
};

bool is_bool(const Type &type) { return type.id == TypeId::kBool; }

}  // namespace

Result<AggregatePtr> StddevFactory::create(const Config &, const Schema &a) { return make_moments(a, true, true); }
Result<AggregatePtr> StddevPopFactory::create(const Config &, const Schema &a) { return make_moments(a, false, true); }
Result<AggregatePtr> VarianceFactory::create(const Config &, const Schema &a) { return make_moments(a, true, false); }
Result<AggregatePtr> VarPopFactory::create(const Config &, const Schema &a) { return make_moments(a, false, false); }

Result<AggregatePtr> MedianFactory::create(const Config &, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a number", is_number); !status.ok()) return status;
    return make_aggregate(ExactQuantile(0.5));
}

Result<AggregatePtr> QuantileFactory::create(const Config &config, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a number", is_number); !status.ok()) return status;
    auto share = share_of(config);
    return share ? Result<AggregatePtr>(make_aggregate(ExactQuantile(*share))) : share.status();
}

Result<AggregatePtr> ApproxQuantileFactory::create(const Config &config, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a number", is_number); !status.ok()) return status;
    auto share = share_of(config);
    return share ? Result<AggregatePtr>(make_aggregate(SketchedQuantile(*share))) : share.status();
}

Result<AggregatePtr> HistogramFactory::create(const Config &config, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a number", is_number); !status.ok()) return status;
    constexpr int64_t kMost = 10'000;
    const double lowest = config.float64("lowest"), highest = config.float64("highest");
    const int64_t buckets = config.int64("buckets");
    if (!(lowest < highest) || !std::isfinite(highest - lowest)) return Status::config("highest", "is not above the lowest bound");
    if (buckets < 1 || buckets > kMost)
        return Status::config("buckets", "is " + std::to_string(buckets) + ", and from 1 to 10000 are possible");
    return make_aggregate(Histogram(lowest, highest, static_cast<size_t>(buckets)));
}

Result<AggregatePtr> BoolAndFactory::create(const Config &, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a bool", is_bool); !status.ok()) return status;
    return make_aggregate(BoolTest<true>());
}

Result<AggregatePtr> BoolOrFactory::create(const Config &, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a bool", is_bool); !status.ok()) return status;
    return make_aggregate(BoolTest<false>());
}

}  // namespace weir::aggregates
