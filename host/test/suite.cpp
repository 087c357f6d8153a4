#include "host/test/suite.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "host/text/nearest.hpp"
#include "host/topology/include.hpp"
#include "host/topology/read_file.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host::test {
namespace {

constexpr uint64_t kBatches[] = {1, 2, 3, 7, 64, WEIR_BATCH_MAX_ROWS};
constexpr uint64_t kMostWorkers = 4;

// Of a run of a case: the same whatever other cases there are (FNV-1a).
uint64_t seed_of(uint64_t seed, const std::string& name, int64_t run) {
    uint64_t hash = 14'695'981'039'346'656'037U;
    const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1'099'511'628'211U; };
    for (char c : name) add(static_cast<unsigned char>(c));
    for (int shift = 0; shift < 64; shift += 8) {
        add(static_cast<unsigned char>(seed >> shift));
        add(static_cast<unsigned char>(static_cast<uint64_t>(run) >> shift));
    }
    return hash;
}

RunOrder drawn_order(uint64_t seed) {
    std::mt19937_64 random(seed);
    RunOrder order;
    order.seed = random();
    order.workers = static_cast<int64_t>(1 + random() % kMostWorkers);
    order.most_rows = kBatches[random() % std::size(kBatches)];
    return order;
}

}  // namespace

struct Suite::Case {
    const TestFile& file;
    const FileCase& of;
    World world;
    std::unique_ptr<TestedTopology> tested;
    Script script;
};

Suite::Suite(OperatorResolver& plugins, SuiteOptions options) : plugins_(plugins), options_(std::move(options)) {
    std::error_code ignored;  // where there is no such folder the state's own says so
    state_ = std::filesystem::temp_directory_path(ignored) / fmt::format("weir-test-{}", getpid());
}

Suite::~Suite() {
    std::error_code ignored;
    std::filesystem::remove_all(state_, ignored);
}

void Suite::load(const std::filesystem::path& path) {
    auto read = read_test_file(path, diagnostics_);
    if (!read) return;
    const TestFile& file = *files_.emplace_back(std::make_unique<TestFile>(std::move(*read)));
    for (const FileCase& of : file.cases)
        if (fmt::format("{}: {}", path.string(), of.name).find(options_.filter) != std::string::npos)
            load_case(file, of);
}

// Here, where the place of the setting is known.
bool Suite::check_settings(const TestFile& file, const FileCase& of) {
    std::string problem;
    auto text = read_file(file.topology, kMaxYamlBytes, problem);
    if (!text) {
        diagnostics_.error(Code::kFileUnreadable, file.topology_place,
                           fmt::format("{} cannot be read: {}", ticked(file.topology.string()), problem));
        return false;
    }
    Diagnostics ignored;  // whoever loads it says what is wrong
    const auto root = parse_topology(SourceFile::create(file.topology.string(), std::move(*text)), ignored);
    if (!root) return true;
    const YamlNode* parameters = root->find("parameters");
    std::vector<std::string> names;
    if (parameters != nullptr)
        for (const YamlKey& key : parameters->keys) names.push_back(key.text);
    bool good = true;
    for (const FileSetting& setting : of.settings) {
        if (std::find(names.begin(), names.end(), setting.name) != names.end()) continue;
        auto& d = diagnostics_.error(Code::kUnknownParameter, setting.place,
                                     fmt::format("the topology has no parameter {}", ticked(setting.name)));
        d.expected = names.empty() ? "a name under `parameters:`, which it does not have" : one_of_text(names);
        d.nearest = nearest_name(setting.name, names);
        good = false;
    }
    return good;
}

void Suite::load_case(const TestFile& file, const FileCase& of) {
    if (!check_settings(file, of)) return;
    LoadOptions options;
    for (const FileSetting& setting : of.settings) options.sets.push_back(setting.name + "=" + setting.text);
    auto topology = load_topology(file.topology, options, plugins_.catalog(), diagnostics_);
    if (!topology) return;
    std::set<std::string> real;
    for (const auto& [name, place] : of.real) {
        const int node = topology->find_node(name);
        const bool is_source = node >= 0 && topology->nodes[static_cast<size_t>(node)].op->is_a(OperatorKind::kSource);
        if (is_source) {
            real.insert(name);
            continue;
        }
        diagnostics_.error(Code::kUnknownNode, place, fmt::format("there is no source {}", ticked(name)));
    }
    auto made = std::make_unique<Case>(Case{file, of, {}, nullptr, {}});
    made->tested = std::make_unique<TestedTopology>(std::move(*topology), real, plugins_, made->world, diagnostics_);
    auto script = check_script(of, *made->tested, made->world, plugins_, diagnostics_);
    if (!script) return;
    made->script = std::move(*script);
    cases_.push_back(std::move(made));
}

CaseResult Suite::run_one(Case& of) {
    CaseResult result{of.file.path.string(), of.of.name, {}, false, {}};
    if (of.script.has_crash) std::filesystem::create_directories(state_);
    for (int64_t run = 0; run < options_.runs; ++run) {
        const RunOrder order = run == 0 ? RunOrder{} : drawn_order(seed_of(options_.seed, of.of.name, run));
        CaseOutcome outcome =
            run_case(of.of, of.script, *of.tested, of.world, order, state_ / std::to_string(++states_));
        result.failures = outcome.failures;
        result.is_drawn = run > 0;
        if (run == 0) result.outcome = std::move(outcome);
        if (!result.failures.empty()) break;
    }
    return result;
}

std::vector<CaseResult> Suite::run(const std::function<void(const CaseResult&)>& done) {
    std::vector<CaseResult> results;
    for (const auto& of : cases_) {
        results.push_back(run_one(*of));
        done(results.back());
    }
    return results;
}

}  // namespace weir::host::test
