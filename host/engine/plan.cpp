#include "host/engine/plan.hpp"

#include <algorithm>
#include <set>
#include <thread>

#include <fmt/format.h>

#include <weir/errors.hpp>
#include <weir/key_codec.hpp>
#include <weir/memory.hpp>
#include <weir/row_json.hpp>

#include "host/engine/host_services.hpp"
#include "host/topology/ports.hpp"
#include "host/topology/subject.hpp"

namespace weir::host {

namespace {

std::shared_ptr<ArrowSchema> exported(const Schema& schema) {
    std::shared_ptr<ArrowSchema> out(new ArrowSchema{}, [](ArrowSchema* made) {
        if (made->release) made->release(made);
        delete made;
    });
    export_schema(schema, out.get());
    return out;
}

}  // namespace

std::unique_ptr<Plan> Plan::build(const Topology& topology, OperatorResolver& resolver, const PlanOptions& options,
                                  Diagnostics& diagnostics) {
    HostServices::get();
    std::unique_ptr<Plan> plan(new Plan(topology, resolver, options, diagnostics));
    if (!options.check_only) {
        const auto cores = static_cast<int64_t>(std::max(1u, std::thread::hardware_concurrency()));
        plan->workers_ = static_cast<uint32_t>(topology.workers > 0 ? topology.workers : cores);
    }
    size_t before = diagnostics.error_count();
    // Instances are tried even when a connection failed: all errors at once.
    const bool connected = plan->create_connections();
    if (!plan->create_instances() || !connected || diagnostics.error_count() > before) return nullptr;
    plan->wire();
    return plan->check_delivery() && plan->bind_all() && plan->route_edges() ? std::move(plan) : nullptr;
}

Plan::~Plan() {
    for (auto& node : nodes_) node.instances.clear();
}

void Plan::fail(const NodeSpec& node, const Status& status) {
    bool refused = status.code() == WEIR_E_UNSUPPORTED;
    plugin_refused_ = plugin_refused_ || refused;
    auto& d = diagnostics_.error(refused ? Code::kPluginRefused : Code::kOperatorRefused,
                                 refused ? node.op_place : node.config.place_of(status.path()),
                                 fmt::format("node `{}`: {}", node.name(), with_subject(*node.op, status.path(), status.message())));
    if (!refused) d.nearest = nearest_column(node, status.path());
}

// Problems of expressions stand at their places; what bind says besides is told unless it is about one of these.
void Plan::fail_bind(const NodeSpec& node, const Status& status, const std::vector<ExpressionProblem>& problems) {
    bool told = false;
    for (const ExpressionProblem& one : problems) {
        told = told || one.path == status.path();
        const expression::Span& span = one.problem.span;
        Diagnostic& d = diagnostics_.error(Code::kBadExpression, node.config.place_in(one.path, span.offset, span.length),
                                           fmt::format("node `{}`: {}", node.name(), one.problem.message));
        d.expected = one.problem.expected;
        d.nearest = one.problem.nearest;
        d.hint = one.problem.hint;
    }
    if (!told) fail(node, status);
}

uint32_t Plan::context_flags() const {
    return (options_.check_only ? WEIR_CONTEXT_CHECK_ONLY : 0) |
           (topology_.exactly_once ? WEIR_CONTEXT_EXACTLY_ONCE : 0);
}

bool Plan::has_state() const {
    return topology_.exactly_once || std::any_of(nodes_.begin(), nodes_.end(), [](const PlannedNode& node) {
               return node.instance().keyed() ||
                      (node.instance().descriptor().state_version > 0 && !node.instance().is_source());
           });
}

bool Plan::is_ephemeral() const {
    return std::any_of(connections_.begin(), connections_.end(), [](auto& c) { return c->is_ephemeral(); });
}

// Every source must be able to read again, every sink to write once; one connection at most decides.
bool Plan::check_delivery() {
    if (!topology_.exactly_once) return true;
    bool good = true;
    for (const NodeSpec& node : topology_.nodes) good = keeps_promise(node) && good;
    return good;
}

bool Plan::keeps_promise(const NodeSpec& node) {
    const uint32_t flags = node.op->flags;
    auto refuse = [&](const std::string& why) {
        diagnostics_.error(Code::kDelivery, node.op_place, fmt::format("node `{}`: {}", node.name(), why)).expected =
            "`delivery: at_least_once`, or another operator";
        return false;
    };
    if (node.op->is_a(OperatorKind::kSource) && !(flags & (WEIR_SOURCE_REPLAYABLE | WEIR_SOURCE_JOURNALED)))
        return refuse(fmt::format("`{}` cannot be read again after a crash, which `exactly_once` needs", node.op->name));
    if (!node.op->is_a(OperatorKind::kSink) || (flags & WEIR_OP_OUTBOX)) return true;
    auto found = std::find_if(connections_.begin(), connections_.end(),
                              [&](const auto& c) { return c->name() == node.connection; });
    if (!(flags & WEIR_OP_TRANSACTIONAL) || found == connections_.end() || !(*found)->is_transactional())
        return refuse(fmt::format("`{}` writes again what it wrote before a crash, which `exactly_once` excludes",
                                  node.op->name));
    if (decider_ && decider_ != found->get())
        return refuse(fmt::format("its connection `{}` and `{}` would both decide the epochs, and only one can",
                                  (*found)->name(), decider_->name()));
    decider_ = found->get();
    return true;
}

Result<std::shared_ptr<ConnectionInstance>> Plan::connection_of(const ConnectionSpec& spec) const {
    const ConnectionOptions options{topology_.name, context_flags(), options_.connect_timeout, topology_.checkpoint};
    for (const auto& running : options_.running)
        if (running->is_open() && running->is_alike(spec, resolver_, options)) return running;
    auto made = ConnectionInstance::create(spec, resolver_, options);
    if (!made) return made.status();
    return std::shared_ptr<ConnectionInstance>(std::move(*made));
}

bool Plan::create_connections() {
    for (const auto& spec : topology_.connections) {
        auto made = connection_of(spec);
        if (made) {
            connections_.push_back(std::move(*made));
            continue;
        }
        Status status = made.status();
        bool refused = status.code() == WEIR_E_UNSUPPORTED;
        plugin_refused_ = plugin_refused_ || refused;
        diagnostics_.error(refused ? Code::kPluginRefused : Code::kOperatorRefused,
                           refused ? spec.place : spec.config.place_of(status.path()),
                           fmt::format("connection `{}`: {}", spec.name, with_subject(*spec.op, status.path(), status.message())));
    }
    options_.running.clear();
    return connections_.size() == topology_.connections.size();
}

bool Plan::create_instances() {
    nodes_.resize(topology_.nodes.size());
    bool good = true;
    for (size_t i = 0; i < nodes_.size(); ++i) {
        const NodeSpec& node = topology_.nodes[i];
        InstanceOptions options;
        options.topology = topology_.name;
        options.flags = context_flags();
        auto connection = std::find_if(connections_.begin(), connections_.end(),
                                       [&](const auto& c) { return c->name() == node.connection; });
        if (connection != connections_.end()) options.connection = (*connection)->self();
        // Its connection was refused: that has been said, and the operator must not see a null one.
        if (!node.connection.empty() && !options.connection) {
            good = false;
            continue;
        }
        options.workers = workers_;
        for (options.worker = 0; options.worker < workers_; ++options.worker) {
            auto made = Instance::create(node, resolver_, options);
            if (!made) {
                fail(node, made.status());
                good = false;
                break;
            }
            nodes_[i].instances.push_back(std::move(*made));
        }
    }
    return good;
}

void Plan::wire() {
    for (auto& node : nodes_) {
        for (const std::string& name : output_names(node.instance().node())) node.outputs.push_back({name, {}, {}, 0, {}});
        node.outputs.push_back({std::string(kErrorsPort), error_schema(), {}, WEIR_STREAM_ERRORS, {}});
        node.outputs.back().abi_schema = exported(node.outputs.back().schema);
    }
    for (size_t e = 0; e < topology_.edges.size(); ++e) {
        const Edge& edge = topology_.edges[e];
        auto& outputs = nodes_[static_cast<size_t>(edge.from_node)].outputs;
        auto port = std::find_if(outputs.begin(), outputs.end(), [&](auto& p) { return p.name == edge.from_port; });
        port->edges.push_back(static_cast<int>(e));
        nodes_[static_cast<size_t>(edge.to_node)].inputs.push_back(static_cast<int>(e));
    }
    reads_.resize(topology_.edges.size());
    wanted_.resize(nodes_.size());
    for (size_t n = 0; n < nodes_.size(); ++n) wanted_[n].resize(nodes_[n].outputs.size());
}

namespace {

// What a bind call collects.
struct BindAnswer {
    std::vector<std::optional<Schema>> outputs;
    std::vector<std::optional<std::vector<std::string>>> reads;
    Status fault;
};

BindAnswer& answer_of(const weir_bind* bind) { return *static_cast<BindAnswer*>(bind->data); }

void on_set_output(const weir_bind* bind, uint32_t port, ArrowSchema* schema) {
    BindAnswer& answer = answer_of(bind);
    if (!schema || !schema->release) {
        answer.fault = Status::fatal(fmt::format("bind set the schema of output port {} to none, or to one that was "
                                                 "given away already", port));
        return;
    }
    auto imported = import_schema(*schema);
    schema->release(schema);
    if (!imported)
        answer.fault = imported.status();
    else if (port >= answer.outputs.size())
        answer.fault = Status::fatal(fmt::format("bind set an output port {}, which does not exist", port));
    else
        answer.outputs[port] = std::move(*imported);
}

void on_reads(const weir_bind* bind, uint32_t input, weir_str column) {
    auto& reads = answer_of(bind).reads;
    if (input >= reads.size()) {
        answer_of(bind).fault = Status::fatal(fmt::format("bind reads an input {}, which does not exist", input));
        return;
    }
    if (!reads[input]) reads[input].emplace();
    if (column.data) reads[input]->emplace_back(view(column));
}

Status bind_call(Instance& instance, const weir_bind& request) {
    return instance.call_done("bind", [&](void* self, weir_error* error) {
        return instance.api().bind(self, &request, error);
    });
}

// Empty, or what is wrong with the columns that bind gave a port.
std::string schema_fault(const Schema& schema) {
    std::set<std::string_view> seen;
    for (const Field& field : schema.fields) {
        if (field.name.empty()) return "a column without a name";
        if (!is_utf8(field.name)) return "a column whose name is not UTF-8";
        if (!seen.insert(field.name).second) return fmt::format("two columns called `{}`", field.name);
    }
    return "";
}

uint32_t port_index(const weir_operator& op, const std::string& name) {
    for (uint32_t p = 0; p < op.n_inputs; ++p)
        if (name == op.inputs[p].name) return p;
    return 0;
}

}  // namespace

bool Plan::bind_node(size_t index, Round round) {
    PlannedNode& node = nodes_[index];
    const NodeSpec& spec = topology_.nodes[index];
    const weir_operator& op = node.instance().descriptor();
    const auto n_outputs = static_cast<uint32_t>(node.outputs.size() - 1);  // without `errors`
    std::vector<weir_str> key;
    for (const std::string& column : spec.key) key.push_back(to_abi(column));
    std::vector<weir_bind_input> inputs;
    for (int e : node.inputs) {
        const Edge& edge = topology_.edges[static_cast<size_t>(e)];
        auto& from = nodes_[static_cast<size_t>(edge.from_node)];
        auto port = std::find_if(from.outputs.begin(), from.outputs.end(),
                                 [&](auto& p) { return p.name == edge.from_port; });
        inputs.push_back({sizeof(weir_bind_input), port_index(op, edge.to_port), port->stream, 0, port->abi_schema.get(), {},
                          to_abi(topology_.nodes[static_cast<size_t>(edge.from_node)].name()), key.size(), key.data()});
    }
    std::vector<weir_bind_output> outputs;
    std::vector<std::vector<weir_str>> names(n_outputs);
    for (uint32_t p = 0; p < n_outputs; ++p) {
        const Wanted& wanted = wanted_[index][p];
        for (const auto& column : wanted.columns) names[p].push_back(to_abi(column));
        uint64_t n = round == Round::kOffered ? WEIR_OFFERED_COLUMNS : wanted.all ? WEIR_ALL_COLUMNS : names[p].size();
        outputs.push_back({sizeof(weir_bind_output), 0, n, names[p].data()});
    }
    BindAnswer answer{std::vector<std::optional<Schema>>(n_outputs), {}, {}};
    answer.reads.resize(inputs.size());
    weir_bind request{};
    request.size = sizeof request;
    request.n_inputs = static_cast<uint32_t>(inputs.size());
    request.n_outputs = n_outputs;
    request.inputs = inputs.data();
    request.outputs = outputs.data();
    request.data = &answer;
    request.set_output = on_set_output;
    request.reads = on_reads;
    request.reads_nothing = [](const weir_bind* b, uint32_t input) { on_reads(b, input, {nullptr, 0}); };
    Status status = bind_call(node.instance(), request);
    const auto problems = node.instance().take_problems();
    if (status.ok()) status = answer.fault;
    for (uint32_t p = 0; status.ok() && p < n_outputs; ++p)
        if (!answer.outputs[p]) status = Status::fatal(fmt::format("bind gave no schema for port `{}`", node.outputs[p].name));
    for (uint32_t p = 0; status.ok() && p < n_outputs; ++p)
        if (const std::string fault = schema_fault(*answer.outputs[p]); !fault.empty())
            status = Status::fatal(fmt::format("bind gave port `{}` {}", node.outputs[p].name, fault));
    if (!status.ok()) {
        fail_bind(spec, status, problems);
        return false;
    }
    for (size_t i = 0; i < node.inputs.size(); ++i) reads_[static_cast<size_t>(node.inputs[i])] = std::move(answer.reads[i]);
    read_keys(index);
    // The other workers' instances learn what the first has answered for all.
    for (uint32_t w = 1; round == Round::kFinal && w < node.instances.size(); ++w) {
        BindAnswer same{std::vector<std::optional<Schema>>(n_outputs), {}, {}};
        same.reads.resize(inputs.size());
        request.data = &same;
        status = bind_call(node.instance(w), request);
        if (status.ok()) continue;
        fail(spec, status);
        return false;
    }
    for (uint32_t p = 0; round != Round::kReads && p < n_outputs; ++p) {
        auto& port = node.outputs[p];
        if (!mark_event_time(index, p, *answer.outputs[p])) return false;
        port.schema = std::move(*answer.outputs[p]);
        port.abi_schema = exported(port.schema);
        // Failed rows that are passed on as they are, such as by a filter, are still failed rows.
        const bool failed = !inputs.empty() && std::all_of(inputs.begin(), inputs.end(), [&](const weir_bind_input& in) {
            const auto schema = import_schema(*in.schema);
            return in.stream == WEIR_STREAM_ERRORS && schema && schema.value() == port.schema;
        });
        port.stream = (op.flags & WEIR_OP_CHANGELOG_OUT) ? WEIR_STREAM_CHANGELOG
                      : failed                           ? WEIR_STREAM_ERRORS
                                                         : WEIR_STREAM_ROWS;
    }
    return true;
}

// What the readers of each port of a node read, by name: computed from their last bind.
void Plan::collect_wanted() {
    for (size_t n = 0; n < nodes_.size(); ++n) {
        for (size_t p = 0; p + 1 < nodes_[n].outputs.size(); ++p) {
            const PlannedPort& port = nodes_[n].outputs[p];
            Wanted& wanted = wanted_[n][p];
            wanted = {port.edges.empty() && !limits_columns(n, port.name), {}};
            for (const Field& field : port.schema.fields) {
                const bool is_time = is_time_port(n, p) && field.name == topology_.nodes[n].event_time->column;
                auto reads = [&](int e) {
                    const auto& named = reads_[static_cast<size_t>(e)];
                    return named ? std::find(named->begin(), named->end(), field.name) != named->end()
                                 : !is_metadata_column(field.name);
                };
                if (is_time || std::any_of(port.edges.begin(), port.edges.end(), reads) || is_viewed(n, port.name, field.name))
                    wanted.columns.push_back(field.name);
            }
        }
    }
}

// Three rounds: forward, what there could be on each edge; backward, who reads what of it; forward again, with
// what nobody reads left out.
bool Plan::bind_all() {
    // What is wrong with nodes that do not feed each other is told at once.
    std::vector<bool> bound(nodes_.size(), false);
    for (size_t n = 0; n < nodes_.size(); ++n)
        bound[n] = std::all_of(nodes_[n].inputs.begin(), nodes_[n].inputs.end(),
                               [&](int e) { return bound[static_cast<size_t>(topology_.edges[static_cast<size_t>(e)].from_node)]; }) &&
                   bind_node(n, Round::kOffered);
    if (std::find(bound.begin(), bound.end(), false) != bound.end() || !check_views()) return false;
    for (size_t n = nodes_.size(); n-- > 0;) {
        collect_wanted();
        if (!bind_node(n, Round::kReads)) return false;
    }
    collect_wanted();
    for (size_t n = 0; n < nodes_.size(); ++n)
        if (!bind_node(n, Round::kFinal)) return false;
    finish_views();
    return true;
}

// The key's columns are read on every input that rows are routed by, whatever the operator reads.
void Plan::read_keys(size_t index) {
    for (int e : nodes_[index].inputs) {
        auto& reads = reads_[static_cast<size_t>(e)];
        if (!reads || (port_flags(static_cast<size_t>(e)) & WEIR_PORT_BROADCAST)) continue;
        for (const std::string& column : topology_.nodes[index].key)
            if (std::find(reads->begin(), reads->end(), column) == reads->end()) reads->push_back(column);
    }
}

uint32_t Plan::port_flags(size_t edge) const {
    const Edge& e = topology_.edges[edge];
    const weir_operator& op = nodes_[static_cast<size_t>(e.to_node)].instance().descriptor();
    return op.n_inputs ? op.inputs[port_index(op, e.to_port)].flags : 0;
}

bool Plan::route_edges() {
    edges_.resize(topology_.edges.size());
    bool good = true;
    for (size_t e = 0; e < edges_.size(); ++e) good = route_edge(e) && good;
    return good;
}

// Its keyed states learn what the key looks like on this edge.
bool Plan::bind_keyed(size_t index, const Schema& schema) {
    const auto to = static_cast<size_t>(topology_.edges[index].to_node);
    const auto& inputs = nodes_[to].inputs;
    const auto input = std::find(inputs.begin(), inputs.end(), static_cast<int>(index)) - inputs.begin();
    for (auto& instance : nodes_[to].instances) {
        if (!instance->keyed()) continue;
        Status status = instance->keyed()->bind_input(static_cast<size_t>(input), schema, topology_.nodes[to].key);
        if (status.ok()) continue;
        fail_key(topology_.nodes[to], status, schema);
        return false;
    }
    return true;
}

std::optional<std::string> Plan::key_kinds(size_t node) const {
    for (const int edge : nodes_[node].inputs)
        if (const PlannedEdge& planned = edges_[static_cast<size_t>(edge)]; planned.hasher) return planned.key_kinds;
    return std::nullopt;
}

void Plan::bind_broadcast(size_t index) {
    PlannedNode& to = nodes_[static_cast<size_t>(topology_.edges[index].to_node)];
    const auto input = std::find(to.inputs.begin(), to.inputs.end(), static_cast<int>(index)) - to.inputs.begin();
    for (auto& instance : to.instances)
        if (instance->keyed()) instance->keyed()->bind_broadcast(static_cast<size_t>(input));
}

bool Plan::route_edge(size_t index) {
    const Edge& edge = topology_.edges[index];
    const NodeSpec& to = topology_.nodes[static_cast<size_t>(edge.to_node)];
    const weir_operator& op = nodes_[static_cast<size_t>(edge.to_node)].instance().descriptor();
    PlannedEdge& planned = edges_[index];
    if (port_flags(index) & WEIR_PORT_BROADCAST) {
        planned.routing = Routing::kBroadcast;
        bind_broadcast(index);
    } else if ((op.flags & WEIR_OP_KEYED) && !(op.flags & WEIR_OP_OWN_KEY)) {  // without columns: all rows are one key
        const auto& outputs = nodes_[static_cast<size_t>(edge.from_node)].outputs;
        auto port = std::find_if(outputs.begin(), outputs.end(), [&](auto& p) { return p.name == edge.from_port; });
        auto hasher = KeyHasher::create(port->schema, to.key);
        if (!hasher) {
            fail_key(to, hasher.status(), port->schema);
            return false;
        }
        planned.routing = Routing::kKeyed;
        planned.hasher = std::move(*hasher);
        planned.key_kinds = KeyCodec(port->schema, to.key).kinds();
        return bind_keyed(index, port->schema);
    } else if (op.flags & WEIR_OP_OWN_KEY) {
        planned.routing = Routing::kKeyed;
    }
    return true;
}

}  // namespace weir::host
