#include "host/state/epoch_batch.hpp"

#include <fmt/format.h>

#include "host/state/run_writer.hpp"

namespace weir::host {
namespace {

constexpr size_t kRunOverhead = 256;  // keys and the run itself

}  // namespace

void EpochBatch::add(std::span<EpochPart> parts) {
    std::string id;
    std::string_view node;
    uint32_t number = 0;
    for (EpochPart& part : parts) {
        part.seal();
        bytes_ += part.encoded_.size() + part.ids_.size() * kRunOverhead;
        for (const std::string& replaced : part.replaced_) replaced_.insert(number_(replaced));
        for (const EpochPart::Id& from : part.ids_) {
            if (node != from.node || number == 0) number = number_(node = from.node);
            id.clear();
            append_u32(id, number);
            id += from.tail;
            ids_[id].push_back({&part, &from});
        }
    }
}

Status EpochBatch::write(rocksdb::WriteBatch& batch, std::vector<PlacedRun>& runs,
                         const std::function<bool(std::string_view id)>& has_lookups) const {
    std::vector<std::string> first_keys;
    runs.reserve(ids_.size());
    for (const auto& [id, sources] : ids_) {
        Run run;
        run.newest = run.oldest = epoch_;
        run.full = replaced_.contains(load_u32(id.data()));
        if (!sources.empty()) run.version = sources[0].id->version;
        for (const Source& source : sources) {
            run.full |= source.id->full;
            if (source.id->version != run.version)
                return Status::fatal(fmt::format("{}: parts of one epoch have the state versions {} and {}",
                                                 describe_id(id, source.id->node), run.version, source.id->version));
        }
        first_keys.clear();
        std::shared_ptr<RunIndex> content;
        if (has_lookups(id)) {
            uint64_t entries = 0;
            for (const Source& source : sources) entries += source.id->entries;
            content = std::make_shared<RunIndex>(entries);
        }
        if (sources.size() == 1) {
            const EpochPart::Id& only = *sources[0].id;
            run.entries = only.entries;
            run.deletions = only.deletions;
            for (const auto& page : only.pages) {
                const auto page_bytes = std::string_view(sources[0].part->encoded_).substr(page.at, page.bytes);
                batch.Put(page_key(id, run, run.pages++), slice(page_bytes));
                run.bytes += page.bytes;
                first_keys.push_back(page.first_key);
                if (content) (void)content->add(page_bytes);
            }
        } else {
            merge(sources, id, batch, run, first_keys, content.get());
        }
        if (run.pages == 0 && !run.full) continue;
        put_run(batch, id, run, first_keys);
        run.content = std::move(content);
        runs.push_back({id, run});
    }
    return {};
}

void EpochBatch::merge(const std::vector<Source>& sources, const std::string& id, rocksdb::WriteBatch& batch, Run& run,
                       std::vector<std::string>& first_keys, RunIndex* content) {
    std::vector<std::vector<std::string_view>> pages(sources.size());
    Merge merged;
    for (size_t i = sources.size(); i-- > 0;) {  // the later part wins
        const Source& source = sources[i];
        for (const auto& page : source.id->pages)
            pages[i].push_back(std::string_view(source.part->encoded_).substr(page.at, page.bytes));
        merged.add(pages[i]);
    }
    write_run(merged, id, {}, batch, run, first_keys, content);
}

}  // namespace weir::host
