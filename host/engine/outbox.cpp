#include "host/engine/outbox.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/engine/bytes_out.hpp"
#include "host/loader/plugin_call.hpp"

namespace weir::host {

namespace {

constexpr int kEpochDigits = 16;

}  // namespace

std::string Outbox::key_of(uint64_t epoch) {
    return fmt::format("{:016x}.{:04x}.{:08x}", epoch, worker_, serial_++);
}

void Outbox::add(size_t node, uint64_t epoch, std::vector<std::string> committables) {
    for (std::string& content : committables) entries_.push_back({node, key_of(epoch), epoch, std::move(content)});
}

Status Outbox::restore(size_t node, const weir_state_block& block) {
    for (uint64_t i = 0; i < block.n; ++i) {
        const std::string_view key = view(block.keys[i]);
        uint64_t epoch = 0;
        const char* end = key.data() + std::min<size_t>(key.size(), kEpochDigits);
        if (std::from_chars(key.data(), end, epoch, 16).ptr != end || key.size() <= kEpochDigits)
            return Status::fatal(fmt::format("`{}` is no entry of an outbox", key));
        entries_.push_back({node, std::string(key), epoch, std::string(view(block.values[i])), epoch});
        published_ = std::max(published_, epoch);
    }
    return {};
}

Status Outbox::snapshot(uint64_t epoch, EpochPart& out) {
    auto put = [&](size_t node, const std::string& key, weir_str value) {
        const weir_str k = to_abi(key);
        weir_state_block block{sizeof block, kOutboxState, WEIR_STATE_LIST, 0, 0, 0, {}, 1, &k, &value};
        return out.put(plan_.topology().nodes[node].id, block);
    };
    for (const Gone& gone : gone_)
        if (Status s = put(gone.node, gone.key, {nullptr, 0}); !s.ok()) return s;
    gone_.clear();
    for (Entry& entry : entries_) {
        if (entry.stored) continue;
        if (Status s = put(entry.node, entry.key, to_abi(entry.content)); !s.ok()) return s;
        entry.stored = epoch;
    }
    return {};
}

void Outbox::publish(uint64_t epoch) { published_ = std::max(published_, epoch); }

void Outbox::on_wake(size_t node) {
    for (Entry& entry : entries_)
        if (entry.node == node) entry.waits = false;
}

Status Outbox::commit(const Entry& entry, std::vector<std::string>& instead) {
    const weir_bytes_out out = bytes_into(instead);
    Instance& instance = plan_.nodes()[entry.node].instance(worker_);
    return instance.call([&](void* self, weir_error* error) {
        return instance.api().commit(self, entry.epoch, to_abi(entry.content), &out, error);
    });
}

bool Outbox::has(size_t node) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.node == node; });
}

Outbox::Outcome Outbox::send(const std::function<bool(size_t node)>& waits) {
    Outcome outcome;
    std::vector<Entry> replacements;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        if (entry->waits || !entry->stored || entry->stored > published_ || waits(entry->node)) {
            ++entry;
            continue;
        }
        std::vector<std::string> instead;
        outcome.called.insert(entry->node);
        const Status status = commit(*entry, instead);
        if (status.is_pending()) {
            entry->waits = true;
            ++entry;
            continue;
        }
        if (!status.done() && !status.is_more()) {
            outcome.node = entry->node;
            outcome.status = Instance::must_be_done("commit", status);
            break;
        }
        outcome.moved = true;
        for (size_t i = 0; status.is_more() && i < instead.size(); ++i)
            replacements.push_back({entry->node, fmt::format("{}.{:08x}", entry->key, i), entry->epoch, std::move(instead[i])});
        gone_.push_back({entry->node, entry->key});
        entry = entries_.erase(entry);
    }
    outcome.replaced = !replacements.empty();
    std::move(replacements.begin(), replacements.end(), std::back_inserter(entries_));
    return outcome;
}

}  // namespace weir::host
