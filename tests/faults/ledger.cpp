// Operators of the fault tests, whose results say in which order and how often each row of a key was taken.
//
//   ledger.filter  passes on the rows whose n is no multiple of `not`
//   ledger.count   keyed: numbers the rows of each key, from 1; its state is held by the host
//   ledger.visits  keyed, rows with a time t: numbers the rows of a visit. A visit ends `ttl` after it began, and its
//                  state goes with the first row behind that, which is not numbered; the next one begins another. It
//                  keeps its own table, and hands over what changed
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <weir/weir.hpp>

namespace {

using weir::BatchView;
using weir::Status;
using Made = weir::Result<std::unique_ptr<weir::Instance>>;

const weir::Field kN{"n", weir::type_of(weir::TypeId::kInt64), false};
const weir::Field kT{"t", weir::type_of(weir::TypeId::kInt64), false};

// The place of a column in a schema.
weir::Result<size_t> place_of(const weir::Schema &schema, const char *name) {
    if (auto found = schema.find(name)) return *found;
    return Status::config("", std::string("the input has no column `") + name + "`");
}

class Filter final : public weir::Instance {
public:
    Filter(weir::Context context, int64_t divisor) : Instance(context), divisor_(divisor) {}
    static Made create(weir::Context context, const weir::Config &config) {
        return std::unique_ptr<weir::Instance>(new Filter(context, config.int64("not")));
    }
    Status bind(const weir::Binding &binding) override {
        auto n = place_of(binding.input(0), "n");
        if (!n) return n.status();
        n_ = *n;
        binding.reads(0, "n");
        schema_ = weir::Schema();
        for (const weir::Field &field : binding.input(0).fields)
            if (binding.wanted(0, field.name)) {
                schema_.fields.push_back(field);
                binding.reads(0, field.name);
            }
        binding.set_output(0, schema_);
        return {};
    }
    Status process(const BatchView &in, uint32_t) override {
        std::vector<int32_t> rows;
        for (int64_t row = 0; row < in.rows(); ++row)
            if (in.column(n_).value<int64_t>(row) % divisor_ != 0) rows.push_back(static_cast<int32_t>(row));
        if (rows.empty()) return {};
        weir::BatchBuilder out(schema_);
        for (size_t c = 0; c < schema_.fields.size(); ++c) {
            const auto from = in.column(*in.schema().find(schema_.fields[c].name));
            for (int32_t row : rows) out.column(c).append_from(from, row);
        }
        ArrowArray array;
        out.finish(&array);
        return context_.emit_derived(0, array, in.raw(), rows) ? Status() : Status::more();
    }

private:
    int64_t divisor_;
    size_t n_ = 0;
    weir::Schema schema_;
};

// Numbers kept by key, handed over at the barrier: an entry is the key and up to two numbers, as text.
class Table {
public:
    struct Entry {
        uint32_t group = 0;
        int64_t first = 0, second = 0;
    };
    Entry *find(int64_t key) {
        auto found = entries_.find(key);
        return found == entries_.end() ? nullptr : &found->second;
    }
    Entry &change(int64_t key, uint32_t group) {
        changed_.insert(key);
        groups_[key] = group;
        Entry &entry = entries_[key];
        entry.group = group;
        return entry;
    }
    void erase(int64_t key) {
        entries_.erase(key);
        changed_.insert(key);
    }
    Status snapshot(const weir_snapshot &out) {
        for (int64_t key : changed_) {
            const Entry *entry = find(key);
            const std::string name = std::to_string(key);
            const std::string text =
                entry ? std::to_string(entry->first) + ' ' + std::to_string(entry->second) : std::string();
            const weir_str k = weir::to_abi(name), v = entry ? weir::to_abi(text) : weir_str{nullptr, 0};
            weir_state_block block{sizeof block, 0, WEIR_STATE_KEYED, groups_[key], 1, 0, {}, 1, &k, &v};
            if (out.put(&out, &block) != WEIR_OK) return Status::fatal("the host does not take the state");
        }
        changed_.clear();
        return {};
    }
    Status restore(const weir_state_block &block) {
        for (uint64_t i = 0; i < block.n; ++i) {
            const std::string key(weir::view(block.keys[i])), value(weir::view(block.values[i]));
            Entry entry;
            entry.group = block.group;
            const char *end = value.data() + value.size();
            const auto middle = std::from_chars(value.data(), end, entry.first);
            if (middle.ec != std::errc() || middle.ptr == end) return Status::fatal("the state of a key is damaged");
            std::from_chars(middle.ptr + 1, end, entry.second);
            groups_[std::stoll(key)] = block.group;
            entries_[std::stoll(key)] = entry;
        }
        return {};
    }

private:
    std::map<int64_t, Entry> entries_;
    std::map<int64_t, uint32_t> groups_;
    std::set<int64_t> changed_;
};

class Keyed : public weir::Instance {
public:
    Keyed(weir::Context context, const char *result, bool timed)
        : Instance(context), timed_(timed), schema_{{kN, {result, weir::type_of(weir::TypeId::kInt64), false}}} {}
    Status bind(const weir::Binding &binding) override {
        auto n = place_of(binding.input(0), "n");
        if (!n) return n.status();
        n_ = *n;
        binding.reads(0, "n");
        if (timed_) {
            auto t = place_of(binding.input(0), "t");
            if (!t) return t.status();
            t_ = *t;
            binding.reads(0, "t");
        }
        binding.set_output(0, schema_);
        return {};
    }
    Status process(const BatchView &in, uint32_t) override {
        begin(in);
        weir::BatchBuilder out(schema_);
        for (int64_t row = 0; row < in.rows(); ++row) {
            const auto n = in.column(n_).value<int64_t>(row);
            const int64_t result = take(in, row, n, timed_ ? in.column(t_).value<int64_t>(row) : 0);
            if (result == 0) continue;
            out.column(0).append(n);
            out.column(1).append(result);
        }
        if (out.rows() == 0) return {};
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit(0, rows) ? Status() : Status::more();
    }

private:
    virtual void begin(const BatchView &) {}
    // The number to emit for a row; 0: none.
    virtual int64_t take(const BatchView &in, int64_t row, int64_t n, int64_t t) = 0;

