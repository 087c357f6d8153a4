// The operator of `make demo-reload`: writes a pair as text, and numbers the pairs of each key.
#include <weir/state.hpp>
#include <weir/weir.hpp>

using weir::Status;

struct Number : weir::Instance {
    explicit Number(weir::Context context) : Instance(context), counts(context, "count") {}
    static weir::Result<std::unique_ptr<weir::Instance>> create(weir::Context context, const weir::Config&) {
        return std::unique_ptr<weir::Instance>(new Number(context));
    }
    Status bind(const weir::Binding& binding) override {
        const auto l = binding.input(0).find("left"), r = binding.input(0).find("right");
        if (!l || !r) return Status::config("", "the input has no columns `left` and `right`");
        left = *l;
        right = *r;
        binding.reads(0, "left");
        binding.reads(0, "right");
        binding.set_output(0, schema);
        return {};
    }
    Status process(const weir::BatchView& in, uint32_t) override {
        auto of_key = counts.update(in);
        weir::BatchBuilder out(schema);
        for (int64_t row = 0; row < in.rows(); ++row) {
            const int64_t a = in.column(left).value<int64_t>(row), b = in.column(right).value<int64_t>(row);
            const std::string pair = std::to_string(a) + "+" + std::to_string(b);
            out.column(0).append_text(pair);
            out.column(1).append(++of_key[row]);
        }
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit_derived(0, rows, in.raw()) ? Status() : Status::more();
    }
    weir::ValueState<int64_t> counts;
    size_t left = 0, right = 0;
    weir::Schema schema{{{"pair", weir::type_of(weir::TypeId::kString), false}, {"number", weir::type_of(weir::TypeId::kInt64), false}}};
};

constexpr auto kNumber = weir::operator_spec<Number>("acme.number", "Numbers the pairs of a key.").with(WEIR_OP_KEYED);
WEIR_MODULE("acme", "1.0.0", &kNumber)
