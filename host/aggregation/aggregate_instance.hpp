// An aggregate of a plugin, made for the types of one call's arguments.
//
// Immutable once made, and shared; functions from any thread. What a plugin throws becomes a Status.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <weir/abi.h>
#include <weir/result.hpp>
#include <weir/types.hpp>

#include "host/loader/resolver.hpp"

namespace weir::host::aggregation {

class AggregateInstance {
public:
    // WEIR_E_CONFIG: the plugin is refused, or the aggregate does not take the arguments; with a path, that parameter.
    static Result<std::shared_ptr<const AggregateInstance>> create(const OperatorInfo& info, OperatorResolver& resolver,
                                                                   const Schema& arguments, const std::string& config);
    ~AggregateInstance();
    AggregateInstance(const AggregateInstance&) = delete;
    AggregateInstance& operator=(const AggregateInstance&) = delete;

    const Field& result() const { return result_; }
    uint32_t state_bytes() const { return info_.state_bytes; }
    bool retracts() const { return info_.flags & WEIR_AGGREGATE_RETRACTS; }
    bool refuses() const { return info_.flags & WEIR_AGGREGATE_REFUSES; }
    bool has_outside() const { return info_.flags & WEIR_AGGREGATE_OUTSIDE; }
    uint32_t state_version() const { return code_.descriptor->state_version; }

    Status update(const weir_aggregate_rows& rows) const;
    Status retract(const weir_aggregate_rows& rows) const;
    Status merge(void* const* into, const void* const* from, uint64_t offset, uint64_t n) const;
    // A column of the result's type; the caller releases it.
    Status result(const weir_aggregate_states& states, ArrowArray* out) const;
    Status save(const void* state, std::string& out) const;
    Status load(void* state, std::string_view bytes) const;
    void drop(void* state) const;
    uint64_t outside_bytes(const void* state) const;

private:
    AggregateInstance() = default;
    const weir_aggregate_api& api() const { return *static_cast<const weir_aggregate_api*>(code_.descriptor->api); }
    Status check(const std::string& name) const;

    ResolvedOperator code_;
    void* self_ = nullptr;
    bool made_ = false;
    weir_aggregate_info info_{};
    Field result_;
};

}  // namespace weir::host::aggregation
