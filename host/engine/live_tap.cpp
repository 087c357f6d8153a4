#include "host/engine/live_tap.hpp"

#include <algorithm>
#include <thread>

#include <weir/row_json.hpp>

#include "host/engine/clock.hpp"
#include "host/expression/expression.hpp"

namespace weir::host {
namespace {

constexpr std::chrono::microseconds kLeastPause{2'000};
// It waits so many times as long as reading took: a twentieth of a core, whatever the topology does.
constexpr int kPauses = 20;

}  // namespace

LiveTap::LiveTap(Schema schema) : schema_(std::move(schema)) {}

LiveTap::~LiveTap() = default;

Result<std::shared_ptr<LiveTap>> LiveTap::make(const Schema& schema, const std::string& where, uint32_t workers) {
    std::shared_ptr<LiveTap> out(new LiveTap(schema));
    for (uint32_t w = 0; w < workers; ++w) out->buffers_.emplace_back(out->wakeup_);
    if (where.empty()) return out;
    expression::Compiler compiler(schema, {});
    if (auto added = compiler.add(where, expression::ResultKind::kCondition); !added)
        return Status::config("where", expression::render("", where, added.problem()));
    out->where_ = std::make_unique<expression::Evaluator>(compiler.finish());
    return out;
}

int64_t LiveTap::skipped() const {
    int64_t out = unread_.load();
    for (const TapBuffer& buffer : buffers_) out += buffer.skipped();
    return out;
}

void LiveTap::close() {
    const std::lock_guard lock(mutex_);
    for (TapBuffer& buffer : buffers_) {
        buffer.close();
        for (const BatchRef& batch : buffer.take()) unread_ += batch.rows();
    }
    is_closed_ = true;
    wakeup_.notify();
}

// False: nothing came, and nothing will for now.
bool LiveTap::wait(std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    const auto is_waiting = [this] {
        return std::any_of(buffers_.begin(), buffers_.end(), [](const TapBuffer& buffer) { return buffer.is_waiting(); });
    };
    std::this_thread::sleep_until(std::min(not_before_, until));
    while (!is_waiting()) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= until) return false;
        wakeup_.take();
        if (is_waiting()) break;
        {
            const std::lock_guard lock(mutex_);
            if (is_closed_) return false;
        }
        wakeup_.sleep(std::chrono::ceil<std::chrono::microseconds>(until - now));
    }
    return std::chrono::steady_clock::now() >= not_before_;
}

std::optional<std::vector<std::string>> LiveTap::next(size_t most, std::chrono::milliseconds patience) {
    std::vector<std::string> out;
    const bool any = wait(patience);
    const auto begin = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (is_closed_) return std::nullopt;
    if (!any) return out;
    for (TapBuffer& buffer : buffers_)
        for (const BatchRef& batch : buffer.take()) read(batch.view(), std::min(most, kMostRows), out);
    const auto took = std::chrono::steady_clock::now() - begin;
    not_before_ = begin + std::max<std::chrono::steady_clock::duration>(kLeastPause, took * kPauses);
    return out;
}

// A row for which the condition fails is none that it holds for.
void LiveTap::read(const weir_batch& rows, size_t most, std::vector<std::string>& out) {
    int64_t row = 0;
    for (; row < rows.rows && out.size() < most; row += expression::kChunk) {
        const int n = static_cast<int>(std::min<int64_t>(expression::kChunk, rows.rows - row));
        if (where_) where_->run(*rows.array, row, n, system_now());
        for (int i = 0; i < n; ++i) {
            if (out.size() >= most) {
                seen_ += i;
                unread_ += rows.rows - row - i;
                return;
            }
            if (where_ && (where_->failed().test(i) || where_->result(0).is_null(i) || !where_->result(0).at<uint8_t>(i))) continue;
            append_json_row(out.emplace_back(), schema_, *rows.array, row + i, true);
        }
        seen_ += n;
    }
    if (row < rows.rows) unread_ += rows.rows - row;
}

}  // namespace weir::host
