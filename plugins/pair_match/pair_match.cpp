#include "pair_match.hpp"

#include <algorithm>
#include <set>

#include <weir/ext/memory.h>

namespace weir::pair_match {
namespace {

constexpr uint32_t kPairsPort = 0, kExpiredPort = 1;

constexpr weir_param kCarried[] = {param("column", WEIR_PARAM_COLUMN, "A column.")};
constexpr weir_param kOrigins[] = {
    param("origin", WEIR_PARAM_STRING, "A part of the origin.").one_of(R"(["topic","partition","offset"])")};

constexpr weir_param kParams[] = {
    param("value", WEIR_PARAM_COLUMN, "The column whose numbers are matched: of an integer or a decimal type.")
        .required()
        .primary(),
    param("sum", WEIR_PARAM_ANY,
          "What two numbers must add up to: an integer, or a decimal number as text (\"12.50\").")
        .required(),
    param("min", WEIR_PARAM_ANY,
          "The smallest number allowed. Rows below it, and rows whose complement is, fail as out-of-range."),
    param("max", WEIR_PARAM_ANY,
          "The greatest number allowed. Rows above it, and rows whose complement is, fail as out-of-range."),
    param("carry", WEIR_PARAM_LIST,
          "The columns that both numbers bring along, as left_NAME and right_NAME. By default all others but metadata.")
        .fields(kCarried)
        .scalar_or_list(),
    param("origin", WEIR_PARAM_LIST,
          "What to tell of where both records came from, as far as the input knows it: left_partition, left_offset, "
          "right_partition and so on.")
        .fields(kOrigins)
        .scalar_or_list()
        .default_json(R"(["partition","offset"])"),
    param("ttl", WEIR_PARAM_DURATION,
          "How long a number waits for its complement before it leaves by the port `expired`, in processing time. By "
          "default for ever."),
    param("left", WEIR_PARAM_STRING,
          "The name of the column with the number that waited, and the prefix of what came with it.")
        .default_json("\"left\""),
    param("right", WEIR_PARAM_STRING,
          "The name of the column with the number that came later, and the prefix of what came with it.")
        .default_json("\"right\""),
};

constexpr weir_port kOutputs[] = {
    port("out", "A row a pair."),
    port("expired", "Numbers that waited longer than `ttl`."),
};

template <class Api>
const Api *extension(const char *name) {
    const weir_host &host = plugin_host();
    return host.extension ? static_cast<const Api *>(host.extension(&host, name)) : nullptr;
}

}  // namespace

constexpr OperatorSpec kPairMatchSpec =
    operator_spec<PairMatch>("pair_match",
                             "Matches each number n with the number sum - n that has waited longest, so that every "
                             "row is in one pair at most. It computes its own key, the unordered pair of both numbers. Where its "
                             "parameters change, what waits goes on under the new ones; numbers that cannot pair any more fail as "
                             "out-of-range.")
        .params(kParams)
        .outputs(kOutputs)
        .with(WEIR_OP_KEYED | WEIR_OP_OWN_KEY | WEIR_OP_ONE_INPUT)
        .state(kStateVersion, WEIR_STATE_KEYED);

Result<std::unique_ptr<Instance>> PairMatch::create(Context context, const Config &config) {
    if (config.has("ttl") && config.int64("ttl") <= 0) return Status::config("ttl", "ttl must be more than 0");
    for (const char *name : {"left", "right"})
        if (config.string(name).empty()) return Status::config(name, std::string(name) + " must not be empty");
    return std::unique_ptr<Instance>(new PairMatch(context, config));
}

PairMatch::PairMatch(Context context, const Config &config)
    : Instance(context),
      config_(config),
      left_(config.string("left")),
      right_(config.string("right")),
      ttl_(config.int64("ttl")),
      waiting_metric_(context.metric("waiting", WEIR_METRIC_GAUGE, "Numbers that wait for their complement.")),
      memory_(extension<weir_memory_api>(WEIR_EXT_MEMORY)),
      rekey_(extension<weir_rekey_api>(WEIR_EXT_REKEY)) {}

Status PairMatch::bind(const Binding &binding) {
    input_ = binding.input(0);
    std::string name = config_.string("value");
    auto found = input_.find(name);
    if (!found) return Status::config("value", "the input has no column `" + name + "`: it is " + to_string(input_));
    value_ = *found;
    const Field &value = input_.fields[value_];
    bool number = value.type.is_signed_integer() || value.type.is_unsigned_integer() ||
                  value.type.id == TypeId::kDecimal128;
    if (!number)
        return Status::config("value", "column `" + name + "` is " + to_string(value.type) +
                                           ": numbers that add up exactly are integers or decimals");
    auto range = make_range(config_, value.type);
    if (!range) return range.status();
    auto beside = columns_beside(input_);
    if (!beside) return beside.status();

    MatcherOptions options{*range, value, {}, ttl_};
    if (Status s = plan_outputs(binding, *beside, &options.columns); !s.ok()) return s;
    binding.reads(0, name);
    for (const StoredColumn &c : options.columns) binding.reads(0, input_.fields[c.input].name);
    matcher_ = Matcher::make(options);
    return {};
}

// Appends some rows of a column.
void PairMatch::append_rows(const Column &from, const int32_t *rows, size_t n, ColumnBuilder &to) {
    auto copy = [&]<class T>() {
        T *out = to.append_n<T>(static_cast<int64_t>(n));
        for (size_t i = 0; i < n; ++i) out[i] = from.values<T>()[rows[i]];
    };
    switch (from.has_nulls() ? 0 : value_width(from.type().id)) {
        case 4: return copy.operator()<uint32_t>();
        case 8: return copy.operator()<uint64_t>();
        default:
            to.reserve(static_cast<int64_t>(n));
            for (size_t i = 0; i < n; ++i) to.append_from(from, rows[i]);
    }
}

// What a number brings along: the carried columns, then its origin.
Result<std::vector<PairMatch::Beside>> PairMatch::columns_beside(const Schema &input) const {
    std::vector<Beside> out;
    for (const std::string &name : config_.strings("carry")) {
        auto found = input.find(name);
        if (!found) return Status::config("carry", "the input has no column `" + name + "`: it is " + to_string(input));
        if (*found != value_) out.push_back({*found, name});
    }
    for (size_t i = 0; !config_.has("carry") && i < input.size(); ++i)
        if (i != value_ && !is_metadata_column(input.fields[i].name)) out.push_back({i, input.fields[i].name});
    for (const std::string &part : config_.strings("origin")) {
        std::string name = "_";
        if (auto found = input.find(name.append(part))) out.push_back({*found, part});
    }
    return out;
}

// The columns of both ports, those that are wanted; what these need is stored with a waiting number.
Status PairMatch::plan_outputs(const Binding &binding, const std::vector<Beside> &beside,
                               std::vector<StoredColumn> *stored) {
    std::vector<OutputColumn> pairs, expired;
    Field value = input_.fields[value_];
    value.nullable = false;
    pairs.push_back({From::kLeft, 0, Field{left_, value.type, false}});
    pairs.push_back({From::kRight, 0, Field{right_, value.type, false}});
    expired.push_back({From::kValue, 0, value});
    std::vector<OutputColumn> right;
    for (size_t i = 0; i < beside.size(); ++i) {
        const Field &field = input_.fields[beside[i].input];
        pairs.push_back({From::kLeftStored, i, Field{left_ + "_" + beside[i].name, field.type, field.nullable}});
        right.push_back({From::kRightStored, i, Field{right_ + "_" + beside[i].name, field.type, field.nullable}});
        expired.push_back({From::kStored, i, Field{beside[i].name, field.type, field.nullable}});
    }
    pairs.insert(pairs.end(), right.begin(), right.end());

    std::vector<size_t> index(beside.size(), SIZE_MAX);  // in the store
    auto keep = [&](uint32_t port, std::vector<OutputColumn> &columns) -> Status {
        std::set<std::string> names;
        for (const OutputColumn &c : columns)
            if (!names.insert(c.field.name).second)
                return Status::config(port == kPairsPort ? "carry" : "origin",
                                      "two output columns would be called `" + c.field.name +
                                          "`: choose other columns, or other names with left and right");
        std::erase_if(columns, [&](const OutputColumn &c) { return !binding.wanted(port, c.field.name); });
        Schema schema;
        for (OutputColumn &c : columns) {
            schema.fields.push_back(c.field);
            if (c.from < From::kStored) continue;
            size_t &at = index[c.stored];
            if (at == SIZE_MAX) {
                at = stored->size();
                size_t input = beside[c.stored].input;
                stored->push_back({input, input_.fields[input], 0, 0});
            }
            c.stored = at;
        }
        binding.set_output(port, schema);
        return {};
    };
    if (Status s = keep(kPairsPort, pairs); !s.ok()) return s;
    if (Status s = keep(kExpiredPort, expired); !s.ok()) return s;
    pair_columns_ = std::move(pairs);
    expired_columns_ = std::move(expired);
    return {};
}

// Restored values are settled by the first call that may emit, since some may match by now.
Status PairMatch::open() {
    context_.wake();
    return {};
}

Status PairMatch::compute_key(const BatchView &batch, uint32_t, uint64_t *hashes) {
    matcher_->hashes(batch, value_, hashes);
    return {};
}

// Brings everything up to the present that does not depend on new rows.
void PairMatch::catch_up() {
    if (!settled_) matcher_->settle_restored(context_.now());
    if (ttl_) matcher_->expire(context_.now());
    settled_ = true;
    fail_unfit();
    report();
}

// Numbers that waited, and have no complement under the parameters as they are: they came to be refused.
void PairMatch::fail_unfit() {
    const size_t all = matcher_->unfit().size();
    if (all == 0) return;
    const EntryStore &store = matcher_->store();
    Schema schema;
    schema.fields.push_back(input_.fields[value_]);
    for (const StoredColumn &column : store.layout().columns) schema.fields.push_back(column.field);
    ArrowSchema types;
    export_schema(schema, &types);
    for (size_t begin = 0; begin < all;) {
        const size_t n = std::min<size_t>(all - begin, WEIR_BATCH_MAX_ROWS);
        std::vector<ArrowArray> columns(schema.size());
        for (size_t c = 0; c < columns.size(); ++c) {
            ColumnBuilder builder(schema.fields[c].type);
            if (c == 0)
                matcher_->append_unfit_values(begin, n, builder);
            else
                store.append(c - 1, matcher_->unfit().data() + begin, n, builder);
            builder.finish(&columns[c]);
        }
        ArrowArray rows;
        make_struct(std::move(columns), static_cast<int64_t>(n), &rows);
        errors_.clear();
        for (size_t i = 0; i < n; ++i) errors_.push_back(matcher_->unfit_error(begin + i, static_cast<int64_t>(i)));
        weir_batch batch{};
        batch.size = sizeof batch;
        batch.rows = rows.length;
        batch.split = WEIR_NO_SPLIT;
        batch.array = &rows;
        batch.schema = &types;
        context_.fail(batch, errors_);
        rows.release(&rows);
        begin += n;
    }
    types.release(&types);
    matcher_->drop_unfit();
}

Status PairMatch::rekey(const weir_state_block &block, const weir_snapshot &out) {
    RekeyCount count;
    const Status status = matcher_->rekey(block, out, count);
    if (status.ok() && rekey_) rekey_->tell(context_.raw(), count.rows, count.leaving);
    return status;
}

void PairMatch::report() {
    if (auto time = matcher_->next_expiry()) context_.wake_at(*time);
    context_.metric_set(waiting_metric_, matcher_->waiting());
    if (memory_) memory_->hold(context_.raw(), matcher_->held_bytes());
}

Status PairMatch::process(const BatchView &batch, uint32_t) {
    if (!settled_ || ttl_) catch_up();
    if (anything_left()) {
        Status status = emit_what_is_there(nullptr);
        deferred_ = status.is_more();
        if (deferred_) {
            retained_ = context_.retain(batch);
            return status;
        }
    }
    return match(batch);
}

Status PairMatch::match(const BatchView &batch) {
    errors_.clear();
    matcher_->match(batch, value_, ttl_ ? context_.now() : 0, errors_);
    report();
    context_.fail(batch, errors_);
    return emit_what_is_there(&batch);
}

// Comes in place of on_wake where that was due meanwhile.
Status PairMatch::resume(uint64_t) {
    const Status status = go_on();
    return status.done() ? on_wake() : status;
}

Status PairMatch::go_on() {
    if (!retained_) return emit_what_is_there(nullptr);
    BatchView batch = retained_.view(input_);
    Status status = emit_what_is_there(deferred_ ? nullptr : &batch);
    if (deferred_ && status.done()) {
        deferred_ = false;
        status = match(batch);
    }
    if (!deferred_ && pairs_sent_ == matcher_->pairs().size()) retained_ = RetainedBatch();
    return status;
}

Status PairMatch::on_wake() {
    catch_up();
    return emit_what_is_there(nullptr);
}

bool PairMatch::anything_left() const {
    return pairs_sent_ < matcher_->pairs().size() || expired_sent_ < matcher_->expired().size();
}

// Emits until nothing is left or a port is full; the rest waits for resume, and with it the batch.
Status PairMatch::emit_what_is_there(const BatchView *batch) {
    bool full = false;
    while (!full && expired_sent_ < matcher_->expired().size()) full = !emit_expired();
    bool pairs_full = false;
    while (!pairs_full && pairs_sent_ < matcher_->pairs().size()) pairs_full = !emit_pairs(batch);
    if (!full && !pairs_full) return {};
    if (batch && !retained_ && pairs_sent_ < matcher_->pairs().size()) retained_ = context_.retain(*batch);
    return Status::more();
}

// How many pairs fit the next batch: one at least.
size_t PairMatch::next_pairs(const BatchView *batch) const {
    const Pairs pairs = matcher_->pairs();
    size_t n = std::min<size_t>(pairs.size() - pairs_sent_, WEIR_BATCH_MAX_ROWS);
    const EntryStore &store = matcher_->store();
    if (!store.has_variable()) return n;
    size_t bytes = 0, taken = 0;
    for (; taken < n; ++taken) {
        size_t at = pairs_sent_ + taken;
        bytes += store.payload(pairs.left[at]).size();
        bytes += pairs.rows.empty() ? store.payload(pairs.right[at]).size() : store.row_bytes(*batch, pairs.rows[at]);
        if (taken && bytes > WEIR_BATCH_MAX_BYTES) break;
    }
    return taken;
}

bool PairMatch::emit_pairs(const BatchView *batch) {
    size_t n = next_pairs(batch);
    ArrowArray rows = build_pairs(batch, n);
    pairs_sent_ += n;
    if (pairs_sent_ == matcher_->pairs().size()) {
        matcher_->drop_pairs();
        pairs_sent_ = 0;
    }
    return context_.emit(kPairsPort, rows);
}

ArrowArray PairMatch::build_pairs(const BatchView *batch, size_t n) {
    const Pairs pairs = matcher_->pairs();
    const EntryStore &store = matcher_->store();
    std::vector<ArrowArray> columns(pair_columns_.size());
    for (size_t c = 0; c < columns.size(); ++c) {
        const OutputColumn &column = pair_columns_[c];
        ColumnBuilder builder(column.field.type);
        if (column.from == From::kLeft || column.from == From::kRight)
            matcher_->append_values(column.from == From::kLeft, pairs_sent_, n, builder);
        else if (column.from == From::kLeftStored)
            store.append(column.stored, &pairs.left[pairs_sent_], n, builder);
        else if (pairs.rows.empty())
            store.append(column.stored, &pairs.right[pairs_sent_], n, builder);
        else
            append_rows(batch->column(store.layout().columns[column.stored].input), &pairs.rows[pairs_sent_], n,
                        builder);
        builder.finish(&columns[c]);
    }
    ArrowArray rows;
    make_struct(std::move(columns), static_cast<int64_t>(n), &rows);
    return rows;
}

bool PairMatch::emit_expired() {
    const EntryStore &store = matcher_->store();
    size_t n = std::min<size_t>(matcher_->expired().size() - expired_sent_, WEIR_BATCH_MAX_ROWS);
    size_t bytes = 0, taken = 0;
    for (; taken < n; ++taken) {
        bytes += store.payload(matcher_->expired()[expired_sent_ + taken]).size();
        if (taken && bytes > WEIR_BATCH_MAX_BYTES) break;
    }
    std::vector<ArrowArray> columns(expired_columns_.size());
    for (size_t c = 0; c < columns.size(); ++c) {
        ColumnBuilder builder(expired_columns_[c].field.type);
        if (expired_columns_[c].from == From::kValue)
            matcher_->append_expired_values(expired_sent_, taken, builder);
        else
            store.append(expired_columns_[c].stored, matcher_->expired().data() + expired_sent_, taken, builder);
        builder.finish(&columns[c]);
    }
    ArrowArray rows;
    make_struct(std::move(columns), static_cast<int64_t>(taken), &rows);
    expired_sent_ += taken;
    if (expired_sent_ == matcher_->expired().size()) {
        matcher_->drop_expired();
        expired_sent_ = 0;
    }
    return context_.emit(kExpiredPort, rows);
}

}  // namespace weir::pair_match
