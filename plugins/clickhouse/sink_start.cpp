// clickhouse.sink: the table, before any row is written, and at lint time.
#include <algorithm>

#include "sink.hpp"

namespace weir::clickhouse {
namespace {

constexpr size_t kToldProblems = 3;     // in one message
constexpr uint64_t kLeastWindow = 100;  // so that some blocks can be under way, and others wait

}  // namespace

Status Sink::open() {
    if (cancelled_) return Status::retryable("stopped while opening");
    connection_ = context_.connection<ClickHouseConnection>();
    Status status = opening_.run([this] { return look(found_); }, [context = context_]() mutable { context.wake(); });
    if (!status.done()) return status;
    for (Input &input : inputs_) {
        input.sql = insert_statement(found_.table.name, input.schema);
        input.rules = std::make_unique<Block>(block_columns(found_.table, input.schema));
        if (!context_.exactly_once()) continue;
        auto partitioner = make_partitioner(found_.table, input.schema, found_.zone);
        if (!partitioner) return partitioner.status();
        if (!(*partitioner)->is_single()) input.partitioner = std::move(*partitioner);
    }
    if (window_) window_->set_limit(found_.window / 2);
    const bool is_taken_whole = context_.exactly_once() || (found_.presence && !found_.presence->is_partitioned());
    inserter_ = std::make_unique<Inserter>(context_.raw(), *connection_,
                                           InserterOptions{found_.table.name.text(), options_.retry_for, found_.settings, found_.takes_tokens,
                                                           std::move(found_.presence), is_taken_whole});
    return {};
}

Status Sink::missing(const std::string &nearest) const {
    return Status::config("table", "table `" + table_name().text() + "` is not there" +
                                       (nearest.empty() ? "" : "; did you mean `" + nearest + "`?") +
                                       " Create it, or let the sink do it: `create_table: { order_by: [...] }`");
}

Status Sink::look(Found &found) {
    const TableName name = table_name();
    auto table = find_table(*connection_, name);
    if (table && !*table && options_.create) {
        if (Status s = create_table(); !s.ok()) return s;
        table = find_table(*connection_, name);
    }
    if (!table) return table.status();
    if (!*table) return missing(nearest_table(*connection_, name));
    found.table = std::move(**table);
    std::string text;
    size_t problems = 0;
    for (const Input &input : inputs_)
        for (const Problem &problem : check_columns(found.table, input.schema))
            if (++problems <= kToldProblems) text += (text.empty() ? "" : ". ") + problem.text();
    if (problems > kToldProblems) text += ". And " + std::to_string(problems - kToldProblems) + " more: `weir lint --deep` tells all";
    if (problems > 0) return Status::config("table", text);
    if (Status s = learn_settings(found); !s.ok()) return s;
    if (found.takes_tokens && Presence::tells(found.table)) {
        auto presence = Presence::of(*connection_, found.table);
        if (!presence) return presence.status();
        found.presence = std::move(*presence);
    }
    return context_.exactly_once() ? learn_window(found) : Status();
}

Status Sink::learn_window(Found &found) {
    if (!found.takes_tokens)
        return Status::config("table", "ClickHouse " + std::to_string(connection_->version().first) + "." +
                                           std::to_string(connection_->version().second) +
                                           " cannot tell a block that it has from a new one: exactly_once needs 22.2 or later");
    auto window = deduplication_window(*connection_, found.table);
    if (!window) return window.status();
    found.window = *window;
    for (const Problem &problem : check_window(found.table, found.window, connection_->servers()))
        return Status::config("table", problem.text());
    auto zone = connection_->post("SELECT timezone() FORMAT TSVRaw");
    if (!zone) return zone.status();
    found.zone = zone->substr(0, zone->find('\n'));
    // The server refuses a block of several partitions before it takes any of it.
    found.settings.emplace_back("max_partitions_per_insert_block", "1");
    found.settings.emplace_back("throw_on_max_partitions_per_insert_block", "1");
    return {};
}

std::vector<Problem> Sink::check_window(const Table &table, uint64_t window, size_t servers) {
    const std::string begin = "table `" + table.name.text() + "`: ";
    if (!table.is_merge_tree())
        return {{begin + "its engine is " + table.engine + ", which cannot tell a block that it has from a new one, as exactly_once needs", "", "",
                 "use a MergeTree, or `delivery: at_least_once`"}};
    if (servers > 1 && !table.is_replicated())
        return {{begin + "it is not replicated (" + table.engine + "), and the connection has several servers: one does not know what another has "
                         "taken, as exactly_once needs",
                 "", "", "use a ReplicatedMergeTree, or name one server"}};
    if (window >= kLeastWindow) return {};
    const std::string setting = table.is_replicated() ? "replicated_deduplication_window" : "non_replicated_deduplication_window";
    return {{begin + "it tells a block that it has from a new one among its last " + std::to_string(window) +
                 " inserts alone (" + setting + "), and exactly_once needs " + std::to_string(kLeastWindow) + " or more",
             "", "",
             "`ALTER TABLE " + table.name.text() + " MODIFY SETTING " + setting + " = " + std::to_string(kCreatedWindow) + "`"}};
}

Status Sink::create_table() {
    const TableName name = table_name();
    Schema all;  // of all inputs
    for (const Input &input : inputs_)
        for (const Field &field : input.schema.fields)
            if (!all.find(field.name)) all.fields.push_back(field);
    for (const std::string &sql : create_statements(name, all, *options_.create, context_.exactly_once())) {
        Query query{sql};
        query.in_database = false;
        const Answer answer = connection_->ask_patiently(std::move(query));
        if (answer.reaction == Reaction::kRetry) return Status::retryable("create table `" + name.text() + "`: " + answer.message);
        if (!answer.ok()) return Status::config("create_table", answer.message + " (" + sql + ")");
    }
    context_.log(WEIR_LOG_INFO, "created table `" + name.text() + "`");
    return {};
}

// Servers refuse settings that they do not know.
Status Sink::learn_settings(Found &found) {
    auto known = connection_->post("SELECT name FROM system.settings WHERE name IN ('insert_deduplication_token', 'insert_deduplicate', "
                                   "'deduplicate_insert', 'async_insert', 'deduplicate_blocks_in_dependent_materialized_views') FORMAT TSV");
    if (!known) return known.status();
    auto knows = [&](const std::string &name) { return ("\n" + *known).find("\n" + name + "\n") != std::string::npos; };
    found.takes_tokens = knows("insert_deduplication_token");
    // An insert is answered once it is done.
    if (knows("async_insert")) found.settings.emplace_back("async_insert", "0");
    // Two blocks of equal rows are two blocks: without tokens a replicated table would take the second for the first.
    if (!found.takes_tokens && knows("insert_deduplicate")) found.settings.emplace_back("insert_deduplicate", "0");
    if (found.takes_tokens) found.settings.emplace_back("insert_deduplicate", "1");
    if (knows("deduplicate_insert")) found.settings.emplace_back("deduplicate_insert", "enable");
    // A table that has a block passes it on to its views all the same: they may not have had it when the server was killed.
    if (context_.exactly_once() && knows("deduplicate_blocks_in_dependent_materialized_views"))
        found.settings.emplace_back("deduplicate_blocks_in_dependent_materialized_views", "1");
    return {};
}

Status Sink::check_outside(const Check &check) {
    connection_ = context_.connection<ClickHouseConnection>();
    const TableName name = table_name();
    auto table = find_table(*connection_, name);
    if (!table) return table.status();
    if (!*table) {
        const std::string message = "table `" + name.text() + "` is not there", nearest = nearest_table(*connection_, name);
        if (options_.create)
            check.find({WEIR_FINDING_MADE, "table", message + ": a run creates it", "", nearest, ""});
        else
            check.find({WEIR_FINDING_MISSING, "table", message, "", nearest,
                        "create it, or let the sink do it: `create_table: { order_by: [...] }`"});
        return {};
    }
    for (const Input &input : inputs_)
        for (const Problem &problem : check_columns(**table, input.schema))
            check.find({WEIR_FINDING_MISMATCH, "table", problem.message, problem.expected, problem.nearest, problem.hint});
    if (!context_.exactly_once()) return {};
    auto window = deduplication_window(*connection_, **table);
    if (!window) return window.status();
    for (const Problem &problem : check_window(**table, *window, connection_->servers()))
        check.find({WEIR_FINDING_MISMATCH, "table", problem.message, problem.expected, problem.nearest, problem.hint});
    for (const Input &input : inputs_)
        if (auto partitioner = make_partitioner(**table, input.schema, "UTC"); !partitioner)
            check.find({WEIR_FINDING_MISMATCH, "table", partitioner.status().message()});
    return {};
}

}  // namespace weir::clickhouse
