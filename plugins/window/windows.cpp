#include "windows.hpp"

namespace weir::window {

Status Windows::flush(const Rows &rows, Refused &refused) {
    if (rows_.empty()) return {};
    Status status = store_.update(rows, rows_, states_);
    for (const StateError &error : store_.errors()) {
        const auto place = static_cast<size_t>(error.row);
        --groups_[place]->rows;
        if (groups_[place]->since > 0) --groups_[place]->since;
        const int64_t row = rows_[place];
        if (!refused.errors.empty() && refused.errors.back().row == row) continue;  // another window of the same row
        refused.errors.push_back({row, error.code, "", error.message});
    }
    rows_.clear();
    groups_.clear();
    states_.clear();
    return status;
}

void Windows::save_watermarks(StateBlocks &out, bool full) {
    const int64_t watermark = reached_.value_or(watermark_);
    const bool moved = watermark != saved_watermark_ || full;
    saved_watermark_ = watermark;
    for (uint32_t group = 0; group < seen_groups_.size(); ++group) {
        if (!seen_groups_[group] || (!moved && saved_groups_[group])) continue;
        saved_groups_[group] = true;
        std::string value;
        window::put(value, std::max(watermark, restored_watermarks_[group]));
        window::put(value, layout_.fingerprint);
        out.add(kWatermarkState, group, "watermark", value);
    }
}

Status Windows::restore_watermark(uint32_t group, std::string_view value) {
    int64_t watermark = 0;
    uint64_t fingerprint = 0;
    if (!window::take(value, watermark) || !window::take(value, fingerprint)) return damaged();
    if (fingerprint != layout_.fingerprint)
        return Status::state_version("the windows in the state are of another kind or size, or have other aggregates. Run it as it was, or begin "
                                     "anew (weir apply --allow-loss, or --reset)");
    restored_watermarks_[group] = watermark;
    seen_groups_[group] = true;
    return {};
}

}  // namespace weir::window
