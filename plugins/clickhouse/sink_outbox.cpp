// clickhouse.sink with exactly_once: blocks handed to the host with their epoch, sent once it is decided.
#include <weir/failpoint.hpp>

#include "sink.hpp"

namespace weir::clickhouse {
namespace {

constexpr int64_t kParts = 16;  // of a refused block: each further step takes an epoch
constexpr int64_t kWindowPause = 20'000;  // microseconds, until it is looked again whether the oldest block has arrived

}  // namespace

// Blocks that the host holds are bounded. But parts that it has still to store come with the next epoch, for which rows must
// go on.
bool Sink::has_room() {
    if (!unstored_.empty() || window_->blocks() == 0) return true;
    return window_->blocks() < window_->limit() / 2 && window_->bytes() < options_.max_waiting;
}

Status Sink::hand_over(uint64_t epoch, const weir_bytes_out &committables) {
    if (Status s = collect(); !s.ok()) return s;
    const uint64_t limit = window_->limit();
    if (waiting_.size() > limit)
        return Status::fatal("table `" + found_.table.name.text() + "`: the rows of one epoch make " + std::to_string(waiting_.size()) +
                             " blocks, and the table tells " + std::to_string(2 * limit) +
                             " from new ones, of which half may wait: make epochs shorter (`checkpoint`), or the table's deduplication window longer");
    const bool must = !unstored_.empty() || window_->blocks() == 0;
    if (!must && window_->blocks() + waiting_.size() > limit) return Status::pending();
    for (const SealedBlock &block : waiting_) {
        const std::string packed = pack(block);
        committables.put(&committables, to_abi(packed));
        window_->add(packed.size());
        handed_over_.insert(block.token);
    }
    waiting_.clear();
    WEIR_FAILPOINT("clickhouse.sink.handed_over");
    epoch_ = epoch;
    refused_ = 0;
    return {};
}

Status Sink::commit(uint64_t, std::string_view committable, const weir_bytes_out &instead) {
    if (cancelled_) return Status::retryable("stopped");
    if (Status s = collect(); !s.ok()) return s;
    const std::string token(token_of(committable));
    const auto [at, is_new] = sending_.try_emplace(token);
    Sending &sending = at->second;
    if (is_new) {
        sending.bytes = committable.size();
        unstored_.erase(token);
        sending.is_ours = handed_over_.erase(token) > 0;
        if (!sending.is_ours) window_->add(sending.bytes);
    }
    if (sending.answer) return settle(token, sending, instead);
    if (!sending.block && inserter_->under_way() < options_.in_flight) {
        if (!window_->send(token)) {
            context_.wake_at(context_.now() + kWindowPause);
            return Status::pending();
        }
        auto block = unpack(committable);
        if (!block) return block.status();
        sending.block = std::make_shared<const SealedBlock>(*block);
        WEIR_FAILPOINT("clickhouse.outbox.send");
        inserter_->send(std::move(*block), !sending.is_ours);
        context_.metric_set(under_way_metric_, static_cast<int64_t>(inserter_->under_way()));
    }
    return Status::pending();
}

Status Sink::settle(const std::string &token, Sending &sending, const weir_bytes_out &instead) {
    WEIR_FAILPOINT("clickhouse.outbox.answered");
    const Answer &answer = *sending.answer;
    std::vector<SealedBlock> parts;
    if (answer.reaction == Reaction::kData) {
        // The table itself may have taken the block before.
        if (answer.message.find("while pushing to view") != std::string::npos)
            return Status::fatal("table `" + found_.table.name.text() + "`: a materialized view refuses rows that the table may have: " + answer.message +
                                 ". Mend the view, or set materialized_views_ignore_errors in the connection's settings");
        auto divided = divide(*sending.block, answer, kParts);
        if (!divided) return divided.status();
        parts = std::move(*divided);
    } else if (!answer.ok()) {
        return failed(answer);
    }
    for (const SealedBlock &part : parts) {
        const std::string packed = pack(part);
        instead.put(&instead, to_abi(packed));
        window_->add(packed.size());
        handed_over_.insert(part.token);
        unstored_.insert(part.token);
    }
    window_->acknowledged(token);
    window_->remove(sending.bytes);
    sending_.erase(token);
    context_.wake();  // there may be room
    return parts.empty() ? Status() : Status::more();
}

}  // namespace weir::clickhouse
