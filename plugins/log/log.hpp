// log: tells of rows in the host's log, and lets them pass. One instance, one user at a time.
#pragma once

#include <memory>
#include <string>

#include <weir/pass.hpp>

namespace weir::log {

class Log final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Log(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status on_wake() override;
    Status finish() override;

private:
    void tell(const BatchView &batch, int64_t row);
    void tell_skipped();

    uint32_t level_;
    std::string prefix_;
    int64_t limit_;  // rows a second
    int64_t second_ = INT64_MIN, told_ = 0;  // the second that counts, and the rows told in it
    int64_t skipped_ = 0;                    // since the last note about it
    uint32_t skipped_metric_;
    PassThrough pass_;
};

extern const OperatorSpec kLogSpec;

}  // namespace weir::log
