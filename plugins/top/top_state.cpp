// How rankings are written and read back.
#include "state_bytes.hpp"
#include "top.hpp"

namespace weir::top {

std::string Top::state_key(int64_t per, uint64_t number, std::string_view key) const {
    std::string out;
    put_word(out, per);
    put_word(out, number);
    return out.append(key);
}

Status Top::snapshot(const weir_snapshot &out) {
    const bool full = out.mode == WEIR_SNAPSHOT_FULL;
    StateEntries entries(kTopStateVersion);
    for (auto &[group, key] : deleted_)
        if (!full) entries.add(kRows, WEIR_STATE_KEYED, group, std::move(key), std::nullopt);
    deleted_.clear();
    if (full)
        for (const auto &[per, rankings] : rankings_)
            for (const auto &[key, ranking] : rankings) unsaved_.emplace(per, key);
    for (const auto &[per, key] : unsaved_) {
        Ranking &ranking = rankings_.at(per).at(key);
        for (auto &[place, row] : ranking.rows()) {
            if (row.saved && !full) continue;
            std::string value;
            put_word(value, ranking.hash);
            put_word(value, row.time);
            put_text(value, place.first);
            put_text(value, row.id);
            entries.add(kRows, WEIR_STATE_KEYED, group_of(ranking.hash), state_key(per, place.second, key), value.append(row.row));
            row.saved = true;
        }
    }
    unsaved_.clear();
    if (full || !columns_saved_) entries.add(kColumns, WEIR_STATE_BROADCAST, 0, "columns", columns_text_);
    columns_saved_ = true;
    return entries.put(out);
}

Status Top::restore_row(std::string_view key, std::string_view value) {
    int64_t per = 0;
    uint64_t number = 0, hash = 0;
    Ranked row;
    std::string order;
    if (!take_word(key, per) || !take_word(key, number) || !take_word(value, hash) || !take_word(value, row.time) ||
        !take_text(value, order) || !take_text(value, row.id))
        return Status::state_version("an entry of the state is damaged");
    row.row = value;
    row.saved = true;
    ++rows_;
    bytes_ += row.row.capacity();
    next_number_ = std::max(next_number_, number + 1);
    Ranking &ranking = rankings_[per].try_emplace(std::string(key)).first->second;
    ranking.hash = hash;
    if (every_) changed_.insert(&ranking);  // whether it was sent is not known
    if (ttl_) {
        row.listed = row.time / (ttl_ / 32 + 1);
        due_.push_back({row.listed, std::string(key), row.id});
    }
    ranking.put(std::move(order), number, std::move(row), [](const Ranking::Place &, const Ranked &) {});
    return {};
}

Status Top::restore(const weir_state_block &block) {
    if (block.version != kTopStateVersion)
        return Status::state_version("state of rankings has version " + std::to_string(block.version) + ", and " +
                                     std::to_string(kTopStateVersion) + " was expected");
    for (uint64_t i = 0; i < block.n; ++i) {
        std::string_view value = view(block.values[i]);
        if (block.state == kRows) {
            if (Status s = restore_row(view(block.keys[i]), value); !s.ok()) return s;
        } else if (value != columns_text_) {
            return Status::state_version("the rows in the state have the columns " + std::string(value) + ", and are " + columns_text_ +
                                         " now. Run it as it was, or begin anew (weir apply --allow-loss, or --reset)");
        }
    }
    return {};
}

}  // namespace weir::top
