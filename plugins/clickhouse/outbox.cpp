#include "outbox.hpp"

#include <charconv>
#include <optional>

#include "compression.hpp"

namespace weir::clickhouse {
namespace {

constexpr std::string_view kFormat = "weir.clickhouse.block/2", kFormatWithoutTime = "weir.clickhouse.block/1";

bool read_number(std::string_view text, int64_t &out) {
    return std::from_chars(text.data(), text.data() + text.size(), out).ptr == text.data() + text.size();
}

// A text behind its length in decimal and a colon.
void put(std::string &out, std::string_view text) { out.append(std::to_string(text.size())).append(":").append(text); }

std::optional<std::string_view> take(std::string_view &from) {
    size_t size = 0;
    const char *end = from.data() + from.size();
    const auto [colon, failed] = std::from_chars(from.data(), end, size);
    if (failed != std::errc() || colon == end || *colon != ':' || static_cast<size_t>(end - colon - 1) < size) return std::nullopt;
    const std::string_view out(colon + 1, size);
    from.remove_prefix(static_cast<size_t>(colon + 1 - from.data()) + size);
    return out;
}

}  // namespace

std::string pack(const SealedBlock &block) {
    std::string out;
    out.reserve(block.body->size() + block.sql.size() + block.token.size() + 128);
    put(out, kFormat);
    put(out, block.token);
    put(out, block.sql);
    put(out, std::to_string(block.rows));
    put(out, std::to_string(block.made_at));
    return out.append(*block.body);
}

std::string_view token_of(std::string_view packed) {
    if (const auto format = take(packed); format != kFormat && format != kFormatWithoutTime) return {};
    return take(packed).value_or(std::string_view());
}

Result<SealedBlock> unpack(std::string_view packed) {
    const auto format = take(packed), token = take(packed), sql = take(packed), rows = take(packed);
    SealedBlock out;
    const auto made_at = format == kFormat ? take(packed) : std::optional<std::string_view>("0");
    if ((format != kFormat && format != kFormatWithoutTime) || !token || !sql || !rows || !made_at || !read_number(*rows, out.rows) ||
        !read_number(*made_at, out.made_at))
        return Status::fatal("the state has a block of rows that cannot be read: it was written by another version of the plugin clickhouse");
    out.token = *token;
    out.sql = *sql;
    out.body = std::make_shared<const std::string>(packed);
    return out;
}

void InsertWindow::set_limit(uint64_t blocks) {
    std::lock_guard lock(mutex_);
    limit_ = blocks;
}

uint64_t InsertWindow::limit() {
    std::lock_guard lock(mutex_);
    return limit_;
}

void InsertWindow::add(size_t bytes) {
    std::lock_guard lock(mutex_);
    ++blocks_;
    bytes_ += bytes;
}

void InsertWindow::remove(size_t bytes) {
    std::lock_guard lock(mutex_);
    --blocks_;
    bytes_ -= bytes;
}

uint64_t InsertWindow::blocks() {
    std::lock_guard lock(mutex_);
    return blocks_;
}

size_t InsertWindow::bytes() {
    std::lock_guard lock(mutex_);
    return bytes_;
}

bool InsertWindow::send(const std::string &token) {
    std::lock_guard lock(mutex_);
    if (open_.contains(token)) return true;
    if (!numbers_.empty() && sent_ - *numbers_.begin() >= limit_) return false;
    open_.emplace(token, sent_);
    numbers_.insert(sent_++);
    return true;
}

void InsertWindow::acknowledged(const std::string &token) {
    std::lock_guard lock(mutex_);
    const auto found = open_.find(token);
    if (found == open_.end()) return;
    numbers_.erase(found->second);
    open_.erase(found);
}

}  // namespace weir::clickhouse
