// A plugin by the C++ SDK and weir_add_plugin, with its manifest section.
#include <weir/weir.hpp>

namespace {

class Keep : public weir::Instance {
public:
    using Instance::Instance;
    static weir::Result<std::unique_ptr<weir::Instance>> create(weir::Context context, const weir::Config &) {
        return std::unique_ptr<weir::Instance>(std::make_unique<Keep>(context));
    }
    weir::Status compute_key(const weir::BatchView &, uint32_t, uint64_t *) override { return {}; }
};

constexpr weir_param kItem[] = {weir::param("", WEIR_PARAM_COLUMN, "")};
constexpr weir_param kRange[] = {
    weir::param("min", WEIR_PARAM_INT64, "Smallest.").default_json("0"),
    weir::param("max", WEIR_PARAM_INT64, "Largest.").required(),
};
constexpr weir_param kParams[] = {
    weir::param("columns", WEIR_PARAM_LIST, "What to keep.").required().primary().scalar_or_list().fields(kItem),
    weir::param("range", WEIR_PARAM_OBJECT, "Which values.").fields(kRange),
    weir::param("ttl", WEIR_PARAM_DURATION, "For how long; “30s”.").default_json("30000000"),
    weir::param("mode", WEIR_PARAM_STRING, "How.").one_of(R"(["fast","exact"])").default_json("\"fast\""),
    weir::param("token", WEIR_PARAM_STRING, "Password.").secret(),
    weir::param("to", WEIR_PARAM_MAP, "Ports.").required().fields(kItem),
};
constexpr weir_port kInputs[] = {weir::port("left", "Rows."), weir::port("right", "More.", WEIR_PORT_MANY)};
constexpr weir_port kOutputs[] = {weir::port("out", "Rows."), weir::port("late", "Late rows."),
                                  weir::port("to", "More ports.", WEIR_PORT_BY_KEYS)};
constexpr weir_operator kKeep = weir::operator_spec<Keep>("modern.keep", "Keeps columns.")
                                    .params(kParams)
                                    .inputs(kInputs)
                                    .outputs(kOutputs)
                                    .with(WEIR_OP_KEYED | WEIR_OP_OWN_KEY)
                                    .state(3, WEIR_STATE_KEYED | WEIR_STATE_LIST)
                                    .async(16);

}  // namespace

WEIR_MODULE("modern", "2.1.0-beta.1", &kKeep)
