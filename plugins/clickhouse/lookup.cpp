#include "lookup.hpp"

#include <algorithm>

#include <weir/builder.hpp>
#include <weir/ext/memory.h>
#include <weir/row_json.hpp>

#include "bound_query.hpp"
#include "native_rows.hpp"

namespace weir::clickhouse {
namespace {

constexpr int64_t kLookupFirstPause = 100'000, kLookupLastPause = 10'000'000;  // microseconds between attempts; doubles
constexpr uint64_t kMaxAnswer = 256 << 20;

// A value in a statement.
std::string literal(const Column &column, int64_t row) {
    const Type &type = column.type();
    if (type.is_text()) return quote_text(column.text(row));
    switch (type.id) {
        case TypeId::kBool: return column.bool_value(row) ? "true" : "false";
        case TypeId::kUint64: return std::to_string(column.value<uint64_t>(row));
        case TypeId::kDate: return "toDate32('" + date_text(column.integer(row)) + "')";
        case TypeId::kTimestamp: return "toDateTime64('" + timestamp_text(column.integer(row)) + "', 6, 'UTC')";
        default: return std::to_string(column.integer(row));
    }
}

// A column of the table as it is compared with literals. Integers and texts as they are, so that the table's index serves; the
// server does not compare times of unlike precision.
std::string compared(const Field &field) {
    const std::string name = "q." + quote_name(field.name);
    const bool is_time = field.type.id == TypeId::kDate || field.type.id == TypeId::kTimestamp;
    return is_time ? "CAST(" + name + ", " + quote_text(clickhouse_type(field.type, false)) + ")" : name;
}

}  // namespace

Lookup::Lookup(Context context, LookupOptions options)
    : Instance(context),
      options_(std::move(options)),
      cache_(options_.cache_bytes, options_.cache_for),
      missing_metric_(context.metric("missing", WEIR_METRIC_COUNTER, "Rows whose key the table does not have.")),
      hits_metric_(context.metric("cached", WEIR_METRIC_COUNTER, "Rows whose key was known.")),
      queries_metric_(context.metric("queries", WEIR_METRIC_COUNTER, "Queries that were sent.")) {
    inbox_->context = context.raw();
}

Lookup::~Lookup() {
    std::lock_guard lock(inbox_->mutex);
    inbox_->context = nullptr;
}

Status Lookup::bind(const Binding &binding) {
    const Schema &in = binding.input(0);
    const Schema &record = options_.record;
    key_.clear();
    passed_.clear();
    made_.clear();
    read_ = out_ = {};
    binding.reads_nothing(0);  // but what follows
    for (size_t i = 0; i < options_.input_key.size(); ++i) {
        const std::string &name = options_.input_key[i];
        const Field &field = record.fields[options_.key[i]];
        const auto found = in.find(name);
        if (!found) return Status::config("column", "the input has no column `" + name + "`; it has " + to_string(in));
        if (in.fields[*found].type != field.type)
            return Status::config("column", "`" + name + "` is " + to_string(in.fields[*found].type) + ", and `" + field.name +
                                                "` of the record " + to_string(field.type) + ": give both one type");
        binding.reads(0, name);
        key_.push_back(*found);
        read_.fields.push_back(field);
    }
    keys_ = RowCodec(read_);
    for (size_t i = 0; i < in.size(); ++i) {
        if (!binding.wanted(0, in.fields[i].name)) continue;
        binding.reads(0, in.fields[i].name);
        passed_.push_back(i);
        out_.fields.push_back(in.fields[i]);
    }
    for (const size_t i : options_.added) {
        Field field = record.fields[i];
        field.name = options_.prefix + field.name;
        field.nullable = field.nullable || options_.missing == Missing::kNull;
        if (!binding.wanted(0, field.name)) continue;
        if (out_.find(field.name))
            return Status::config("prefix", "the input has a column `" + field.name + "` already: a `prefix` tells the table's apart");
        made_.push_back(read_.size());
        read_.fields.push_back(record.fields[i]);
        out_.fields.push_back(std::move(field));
    }
    Schema added;
    for (const size_t i : made_) added.fields.push_back(read_.fields[i]);
    rows_ = RowCodec(std::move(added));
    binding.set_output(0, out_);
    return {};
}

Status Lookup::open() {
    connection_ = context_.connection<ClickHouseConnection>();
    return {};
}

Status Lookup::process(const BatchView &batch, uint32_t) {
    std::vector<Column> columns;
    for (const size_t i : key_) columns.push_back(batch.column(i));
    const int64_t now = context_.now();
    std::vector<int64_t> unknown;  // a row of each key that is not known
    int64_t hits = 0;
    batch_keys_.assign(static_cast<size_t>(batch.rows()), {});
    found_.clear();
    asked_.clear();
    for (int64_t row = 0; row < batch.rows(); ++row) {
        if (std::any_of(columns.begin(), columns.end(), [&](const Column &c) { return c.is_null(row); })) continue;
        std::string &key = batch_keys_[static_cast<size_t>(row)];
        keys_.encode(columns, row, key);
        const auto [place, is_new] = found_.try_emplace(key);
        if (!is_new) continue;
        if (const Row *known = cache_.find(key, now)) {
            place->second = *known;
            ++hits;
        } else {
            unknown.push_back(row);
            asked_.push_back(key);
        }
    }
    context_.metric_add(hits_metric_, hits);
    if (unknown.empty()) return finish_batch(batch);
    ask(batch, unknown);
    waiting_ = context_.retain(batch);
    return Status::pending();
}

void Lookup::ask(const BatchView &batch, const std::vector<int64_t> &rows) {
    std::string names, values;
    for (size_t i = 0; i < options_.key.size(); ++i) names += (i ? ", " : "") + compared(options_.record.fields[options_.key[i]]);
    for (const int64_t row : rows) {
        values += values.empty() ? "(" : ", (";
        for (size_t i = 0; i < key_.size(); ++i) values += (i ? ", " : "") + literal(batch.column(key_[i]), row);
        values += ")";
    }
    std::string by;
    for (size_t i = 0; i < key_.size(); ++i) by += (i ? ", " : "") + quote_name(read_.fields[i].name);
    sql_ = select_cast(read_, options_.from) + " WHERE (" + names + ") IN (" + values + ")";
    sql_ = "SELECT * FROM (\n" + sql_ + "\n) LIMIT 1 BY " + by;
    failing_since_ = pause_ = 0;
    send(0);
}

void Lookup::send(int64_t delay) {
    Query query{sql_};
    query.settings = {{"readonly", "2"},
                      {"wait_end_of_query", "1"},
                      {"default_format", "Native"},
                      {"max_query_size", std::to_string(sql_.size() + 1)}};
    query.max_answer_bytes = kMaxAnswer;
    query.delay = std::chrono::milliseconds(delay / 1'000);
    context_.metric_add(queries_metric_, 1);
    connection_->start(std::move(query), [inbox = inbox_](Answer answer) {
        std::lock_guard lock(inbox->mutex);
        if (!inbox->context) return;
        inbox->answer = std::move(answer);
        inbox->context->wake(inbox->context);
    });
}

Status Lookup::resume(uint64_t) {
    if (!waiting_) return {};  // what was emitted last had no room, and has it now
    std::optional<Answer> answer;
    {
        std::lock_guard lock(inbox_->mutex);
        answer.swap(inbox_->answer);
    }
    if (!answer) return Status::pending();
    return take(std::move(*answer));
}

Status Lookup::take(Answer answer) {
    if (answer.ok()) {
        if (Status s = store(answer.body); !s.ok()) return s;
        const RetainedBatch batch = std::exchange(waiting_, {});
        return finish_batch(batch.view(input_schema(0)));
    }
    const std::string what = "the look-up of `" + std::string(context_.node()) + "`: " + answer.message;
    if (answer.reaction != Reaction::kRetry) return Status::fatal(what);
    const int64_t now = context_.now();
    if (!failing_since_) failing_since_ = now;
    if (now - failing_since_ >= options_.retry_for) return Status::retryable(what);
    if (!pause_) context_.log(WEIR_LOG_WARNING, what + "; asking again");
    pause_ = std::clamp(2 * pause_, kLookupFirstPause, kLookupLastPause);
    send(pause_);
    return Status::pending();
}

// Into found_ and the cache, those that are not there, too.
Status Lookup::store(const std::string &answer) {
    auto batches = read_native(answer, read_);
    if (!batches) return batches.status();
    std::unordered_map<std::string, Row> fresh;
    for (ArrowArray &batch : *batches) {
        std::vector<Column> key, added;
        for (size_t i = 0; i < key_.size(); ++i) key.emplace_back(batch.children[i], &read_.fields[i].type);
        for (const size_t i : made_) added.emplace_back(batch.children[i], &read_.fields[i].type);
        for (int64_t row = 0; row < batch.length; ++row) {
            std::string name, bytes;
            keys_.encode(key, row, name);
            rows_.encode(added, row, bytes);
            fresh[std::move(name)] = std::move(bytes);
        }
        batch.release(&batch);
    }
    const int64_t now = context_.now();
    for (const std::string &key : asked_) {
        Row &row = found_[key];
        if (const auto got = fresh.find(key); got != fresh.end()) row = std::move(got->second);
        if (options_.cache_for > 0) cache_.put(key, row, now);
    }
    const weir_host &host = *context_.raw()->host;
    auto *memory = host.extension ? static_cast<const weir_memory_api *>(host.extension(&host, WEIR_EXT_MEMORY)) : nullptr;
    if (memory) memory->hold(context_.raw(), cache_.bytes());
    return {};
}

std::string Lookup::key_text(const BatchView &batch, int64_t row) const {
    std::string text;
    for (size_t i = 0; i < key_.size(); ++i) {
        text += (i ? ", " : "") + options_.record.fields[options_.key[i]].name + " = ";
        append_json_value(text, batch.column(key_[i]), row);
    }
    return text;
}

Status Lookup::finish_batch(const BatchView &batch) {
    std::vector<int32_t> rows;
    std::vector<const Row *> found;
    std::vector<RowError> failed;
    static const Row kNone;
    int64_t missing = 0;
    for (int64_t row = 0; row < batch.rows(); ++row) {
        const std::string &key = batch_keys_[static_cast<size_t>(row)];
        const Row *place = key.empty() ? &kNone : &found_.find(key)->second;
        missing += !*place;
        if (!*place && options_.missing == Missing::kError)
            failed.push_back({row, "missing", options_.input_key[0], "no row of `" + options_.from + "` has " + key_text(batch, row)});
        if (!*place && options_.missing != Missing::kNull) continue;
        rows.push_back(static_cast<int32_t>(row));
        found.push_back(place);
    }
    context_.metric_add(missing_metric_, missing);
    context_.fail(batch, failed);
    return rows.empty() || emit(batch, rows, found) ? Status() : Status::more();
}

bool Lookup::emit(const BatchView &batch, const std::vector<int32_t> &rows, const std::vector<const Row *> &found) {
    const bool whole = static_cast<int64_t>(rows.size()) == batch.rows();
    std::vector<ArrowArray> columns;
    for (const size_t i : passed_) {
        if (whole) {
            columns.push_back(context_.retain_column(batch, i));
            continue;
        }
        const Column column = batch.column(i);
        ColumnBuilder to(column.type());
        for (const int32_t row : rows) to.append_from(column, row);
        to.finish(&columns.emplace_back());
    }
    BatchBuilder added(rows_.schema());
    for (const Row *row : found) {
        if (*row && rows_.decode(**row, added)) continue;
        for (size_t i = 0; i < made_.size(); ++i) added.column(i).append_null();
    }
    for (size_t i = 0; i < made_.size(); ++i) added.column(i).finish(&columns.emplace_back());
    ArrowArray array;
    make_struct(std::move(columns), static_cast<int64_t>(rows.size()), &array);
    return context_.emit_derived(0, array, batch.raw(), rows);
}

}  // namespace weir::clickhouse
