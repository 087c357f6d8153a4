#include "source.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>

#include <weir/builder.hpp>
#include <weir/codec_call.hpp>

namespace weir::http {
namespace {

constexpr const char *kSplit = "http";
constexpr size_t kToldFaults = 10;  // of a body

// A weir_origin: the records of a body.
struct BodyOrigin : weir_origin {
    explicit BodyOrigin(std::shared_ptr<const Posted> body, std::string from)
        : weir_origin{}, posted(std::move(body)), topic(std::move(from)) {
        weir_origin::size = sizeof(weir_origin);
        weir_origin::retain = [](weir_origin *o) { ++static_cast<BodyOrigin *>(o)->references; };
        weir_origin::release = [](weir_origin *o) {
            if (--static_cast<BodyOrigin *>(o)->references == 0) delete static_cast<BodyOrigin *>(o);
        };
        weir_origin::get = [](weir_origin *o, int64_t row, weir_origin_record *out) -> int32_t {
            const auto &self = *static_cast<const BodyOrigin *>(o);
            if (row < 0 || row >= static_cast<int64_t>(self.posted->records.size())) return WEIR_E_UNSUPPORTED;
            const Span &span = self.posted->records[static_cast<size_t>(row)];
            out->partition = -1;
            out->offset = -1;
            out->timestamp = INT64_MIN;
            out->topic = to_abi(self.topic);
            out->payload = {self.posted->body.data() + span.offset, static_cast<uint64_t>(span.length)};
            out->key = {nullptr, 0};
            out->headers = nullptr;
            out->n_headers = 0;
            return WEIR_OK;
        };
    }
    std::atomic<int64_t> references{1};
    const std::shared_ptr<const Posted> posted;
    const std::string topic;
};

std::string answer_text(const Config::Json &answer) {
    return answer.dump(-1, ' ', false, Config::Json::error_handler_t::replace);
}

// Why nothing of a body was taken.
Answer refusal(const std::vector<RowError> &faults) {
    Config::Json told = {{"error", "nothing was taken: " + std::to_string(faults.size()) + " records do not decode"},
                         {"records", Config::Json::array()}};
    for (size_t i = 0; i < std::min(faults.size(), kToldFaults); ++i)
        told["records"].push_back({{"record", faults[i].row + 1}, {"field", faults[i].field}, {"message", faults[i].message}});
    return {400, answer_text(told)};
}

}  // namespace

Source::~Source() { leave(); }

Status Source::open() {
    std::lock_guard lock(shared_->mutex);
    if (!shared_->server) {
        auto wake = [shared = std::weak_ptr(shared_)] {
            if (auto there = shared.lock()) {
                std::lock_guard reader_lock(there->mutex);
                if (there->reader) there->reader->wake(there->reader);
            }
        };
        auto server = std::make_unique<Server>(options_, wake);
        if (Status s = server->listen(); !s.ok()) return s;
        shared_->server = std::move(server);
        context_.log(WEIR_LOG_INFO, "listens on http://" + options_.host + ":" +
                                        std::to_string(shared_->server->port()) + options_.path);
    }
    ++shared_->users;
    opened_ = true;
    return {};
}

void Source::drop_rows() {
    for (ArrowArray &batch : batches_) batch.release(&batch);
    batches_.clear();
    if (origin_) origin_->release(origin_);
    origin_ = nullptr;
}

void Source::leave() {
    drop_rows();
    if (!std::exchange(opened_, false)) return;
    std::unique_ptr<Server> last;
    {
        std::lock_guard lock(shared_->mutex);
        if (reads_) shared_->reader = nullptr;
        if (--shared_->users == 0) last = std::move(shared_->server);
    }
}

Status Source::close() {
    leave();
    return {};
}

Status Source::discover(const weir_bytes_out &ids) {
    ids.put(&ids, to_abi(kSplit));
    return Status::end();
}

Status Source::assign(uint64_t, std::string_view, const weir_str &) {
    std::lock_guard lock(shared_->mutex);
    shared_->reader = context_.raw();
    reads_ = true;
    return {};
}

// How far the bodies are emitted: what an epoch has of them, and nothing that could be read again.
Status Source::position(uint64_t, const weir_bytes_out &out) {
    const std::string text = std::to_string(emitted_);
    out.put(&out, to_abi(text));
    return {};
}

Status Source::on_epoch_committed(uint64_t, std::span<const weir_position> positions) {
    for (const weir_position &p : positions)
        if (!at_once_ && opened_) inbox().answer_upto(std::stoull(std::string(view(p.position))), {200, R"({"taken":true})"});
    return {};
}

Result<bool> Source::decode(const std::shared_ptr<const Posted> &posted, uint64_t ticket) {
    std::vector<uint32_t> offsets;
    std::vector<int32_t> lengths;
    for (const Span &span : posted->records) {
        offsets.push_back(span.offset);
        lengths.push_back(span.length);
    }
    std::vector<RowError> faults;
    const auto *base = reinterpret_cast<const uint8_t *>(posted->body.data());
    for (size_t at = 0; at < offsets.size(); at += WEIR_BATCH_MAX_ROWS) {
        const auto n = static_cast<uint32_t>(std::min<size_t>(offsets.size() - at, WEIR_BATCH_MAX_ROWS));
        std::vector<RowError> failed;
        ArrowArray rows{};
        Status status = weir::decode(codec_, n, base, offsets.data() + at, lengths.data() + at, wanted_.data(), failed, &rows);
        if (!status.ok()) return status;
        batches_.push_back(rows);
        for (RowError &fault : failed) {
            fault.row += static_cast<int64_t>(at);
            faults.push_back(std::move(fault));
        }
    }
    if (faults.empty()) {
        origin_ = new BodyOrigin(posted, options_.path);
        next_row_ = 0;
        return true;
    }
    drop_rows();
    context_.metric_add(refused_metric_, 1);
    inbox().answer(ticket, refusal(faults));
    return false;
}

// Its first `n` rows, and the others behind them.
void Source::split_front(int64_t n) {
    ArrowArray whole = batches_.front();
    batches_.pop_front();
    std::vector<int32_t> rows(static_cast<size_t>(whole.length));
    std::iota(rows.begin(), rows.end(), 0);
    ArrowArray parts[2];
    gather(out_, whole, rows.data(), n, &parts[0]);
    gather(out_, whole, rows.data() + n, whole.length - n, &parts[1]);
    whole.release(&whole);
    batches_.push_front(parts[1]);
    batches_.push_front(parts[0]);
}

bool Source::emit_next(uint64_t split) {
    ArrowArray rows = batches_.front();
    batches_.pop_front();
    std::vector<int32_t> mapping(static_cast<size_t>(rows.length));
    std::iota(mapping.begin(), mapping.end(), next_row_);
    next_row_ += static_cast<int32_t>(rows.length);
    origin_->retain(origin_);
    const bool room = context_.emit_with_origin(0, rows, split, origin_, mapping);
    if (!batches_.empty()) return room;
    drop_rows();
    emitted_ = ticket_;
    if (at_once_) inbox().answer(ticket_, {200, R"({"taken":true})"});
    return room;
}

Status Source::poll(uint64_t number, uint64_t max_rows, uint64_t) {
    for (uint64_t rows = 0; rows < max_rows;) {
        if (batches_.empty()) {
            auto posted = inbox().take(&ticket_);
            if (!posted) return {};
            auto good = decode(posted, ticket_);
            if (!good) return good.status();
            if (!*good) continue;
            context_.metric_add(bodies_metric_, 1);
            context_.metric_add(bytes_metric_, static_cast<int64_t>(posted->body.size()));
        }
        if (static_cast<uint64_t>(batches_.front().length) > max_rows - rows) split_front(static_cast<int64_t>(max_rows - rows));
        rows += static_cast<uint64_t>(batches_.front().length);
        if (!emit_next(number)) return Status::more();
    }
    return Status::more();
}

}  // namespace weir::http
