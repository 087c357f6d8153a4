// A sink that is called as the one of weir: no names of its own.
#include <weir/weir.hpp>

namespace {

class Sink : public weir::Instance {
public:
    using Instance::Instance;
    static weir::Result<std::unique_ptr<weir::Instance>> create(weir::Context, const weir::Config &) {
        return weir::Status::config("", "spoken from \xff the other `console`");
    }
    weir::Status bind(const weir::Binding &) override { return {}; }
};

constexpr weir_param kParams[] = {weir::param("format", WEIR_PARAM_STRING, "As the other.").primary()};
constexpr weir_operator kSink = weir::sink_spec<Sink>("console", "Takes the place of another.").params(kParams);

}  // namespace

WEIR_MODULE("plain", "1.0.0", &kSink)
