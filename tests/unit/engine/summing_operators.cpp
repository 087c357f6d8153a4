#include "tests/unit/engine/summing_operators.hpp"

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include <weir/ext/combine.h>
#include <weir/testing/rows.hpp>
#include <weir/weir.hpp>

#include "tests/unit/engine/test_operators.hpp"

namespace weir::host::testing {
namespace {

int64_t summing_left_out() {
    const std::lock_guard lock(world_mutex());
    return summing().left_out;
}

class SummingInstance : public weir::Instance {
public:
    using Instance::Instance;
    static Result<std::unique_ptr<weir::Instance>> create(Context context, const Config&) {
        return std::unique_ptr<weir::Instance>(new SummingInstance(context));
    }
    static Schema schema() { return weir::testing::schema_of({{"n", "int64"}, {"count", "int64"}}); }

    Status bind(const Binding& binding) override {
        binding.set_output(0, schema());
        const weir_host& host = plugin_host();
        static_cast<const weir_combine_api*>(host.extension(&host, WEIR_EXT_COMBINE))->offer(context_.raw(), &kCombiner);
        return {};
    }
    static int64_t key_of(int64_t n) { return n % 16 < 8 ? 0 : n % 16; }
    Status compute_key(const BatchView& in, uint32_t, uint64_t* hashes) override {
        for (int64_t i = 0; i < in.rows(); ++i)
            hashes[i] = static_cast<uint64_t>(key_of(in.column(0).value<int64_t>(i)) + 1) * 0x9E3779B97F4A7C15;
        return {};
    }
    Status process(const BatchView& in, uint32_t) override {
        for (int64_t i = 0; i < in.rows(); ++i)
            if (Status s = add(in.column(0).value<int64_t>(i)); !s.ok()) return s;
        return {};
    }
    Status finish() override {
        BatchBuilder builder(schema());
        for (const auto& [key, count] : counts_) {
            builder.column(0).append(key);
            builder.column(1).append(count);
        }
        if (counts_.empty()) return {};
        ArrowArray out;
        builder.finish(&out);
        context_.emit(0, out);
        return {};
    }

private:
    static constexpr int64_t kOfASplit = 1'000'000;

    Status add(int64_t n) {
        const int64_t left_out = summing_left_out();
        auto& last = last_.try_emplace({n / kOfASplit, key_of(n), left_out && n % left_out == 0}, -1).first->second;
        if (n <= last) return Status::fatal(std::to_string(n) + " comes behind " + std::to_string(last));
        last = n;
        ++counts_[key_of(n)];
        return {};
    }

    static int32_t combine(void*, const weir_batch* batch, uint8_t* taken, const weir_bytes_out* out, weir_error*) {
        const std::lock_guard lock(world_mutex());
        ++summing().combines;
        if (summing().does_not_pay) return WEIR_OK;
        std::string sum;
        const auto* values = static_cast<const int64_t*>(batch->array->children[0]->buffers[1]);
        for (int64_t i = 0; i < batch->rows; ++i) {
            if (summing().left_out && values[i] % summing().left_out == 0) continue;
            taken[i] = 1;
            sum.append(reinterpret_cast<const char*>(values + i), sizeof *values);
        }
        out->put(out, to_abi(sum));
        return WEIR_OK;
    }
    static int32_t take(void* self, weir_str sum, weir_error* error) {
        {
            const std::lock_guard lock(world_mutex());
            if (summing().refuse_every && ++summing().takes % summing().refuse_every == 0) {
                ++summing().refusals;
                return WEIR_E_UNSUPPORTED;
            }
        }
        auto& instance = static_cast<SummingInstance&>(*detail::instance(self));
        for (uint64_t i = 0; i < sum.size; i += sizeof(int64_t)) {
            int64_t n = 0;
            std::memcpy(&n, sum.data + i, sizeof n);
            if (Status s = instance.add(n); !s.ok()) return s.to_abi(error);
        }
        return WEIR_OK;
    }
    static constexpr weir_combiner kCombiner = {sizeof(weir_combiner), 0, combine, take};

    std::map<int64_t, int64_t> counts_;
    std::map<std::tuple<int64_t, int64_t, bool>, int64_t> last_;  // by split, key, and whether it is left out
};

constexpr auto kSumming = operator_spec<SummingInstance>("summing", "Counts by key at the end.").with(WEIR_OP_KEYED | WEIR_OP_OWN_KEY | WEIR_OP_ONE_INPUT);

}  // namespace

const weir_operator& summing_operator() { return kSumming; }

Summing& summing() {
    static Summing one;
    return one;
}

void reset_summing() { summing() = {}; }

}  // namespace weir::host::testing
