// clickhouse.sink: the table, before any row is written, and at lint time.
#include <algorithm>

#include "sink.hpp"

namespace weir::clickhouse {
namespace {

constexpr size_t kToldProblems = 3;  // in one message

}  // namespace

Status Sink::open() {
    if (cancelled_) return Status::retryable("stopped while opening");
    connection_ = context_.connection<ClickHouseConnection>();
    Status status = opening_.run([this] { return look(found_); }, [context = context_]() mutable { context.wake(); });
    if (!status.done()) return status;
    for (Input &input : inputs_) {
        input.sql = insert_statement(found_.table.name, input.schema);
        input.open = std::make_unique<Open>(Block(block_columns(found_.table, input.schema)));
    }
    inserter_ = std::make_unique<Inserter>(
        context_.raw(), *connection_, InserterOptions{found_.table.name.text(), options_.retry_for, found_.settings, found_.takes_tokens});
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
    return learn_settings(found);
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
        const Answer answer = connection_->ask(std::move(query));
        if (answer.reaction == Reaction::kRetry) return Status::retryable("create table `" + name.text() + "`: " + answer.message);
        if (!answer.ok()) return Status::config("create_table", answer.message + " (" + sql + ")");
    }
    context_.log(WEIR_LOG_INFO, "created table `" + name.text() + "`");
    return {};
}

// Servers refuse settings that they do not know.
Status Sink::learn_settings(Found &found) {
    auto known = connection_->post("SELECT name FROM system.settings WHERE name IN ('insert_deduplication_token', 'insert_deduplicate', "
                                   "'deduplicate_insert', 'async_insert') FORMAT TSV");
    if (!known) return known.status();
    auto knows = [&](const std::string &name) { return ("\n" + *known).find("\n" + name + "\n") != std::string::npos; };
    found.takes_tokens = knows("insert_deduplication_token");
    // An insert is answered once it is done.
    if (knows("async_insert")) found.settings.emplace_back("async_insert", "0");
    // Two blocks of equal rows are two blocks: without tokens a replicated table would take the second for the first.
    if (!found.takes_tokens && knows("insert_deduplicate")) found.settings.emplace_back("insert_deduplicate", "0");
    if (found.takes_tokens) found.settings.emplace_back("insert_deduplicate", "1");
    if (knows("deduplicate_insert")) found.settings.emplace_back("deduplicate_insert", "enable");
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
    return {};
}

}  // namespace weir::clickhouse
