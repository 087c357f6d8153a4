#include "host/state/run_writer.hpp"

namespace weir::host {

void write_run(Merge& merged, std::string_view id, const std::function<bool(Entry&)>& keep, rocksdb::WriteBatch& batch, Run& run,
               std::vector<std::string>& first_keys, RunIndex* content) {
    PageWriter writer(run.version);
    const auto end_page = [&] {
        if (writer.entries() == 0) return;
        first_keys.push_back(writer.first_key());
        const std::string page = writer.take();
        if (content) (void)content->add(page);
        batch.Put(page_key(id, run, run.pages++), page);
        run.bytes += page.size();
    };
    for (Entry entry; merged.next(entry);) {
        if (keep && !keep(entry)) continue;
        if (writer.bytes_with(entry) > kPageBytes) end_page();
        writer.add(entry);
        ++run.entries;
        run.deletions += entry.deleted;
    }
    end_page();
}

}  // namespace weir::host
