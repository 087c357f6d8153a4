// `weir topic …` and `weir broker`.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include <weir/memory.hpp>
#include <weir/row_json.hpp>

#include "host/cli/cluster_command.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/session.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

constexpr int kStopCheckMs = 100;

// A topology that prints a topic. Values come in as parameters: no topic's or host's name can become YAML. A group
// of its own, without a membership: nobody else's offsets or partitions are touched, and nothing is waited for. Payloads
// are bytes or none, so that none is refused; the console escapes what is no text.
std::string tail_topology(const weir_topics_api& api, int32_t partitions, const TopicTailArguments& arguments) {
    std::string all;
    for (int32_t p = 0; p < partitions; ++p) all += fmt::format("{}{}", p > 0 ? ", " : "", p);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const bool is_json = arguments.format == TailFormat::kJson;
    const char* metadata = is_json                                      ? "topic, partition, offset, timestamp, key, headers"
                           : arguments.format == TailFormat::kPayload ? ""
                                                                        : "partition, key, headers";
    return fmt::format(
        "name: topic-tail\n"
        "parameters: {{ brokers: {{ type: string }}, topic: {{ type: string }} }}\n"
        "connections: {{ {}: {{ brokers: $brokers }} }}\n"
        "dead_letters: log\n"
        "nodes:\n"
        "  in: {{ {}: {{ topic: $topic, partitions: [{}], group_id: weir-tail-{}, start: {}, format: raw, metadata: [{}] }} }}\n"
        "  out: {{ from: in, console: {{ {} }} }}\n",
        api.connection_kind, api.source, all, std::chrono::duration_cast<std::chrono::microseconds>(now).count(),
        arguments.from_start ? "earliest" : "latest", metadata, is_json ? "format: json" : "payload: value");
}

// Reads standard input line by line until it ends or a signal comes.
class LineReader {
public:
    explicit LineReader(const std::atomic<bool>& stop) : stop_(stop) {}

    // Why next() gave no line, if it was not the end.
    const Status& status() const { return status_; }

    bool next(std::string& line) {
        for (;;) {
            const size_t end = buffer_.find('\n', scanned_);
            if (end != std::string::npos) {
                line.assign(buffer_, 0, end);
                buffer_.erase(0, end + 1);
                scanned_ = 0;
                return true;
            }
            scanned_ = buffer_.size();
            if (!fill()) break;
        }
        if (!status_.ok()) return false;
        line = std::exchange(buffer_, "");
        return !line.empty();
    }

private:
    bool fill() {
        char bytes[1 << 16];
        while (!stop_.load()) {
            // With a time-out: the signal may go to another thread.
            pollfd input{STDIN_FILENO, POLLIN, 0};
            if (poll(&input, 1, kStopCheckMs) <= 0) continue;
            const ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
            if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (n < 0) status_ = Status::fatal(fmt::format("cannot read standard input: {}", std::strerror(errno)));
            if (n > 0) buffer_.append(bytes, static_cast<size_t>(n));
            return n > 0;
        }
        return false;
    }

    const std::atomic<bool>& stop_;
    Status status_;
    std::string buffer_;
    size_t scanned_ = 0;
};

// `name` or `name:partitions`.
struct NewTopic {
    std::string name;
    int32_t partitions = 0;
};

Result<NewTopic> parse_topic(const std::string& text) {
    const size_t colon = text.rfind(':');
    if (const Status status = check_topic_name(text.substr(0, colon)); colon != 0 && !status.ok()) return status;
    if (colon == std::string::npos) return NewTopic{text, 0};
    const auto partitions = parse_int64(std::string_view(text).substr(colon + 1));
    if (colon == 0 || !partitions || *partitions < 1 || *partitions > 100'000)
        return Status::config("", fmt::format("{} is not a topic: expected NAME or NAME:PARTITIONS", ticked(text)));
    return NewTopic{text.substr(0, colon), static_cast<int32_t>(*partitions)};
}

Result<std::vector<NewTopic>> parse_topics(const std::vector<std::string>& texts) {
    std::vector<NewTopic> topics;
    for (const std::string& text : texts) {
        auto topic = parse_topic(text);
        if (!topic) return topic.status();
        topics.push_back(*topic);
    }
    return topics;
}

Status create_topic(Cluster& cluster, const std::string& name, int32_t partitions, int32_t replication) {
    return call_extension([&](weir_error* error) {
        return cluster.api().create(cluster.connection(), to_abi(name), partitions, replication, error);
    });
}

}  // namespace

int topic_ls_command(const TopicLsArguments& arguments, Terminal& terminal) {
    ClusterCommand command(arguments.cluster, terminal);
    if (!command.is_ready()) return command.exit_code();
    std::vector<TopicOfCluster> topics;
    const Status status = list_topics(command.cluster(), topics);
    if (!status.ok()) return fail_command(status, terminal);
    std::sort(topics.begin(), topics.end(), [](const TopicOfCluster& a, const TopicOfCluster& b) { return a.name < b.name; });
    Json json = Json::array();
    Table table({"TOPIC", "PARTITIONS", "REPLICATION", "RECORDS"});
    for (size_t column = 1; column < 4; ++column) table.align_right(column);
    for (const TopicOfCluster& t : topics) {
        json.push_back({{"name", t.name}, {"partitions", t.partitions}, {"replication", t.replication}});
        if (t.records >= 0) json.back()["records"] = t.records;
        table.add({printable(t.name), std::to_string(t.partitions), std::to_string(t.replication),
                   t.records >= 0 ? grouped(t.records) : "?"});
    }
    terminal.print(arguments.format == Format::kJson ? json_text(json) : table.text());
    return kExitOk;
}

