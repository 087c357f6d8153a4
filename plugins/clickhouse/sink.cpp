#include "sink.hpp"

#include <algorithm>
#include <array>
#include <random>

#include <weir/failpoint.hpp>

#include "block_view.hpp"
#include "city_hash.hpp"
#include "refused_row.hpp"

namespace weir::clickhouse {
namespace {

std::string hex(uint64_t n) {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(n));
    return digits.data();
}

std::string random_name() {
    std::random_device random;
    return hex(static_cast<uint64_t>(random()) << 32 | random());
}

}  // namespace

Sink::Sink(Context context, SinkOptions options)
    : Instance(context), options_(std::move(options)), compressor_(options_.compression), run_(random_name()) {
    rows_metric_ = context.metric("inserted_rows", WEIR_METRIC_COUNTER, "Rows that the server has taken.");
    blocks_metric_ = context.metric("inserted_blocks", WEIR_METRIC_COUNTER, "Blocks that the server has taken.");
    bytes_metric_ = context.metric("inserted_bytes", WEIR_METRIC_COUNTER, "Bytes of these blocks, compressed.");
    refused_metric_ = context.metric("refused_rows", WEIR_METRIC_COUNTER, "Rows that the server has refused.");
    under_way_metric_ = context.metric("blocks_under_way", WEIR_METRIC_GAUGE, "Blocks that the server has not answered yet.");
}

Sink::~Sink() { inserter_.reset(); }

void Sink::cancel() {
    cancelled_ = true;
    context_.wake();
}

Status Sink::process(const BatchView &batch, uint32_t input) {
    Input &in = inputs_[input];
    Block &block = in.open->block;
    const std::vector<RowError> faults = block.check(batch);
    context_.fail(batch, faults);
    auto append = [&](int64_t begin, int64_t end) {
        while (begin < end) {
            if (block.rows() == 0) {
                in.open->since = context_.now();
                context_.wake_at(in.open->since + options_.max_age);
            }
            const int64_t take = std::min(end - begin, options_.batch_rows - block.rows());
            block.append(batch, begin, begin + take);
            begin += take;
            if (block.rows() >= options_.batch_rows || block.bytes() >= options_.batch_bytes) seal(in);
        }
    };
    int64_t good = 0;
    for (const RowError &fault : faults) {
        append(good, fault.row);
        good = fault.row + 1;
    }
    append(good, batch.rows());
    return work();
}

Status Sink::work() {
    if (cancelled_) return Status::retryable("stopped");
    if (Status s = collect(); !s.ok()) return s;
    seal_old();
    send();
    return waiting_.empty() ? Status() : Status::pending();
}

Status Sink::prepare(uint64_t epoch, const weir_bytes_out &) {
    WEIR_FAILPOINT("clickhouse.sink.prepare");
    for (Input &input : inputs_) seal(input);
    Status status = work();
    if (!status.done()) return status;
    if (inserter_->under_way() > 0) return Status::pending();
    WEIR_FAILPOINT("clickhouse.sink.acknowledged");
    epoch_ = epoch;
    refused_ = 0;
    return {};
}

void Sink::seal_old() {
    const int64_t now = context_.now();
    for (Input &input : inputs_) {
        if (input.open->block.rows() == 0) continue;
        const int64_t due = input.open->since + options_.max_age;
        if (now >= due)
            seal(input);
        else
            context_.wake_at(due);
    }
}

void Sink::seal(Input &input) {
    Block &block = input.open->block;
    if (block.rows() == 0) return;
    waiting_.push_back(sealed(next_token(), input.sql, block.rows(), [&](Output &out) { block.write(out); }));
    block.clear();
}

SealedBlock Sink::sealed(std::string token, const std::string &sql, int64_t rows, const std::function<void(Output &)> &write) {
    auto body = std::make_shared<std::string>();
    CompressedOutput out(compressor_, *body);
    write(out);
    out.finish();
    const auto [low, high] = city_hash_128(body->data(), body->size());
    token += "." + hex(low) + hex(high);
    return {std::move(token), sql, rows, std::move(body)};
}

// The epoch stands for the sources' positions; where an epoch is run again, after a crash, `run_` is another.
std::string Sink::next_token() {
    return "weir/" + std::string(context_.topology()) + "/" + std::string(context_.node()) + "/" + run_ + "." +
           std::to_string(context_.worker()) + "." + std::to_string(epoch_) + "." + std::to_string(serial_++);
}

void Sink::send() {
    while (!waiting_.empty() && inserter_->under_way() < options_.in_flight) {
        inserter_->send(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    context_.metric_set(under_way_metric_, static_cast<int64_t>(inserter_->under_way()));
}

Status Sink::collect() {
    for (Inserter::Finished &finished : inserter_->take_finished()) {
        const SealedBlock &block = finished.block;
        if (finished.answer.reaction == Reaction::kData) {
            if (Status s = divide(block, finished.answer); !s.ok()) return s;
            continue;
        }
        if (!finished.answer.ok()) return failed(finished.answer);
        context_.metric_add(rows_metric_, block.rows);
        context_.metric_add(blocks_metric_, 1);
        context_.metric_add(bytes_metric_, static_cast<int64_t>(block.body->size()));
    }
    return {};
}

Status Sink::failed(const Answer &answer) const {
    const std::string text = "table `" + found_.table.name.text() + "`: " + answer.message;
    return answer.reaction == Reaction::kRetry ? Status::retryable(text) : Status::fatal(text);
}

Status Sink::divide(const SealedBlock &block, const Answer &answer) {
    auto bytes = decompress(*block.body);
    if (!bytes) return bytes.status();
    auto view = BlockView::parse(std::move(*bytes));
    if (!view) return view.status();
    if (view->rows() <= 1) return refuse(view->json(0), answer);
    const int64_t half = view->rows() / 2;
    // The later one first, since each goes to the front.
    for (const auto &[begin, end] : {std::pair(half, view->rows()), std::pair(int64_t{0}, half)})
        waiting_.push_front(sealed(block.token + (begin == 0 ? "-0" : "-1"), block.sql, end - begin,
                                   [&](Output &out) { view->write(out, begin, end); }));
    return {};
}

Status Sink::refuse(const std::string &row, const Answer &answer) {
    const std::string where = "table `" + found_.table.name.text() + "`";
    if (++refused_ > options_.max_refused)
        return Status::fatal(where + " has refused more than " + std::to_string(options_.max_refused) +
                             " rows of one epoch (max_refused); the last: " + answer.message);
    context_.metric_add(refused_metric_, 1);
    const RowError error{0, "insert", "", where + ": " + answer.message};
    context_.fail(make_refused_row(row), {&error, 1});
    return {};
}

}  // namespace weir::clickhouse
