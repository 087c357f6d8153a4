#include "tests/unit/engine/cluster_operators.hpp"

#include <weir/testing/rows.hpp>
#include <weir/weir.hpp>

#include "tests/unit/engine/test_operators.hpp"

namespace weir::host::testing {

namespace {

void append(std::vector<std::string>& to, const std::vector<std::string>& rows) { to.insert(to.end(), rows.begin(), rows.end()); }

class ClusterConnection : public Connection {
public:
    static Result<std::unique_ptr<ClusterConnection>> create(ConnectionContext context, const Config&) {
        if (context.exactly_once()) context.bound_transaction(std::chrono::minutes(1), "patience");
        return std::make_unique<ClusterConnection>(context);
    }
    explicit ClusterConnection(ConnectionContext context) : is_exactly_once(context.exactly_once()) {
        cluster().checkpoint = context.checkpoint();
    }
    const bool is_exactly_once;

    Status open() override {
        Cluster& c = cluster();
        number_ = ++c.opened;
        if (const auto fails = c.openings.find(number_); fails != c.openings.end()) return fails->second;
        return {};
    }
    Status fence() override {
        Cluster& c = cluster();
        ++c.fenced;
        c.open.clear();
        c.has_transaction = false;
        return {};
    }
    Status close() override {
        if (cluster().on_close) cluster().on_close();
        return {};
    }
    void cancel() override { ++cluster().cancelled; }
    Status begin(uint64_t) override {
        if (cluster().on_begin) cluster().on_begin();
        if (cluster().begin_hangs) return cluster().cancelled > 0 ? Status::retryable("it was given up") : Status::pending();
        cluster().has_transaction = true;
        return {};
    }
    Status prepare(uint64_t) override { return cluster().has_transaction ? Status() : Status::fatal("no transaction is open"); }
    Status commit(uint64_t epoch, std::string_view marker) override {
        Cluster& c = cluster();
        if (hangs_) return c.cancelled > 0 ? Status::retryable("the commit was given up") : Status::pending();
        if (c.on_commit) c.on_commit();
        const auto scripted = c.commits.find({number_, ++commits_});
        const CommitEnd end = scripted == c.commits.end() ? CommitEnd::kDone : scripted->second;
        hangs_ = end == CommitEnd::kHangs;
        if (hangs_) return Status::pending();
        c.has_transaction = false;
        if (end != CommitEnd::kLost) {
            for (const auto& [topic, rows] : c.open) append(c.seen[topic], rows);
            c.marker = marker;
        }
        c.open.clear();
        if (end == CommitEnd::kDone) return {};
        return Status::retryable("epoch " + std::to_string(epoch) + ": the cluster does not answer");
    }
    Status last_committed(const weir_bytes_out& out) override {
        if (!cluster().marker.empty()) out.put(&out, to_abi(cluster().marker));
        return {};
    }

private:
    int number_ = 0, commits_ = 0;
    bool hangs_ = false;
};

struct Sent : weir::Instance {
    Sent(Context context, std::string topic) : Instance(context), topic_(std::move(topic)) {}
    static Result<std::unique_ptr<weir::Instance>> create(Context context, const Config& config) {
        return std::unique_ptr<weir::Instance>(new Sent(context, config.string("topic")));
    }
    Status process(const BatchView& in, uint32_t input) override {
        append(rows_, weir::testing::json_rows(input_schema(input), *in.raw().array));
        if (!context_.connection<ClusterConnection>()->is_exactly_once) send(cluster().seen);
        return {};
    }
    Status prepare(uint64_t, const weir_bytes_out&) override {
        if (!context_.connection<ClusterConnection>()->is_exactly_once) return {};
        if (!cluster().has_transaction) return Status::fatal("rows came outside of a transaction");
        send(cluster().open);
        return {};
    }

private:
    void send(Cluster::Topics& to) {
        const std::lock_guard lock(world_mutex());
        append(to[topic_], rows_);
        rows_.clear();
    }
    const std::string topic_;
    std::vector<std::string> rows_;
};

constexpr weir_param kClusterParams[] = {param("at", WEIR_PARAM_STRING, "Where.").required().primary()};
constexpr auto kCluster =
    connection_spec<ClusterConnection>("cluster", "A server with transactions.").params(kClusterParams).with(WEIR_OP_TRANSACTIONAL);
constexpr weir_param kSentParams[] = {param("topic", WEIR_PARAM_STRING, "Where.").required().primary()};
constexpr auto kSent =
    sink_spec<Sent>("sent", "Sends rows as JSON.").params(kSentParams).with(WEIR_OP_TRANSACTIONAL).connection("cluster");

const weir_operator* const kClusterOperators[] = {&kCluster, &kSent};

}  // namespace

Cluster& cluster() {
    static Cluster instance;
    return instance;
}

std::span<const weir_operator* const> cluster_operators() { return kClusterOperators; }

}  // namespace weir::host::testing
