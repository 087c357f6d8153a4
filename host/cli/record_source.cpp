#include "host/cli/record_source.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/cli/cluster.hpp"
#include "host/engine/bytes_out.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

Status no_such_source(const Topology& topology, const std::string& name) {
    std::vector<std::string> sources;
    bool is_node = false;
    for (const NodeSpec& node : topology.nodes) {
        is_node = is_node || node.name() == name;
        if (node.op->is_a(OperatorKind::kSource)) sources.push_back(node.name());
    }
    const std::string nearest = is_node ? "" : nearest_name(name, sources);
    return Status::config("", fmt::format("topology `{}` has no source {}; expected: {}{}", topology.name, ticked(name), one_of_text(sources),
                                          nearest.empty() ? "" : fmt::format("; did you mean {}?", ticked(nearest))));
}

}  // namespace

Result<RecordSource> RecordSource::find(const Plan& plan, OperatorResolver& plugins, const std::string& name) {
    const Topology& topology = plan.topology();
    const auto found = std::find_if(topology.nodes.begin(), topology.nodes.end(),
                                    [&](const NodeSpec& node) { return node.op->is_a(OperatorKind::kSource) && node.name() == name; });
    if (found == topology.nodes.end()) return no_such_source(topology, name);
    RecordSource out;
    out.node_ = static_cast<size_t>(found - topology.nodes.begin());
    out.id_ = found->id;
    out.api_ = static_cast<const weir_records_api*>(plugins.extension(*found->op, WEIR_EXT_RECORDS));
    if (out.api_ == nullptr || found->op->name != out.api_->source)
        return Status::config("", fmt::format("`{}` is a {}, whose plugin does not tell its records apart by offsets: their places are its own", name,
                                              found->op->name));
    for (const auto& connection : plan.connections())
        if (connection->name() == found->connection && connection->is_open()) out.connection_ = connection;
    if (!out.connection_)
        return Status::retryable(fmt::format("connection `{}` of `{}` is not open at the moment, or its plugin is of another build now", found->connection, name));
    return out;
}

Result<int64_t> RecordSource::offset_of(const std::string& position) const {
    int64_t offset = 0;
    const Status status = call_extension([&](weir_error* error) { return api_->offset_of(to_abi(position), &offset, error); });
    if (!status.ok()) return status;
    return offset;
}

Result<std::string> RecordSource::position_at(const std::string& split, int32_t place, int64_t value) const {
    std::string out;
    const weir_bytes_out put = bytes_into(out);
    const Status status =
        call_extension([&](weir_error* error) { return api_->position_at(connection_->self(), to_abi(split), place, value, &put, error); });
    if (!status.ok()) return status;
    return out;
}

Result<std::optional<Letter>> RecordSource::read(const std::string& split, int64_t offset) const {
    std::optional<Letter> out;
    const auto take = [](void* data, const weir_origin_record* record) { *static_cast<std::optional<Letter>*>(data) = Letter::of(*record); };
    const Status status =
        call_extension([&](weir_error* error) { return api_->read(connection_->self(), to_abi(split), offset, &out, take, error); });
    if (!status.ok()) return status;
    return out;
}

Result<const SplitMark*> find_split(const std::vector<const SplitMark*>& marks, std::string_view name, const std::string& source) {
    const SplitMark* found = nullptr;
    std::vector<std::string> splits;
    size_t fit = 0;
    for (const SplitMark* mark : marks) {
        const std::string_view id = mark->split;
        if (id == name) return mark;
        splits.push_back(mark->split);
        const size_t slash = id.rfind('/');
        if (slash == std::string_view::npos || id.substr(slash + 1) != name) continue;
        ++fit;
        found = mark;
    }
    if (fit == 1) return found;
    std::sort(splits.begin(), splits.end());
    if (fit > 1) return Status::config("", fmt::format("`{}` reads several that are called {}; expected: {}", source, ticked(name), one_of_text(splits)));
    if (splits.empty()) return Status::retryable(fmt::format("`{}` has no epoch yet that says what it reads: ask again behind the first", source));
    return Status::config("", fmt::format("`{}` does not read {}; expected: {}", source, ticked(name), one_of_text(splits)));
}

}  // namespace weir::host
