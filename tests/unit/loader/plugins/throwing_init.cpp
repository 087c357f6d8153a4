// A module whose init throws.
#include <stdexcept>

#include <weir/abi.h>

namespace {

constexpr weir_codec_api kApi = {sizeof(weir_codec_api),
                                 0,
                                 [](auto, auto, auto, auto, auto) -> int32_t { return WEIR_OK; },
                                 [](auto) {},
                                 nullptr,
                                 nullptr,
                                 [](auto, auto, auto) -> int32_t { return WEIR_OK; },
                                 [](auto, auto, auto, auto) -> int32_t { return WEIR_OK; }};

constexpr weir_operator kCodec = [] {
    weir_operator op{};
    op.size = sizeof op;
    op.kind = WEIR_KIND_CODEC;
    op.name = "throwing";
    op.doc = "Never comes to life.";
    op.api = &kApi;
    return op;
}();
constexpr const weir_operator *kOperators[] = {&kCodec};

int32_t init(const weir_host *, weir_error *) { throw std::runtime_error("no table"); }

}  // namespace

WEIR_EXPORT const weir_module weir_module_v1;
const weir_module weir_module_v1 = {
    sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, 1, "throwing", "1.0.0", kOperators, init, nullptr, nullptr};
