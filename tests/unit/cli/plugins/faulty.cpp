// The sink `faulty.sink`: fails where and how it is told to.
#include <stdexcept>
#include <string>

#include <weir/weir.hpp>

namespace {

class Sink : public weir::Instance {
public:
    Sink(weir::Context context, std::string when, std::string how, int64_t times)
        : Instance(context), when_(std::move(when)), how_(std::move(how)), times_(times) {}

    static weir::Result<std::unique_ptr<weir::Instance>> create(weir::Context context, const weir::Config &config) {
        auto sink = std::make_unique<Sink>(context, config.string("when"), config.string("how"), config.int64("times"));
        if (auto status = sink->at("create"); !status.ok()) return status;
        return std::unique_ptr<weir::Instance>(std::move(sink));
    }
    weir::Status bind(const weir::Binding &) override { return at("bind"); }
    weir::Status open() override { return at("open"); }
    weir::Status process(const weir::BatchView &, uint32_t) override { return at("process"); }
    weir::Status prepare(uint64_t, const weir_bytes_out &) override { return at("prepare"); }

private:
    weir::Status at(const std::string &place) const {
        static int64_t failures = 0;
        if (when_ != place || (times_ > 0 && ++failures > times_)) return {};
        if (how_ == "throw") throw std::runtime_error("thrown on purpose");
        if (how_ == "config") return weir::Status::config("how", "does not suit the server");
        if (how_ == "retryable") return weir::Status::retryable("the server at 127.0.0.1:1 does not answer");
        if (how_ == "state_version") return weir::Status::state_version("cannot read state of version 7");
        if (how_ == "hang") return weir::Status::pending();
        return weir::Status::fatal("failed on purpose");
    }

    std::string when_, how_;
    int64_t times_;
};

constexpr weir_param kParams[] = {
    weir::param("when", WEIR_PARAM_STRING, "In which call.").default_json("\"never\""),
    weir::param("how", WEIR_PARAM_STRING, "What happens then.").default_json("\"fatal\""),
    weir::param("times", WEIR_PARAM_INT64, "How often, by all of the process; 0: always.").default_json("0"),
};
constexpr weir_operator kSink = weir::sink_spec<Sink>("faulty.sink", "Fails as told.").params(kParams);

}  // namespace

WEIR_MODULE("faulty", "1.0.0", &kSink)
