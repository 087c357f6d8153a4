#include "host/cli/topology_set.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "host/cli/given_parameters.hpp"
#include "host/engine/plan_notes.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

// Errors whose cause may be a plugin file that could not be used.
constexpr std::array kNameNotThere = {Code::kUnknownOperator, Code::kUnknownCodec, Code::kUnknownConnection,
                                      Code::kMissingConnection, Code::kMissingPlugin};
constexpr std::array kPluginErrors = {Code::kPluginRefused, Code::kMissingPlugin, Code::kPluginVersion};

std::mutex& planning() {
    static std::mutex mutex;
    return mutex;
}

template <size_t N>
bool is_one_of(const std::array<Code, N>& codes, const Diagnostic& d) {
    return d.severity == Severity::kError && std::find(codes.begin(), codes.end(), d.code) != codes.end();
}

}  // namespace

std::shared_ptr<TopologySet> TopologySet::with(PluginSet plugins) {
    struct Both {
        explicit Both(PluginSet given) : plugins(std::move(given)), set(plugins) {}
        PluginSet plugins;
        TopologySet set;
    };
    const auto both = std::make_shared<Both>(std::move(plugins));
    return {both, &both->set};
}

void TopologySet::load(const TopologyArguments& arguments, const PlanOptions& options) {
    const GivenParameters given(arguments, diagnostics_);
    for (size_t i = 0; i < arguments.files.size(); ++i) {
        LoadOptions of_file = given.options_of(i);
        of_file.texts = arguments.texts ? arguments.texts : std::make_shared<SourceTexts>();
        auto loaded = load_topology(arguments.files[i], of_file, plugins_.catalog(), diagnostics_);
        add_entry(arguments.files[i], std::move(loaded), std::move(of_file.texts));
    }
    if (!options.check_only) refuse_equal_names();
    plan_all(options);
}

void TopologySet::load_text(const std::string& name, std::string text, const std::vector<std::string>& sets,
                            const PlanOptions& options) {
    LoadOptions load_options;
    load_options.sets = sets;
    auto loaded = load_topology_text(name, std::move(text), load_options, plugins_.catalog(), diagnostics_);
    add_entry(name, std::move(loaded));
    plan_all(options);
}

void TopologySet::add_entry(const std::filesystem::path& path, std::optional<Topology> loaded, std::shared_ptr<SourceTexts> texts) {
    entries_.push_back({path, loaded ? std::make_shared<Topology>(std::move(*loaded)) : nullptr, nullptr, std::move(texts)});
}

void TopologySet::plan_all(const PlanOptions& options) {
    plan_options_ = options;
    plan_options_.running.clear();
    const std::lock_guard lock(planning());
    for (Entry& entry : entries_) {
        if (entry.topology) entry.plan = Plan::build(*entry.topology, resolver_, options, diagnostics_);
        if (entry.plan) report_notes(*entry.plan, diagnostics_);
    }
}

Result<std::unique_ptr<Plan>> TopologySet::plan_again(const Entry& entry) {
    const std::lock_guard lock(planning());
    Diagnostics diagnostics;
    auto plan = Plan::build(*entry.topology, resolver_, plan_options_, diagnostics);
    if (!plan) return Status::config("", diagnostics.text(false));
    return plan;
}

// Of what runs together: consumer groups, metrics and state go by a topology's name.
void TopologySet::refuse_equal_names() {
    std::map<std::string, std::filesystem::path> first;
    for (Entry& entry : entries_) {
        if (!entry.topology) continue;
        auto [other, is_new] = first.try_emplace(entry.topology->name, entry.path);
        if (is_new) continue;
        diagnostics_
            .error(Code::kBadName, entry.topology->file->whole(),
                   fmt::format("the topology is called {}, as that of {}", ticked(entry.topology->name),
                               other->second.string()))
            .expected = "topologies that run together have names of their own";
        entry.topology.reset();
    }
}

// The plugin files that could not be used and may be why a name is not there.
std::vector<const PluginProblem*> TopologySet::reasons() const {
    std::vector<const PluginProblem*> reasons;
    for (const PluginProblem& problem : plugins_.found().problems) {
        if (problem.level != PluginProblem::Level::kError) continue;
        auto would_help = [&](const Diagnostic* d) {
            if (!is_one_of(kNameNotThere, *d)) return false;
            auto is_named = [&](const std::string& name) { return d->message.find(ticked(name)) != std::string::npos; };
            return problem.operators.empty() || is_named(problem.plugin) ||
                   std::any_of(problem.operators.begin(), problem.operators.end(), is_named);
        };
        const auto all = diagnostics_.sorted();
        if (std::any_of(all.begin(), all.end(), would_help)) reasons.push_back(&problem);
    }
    return reasons;
}

int TopologySet::exit_code() const {
    if (!diagnostics_.has_errors()) return kExitOk;
    const auto all = diagnostics_.sorted();
    const bool is_refused = std::any_of(all.begin(), all.end(), [](auto* d) { return is_one_of(kPluginErrors, *d); });
    if (is_refused || !reasons().empty()) return kExitPluginRefused;
    const bool is_away = std::all_of(all.begin(), all.end(), [](const Diagnostic* d) {
        return d->severity != Severity::kError || d->code == Code::kUnreachable;
    });
    return is_away ? kExitUnreachable : kExitUsage;
}

std::string TopologySet::text(bool with_notes) const {
    std::string out;
    std::set<std::string> said;
    size_t errors = 0;
    for (const Diagnostic* d : diagnostics_.sorted()) {
        if (d->severity == Severity::kError) ++errors;
        if (d->severity == Severity::kNote && !with_notes) continue;
        std::string rendered = render(*d);
        if (said.insert(rendered).second) out += rendered;
    }
    if (errors < diagnostics_.error_count())
        out += fmt::format("and {} more errors\n", diagnostics_.error_count() - errors);
    for (const PluginProblem* problem : reasons())
        out += fmt::format("a plugin file that is not used may be the reason: {}\n", problem->message);
    return out;
}

}  // namespace weir::host
