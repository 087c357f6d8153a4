#include "host/engine/splits.hpp"

#include <algorithm>

namespace weir::host {

void SplitTable::take_over(SplitTable before, const std::vector<std::pair<size_t, size_t>>& sources) {
    next_ = before.next_;
    for (const auto& [from, to] : sources) {
        const auto found = before.sources_.find(from);
        if (found == before.sources_.end()) continue;
        for (auto& [id, known] : found->second.known) known.at.node = to;
        for (const auto& [id, split] : found->second.splits) ++load_[split.worker];
        sources_[to] = std::move(found->second);
    }
}

void SplitTable::update(size_t node, const std::vector<std::string>& ids, bool complete) {
    Source& source = sources_[node];
    source.complete = complete;
    for (auto& [id, split] : source.splits) split.listed = false;
    for (const std::string& id : ids) {
        auto found = source.splits.find(id);
        Split& split = found != source.splits.end() ? found->second : add(source, id);
        split.listed = true;
    }
}

SplitTable::Split& SplitTable::add(Source& source, const std::string& id) {
    const auto least = std::min_element(load_.begin(), load_.end());
    Split& split = source.splits[id];
    split.number = next_++;
    split.worker = static_cast<uint32_t>(least - load_.begin());
    ++*least;
    source.order.push_back(id);
    return split;
}

uint32_t SplitTable::reserve(size_t node, const std::string& id) {
    Source& source = sources_[node];
    auto found = source.splits.find(id);
    return (found != source.splits.end() ? found->second : add(source, id)).worker;
}

void SplitTable::restore(SplitPosition at) {
    Source& source = sources_[at.node];
    const std::string id = at.split;
    source.known[id] = {std::move(at), true};
}

void SplitTable::mark(const std::vector<SplitPosition>& read) {
    for (const SplitPosition& one : read) {
        Known& known = sources_[one.node].known[one.split];
        known = {one, known.is_first};
    }
}

std::vector<SplitPosition> SplitTable::positions() const {
    std::vector<SplitPosition> out;
    for (const auto& [node, source] : sources_) {
        for (const auto& [id, known] : source.known) {
            const auto split = source.splits.find(id);
            out.push_back(known.at);
            if (split != source.splits.end() && !split->second.listed) out.back().given_back = true;
        }
    }
    return out;
}

std::vector<SplitAssignment> SplitTable::of_worker(size_t node, uint32_t worker) const {
    std::vector<SplitAssignment> out;
    auto source = sources_.find(node);
    if (source == sources_.end()) return out;
    for (const std::string& id : source->second.order) {
        const Split& split = source->second.splits.at(id);
        if (split.worker != worker || !split.listed) continue;
        SplitAssignment& assigned = out.emplace_back(SplitAssignment{split.number, id, {}});
        if (auto known = source->second.known.find(id); known != source->second.known.end() && known->second.is_first) {
            assigned.position = known->second.at.position;
            assigned.time = known->second.at.time;
            assigned.given_back = known->second.at.given_back;
        }
        if (auto time = source->second.times.find(id); time != source->second.times.end()) assigned.time = time->second;
    }
    return out;
}

void SplitTable::split_ended(size_t node, uint64_t number) {
    for (auto& [id, split] : sources_[node].splits)
        if (split.number == number) split.ended = true;
}

void SplitTable::split_revoked(size_t node, uint64_t number, std::optional<int64_t> time) {
    Source& source = sources_[node];
    for (auto it = source.splits.begin(); it != source.splits.end(); ++it) {
        if (it->second.number != number || it->second.listed) continue;
        --load_[it->second.worker];
        if (time) source.times[it->first] = *time;
        // Whoever reads it meanwhile goes on from there; at the end of it nobody does.
        if (auto known = source.known.find(it->first); known != source.known.end()) {
            known->second.is_first = false;
            known->second.at.given_back = true;
            if (it->second.ended) source.known.erase(known);
        }
        std::erase(source.order, it->first);
        source.splits.erase(it);
        return;
    }
}

bool SplitTable::source_ended(size_t node) const {
    auto found = sources_.find(node);
    if (found == sources_.end()) return false;
    const Source& source = found->second;
    if (std::none_of(source.splits.begin(), source.splits.end(), [](auto& s) { return s.second.listed; }))
        return source.complete;
    return std::all_of(source.splits.begin(), source.splits.end(),
                       [](auto& s) { return s.second.ended || !s.second.listed; });
}

bool SplitTable::complete(size_t node) const {
    auto found = sources_.find(node);
    return found != sources_.end() && found->second.complete;
}

}  // namespace weir::host
