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

Status StateStore::rename(std::string_view from, std::string_view to) {
    Impl& impl = *impl_;
    const std::lock_guard writing(impl.write_mutex);
    if (Status s = impl.writable(); !s.ok()) return s;
    const auto refuse = [&](const std::string& why) {
        return Status::fatal(fmt::format("the state of node `{}` cannot go to `{}`: {}", from, to, why));
    };
    rocksdb::WriteBatch batch;
    uint32_t number = 0;
    {
        const std::lock_guard lock(impl.index_mutex);
        if (impl.prepared) return refuse(fmt::format("epoch {} is not decided", *impl.prepared));
        const auto found = impl.nodes.find(from);
        if (found == impl.nodes.end()) return refuse(fmt::format("there is no node `{}`", from));
        if (from == to) return {};
        number = found->second;
        if (const auto taken = impl.nodes.find(to); taken != impl.nodes.end()) {
            for (const auto& [id, runs] : impl.index)
                if (load_u32(id.data()) == taken->second) return refuse(fmt::format("`{}` has state; drop it", to));
            batch.Delete(node_key(taken->second));
        }
    }
    batch.Put(node_key(number), slice(to));
    if (Status s = impl.write(batch, true, fmt::format("renaming node `{}`", from)); !s.ok()) return s;
    const std::lock_guard lock(impl.index_mutex);
    impl.nodes.erase(impl.nodes.find(from));
    impl.nodes.insert_or_assign(std::string(to), number);
    return {};
}

}  // namespace weir::host
