// A module whose init fails: its manifest promises a sink that cannot be had.
#include <weir/weir.hpp>

namespace {

class Sink : public weir::Instance {
public:
    using Instance::Instance;
    static weir::Result<std::unique_ptr<weir::Instance>> create(weir::Context context, const weir::Config &) {
        return std::unique_ptr<weir::Instance>(std::make_unique<Sink>(context));
    }
    weir::Status bind(const weir::Binding &) override { return {}; }
};

constexpr weir_operator kSink = weir::sink_spec<Sink>("reluctant.sink", "Never comes to be.");
const weir_operator *const kOperators[] = {&kSink};

int32_t refuse(const weir_host *, weir_error *error) {
    return weir::Status::config("", "the licence has expired").to_abi(error);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const weir_module weir_module_v1;
extern "C" const weir_module weir_module_v1 = {
    sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, 1, "reluctant", "1.0.0", kOperators, refuse, nullptr, nullptr,
};
