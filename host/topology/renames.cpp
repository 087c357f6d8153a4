#include "host/topology/renames.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/topology/source_file.hpp"
#include "host/topology/substitution.hpp"

namespace weir::host {

void read_renamed_from(const std::string& subject, const YamlNode& map, Diagnostics& diagnostics, NodeSpec& spec) {
    const YamlNode* value = map.find(kRenamedFromKey);
    if (value == nullptr) return;
    if (!value->is_scalar() || !is_identifier(value->text)) {
        const std::string what = value->is_scalar() ? "cannot be " + ticked(value->text) : std::string("is ") + kind_text(*value);
        diagnostics.error(Code::kBadRename, value->place, fmt::format("{}`renamed_from` {}", subject, what)).expected =
            "the id that the node had: `renamed_from: old_id`";
        return;
    }
    spec.renamed_from = value->text;
    spec.renamed_from_place = value->place;
}

void check_renames(const std::vector<NodeDraft>& drafts, Diagnostics& diagnostics) {
    const auto is_whole = [](const NodeSpec& spec) { return spec.of.empty(); };
    for (auto draft = drafts.begin(); draft != drafts.end(); ++draft) {
        const NodeSpec& spec = draft->spec;
        if (spec.renamed_from.empty() || !is_whole(spec)) continue;
        const auto has_id = [&](const NodeDraft& other) { return is_whole(other.spec) && other.spec.id == spec.renamed_from; };
        if (const auto other = std::find_if(drafts.begin(), drafts.end(), has_id); other != drafts.end()) {
            auto& d = diagnostics.error(Code::kBadRename, spec.renamed_from_place,
                                        fmt::format("node {}: `renamed_from` names {}, which is a node of this file", ticked(spec.id), ticked(spec.renamed_from)));
            d.hint = other == draft ? "remove `renamed_from`: the node has its id still"
                                    : "name the id that the node had before and no node has now, or remove `renamed_from`";
            if (other != draft) d.related.push_back({other->spec.place, fmt::format("{} is here", ticked(spec.renamed_from))});
        }
        const auto has_source = [&](const NodeDraft& other) { return is_whole(other.spec) && other.spec.renamed_from == spec.renamed_from; };
        if (const auto first = std::find_if(drafts.begin(), draft, has_source); first != draft) {
            auto& d = diagnostics.error(Code::kBadRename, spec.renamed_from_place,
                                        fmt::format("node {}: {} cannot go on as two nodes", ticked(spec.id), ticked(spec.renamed_from)));
            d.hint = "its state goes to one of them: remove `renamed_from` from the others, which begin anew";
            d.related.push_back({first->spec.renamed_from_place, fmt::format("{} goes on as {}", ticked(spec.renamed_from), ticked(first->spec.id))});
        }
    }
}

}  // namespace weir::host
