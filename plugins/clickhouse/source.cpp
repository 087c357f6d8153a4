#include "source.hpp"

#include <algorithm>
#include <charconv>

#include <weir/builder.hpp>

#include "bound_query.hpp"
#include "native_rows.hpp"

namespace weir::clickhouse {
namespace {

constexpr const char *kSplit = "query", *kFrom = "weir_from", *kDone = "done";
constexpr int64_t kPollFirstPause = 100'000, kPollLastPause = 10'000'000;  // microseconds between attempts; doubles

// A value as Argument takes it.
std::string text_of(const Column &column, int64_t row) {
    const Type &type = column.type();
    if (type.is_text()) return std::string(column.text(row));
    if (type.id == TypeId::kUint64) return std::to_string(column.value<uint64_t>(row));
    if (type.id == TypeId::kTimestamp) return timestamp_text(column.integer(row));
    if (type.id == TypeId::kDate) return date_text(column.integer(row));
    return std::to_string(column.integer(row));
}

}  // namespace

Source::Source(Context context, SourceOptions options)
    : Instance(context),
      options_(std::move(options)),
      queries_metric_(context.metric("queries", WEIR_METRIC_COUNTER, "Queries that were sent.")) {
    inbox_->context = context.raw();
}

Source::~Source() {
    drop_rows();
    std::lock_guard lock(inbox_->mutex);
    inbox_->context = nullptr;
}

void Source::drop_rows() {
    for (ArrowArray &rows : rows_) rows.release(&rows);
    rows_.clear();
}

Status Source::bind(const Binding &binding) {
    read_ = out_ = {};
    emitted_.clear();
    column_.reset();
    for (size_t i = 0; i < options_.record.size(); ++i) {
        const Field &field = options_.record.fields[i];
        const bool wanted = binding.wanted(0, field.name);
        if (options_.position == i) column_ = read_.size();
        if (wanted) {
            emitted_.push_back(read_.size());
            out_.fields.push_back(field);
        }
        if (wanted || options_.position == i) read_.fields.push_back(field);
    }
    if (read_.fields.empty()) read_.fields.push_back(options_.record.fields[0]);  // rows without columns are to be counted
    binding.set_output(0, out_);
    return {};
}

Status Source::open() {
    connection_ = context_.connection<ClickHouseConnection>();
    return {};
}

Status Source::discover(const weir_bytes_out &ids) {
    ids.put(&ids, to_abi(kSplit));
    return Status::end();
}

Status Source::assign(uint64_t, std::string_view, const weir_str &position) {
    last_ = options_.start;
    same_ = 0;
    ended_ = is_last_ = false;
    const std::string_view text = view(position);
    if (text.empty()) return {};
    if (!options_.position) {
        ended_ = text == kDone;
        return {};
    }
    const size_t at = text.find('@');
    const auto [end, error] = std::from_chars(text.data(), text.data() + std::min(at, text.size()), same_);
    if (at == text.npos || error != std::errc() || end != text.data() + at)
        return Status::state_version("the position `" + std::string(text) + "` is none of this source: it was written without `position`");
    last_ = std::string(text.substr(at + 1));
    const Field &field = options_.record.fields[*options_.position];
    if (auto value = value_text({field.name, field, last_}); !value)
        return Status::state_version("the position is of another `position` column: " + value.status().message());
    return {};
}

Status Source::position(uint64_t, const weir_bytes_out &out) {
    std::string text;
    if (!options_.position)
        text = ended_ ? kDone : "";
    else if (last_)
        text = std::to_string(same_) + "@" + *last_;
    out.put(&out, to_abi(text));
    return {};
}

Query Source::next_query() const {
    Query out{select_cast(read_, trimmed_query(options_.sql))};
    out.settings = options_.parameters;
    out.settings.insert(out.settings.end(), {{"readonly", "2"},
                                             {"wait_end_of_query", "1"},
                                             {"default_format", "Native"},
                                             {"max_block_size", std::to_string(WEIR_BATCH_MAX_ROWS)}});
    out.max_answer_bytes = options_.max_bytes;
    if (!column_) return out;
    const Field &field = read_.fields[*column_];
    const std::string name = quote_name(field.name);
    std::string columns;
    for (const Field &each : read_.fields) columns += (columns.empty() ? "" : ", ") + quote_name(each.name);
    const char *joint = " WHERE ";
    if (last_) {
        out.sql += joint + std::string("q.") + name + " >= {" + kFrom + ":" + clickhouse_type(field.type, false) + "}";
        out.settings.emplace_back(std::string("param_") + kFrom, *value_text({kFrom, field, last_}));
        joint = " AND ";
    }
    if (options_.settle) out.sql += joint + std::string("q.") + name + " <= now64(6) - toIntervalMicrosecond(" + std::to_string(options_.settle) + ")";
    // Rows of one value stand in one order, whenever they are asked for.
    out.sql = "SELECT * FROM (\n" + out.sql + "\n) ORDER BY " + name + ", cityHash64(toString(tuple(" + columns + "))) LIMIT " +
              std::to_string(options_.rows) + " OFFSET " + std::to_string(same_);
    return out;
}

Status Source::ask() {
    asking_ = true;
    context_.metric_add(queries_metric_, 1);
    connection_->start(next_query(), [inbox = inbox_](Answer answer) {
        std::lock_guard lock(inbox->mutex);
        if (!inbox->context) return;
        inbox->answer = std::move(answer);
        inbox->context->wake(inbox->context);
    });
    return {};
}

Status Source::on_failure(const Answer &answer) {
    const std::string what = "the query of `" + std::string(context_.node()) + "`: ";
    if (answer.too_long)
        return Status::fatal(what + answer.message + (column_ ? ": take fewer `rows` at a time" : ": name a `position`, so that it is read in pieces, or raise `max_bytes`"));
    if (answer.reaction != Reaction::kRetry) return Status::fatal(what + answer.message);
    const int64_t now = context_.now();
    if (!failing_since_) failing_since_ = now;
    if (now - failing_since_ >= options_.retry_for) return Status::retryable(what + answer.message);
    if (!pause_) context_.log(WEIR_LOG_WARNING, what + answer.message + "; asking again");
    pause_ = std::clamp(2 * pause_, kPollFirstPause, kPollLastPause);
    ask_at_ = now + pause_;
    return {};
}

Status Source::take(Answer answer) {
    asking_ = false;
    if (!answer.ok()) return on_failure(answer);
    failing_since_ = pause_ = 0;
    auto batches = read_native(answer.body, read_);
    if (!batches) return batches.status();
    uint64_t count = 0;
    for (const ArrowArray &batch : *batches) {
        count += static_cast<uint64_t>(batch.length);
        rows_.push_back(batch);
    }
    const bool is_dry = !column_ || count < options_.rows;
    is_last_ = is_dry && !options_.every;
    ask_at_ = is_dry ? context_.now() + options_.every : 0;
    return {};
}

// Behind `rows`, which are about to be emitted.
void Source::advance(const ArrowArray &rows) {
    if (!column_) return;
    const Column column(rows.children[*column_], &read_.fields[*column_].type);
    const int64_t n = rows.length;
    std::string last = text_of(column, n - 1);
    uint64_t same = 1;
    while (same < static_cast<uint64_t>(n) && text_of(column, n - 1 - static_cast<int64_t>(same)) == last) ++same;
    same_ = same == static_cast<uint64_t>(n) && last_ == last ? same_ + same : same;
    last_ = std::move(last);
}

Status Source::emit(uint64_t split, uint64_t max_rows) {
    for (uint64_t left = max_rows; left > 0 && !rows_.empty();) {
        ArrowArray batch = rows_.front();
        rows_.pop_front();
        if (static_cast<uint64_t>(batch.length) > left) {
            std::vector<int32_t> order(static_cast<size_t>(batch.length));
            for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(i);
            ArrowArray first, rest;
            gather(read_, batch, order.data(), static_cast<int64_t>(left), &first);
            gather(read_, batch, order.data() + left, batch.length - static_cast<int64_t>(left), &rest);
            batch.release(&batch);
            batch = first;
            rows_.push_front(rest);
        }
        left -= static_cast<uint64_t>(batch.length);
        advance(batch);
        std::vector<ArrowArray> columns;
        for (const size_t i : emitted_) {
            columns.push_back(*batch.children[i]);
            batch.children[i]->release = nullptr;  // moved
        }
        ArrowArray out;
        make_struct(std::move(columns), batch.length, &out);
        batch.release(&batch);
        if (!context_.emit(0, out, split)) return Status::more();
    }
    return Status::more();
}

Status Source::poll(uint64_t number, uint64_t max_rows, uint64_t) {
    if (!rows_.empty()) return emit(number, max_rows);
    if (is_last_) ended_ = true;
    if (ended_) return Status::end();
    if (asking_) {
        std::optional<Answer> answer;
        {
            std::lock_guard lock(inbox_->mutex);
            answer.swap(inbox_->answer);
        }
        if (!answer) return {};
        if (Status s = take(std::move(*answer)); !s.ok()) return s;
        return Status::more();
    }
    if (context_.now() < ask_at_) {
        context_.wake_at(ask_at_);
        return {};
    }
    return ask();
}

}  // namespace weir::clickhouse