    const bool timed_;
    size_t n_ = 0, t_ = 0;
    weir::Schema schema_;
};

class Count final : public Keyed {
public:
    explicit Count(weir::Context context) : Keyed(context, "count", false), counts_(context, "counts") {}
    static Made create(weir::Context context, const weir::Config &) {
        return std::unique_ptr<weir::Instance>(new Count(context));
    }

private:
    void begin(const BatchView &in) override { of_rows_.emplace(counts_.update(in)); }
    int64_t take(const BatchView &, int64_t row, int64_t, int64_t) override { return ++(*of_rows_)[row]; }

    weir::ValueState<int64_t> counts_;
    std::optional<weir::Values<int64_t>> of_rows_;
};

class Visits final : public Keyed {
public:
    Visits(weir::Context context, int64_t ttl) : Keyed(context, "visit", true), ttl_(ttl) {}
    static Made create(weir::Context context, const weir::Config &config) {
        return std::unique_ptr<weir::Instance>(new Visits(context, config.int64("ttl")));
    }
    Status snapshot(const weir_snapshot &out) override { return table_.snapshot(out); }
    Status restore(const weir_state_block &block) override { return table_.restore(block); }

private:
    // The row behind a visit's end only ends it, so that a key is without state until the next one.
    int64_t take(const BatchView &in, int64_t row, int64_t n, int64_t t) override {
        if (Table::Entry *visit = table_.find(n); visit && t > visit->first + ttl_) {
            table_.erase(n);
            return 0;
        }
        Table::Entry &visit = table_.change(n, static_cast<uint32_t>(in.raw().hashes[row] >> 56));
        if (visit.second == 0) visit.first = t;
        return ++visit.second;
    }

    int64_t ttl_;
    Table table_;
};

constexpr weir_param kFilterParams[] = {
    weir::param("not", WEIR_PARAM_INT64, "Multiples of this are dropped.").required().primary()};
constexpr weir_param kVisitsParams[] = {
    weir::param("ttl", WEIR_PARAM_INT64, "How long a visit lasts, in the unit of t.").required().primary()};
constexpr auto kFilter = weir::operator_spec<Filter>("ledger.filter", "Drops multiples.").params(kFilterParams);
constexpr auto kCount = weir::operator_spec<Count>("ledger.count", "Numbers the rows of a key.").with(WEIR_OP_KEYED);
constexpr auto kVisits = weir::operator_spec<Visits>("ledger.visits", "Numbers the rows of a key's visits.")
                             .params(kVisitsParams)
                             .with(WEIR_OP_KEYED)
                             .state(1, WEIR_STATE_KEYED);

}  // namespace

WEIR_MODULE("ledger", "1.0.0", &kFilter, &kCount, &kVisits)
