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

#include "host/cli/cluster.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/session.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/engine/wakeup.hpp"
#include "host/exit_codes.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

constexpr int kStopCheckMs = 100;

int fail(const Status& status, Terminal& terminal) {
    terminal.message("weir: " + status.message());
    switch (status.code()) {
        case WEIR_E_CONFIG: return kExitUsage;
        case WEIR_E_UNSUPPORTED: return kExitPluginRefused;
        case WEIR_E_RETRYABLE: return kExitUnreachable;
        default: return kExitFailed;
    }
}

// Plugins, signals and an opened cluster, for the length of one command.
class ClusterCommand {
public:
    ClusterCommand(const ClusterArguments& arguments, Terminal& terminal) : terminal_(terminal), signals_(wakeup_) {
        if (arguments.brokers.empty()) {
            status_ = Status::config("", "whose topics? Give --brokers HOST:PORT, or set WEIR_BROKERS");
            return;
        }
        if (!is_utf8(arguments.brokers)) {
            status_ = Status::config("", fmt::format("--brokers {} is not UTF-8", ticked(arguments.brokers)));
            return;
        }
        plugins_ = open_plugins(arguments.plugin_dirs);
        if (!plugins_) {
            status_ = plugins_.status();
            return;
        }
        auto cluster = Cluster::connect(*plugins_, arguments.brokers, arguments.connect_timeout, signals_.requested());
        if (cluster) cluster_ = std::move(*cluster);
        else status_ = cluster.status();
    }

    bool is_ready() const { return cluster_ != nullptr; }
    // Why it is not ready. A signal is no error.
    int exit_code() const { return signals_.requested() ? kExitOk : fail(status_, terminal_); }
    Cluster& cluster() { return *cluster_; }
    const Signals& signals() const { return signals_; }

private:
    Terminal& terminal_;
    Wakeup wakeup_;
    Signals signals_;
    Status status_;
    Result<PluginSet> plugins_{Status::config("", "not opened")};
    std::unique_ptr<Cluster> cluster_;
};

struct Topic {
    std::string name;
    int32_t partitions, replication;
    int64_t records;
};

Status list_topics(Cluster& cluster, std::vector<Topic>& topics) {
    auto collect = [](void* data, const weir_topic_info* info) {
        static_cast<std::vector<Topic>*>(data)->push_back(
            {std::string(view(info->name)), info->partitions, info->replication, info->records});
    };
    return call_extension(
        [&](weir_error* error) { return cluster.api().list(cluster.connection(), &topics, collect, error); });
}

Result<Topic> find_topic(Cluster& cluster, const std::string& name) {
    std::vector<Topic> topics;
    const Status status = list_topics(cluster, topics);
    if (!status.ok()) return status;
    std::vector<std::string> names;
    for (const Topic& topic : topics) {
        if (topic.name == name) return topic;
        names.push_back(topic.name);
    }
    const std::string nearest = nearest_name(name, names);
    return Status::config("", fmt::format("there is no topic {}{}", ticked(name),
                                          nearest.empty() ? "" : "; nearest: " + ticked(nearest)));
}

