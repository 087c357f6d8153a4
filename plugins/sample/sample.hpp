// sample: some of the rows. A share by a hash of the row, so that the same rows are chosen again and on any number of
// workers; or every n-th that comes by.
//
// One instance, one user at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/pass.hpp>

namespace weir::sample {

class Sample final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Sample(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status process(const BatchView &batch, uint32_t input) override;

private:
    bool by_share(const BatchView &batch, uint32_t input, int64_t row) const;

    const double share_;
    const uint64_t every_;  // 0: by share
    const uint64_t seed_;
    const std::vector<std::string> by_;
    uint64_t threshold_ = 0;        // a hash below it is chosen
    std::vector<std::string> hashed_;  // columns
    std::vector<std::vector<size_t>> indices_;  // of these, by input
    uint64_t rows_ = 0;
    PassThrough pass_;
    uint32_t left_out_metric_;
};

extern const OperatorSpec kSampleSpec;

}  // namespace weir::sample
