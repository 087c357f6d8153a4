// A source of a topology that runs, as it can be asked for single records and for places: over its own connection, by the
// extension of its plugin (weir/ext/records.h).
//
// Threads: any; calls block on the source's server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/ext/records.h>
#include <weir/result.hpp>

#include "host/cli/dead_letters.hpp"
#include "host/engine/epoch_log.hpp"
#include "host/engine/plan.hpp"

namespace weir::host {

class RecordSource {
public:
    // The source that users call `name`, of a plan that was made beside the running one, with its connections. `plugins` and the plan must
    // outlive it. WEIR_E_CONFIG: there is none, or its plugin does not tell records apart by offsets; the message says which.
    static Result<RecordSource> find(const Plan& plan, OperatorResolver& plugins, const std::string& name);

    size_t node() const { return node_; }
    // That the epochs know it by.
    const std::string& id() const { return id_; }

    // Records of lower offsets are read.
    Result<int64_t> offset_of(const std::string& position) const;
    // `place` and `value`: WEIR_AT_*.
    Result<std::string> position_at(const std::string& split, int32_t place, int64_t value = 0) const;
    // std::nullopt: nobody reads one there.
    Result<std::optional<Letter>> read(const std::string& split, int64_t offset) const;

private:
    size_t node_ = 0;
    std::string id_;
    const weir_records_api* api_ = nullptr;
    std::shared_ptr<ConnectionInstance> connection_;
};

// What a user calls a split: all of its id, or what stands behind its last slash. WEIR_E_CONFIG: there is none of these, or several; the
// message names them. WEIR_E_RETRYABLE: there are no marks yet. The mark is one of `marks`.
Result<const SplitMark*> find_split(const std::vector<const SplitMark*>& marks, std::string_view name, const std::string& source);

}  // namespace weir::host