// A topology that prints a topic. Values come in as parameters: no topic's or host's name can become YAML. A group
// of its own, without a membership: nobody else's offsets or partitions are touched, and nothing is waited for. Payloads
// are bytes, so that none is refused; the console escapes what is no text.
std::string tail_topology(const weir_topics_api& api, int32_t partitions, bool from_start) {
    std::string all;
    for (int32_t p = 0; p < partitions; ++p) all += fmt::format("{}{}", p > 0 ? ", " : "", p);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return fmt::format(
        "name: topic-tail\n"
        "parameters: {{ brokers: {{ type: string }}, topic: {{ type: string }} }}\n"
        "connections: {{ {}: {{ brokers: $brokers }} }}\n"
        "dead_letters: log\n"
        "nodes:\n"
        "  in: {{ {}: {{ topic: $topic, partitions: [{}], group_id: weir-tail-{}, start: {}, format: raw }} }}\n"
        "  out: {{ from: in, console: {{ format: pretty }} }}\n",
        api.connection_kind, api.source, all, std::chrono::duration_cast<std::chrono::microseconds>(now).count(),
        from_start ? "earliest" : "latest");
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

// What weir/ext/messaging.h says of names.
Status check_topic_name(const std::string& name) {
    constexpr size_t kMaxBytes = 249;
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    const bool is_good = !name.empty() && name.size() <= kMaxBytes && name != "." && name != ".." &&
                         std::all_of(name.begin(), name.end(), fits);
    if (is_good) return {};
    return Status::config("", fmt::format("a topic cannot be called {}; expected: 1 to {} letters, digits, `.`, `_` and "
                                          "`-`, not `.` or `..`",
                                          ticked(name), kMaxBytes));
}

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
    std::vector<Topic> topics;
    const Status status = list_topics(command.cluster(), topics);
    if (!status.ok()) return fail(status, terminal);
    std::sort(topics.begin(), topics.end(), [](const Topic& a, const Topic& b) { return a.name < b.name; });
    Json json = Json::array();
    Table table({"TOPIC", "PARTITIONS", "REPLICATION", "RECORDS"});
    for (size_t column = 1; column < 4; ++column) table.align_right(column);
    for (const Topic& t : topics) {
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
    if (!topics) return fail(topics.status(), terminal);
    ClusterCommand command(arguments.cluster, terminal);
    if (!command.is_ready()) return command.exit_code();
    for (const NewTopic& topic : *topics) {
        const int32_t partitions = topic.partitions > 0 ? topic.partitions : arguments.partitions;
        const Status status = create_topic(command.cluster(), topic.name, partitions, arguments.replication);
        if (!status.ok()) return fail(status, terminal);
        terminal.print(fmt::format("created {}", topic.name));
    }
    return kExitOk;
}

int topic_produce_command(const TopicProduceArguments& arguments, Terminal& terminal) {
    if (const Status named = check_topic_name(arguments.topic); !named.ok()) return fail(named, terminal);
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
    if (!status.ok()) return fail(status, terminal);
    terminal.message(
        fmt::format("{} {} to {}", grouped(records), records == 1 ? "record" : "records", arguments.topic));
    return kExitOk;
}

int topic_tail_command(const TopicTailArguments& arguments, Terminal& terminal) {
    if (const Status named = check_topic_name(arguments.topic); !named.ok()) return fail(named, terminal);
    std::string text;
    {
        // Looked up first: a source would wait for a topic that is not there, or have it created.
        ClusterCommand command(arguments.cluster, terminal);
        if (!command.is_ready()) return command.exit_code();
        auto topic = find_topic(command.cluster(), arguments.topic);
        if (!topic) return fail(topic.status(), terminal);
        text = tail_topology(command.cluster().api(), topic->partitions, arguments.from_start);
    }
    auto plugins = open_plugins(arguments.cluster.plugin_dirs);
    if (!plugins) return fail(plugins.status(), terminal);
    TopologySet set(*plugins);
    set.load_text("weir topic tail", text, {"brokers=" + arguments.cluster.brokers, "topic=" + arguments.topic},
                  {false, arguments.cluster.connect_timeout});
    terminal.message(set.text(false));
    if (const int code = set.exit_code(); code != kExitOk) return code;
    SessionOptions options;
    options.records = arguments.records;
    options.is_quiet = true;
    return Session(set, options, terminal).run();
}

int broker_command(const BrokerArguments& arguments, Terminal& terminal) {
    Wakeup wakeup;
    Signals signals(wakeup);
    auto topics = parse_topics(arguments.topics);
    if (!topics) return fail(topics.status(), terminal);
    auto plugins = open_plugins(arguments.plugin_dirs);
    if (!plugins) return fail(plugins.status(), terminal);
    auto broker = find_broker(*plugins);
    if (!broker) return fail(broker.status(), terminal);

    std::string address;
    const weir_bytes_out out{sizeof out, 0, &address, [](const weir_bytes_out* to, weir_str bytes) {
                                 *static_cast<std::string*>(to->data) = view(bytes);
                             }};
    Status status = call_extension([&](weir_error* error) { return broker->api->start(&out, error); });
    if (!status.ok()) return fail(status, terminal);
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
    return status.ok() || signals.requested() ? kExitOk : fail(status, terminal);
}

}  // namespace weir::host
