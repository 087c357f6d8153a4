#include "tests/unit/state/workload.hpp"

#include <random>
#include <set>

namespace weir::host {
namespace {

uint32_t below(std::mt19937_64& random, uint32_t n) { return static_cast<uint32_t>(random() % n); }

StateId random_id(std::mt19937_64& random) {
    const std::string node = below(random, 3) == 0 ? "other" : "sums";
    switch (below(random, 8)) {
        case 0: return {node, 1, WEIR_STATE_LIST, 0, ""};
        case 1: return {node, 2, WEIR_STATE_BROADCAST, 0, ""};
        case 2: return {node, 3, WEIR_STATE_SPLIT, 0, below(random, 2) == 0 ? "p-0" : std::string("p\0", 2)};
        default: return keyed(node, below(random, 4) * 85);
    }
}

Change random_change(std::mt19937_64& random, const StateId& id) {
    Change change{id, below(random, 20) == 0, {}, 1};
    const uint32_t n = below(random, 60);
    for (uint32_t i = 0; i < n; ++i) {
        const std::string key = "key-" + std::to_string(below(random, 150)) + std::string(below(random, 3), '\0');
        const uint32_t size = below(random, 10) == 0 ? below(random, 9000) : below(random, 20);
        std::optional<std::string> value;
        if (below(random, 4) > 0) value = std::string(size, static_cast<char>('a' + below(random, 26)));
        change.entries.emplace_back(key, value);
    }
    return change;
}

}  // namespace

Status put(EpochPart& part, const Change& change) {
    std::vector<weir_str> keys, values;
    for (const auto& [key, value] : change.entries) {
        keys.push_back({key.data(), key.size()});
        values.push_back(value ? weir_str{value->data(), value->size()} : weir_str{nullptr, 0});
    }
    weir_state_block block{};
    block.size = sizeof block;
    const std::string& split = std::get<4>(change.id);
    block.state = std::get<1>(change.id);
    block.kind = std::get<2>(change.id);
    block.group = std::get<3>(change.id);
    block.split = {split.data(), split.size()};
    block.version = change.version;
    block.n = keys.size();
    block.keys = keys.data();
    block.values = values.data();
    return part.put(std::get<0>(change.id), block, change.full ? WEIR_SNAPSHOT_FULL : WEIR_SNAPSHOT_CHANGES);
}

Status prepare(StateStore& store, uint64_t epoch, const EpochChanges& changes) {
    std::vector<EpochPart> parts(changes.parts.size() + 1);
    for (const std::string& node : changes.replaced) parts[0].replace(node);
    for (size_t i = 0; i < changes.parts.size(); ++i)
        for (const Change& change : changes.parts[i])
            if (Status s = put(parts[i], change); !s.ok()) return s;
    return store.prepare(epoch, parts, record_of(epoch));
}

Status write(StateStore& store, uint64_t epoch, const std::vector<Change>& changes) {
    if (Status s = prepare(store, epoch, {{}, {changes}}); !s.ok()) return s;
    return store.commit(epoch);
}

void apply_changes(Model& model, const EpochChanges& changes) {
    for (const std::string& node : changes.replaced)
        std::erase_if(model, [&](const auto& entry) { return std::get<0>(entry.first) == node; });
    for (const auto& part : changes.parts)
        for (const Change& change : part)
            if (change.full) model.erase(change.id);
    for (const auto& part : changes.parts) {
        for (const Change& change : part) {
            for (const auto& [key, value] : change.entries) {
                if (value)
                    model[change.id][key] = *value;
                else
                    model[change.id].erase(key);
            }
        }
    }
    std::erase_if(model, [](const auto& entry) { return entry.second.empty(); });
}

Model contents(const StateStore& store) {
    Model model;
    for (const std::string& node : store.nodes()) {
        const Status s = store.read(node, [&](const weir_state_block& block) {
            Entries& to = model[{node, block.state, block.kind, block.group,
                                 block.split.data ? std::string(block.split.data, block.split.size) : std::string()}];
            for (uint64_t i = 0; i < block.n; ++i) {
                const std::string key(block.keys[i].data, block.keys[i].size);
                if (!to.emplace(key, std::string(block.values[i].data, block.values[i].size)).second)
                    return Status::fatal("twice: " + key);
            }
            return Status();
        });
        if (!s.ok()) throw std::runtime_error(s.message());
    }
    return model;
}

std::string record_of(uint64_t epoch) { return "positions of " + std::to_string(epoch); }

EpochChanges random_changes(uint64_t seed, uint64_t epoch) {
    std::mt19937_64 random(seed * 1'000'003 + epoch);
    EpochChanges changes;
    if (below(random, 25) == 0) changes.replaced.push_back("other");
    changes.parts.resize(1 + below(random, 2));
    for (auto& part : changes.parts)
        for (uint32_t n = below(random, 7); n > 0; --n) part.push_back(random_change(random, random_id(random)));
    return changes;
}

Model model_after(uint64_t seed, uint64_t epoch) {
    Model model;
    for (uint64_t e = 1; e <= epoch; ++e) apply_changes(model, random_changes(seed, e));
    return model;
}

StoreOptions small_store(bool background_folding) {
    StoreOptions options;
    options.topology = "pairs";
    options.background_folding = background_folding;
    options.memory_bytes = 1;
    options.fold_memory = 256;
    return options;
}

std::unique_ptr<StateStore> open_store(const std::filesystem::path& dir, StoreOptions options) {
    auto store = StateStore::open(dir, std::move(options));
    if (!store) throw std::runtime_error(store.status().message());
    return std::move(store).value();
}

}  // namespace weir::host
