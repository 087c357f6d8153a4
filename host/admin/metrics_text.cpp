#include "host/admin/metrics_text.hpp"

#include <cctype>
#include <functional>
#include <map>

#include <fmt/format.h>

#include <weir/abi.h>

#include "host/admin/readiness.hpp"

namespace weir::host {
namespace {

using Labels = std::vector<std::pair<const char*, std::string>>;

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string escaped(const std::string& text, bool is_label) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') out += "\\n";
        else if (c == '\\' || (is_label && c == '"')) out.append("\\").push_back(c);
        else out.push_back(c);
    }
    return out;
}

// The samples of a metric stand together, headed by what it is.
class Page {
public:
    void family(const std::string& name, const char* type, const std::string& doc) {
        name_ = name;
        text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(doc, false), name, type);
    }
    template <class T>
    void sample(const Labels& labels, T value, const char* suffix = "") {
        text_.append(name_).append(suffix);
        const char* before = "{";
        for (const auto& [name, text] : labels) {
            text_.append(before).append(name).append("=\"").append(escaped(text, true)).append("\"");
            before = ",";
        }
        text_ += fmt::format("{} {}\n", labels.empty() ? "" : "}", value);
    }
    template <class T>
    void one(const std::string& name, const char* type, const std::string& doc, const Labels& labels, T value) {
        family(name, type, doc);
        sample(labels, value);
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_, name_;
};

// A topology with its nodes, clauses and operator in one.
struct Shown {
    const Watched* watched;
    std::vector<NodeStats> nodes;
    Labels labels() const { return {{"topology", watched->topology->name}}; }
    Labels labels(const NodeStats& node) const { return {{"topology", watched->topology->name}, {"node", node.id}}; }
};

class Metrics {
public:
    Metrics(const std::vector<Watched>& topologies, int64_t now) : now_(now) {
        for (const Watched& one : topologies) shown_.push_back({&one, whole_nodes(one.stats)});
    }

    std::string text(const ProcessStats& process, const std::string& version) {
        page_.one("weir_build_info", "gauge", "The version of this host.", {{"version", version}}, 1);
        page_.one("process_cpu_seconds_total", "counter", "CPU time of the process, user and system.", {}, process.cpu_seconds);
        page_.one("process_start_time_seconds", "gauge", "When the process began, since 1970.", {}, process.start_seconds);
        page_.one("process_resident_memory_bytes", "gauge", "Memory that the process has in RAM.", {}, process.resident_bytes);
        page_.one("process_open_fds", "gauge", "Open file descriptors.", {}, process.open_files);
        topologies();
        epochs();
        reloads();
        rows();
        flow();
        sources_and_time();
        plugins();
        return page_.take();
    }

private:
    template <class F>
    void of_topologies(const char* name, const char* type, const char* doc, F&& value) {
        page_.family(name, type, doc);
        for (const Shown& one : shown_) page_.sample(one.labels(), value(*one.watched));
    }
    template <class F>
    void of_nodes(const char* name, const char* type, const char* doc, F&& value) {
        page_.family(name, type, doc);
        for (const Shown& one : shown_)
            for (const NodeStats& node : one.nodes)
                if (const auto number = value(node)) page_.sample(one.labels(node), *number);
    }
    static std::optional<int64_t> always(int64_t value) { return value; }

    void topologies() {
        of_topologies("weir_topology_ready", "gauge", "1: rows flow, sources are assigned, and its last epoch is within its bound.",
                      [](const Watched& t) { return why_not_ready(t).empty() ? 1 : 0; });
        of_topologies("weir_topology_paused", "gauge", "1: its sources are not polled, as somebody asked.",
                      [](const Watched& t) { return t.stats.is_paused ? 1 : 0; });
        of_topologies("weir_topology_workers", "gauge", "Threads that rows flow on.", [](const Watched& t) { return t.stats.workers; });
        of_topologies("weir_topology_records_total", "counter", "Records that its sources gave, failed ones included.",
                      [](const Watched& t) { return t.stats.records; });
        of_topologies("weir_topology_restarts_total", "counter", "How often it was begun again after a failure.",
                      [](const Watched& t) { return t.stats.restarts; });
    }

    void epochs() {
        of_topologies("weir_epochs_total", "counter", "Epochs that were committed.", [](const Watched& t) { return t.stats.checkpoints.committed; });
        page_.family("weir_epoch_age_seconds", "gauge", "Since the last epoch was committed, while rows can flow.");
        for (const Shown& one : shown_)
            if (const auto age = one.watched->stats.checkpoints.age) page_.sample(one.labels(), seconds(*age));
        of_topologies("weir_epoch_bytes_total", "counter", "State that was written by epochs.", [](const Watched& t) { return t.stats.checkpoints.bytes; });
        page_.family("weir_epoch_duration_seconds", "histogram", "From the barrier to the commit of an epoch.");
        for (const Shown& one : shown_) {
            const EpochStats& epochs = one.watched->stats.checkpoints;
            int64_t sum = 0;
            for (size_t i = 0; i < epochs.durations.size(); ++i) {
                Labels labels = one.labels();
                labels.emplace_back("le", i < EpochStats::kBounds.size() ? fmt::format("{}", EpochStats::kBounds[i]) : "+Inf");
                page_.sample(labels, sum += epochs.durations[i], "_bucket");
            }
            page_.sample(one.labels(), seconds(epochs.total), "_sum");
            page_.sample(one.labels(), epochs.committed, "_count");
        }
    }

