// dedup: of each key the first row, and again one when some time has passed since that.
//
// The host holds, for each key, when the last row that went on was there. One instance, one user at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/pass.hpp>
#include <weir/state.hpp>

namespace weir::dedup {

class Dedup final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Dedup(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status process(const BatchView &batch, uint32_t input) override;

private:
    struct Seen {
        int64_t at = 0;
        bool any = false;
        static auto fields() {
            return weir::fields(weir::field("at", &Seen::at, "tsu:UTC"), weir::field("any", &Seen::any));
        }
    };
    std::vector<int32_t> choose(const BatchView &batch, const int64_t *times);

    const int64_t within_;
    const std::string time_;  // a column; empty: the engine's clock
    ValueState<Seen> seen_;
    PassThrough pass_;
    uint32_t duplicates_metric_;
};

extern const OperatorSpec kDedupSpec;

}  // namespace weir::dedup
