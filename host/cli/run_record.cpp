#include "host/cli/run_record.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "host/cli/json_text.hpp"
#include "host/topology/note_secrets.hpp"
#include "host/topology/read_file.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {
namespace {

constexpr int kFormat = 1;
constexpr size_t kIdDigits = 32;
constexpr std::array<const char*, 3> kStandings = {"runs", "stopped", "ended"};

template <class Paths>
std::vector<std::string> texts_of(const Paths& paths) {
    std::vector<std::string> out;
    for (const std::filesystem::path& path : paths) out.push_back(path.string());
    return out;
}

std::vector<std::filesystem::path> paths_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

// Each once.
template <class Paths>
Paths absolute(const Paths& paths) {
    Paths out;
    for (const std::filesystem::path& path : paths)
        if (std::filesystem::path whole = SourceTexts::name_of(path); std::find(out.begin(), out.end(), whole) == out.end()) out.push_back(std::move(whole));
    return out;
}

bool has_any(const std::string& text, const std::vector<std::string>& parts) {
    return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return !part.empty() && text.find(part) != std::string::npos; });
}

// As they may stand in a file.
std::vector<std::string> secret_texts(const Topology& topology) {
    std::vector<std::string> out = secrets_of(topology);
    for (const ResolvedParameter& parameter : topology.parameters)
        if (parameter.secret && parameter.value.is_primitive() && !parameter.value.is_string()) out.push_back(parameter.value.dump());
    return out;
}

Json last_change_json(const LastChange& change) {
    return {{"id", change.id}, {"result", change.result}, {"why", change.why}, {"file", change.file}, {"time", change.time}};
}

LastChange read_last_change(const Json& json) {
    return {json.at("id"), json.at("result"), json.at("why"), json.at("file"), json.at("time")};
}

RecordedGraph read_graph(const Json& json) {
    RecordedGraph out;
    out.file = json.at("file").get<std::string>();
    out.sets = json.at("set").get<std::vector<std::string>>();
    out.secrets = json.at("secrets").get<std::vector<std::string>>();
    out.params_files = paths_of(json.at("params").get<std::vector<std::string>>());
    out.plugin_dirs = paths_of(json.at("plugin_dirs").get<std::vector<std::string>>());
    if (json.contains("builds")) out.builds = json["builds"].get<PluginBuilds>();
    out.allow_exec = json.at("allow_exec").get<bool>();
    out.texts = json.at("texts").get<SourceTexts::Texts>();
    out.digests = json.at("digests").get<std::map<std::string, std::string>>();
    return out;
}

}  // namespace

