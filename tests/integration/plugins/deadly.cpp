// A sink that takes its whole process down, for the tests of hosts that die: with the first row, or with the first epoch. A build with
// DEADLY_AT does so without being told to.
#include <csignal>
#include <string>

#include <weir/weir.hpp>

#ifndef DEADLY_AT
#define DEADLY_AT "never"
#endif

namespace {

class Deadly : public weir::Instance {
public:
    Deadly(weir::Context context, std::string at) : Instance(context), at_(std::move(at)) {}

    static weir::Result<std::unique_ptr<weir::Instance>> create(weir::Context context, const weir::Config &config) {
        auto sink = std::make_unique<Deadly>(context, config.string("at"));
        if (auto status = sink->die_at("create"); !status.ok()) return status;
        return std::unique_ptr<weir::Instance>(std::move(sink));
    }
    weir::Status process(const weir::BatchView &, uint32_t) override { return die_at("row"); }
    weir::Status prepare(uint64_t, const weir_bytes_out &) override { return die_at("epoch"); }

private:
    weir::Status die_at(const char *place) const {
        if (at_ == place) (void)std::raise(SIGKILL);
        return {};
    }

    const std::string at_;
};

constexpr weir_param kParams[] = {weir::param("at", WEIR_PARAM_STRING, "In which call: create, row, epoch.").default_json("\"" DEADLY_AT "\"")};
constexpr weir_operator kDeadly = weir::sink_spec<Deadly>("deadly.sink", "Kills its process.").params(kParams);

}  // namespace

WEIR_MODULE("deadly", "1.0.0", &kDeadly)
