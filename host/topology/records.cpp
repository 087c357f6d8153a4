#include "host/topology/records.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "host/text/nearest.hpp"

namespace weir::host {

Records::Records(std::filesystem::path topology, Parameters& parameters, Diagnostics& diagnostics, SourceTexts* texts)
    : topology_(std::move(topology)), parameters_(parameters), diagnostics_(diagnostics), texts_(texts) {}

void Records::read(const YamlNode* section) {
    if (section == nullptr || section->is_null()) return;
    if (!section->is_map()) {
        diagnostics_
            .error(Code::kWrongType, section->place, fmt::format("`records` is {}", kind_text(*section)))
            .expected = "a mapping of names to records: `order: { amount: float64 }`";
        return;
    }
    for (std::size_t i = 0; i < section->keys.size(); ++i) {
        names_.push_back(section->keys[i].text);
        read_one(section->keys[i].text, section->items[i]);
    }
}

void Records::read_one(const std::string& name, const YamlNode& node) {
    Json& record = records_[name];
    const std::string subject = fmt::format("record {}", ticked(name));
    if (node.is_map()) {
        if (auto read = read_record(node, subject, parameters_, diagnostics_)) record = std::move(*read);
        return;
    }
    if (!node.is_scalar()) {
        diagnostics_.error(Code::kBadRecord, node.place, fmt::format("{} is {}", subject, kind_text(node))).expected =
            "a mapping of columns to types: `{ name: type }`, or the path of a file that has one";
        return;
    }
    const auto value = parameters_.resolve(node);
    if (!value) return;
    if (!value->node->is_scalar()) {
        diagnostics_.error(Code::kBadRecord, node.place, fmt::format("{} is {}", subject, kind_text(*value->node)))
            .expected = "a mapping of columns to types: `{ name: type }`, or the path of a file that has one";
        return;
    }
    std::string problem;
    if (auto read = read_file_of(name, folder_of(node) / value->node->text, &problem)) {
        record = std::move(*read);
    } else if (!problem.empty()) {
        auto& d = diagnostics_.error(Code::kFileUnreadable, node.place,
                                     fmt::format("{}: {} cannot be read: {}", subject, ticked(value->node->text), problem));
        d.expected = "the columns here, `{ name: type }`, or the path of a file that has them, relative to the topology";
    }
}

// Of the file that names it, which may be one that the topology includes.
std::filesystem::path Records::folder_of(const YamlNode& node) const {
    return (node.place.file != nullptr ? std::filesystem::path(node.place.file->path()) : topology_).parent_path();
}

std::optional<Json> Records::read_file_of(const std::string& name, const std::filesystem::path& path, std::string* problem) {
    auto text = read_source(texts_, path, kMaxYamlBytes, *problem);
    if (!text) return std::nullopt;
    problem->clear();
    const auto file = SourceFile::create(path.lexically_normal().string(), std::move(*text));
    const auto root = parse_yaml(file, diagnostics_);
    if (!root) return std::nullopt;
    if (!root->is_map()) {
        diagnostics_
            .error(Code::kBadRecord, root->is_null() ? file->whole() : root->place,
                   fmt::format("record {} is {}", ticked(name), root->is_null() ? "empty" : kind_text(*root)))
            .expected = "a mapping of columns to types: `name: type`";
        return std::nullopt;
    }
    return read_record(*root, fmt::format("record {}", ticked(name)), parameters_, diagnostics_);
}

const Json* Records::find(const std::string& name) {
    if (const auto found = records_.find(name); found != records_.end()) return &found->second;
    if (name.empty() || name.find('/') != std::string::npos || name[0] == '.') return nullptr;
    std::error_code error;
    std::filesystem::path folder = std::filesystem::absolute(topology_, error).lexically_normal().parent_path();
    for (; !error; folder = folder.parent_path()) {
        const auto path = folder / kRecordFolder / (name + ".yaml");
        if (has_source(texts_, path)) {
            std::string problem;
            auto read = read_file_of(name, path, &problem);
            if (!problem.empty())
                diagnostics_.error(Code::kFileUnreadable, SourceFile::create(path.string(), "")->whole(),
                                   "cannot be read: " + problem);
            return &(records_[name] = read ? std::move(*read) : Json());
        }
        error.clear();
        if (folder == folder.root_path()) break;
    }
    return nullptr;
}

std::vector<std::string> Records::names() const { return names_; }

}  // namespace weir::host