    void reloads() {
        page_.family("weir_reloads_total", "counter", "Changes of the graph, by what became of them.");
        for (const Shown& one : shown_) {
            const ReloadStats& reloads = one.watched->stats.reloads;
            const auto sample = [&](const char* result, int64_t n) {
                page_.sample({{"topology", one.watched->topology->name}, {"result", result}}, n);
            };
            sample("taken", reloads.taken);
            sample("rolled_back", reloads.rolled_back);
            sample("refused", reloads.refused);
        }
        page_.family("weir_reload_pause_seconds", "summary", "For how long a change of the graph kept rows from flowing.");
        for (const Shown& one : shown_) {
            const ReloadStats& reloads = one.watched->stats.reloads;
            page_.sample(one.labels(), seconds(reloads.pause), "_sum");
            page_.sample(one.labels(), reloads.taken + reloads.rolled_back, "_count");
        }
    }

    void rows() {
        of_nodes("weir_node_rows_in_total", "counter", "Rows that a node took.", [](auto& n) { return always(n.rows_in); });
        of_nodes("weir_node_rows_out_total", "counter", "Rows that a node gave, by all ports but errors.", [](auto& n) { return always(n.rows_out); });
        of_nodes("weir_node_batches_in_total", "counter", "Batches that a node took.", [](auto& n) { return always(n.batches_in); });
        of_nodes("weir_node_bytes_in_total", "counter", "Bytes of the rows that a node took.", [](auto& n) { return always(n.bytes_in); });
        of_nodes("weir_node_bytes_out_total", "counter", "Bytes of the rows that a node gave.", [](auto& n) { return always(n.bytes_out); });
        of_nodes("weir_node_combined_rows_total", "counter", "Of the rows that a node took, those that other workers had added up.", [](auto& n) { return always(n.combined); });
        of_nodes("weir_node_late_rows_total", "counter", "Rows that left by the port `late`.", [](auto& n) { return always(n.late); });
        of_nodes("weir_node_unwired_rows_total", "counter", "Rows that left by a port which nobody reads.", [](auto& n) { return always(n.unwired); });
        page_.family("weir_node_errors_total", "counter", "Rows that a node refused, by the code of why.");
        for (const Shown& one : shown_) {
            for (const NodeStats& node : one.nodes) {
                for (const auto& [code, n] : node.error_codes) {
                    Labels labels = one.labels(node);
                    labels.emplace_back("code", code);
                    page_.sample(labels, n);
                }
            }
        }
    }

    void flow() {
        of_nodes("weir_node_busy_seconds_total", "counter", "Time within a node's calls, over all workers.",
                 [](auto& n) { return std::optional(seconds(n.busy)); });
        of_nodes("weir_node_backpressured_seconds_total", "counter", "Time that a node had work and those behind it no room, over all workers.",
                 [](auto& n) { return std::optional(seconds(n.blocked)); });
        of_nodes("weir_node_queued_batches", "gauge", "Batches and control messages that wait before a node.",
                 [](auto& n) { return n.queue_room > 0 ? always(n.queued) : std::nullopt; });
        of_nodes("weir_node_queue_fill_ratio", "gauge", "The same as a share of what may wait there.", [](auto& n) {
            return n.queue_room > 0 ? std::optional(static_cast<double>(n.queued) / static_cast<double>(n.queue_room)) : std::nullopt;
        });
        of_nodes("weir_node_state_bytes", "gauge", "State of a node in memory, at its last barrier.", [](auto& n) { return always(n.state_bytes); });
    }

    void sources_and_time() {
        of_nodes("weir_source_splits", "gauge", "Partitions, files or other splits that a source reads.",
                 [](auto& n) { return n.kind == "source" ? always(n.splits) : std::nullopt; });
        of_nodes("weir_node_watermark_seconds", "gauge", "How far event time has come, since 1970.", [](auto& n) {
            return n.time && n.time->watermark ? std::optional(static_cast<double>(*n.time->watermark) / 1e6) : std::nullopt;
        });
        of_nodes("weir_node_watermark_lag_seconds", "gauge", "How far event time is behind the clock.", [this](auto& n) {
            return n.time && n.time->watermark ? std::optional(static_cast<double>(now_ - *n.time->watermark) / 1e6) : std::nullopt;
        });
    }

    // `lag` of a `kafka.source` is weir_kafka_source_lag.
    void plugins() {
        struct Family {
            uint32_t type;
            std::string doc;
            std::vector<std::pair<Labels, int64_t>> samples;
        };
        std::map<std::string, Family> families;
        for (const Shown& one : shown_) {
            for (const NodeStats& node : one.nodes) {
                for (const NodeStats::Metric& metric : node.metrics) {
                    const bool is_gauge = metric.type == WEIR_METRIC_GAUGE;
                    std::string name = "weir_" + node.op + "_" + metric.name + (is_gauge ? "" : "_total");
                    for (char& c : name)
                        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                    Family& family = families.try_emplace(name, Family{metric.type, metric.doc, {}}).first->second;
                    family.samples.emplace_back(one.labels(node), metric.value);
                }
            }
        }
        for (const auto& [name, family] : families) {
            page_.family(name, family.type == WEIR_METRIC_GAUGE ? "gauge" : "counter", family.doc);
            for (const auto& [labels, value] : family.samples) page_.sample(labels, value);
        }
    }

    std::vector<Shown> shown_;
    const int64_t now_;
    Page page_;
};

}  // namespace

std::string metrics_text(const std::vector<Watched>& topologies, const ProcessStats& process, const std::string& version, int64_t now) {
    return Metrics(topologies, now).text(process, version);
}

}  // namespace weir::host
