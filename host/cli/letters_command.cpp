#include "host/cli/letters_command.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {

LettersCommand::LettersCommand(const DlqArguments& arguments, Terminal& terminal) : terminal_(terminal) {
    auto at = parse_letter_place(arguments.at);
    if (!at) {
        refuse(at.status());
        return;
    }
    choice_ = {arguments.node, arguments.code, *at};
    if (arguments.topology.files.empty()) open_topic(arguments);
    else open_topology(arguments);
    if (command_ && !command_->is_ready()) code_ = command_->exit_code();
    reader_ = "weir.dlq." + topic_;
}

void LettersCommand::open_topic(const DlqArguments& arguments) {
    if (arguments.topic.empty())
        return refuse(Status::config("", "whose dead letters? Give a topology's file, or --topic TOPIC and --brokers HOST:PORT"));
    if (Status named = check_topic_name(arguments.topic); !named.ok()) return refuse(named);
    topic_ = arguments.topic;
    ClusterArguments cluster = arguments.cluster;
    const char* brokers = std::getenv("WEIR_BROKERS");
    if (cluster.brokers.empty() && brokers != nullptr) cluster.brokers = brokers;
    cluster.plugin_dirs = arguments.topology.plugin_dirs;
    command_ = std::make_unique<ClusterCommand>(cluster, terminal_);
}

void LettersCommand::open_topology(const DlqArguments& arguments) {
    if (!arguments.topic.empty() || !arguments.cluster.brokers.empty())
        return refuse(Status::config("", "a topology says topic and brokers itself: give FILE, with `--set brokers=…` for another cluster, or --topic and --brokers"));
    plugins_ = open_plugins(arguments.topology.plugin_dirs);
    if (!plugins_) return refuse(plugins_.status());
    topologies_ = std::make_unique<TopologySet>(*plugins_);
    topologies_->load(arguments.topology, {true, arguments.cluster.connect_timeout});
    terminal_.message(topologies_->text(false));
    code_ = topologies_->exit_code();
    if (code_ == kExitOk) open_dead_letters(*topologies_->entries().front().topology, arguments.cluster.connect_timeout);
}

void LettersCommand::open_dead_letters(const Topology& topology, std::chrono::microseconds timeout) {
    const int index = topology.find_node(kDeadLettersNode);
    if (index < 0)
        return refuse(Status::config("", fmt::format("topology `{}` has no topic of dead letters: there is no sink under "
                                                     "`dead_letters:`",
                                                     topology.name)));
    const NodeSpec& node = topology.nodes[static_cast<size_t>(index)];
    const std::string where = fmt::format("the dead letters of topology `{}` go to `{}`", topology.name, node.op->name);
    const ConnectionSpec* connection = topology.find_connection(node.connection);
    if (connection == nullptr) return refuse(Status::config("", where + ", which has no topics"));
    command_ = std::make_unique<ClusterCommand>(*plugins_, *connection, timeout, terminal_);
    if (!command_->is_ready()) return;
    const weir_topics_api& api = cluster().api();
    if (node.op->name == api.sink) topic_ = node.config.value.value(api.topic_param, "");
    if (topic_.empty()) refuse(Status::config("", where + ", which names no topic"));
}

Status LettersCommand::read(int64_t last, const std::function<Status(const weir_origin_record&)>& each) {
    struct Taker {
        const std::function<Status(const weir_origin_record&)>& each;
        LettersCommand& command;
        Status status;
    } taker{each, *this, {}};
    const auto take = [](void* data, const weir_origin_record* record) -> int32_t {
        auto& to = *static_cast<Taker*>(data);
        to.command.note(*record);
        to.status = to.command.is_stopped() ? Status::retryable("stopped") : to.each(*record);
        return to.status.ok() ? WEIR_OK : WEIR_E_FATAL;
    };
    const Status status = call_extension([&](weir_error* error) {
        return cluster().api().read(cluster().connection(), to_abi(topic_), last, &taker, take, error);
    });
    return taker.status.ok() ? status : taker.status;
}

void LettersCommand::note(const weir_origin_record& record) {
    if (!is_letter(record)) return;
    if (nodes_.size() < kMaxNames) nodes_.emplace(letter_header(record, "node"));
    if (codes_.size() < kMaxNames) codes_.emplace(letter_header(record, "code"));
}

std::string LettersCommand::hint() const {
    const auto of = [](const std::string& chosen, const std::set<std::string>& names, const char* what) -> std::string {
        if (chosen.empty() || names.contains(chosen)) return "";
        const std::string nearest = nearest_name(chosen, {names.begin(), names.end()});
        return fmt::format("no dead letter has the {} {}{}", what, ticked(chosen), nearest.empty() ? "" : "; nearest: " + ticked(nearest));
    };
    const std::string node = of(choice_.node, nodes_, "node");
    return node.empty() ? of(choice_.code, codes_, "code") : node;
}

Status LettersCommand::replayed(std::map<int32_t, Replayed>& out) {
    struct Taker {
        std::map<int32_t, Replayed>& out;
        const LettersCommand& command;
        Status status;
    } taker{out, *this, {}};
    const auto take = [](void* data, const weir_bookmark* bookmark) {
        auto& to = *static_cast<Taker*>(data);
        auto parsed = Replayed::parse(bookmark->offset, view(bookmark->note));
        if (parsed) to.out[bookmark->partition] = std::move(*parsed);
        else
            to.status = Status::fatal(fmt::format("group `{}`, which remembers what was replayed of {}/{}: {}. Who else writes to it? "
                                                  "Deleting the group forgets what was replayed",
                                                  to.command.reader_, to.command.topic_, bookmark->partition,
                                                  parsed.status().message()));
    };
    const Status status = call_extension([&](weir_error* error) {
        return cluster().api().bookmarks(cluster().connection(), to_abi(reader_), to_abi(topic_), &taker, take, error);
    });
    return status.ok() ? taker.status : status;
}

Status LettersCommand::remember(int32_t partition, const Replayed& replayed) {
    const std::string note = replayed.note();
    const weir_bookmark bookmark{sizeof bookmark, partition, replayed.base(), to_abi(note)};
    return call_extension([&](weir_error* error) {
        return cluster().api().set_bookmark(cluster().connection(), to_abi(reader_), to_abi(topic_), &bookmark, error);
    });
}

}  // namespace weir::host