int topic_create_command(const TopicCreateArguments& arguments, Terminal& terminal) {
    auto topics = parse_topics(arguments.topics);
    if (!topics) return fail_command(topics.status(), terminal);
    ClusterCommand command(arguments.cluster, terminal);
    if (!command.is_ready()) return command.exit_code();
    for (const NewTopic& topic : *topics) {
        const int32_t partitions = topic.partitions > 0 ? topic.partitions : arguments.partitions;
        const Status status = create_topic(command.cluster(), topic.name, partitions, arguments.replication);
        if (!status.ok()) return fail_command(status, terminal);
        terminal.print(fmt::format("created {}", topic.name));
    }
    return kExitOk;
}

int topic_produce_command(const TopicProduceArguments& arguments, Terminal& terminal) {
    if (const Status named = check_topic_name(arguments.topic); !named.ok()) return fail_command(named, terminal);
    ClusterCommand command(arguments.cluster, terminal);
    if (!command.is_ready()) return command.exit_code();
    Cluster& cluster = command.cluster();
    LineReader lines(command.signals().requested());
    int64_t records = 0;
    Status status;
    for (std::string line; status.ok() && lines.next(line); ++records) {
        std::string_view payload = line;
        weir_str key{nullptr, 0};
        const size_t at = arguments.key_separator.empty() ? std::string::npos : payload.find(arguments.key_separator);
        if (at != std::string::npos) {
            key = to_abi(payload.substr(0, at));
            payload.remove_prefix(at + arguments.key_separator.size());
        }
        status = call_extension([&](weir_error* error) {
            return cluster.api().produce(cluster.connection(), to_abi(arguments.topic), key, to_abi(payload), error);
        });
    }
    if (status.ok())
        status = call_extension([&](weir_error* error) { return cluster.api().flush(cluster.connection(), error); });
    if (status.ok()) status = lines.status();  // what was read before is written
    const int code = status.ok() ? kExitOk : fail_command(status, terminal);
    if (status.path() == "topic") terminal.message(fmt::format("   see: weir topic create {}", arguments.topic));
    if (code != kExitOk) return code;
    terminal.message(
        fmt::format("{} {} to {}", grouped(records), records == 1 ? "record" : "records", arguments.topic));
    return kExitOk;
}

int topic_tail_command(const TopicTailArguments& arguments, Terminal& terminal) {
    if (const Status named = check_topic_name(arguments.topic); !named.ok()) return fail_command(named, terminal);
    std::string text;
    {
        // Looked up first: a source would wait for a topic that is not there, or have it created.
        ClusterCommand command(arguments.cluster, terminal);
        if (!command.is_ready()) return command.exit_code();
        auto topic = find_topic(command.cluster(), arguments.topic);
        if (!topic) return fail_command(topic.status(), terminal);
        text = tail_topology(command.cluster().api(), topic->partitions, arguments);
    }
    auto plugins = open_plugins(arguments.cluster.plugin_dirs);
    if (!plugins) return fail_command(plugins.status(), terminal);
    const auto set = TopologySet::with(std::move(*plugins));
    set->load_text("weir topic tail", text, {"brokers=" + arguments.cluster.brokers, "topic=" + arguments.topic},
                  {false, arguments.cluster.connect_timeout});
    terminal.message(set->text(false));
    if (const int code = set->exit_code(); code != kExitOk) return code;
    if (!arguments.from_start)
        terminal.message(fmt::format("waiting for new records of {}; --from start shows those that are there", arguments.topic));
    SessionOptions options;
    options.records = arguments.records;
    options.is_quiet = true;
    return Session(set, options, terminal).run();
}

int broker_command(const BrokerArguments& arguments, Terminal& terminal) {
    Wakeup wakeup;
    Signals signals(wakeup);
    auto topics = parse_topics(arguments.topics);
    if (!topics) return fail_command(topics.status(), terminal);
    auto plugins = open_plugins(arguments.plugin_dirs);
    if (!plugins) return fail_command(plugins.status(), terminal);
    auto broker = find_broker(*plugins);
    if (!broker) return fail_command(broker.status(), terminal);

    std::string address;
    const weir_bytes_out out{sizeof out, 0, &address, [](const weir_bytes_out* to, weir_str bytes) {
                                 *static_cast<std::string*>(to->data) = view(bytes);
                             }};
    Status status = call_extension([&](weir_error* error) { return broker->api->start(&out, error); });
    if (!status.ok()) return fail_command(status, terminal);
    if (!topics->empty()) {
        // `embedded` is the broker of this process, which is the one that runs.
        auto cluster = Cluster::connect(*plugins, "embedded", kDefaultConnectTimeout, signals.requested());
        if (!cluster) status = cluster.status();
        for (size_t i = 0; status.ok() && i < topics->size(); ++i)
            status = create_topic(**cluster, (*topics)[i].name, (*topics)[i].partitions, 0);
    }
    if (status.ok()) {
        terminal.print(fmt::format("embedded broker at {}\n"
                                   "  weir run topologies/pair-match.yaml --set brokers={}\n"
                                   "  WEIR_BROKERS={} weir topic ls\n"
                                   "Ctrl-C stops it; nothing of it is kept",
                                   address, address, address));
        while (!signals.requested() && !terminal.has_output_failed()) {
            wakeup.sleep(std::nullopt);
            wakeup.take();
        }
    }
    broker->api->stop();
    return status.ok() || signals.requested() ? kExitOk : fail_command(status, terminal);
}

}  // namespace weir::host
