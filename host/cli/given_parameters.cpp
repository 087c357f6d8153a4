#include "host/cli/given_parameters.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/text/nearest.hpp"
#include "host/topology/read_file.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/include.hpp"

namespace weir::host {
namespace {

// The file's tree; what is wrong with it is told by whoever loads it.
std::optional<YamlNode> peek(const std::filesystem::path& path) {
    std::string problem;
    auto text = read_file(path, kMaxYamlBytes, problem);
    if (!text) return std::nullopt;
    Diagnostics ignored;
    return parse_topology(SourceFile::create(path.string(), std::move(*text)), ignored);
}

std::set<std::string> declared_in(const std::filesystem::path& path) {
    std::set<std::string> names;
    const auto root = peek(path);
    const YamlNode* parameters = root ? root->find("parameters") : nullptr;
    if (parameters == nullptr) return names;
    for (const YamlKey& key : parameters->keys) names.insert(key.text);
    return names;
}

}  // namespace

GivenParameters::GivenParameters(const TopologyArguments& arguments, Diagnostics& diagnostics) : arguments_(arguments) {
    if (arguments.files.size() < 2) return;
    for (const auto& file : arguments.files) declared_.push_back(declared_in(file));
    for (const auto& path : arguments.params_files) check_params_file(path, diagnostics);
    for (const std::string& set : arguments.sets) {
        const size_t equals = set.find('=');
        if (equals == std::string::npos) continue;
        const auto file = SourceFile::create("--set", set, SourceFile::Kind::kCommandLine);
        check_name(set.substr(0, equals), file->place(0, equals), diagnostics);
    }
}

void GivenParameters::check_params_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
    const auto root = peek(path);
    if (!root) return;
    for (const YamlKey& key : root->keys) check_name(key.text, key.place, diagnostics);
}

void GivenParameters::check_name(const std::string& name, const Place& place, Diagnostics& diagnostics) {
    std::set<std::string> all;
    for (const auto& names : declared_) all.insert(names.begin(), names.end());
    if (all.contains(name)) return;
    unknown_.insert(name);
    const std::vector<std::string> names(all.begin(), all.end());
    auto& d = diagnostics.error(Code::kUnknownParameter, place,
                                fmt::format("none of the topologies has a parameter {}", ticked(name)));
    d.expected = names.empty() ? "a name under `parameters:`, which these topologies do not have" : one_of_text(names);
    d.nearest = nearest_name(name, names);
}

LoadOptions GivenParameters::options_of(size_t file) const {
    LoadOptions options;
    options.sets = arguments_.sets;
    options.params_files = arguments_.params_files;
    options.allow_exec = arguments_.allow_exec;
    options.declared_elsewhere = unknown_;
    options.declared_elsewhere.insert(arguments_.may_lack.begin(), arguments_.may_lack.end());
    for (size_t i = 0; i < declared_.size(); ++i)
        if (i != file) options.declared_elsewhere.insert(declared_[i].begin(), declared_[i].end());
    return options;
}

}  // namespace weir::host
