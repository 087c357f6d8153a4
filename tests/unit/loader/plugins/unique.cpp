// A module built without the version script: its inline variable is a unique symbol, which the dynamic linker
// keeps, and the library with it, for good.
#include <weir/weir.hpp>

template <class T>
struct __attribute__((visibility("default"))) Registry {
    static inline T entries{};
};

namespace {

class Nothing : public weir::Codec {
public:
    static weir::Result<std::unique_ptr<weir::Codec>> create(const weir::Config &) {
        ++Registry<int>::entries;
        return std::unique_ptr<weir::Codec>(std::make_unique<Nothing>());
    }
};
constexpr weir_operator kNothing = weir::codec_spec<Nothing>("nothing", "Nothing.");

}  // namespace

WEIR_MODULE("unique", "1.0.0", &kNothing)
