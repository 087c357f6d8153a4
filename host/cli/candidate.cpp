#include "host/cli/candidate.hpp"

#include "host/exit_codes.hpp"

namespace weir::host {

std::shared_ptr<Candidate> Candidate::load(const TopologyArguments& arguments, const PlanOptions& options,
                                           std::shared_ptr<ModuleLoader> loader) {
    std::shared_ptr<Candidate> made(new Candidate);
    auto plugins = open_plugins(arguments.plugin_dirs, std::move(loader), arguments.builds);
    if (!plugins) {
        made->exit_code_ = kExitUsage;
        made->text_ = plugins.status().message();
        return made;
    }
    made->plugins_ = std::make_unique<PluginSet>(std::move(*plugins));
    made->topologies_ = std::make_unique<TopologySet>(*made->plugins_);
    made->topologies_->load(arguments, options);
    made->exit_code_ = made->topologies_->exit_code();
    made->text_ = made->topologies_->text(false);
    if (made->exit_code_ != kExitOk) return made;
    made->given_ = arguments;
    made->given_.texts = made->entry().texts;
    made->recorded_ = record_graph(made->given_, made->topology(), made->plugins_->builds());
    return made;
}

Graph Candidate::graph() {
    const auto self = shared_from_this();
    return {std::shared_ptr<const Topology>(self, entry().topology.get()), [self] { return self->topologies_->plan_again(self->entry()); }, recorded_.id()};
}

}  // namespace weir::host
