// The plugin of reload_test.py and of tests/bench/reload, in several builds. `rebuilt.count` numbers the rows of each key, in state
// that the host holds, and says which build did; a column `t` goes along as `sent`.
//
//   REBUILT        1 to 3: each keeps its state in another version, and reads those before
//   REBUILT_FAULT  1: its rows fail, 2: they end the process, 3: it reads no version of the state that another build has written
#include <csignal>
#include <memory>
#include <optional>
#include <vector>

#include <weir/weir.hpp>

namespace {

using weir::Status;

// What is kept of a key. next: the number of the row that comes; is_sound: whether what is kept twice is the same, as it is where the state was
// brought to this version.
struct First {
    int64_t count;
    int64_t next() { return ++count; }
    bool is_sound() const { return true; }
    static auto fields() { return weir::fields(weir::field("count", &First::count)); }
};
struct Second {
    int64_t count, twice;
    int64_t next() {
        twice += 2;
        return ++count;
    }
    bool is_sound() const { return twice == 2 * count; }
    static auto fields() { return weir::fields(weir::field("count", &Second::count), weir::field("twice", &Second::twice)); }
};
struct Third {
    int64_t missing;  // up to zero
    int64_t next() { return -(--missing); }
    bool is_sound() const { return missing <= 0; }
    static auto fields() { return weir::fields(weir::field("missing", &Third::missing)); }
};

struct Foreign {
    int64_t other;
    int64_t next() { return ++other; }
    bool is_sound() const { return true; }
    static auto fields() { return weir::fields(weir::field("other", &Foreign::other)); }
};

#if REBUILT_FAULT == 3
using Kept = Foreign;
constexpr uint32_t kVersion = 9;
std::vector<weir::detail::OlderLayout> older_versions() { return {}; }
#elif REBUILT == 1
using Kept = First;
constexpr uint32_t kVersion = 1;
std::vector<weir::detail::OlderLayout> older_versions() { return {}; }
#elif REBUILT == 2
using Kept = Second;
constexpr uint32_t kVersion = 2;
std::vector<weir::detail::OlderLayout> older_versions() {
    return {weir::older<First, [](const First& from, Second& to) { to = {from.count, 2 * from.count}; }>(1)};
}
#else
using Kept = Third;
constexpr uint32_t kVersion = 3;
std::vector<weir::detail::OlderLayout> older_versions() {
    return {weir::older<First, [](const First& from, Third& to) { to = {-from.count}; }>(1),
            weir::older<Second, [](const Second& from, Third& to) { to = {-from.twice / 2}; }>(2)};
}
#endif

class Count : public weir::Instance {
public:
    static weir::Result<std::unique_ptr<weir::Instance>> create(weir::Context context, const weir::Config&) {
        return std::unique_ptr<weir::Instance>(new Count(context));
    }
    explicit Count(weir::Context context) : Instance(context), counts_(context, "counts", {.version = kVersion}, older_versions()) {}
    Status bind(const weir::Binding& binding) override {
        const auto n = binding.input(0).find("n");
        if (!n) return Status::config("", "the input has no column `n`");
        n_ = *n;
        binding.reads(0, "n");
        schema_.fields.resize(kOwnColumns);
        if ((t_ = binding.input(0).find("t"))) {
            binding.reads(0, "t");
            schema_.fields.push_back({"sent", weir::type_of(weir::TypeId::kInt64), false});
        }
        binding.set_output(0, schema_);
        return {};
    }
    Status process(const weir::BatchView& in, uint32_t) override {
        if (REBUILT_FAULT == 1) return Status::fatal("this build is broken on purpose");
        if (REBUILT_FAULT == 2) (void)std::raise(SIGKILL);
        auto counts = counts_.update(in);
        weir::BatchBuilder out(schema_);
        for (int64_t row = 0; row < in.rows(); ++row) {
            Kept& kept = counts[row];
            if (!kept.is_sound()) return Status::fatal("the state is not of this version");
            out.column(0).append(in.column(n_).value<int64_t>(row));
            out.column(1).append(kept.next());
            out.column(2).append(int64_t{REBUILT});
            if (t_) out.column(3).append(in.column(*t_).value<int64_t>(row));
        }
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit_derived(0, rows, in.raw()) ? Status() : Status::more();
    }

private:
    static constexpr size_t kOwnColumns = 3;
    weir::ValueState<Kept> counts_;
    size_t n_ = 0;
    std::optional<size_t> t_;
    weir::Schema schema_{{{"n", weir::type_of(weir::TypeId::kInt64), false},
                          {"count", weir::type_of(weir::TypeId::kInt64), false},
                          {"build", weir::type_of(weir::TypeId::kInt64), false}}};
};

constexpr auto kCount = weir::operator_spec<Count>("rebuilt.count", "Numbers the rows of a key.").with(WEIR_OP_KEYED);

}  // namespace

WEIR_MODULE("rebuilt", "1.0.0", &kCount)
