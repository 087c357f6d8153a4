// Nodes as a whole: what does not go with an epoch.
#include <utility>

#include <fmt/format.h>

#include "host/state/store_impl.hpp"

namespace weir::host {

Status StateStore::drop(std::string_view node) {
    Impl& impl = *impl_;
    const std::lock_guard folding(impl.fold_mutex);
    const std::lock_guard writing(impl.write_mutex);
    if (Status s = impl.writable(); !s.ok()) return s;
    rocksdb::WriteBatch batch;
    Committed next;
    uint32_t number = 0;
    {
        const std::lock_guard lock(impl.index_mutex);
        if (impl.prepared)
            return Status::fatal(fmt::format("the state of node `{}` cannot be dropped: epoch {} is not decided", node,
                                             *impl.prepared));
        const auto found = impl.nodes.find(node);
        if (found == impl.nodes.end()) return {};
        number = found->second;
        next = impl.committed;
        for (const auto& [id, runs] : impl.index) {
            if (load_u32(id.data()) != number) continue;
            for (const Run& run : runs) {
                delete_run(batch, id, run);
                --next.runs;
                next.fingerprint -= run.fingerprint;
            }
        }
    }
    batch.Delete(node_key(number));
    batch.Put(slice(kCommittedKey), encode_committed(next));
    if (Status s = impl.write(batch, true, fmt::format("dropping node `{}`", node)); !s.ok()) return s;
    const std::lock_guard changing(impl.readers);
    const std::lock_guard lock(impl.index_mutex);
    impl.committed = next;
    impl.nodes.erase(impl.nodes.find(node));
    std::erase_if(impl.index, [&](const auto& entry) { return load_u32(entry.first.data()) == number; });
    return {};
}

// What it makes of the names. With write_mutex and index_mutex. A node that is called so and has nothing goes.
Status StateStore::Impl::check_rename(std::string_view from, std::string_view to, Renamed& out) {
    const auto refuse = [&](const std::string& why) {
        return Status::fatal(fmt::format("the state of node `{}` cannot go to `{}`: {}", from, to, why));
    };
    const auto found = nodes.find(from);
    if (found == nodes.end()) return refuse(fmt::format("there is no node `{}`", from));
    if (from == to) return {};
    const uint32_t number = found->second;
    if (const auto taken = nodes.find(to); taken != nodes.end()) {
        for (const auto& [id, runs] : index)
            if (load_u32(id.data()) == taken->second) return refuse(fmt::format("`{}` has state; drop it", to));
        out[taken->second] = std::nullopt;
    }
    out[number] = std::string(to);
    return {};
}

void StateStore::Impl::write_names(rocksdb::WriteBatch& batch, const Renamed& names) {
    for (const auto& [number, name] : names) {
        if (name) batch.Put(node_key(number), slice(*name));
        else batch.Delete(node_key(number));
    }
}

// With index_mutex.
void StateStore::Impl::take_names(const Renamed& names) {
    for (const auto& [number, name] : names) {
        std::erase_if(nodes, [wanted = number](const auto& one) { return one.second == wanted; });
        if (name) nodes.insert_or_assign(*name, number);
    }
}

Status StateStore::rename(std::string_view from, std::string_view to) {
    Impl& impl = *impl_;
    const std::lock_guard writing(impl.write_mutex);
    if (Status s = impl.writable(); !s.ok()) return s;
    Impl::Renamed renamed;
    {
        const std::lock_guard lock(impl.index_mutex);
        if (impl.prepared)
            return Status::fatal(fmt::format("the state of node `{}` cannot go to `{}`: epoch {} is not decided", from, to, *impl.prepared));
        if (Status s = impl.check_rename(from, to, renamed); !s.ok()) return s;
    }
    if (renamed.empty()) return {};
    rocksdb::WriteBatch batch;
    Impl::write_names(batch, renamed);
    if (Status s = impl.write(batch, true, fmt::format("renaming node `{}`", from)); !s.ok()) return s;
    const std::lock_guard lock(impl.index_mutex);
    impl.take_names(renamed);
    return {};
}

Status StateStore::rename_with_epoch(std::string_view from, std::string_view to) {
    Impl& impl = *impl_;
    const std::lock_guard writing(impl.write_mutex);
    if (Status s = impl.writable(); !s.ok()) return s;
    const std::lock_guard lock(impl.index_mutex);
    Impl::Renamed renamed;
    if (Status s = impl.check_rename(from, to, renamed); !s.ok()) return s;
    impl.take_names(renamed);
    for (auto& [number, name] : renamed) impl.renamed[number] = std::move(name);
    return {};
}

}  // namespace weir::host