std::string digest_of(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
    std::string out;
    for (unsigned int i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
    return out;
}

Json RecordedGraph::json() const {
    Json out = {{"file", file.string()},
                {"set", sets},
                {"secrets", secrets},
                {"params", texts_of(params_files)},
                {"plugin_dirs", texts_of(plugin_dirs)},
                {"allow_exec", allow_exec},
                {"texts", texts},
                {"digests", digests}};
    if (!builds.empty()) out["builds"] = builds;
    return out;
}

Result<RecordedGraph> RecordedGraph::read(const Json& json) {
    try {
        return read_graph(json);
    } catch (const Json::exception& error) {
        return Status::config("", error.what());
    }
}

std::string RecordedGraph::id() const { return digest_of(json().dump(-1, ' ', false, Json::error_handler_t::replace)).substr(0, kIdDigits); }

RecordedGraph record_graph(const TopologyArguments& given, const Topology& topology, PluginBuilds builds) {
    RecordedGraph out;
    out.builds = std::move(builds);
    out.file = SourceTexts::name_of(given.files.front());
    out.params_files = absolute(given.params_files);
    out.plugin_dirs = absolute(given.plugin_dirs);
    out.allow_exec = given.allow_exec;
    for (const std::string& set : given.sets) {
        const auto is_it = [&](const ResolvedParameter& parameter) { return parameter.name == set_name(set); };
        const auto parameter = std::find_if(topology.parameters.begin(), topology.parameters.end(), is_it);
        if (parameter == topology.parameters.end()) continue;  // of another topology on the same command line
        if (!parameter->secret) out.sets.push_back(set);
        else if (std::find(out.secrets.begin(), out.secrets.end(), parameter->name) == out.secrets.end()) out.secrets.push_back(parameter->name);
    }
    const std::vector<std::string> secrets = secret_texts(topology);
    for (const auto& [path, text] : given.texts ? given.texts->all() : SourceTexts::Texts()) {
        if (has_any(text, secrets)) out.digests.emplace(path, digest_of(text));
        else out.texts.emplace(path, text);
    }
    return out;
}

Result<std::vector<std::string>> sets_again(const RecordedGraph& graph, const std::vector<std::string>& given) {
    std::vector<std::string> out = graph.sets;
    for (const std::string& secret : graph.secrets) {
        const auto found = std::find_if(given.rbegin(), given.rend(), [&](const std::string& set) { return set_name(set) == secret; });
        if (found == given.rend())
            return Status::config("", fmt::format("parameter `{}` is secret, and what it was set to is not kept: give it again (--set {}=…), or let the "
                                                  "topology take it from `${{env:NAME}}` or `${{file:PATH}}`",
                                                  secret, secret));
        out.push_back(*found);
    }
    return out;
}

Result<TopologyArguments> given_again(const RecordedGraph& graph, const std::vector<std::string>& sets, const PluginDirs& plugin_dirs) {
    TopologyArguments out;
    out.files = {graph.file};
    out.params_files = graph.params_files;
    for (const std::string& set : graph.sets) out.may_lack.push_back(set_name(set));
    out.allow_exec = graph.allow_exec;
    out.plugin_dirs = plugin_dirs;
    out.plugin_dirs.insert(out.plugin_dirs.end(), graph.plugin_dirs.begin(), graph.plugin_dirs.end());
    auto all = sets_again(graph, sets);
    if (!all) return all.status();
    out.sets = std::move(*all);
    SourceTexts::Texts texts = graph.texts;
    for (const auto& [path, digest] : graph.digests) {
        std::string problem;
        auto text = read_file(path, kMaxYamlBytes, problem);
        if (text && digest_of(*text) != digest) problem = "it is another than the one that ran";
        if (!problem.empty())
            return Status::config("", fmt::format("{}: {}. It has a secret in it, so no copy was kept: name the file to run it as it is now "
                                                  "(`weir run FILE`), and take secrets from `${{env:NAME}}` or `${{file:PATH}}`",
                                                  path, problem));
        texts.emplace(path, std::move(*text));
    }
    out.texts = std::make_shared<SourceTexts>(std::move(texts));
    return out;
}

std::string RunRecord::text() const {
    Json out = {{"format", kFormat},
                {"topology", topology},
                {"host", host},
                {"standing", kStandings[static_cast<size_t>(standing)]},
                {"graph", graph.json()}};
    if (trial) out["trial"] = {{"graph", trial->graph.json()}, {"id", trial->id}};
    if (last_change) out["last_change"] = last_change_json(*last_change);
    return json_text(out) + "\n";
}

Result<RunRecord> RunRecord::read(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("format")) return Status::config("", "it is no note of a host");
    if (json["format"] != kFormat) return Status::config("", fmt::format("it is of format {}, and this weir knows {}", json["format"].dump(), kFormat));
    RunRecord out;
    try {
        out.topology = json.at("topology");
        out.host = json.at("host");
        const std::string standing = json.at("standing");
        const auto known = std::find(kStandings.begin(), kStandings.end(), standing);
        if (known == kStandings.end()) return Status::config("", fmt::format("its `standing` cannot be {}", ticked(standing)));
        out.standing = static_cast<Standing>(known - kStandings.begin());
        out.graph = read_graph(json.at("graph"));
        if (json.contains("trial")) out.trial = Trial{read_graph(json["trial"].at("graph")), json["trial"].at("id")};
        if (json.contains("last_change")) out.last_change = read_last_change(json["last_change"]);
    } catch (const Json::exception& error) {
        return Status::config("", error.what());
    }
    return out;
}

}  // namespace weir::host
