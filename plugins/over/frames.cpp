#include "frames.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include <weir/saturated.hpp>

namespace weir::over {
namespace {

// Shorter frames are computed anew where no row can be taken back.
constexpr size_t kFrontRows = 64;

template <class T>
void put_word(std::string &to, T value) {
    to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

template <class T>
bool take_word(std::string_view &from, T &value) {
    if (from.size() < sizeof value) return false;
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return true;
}

uint32_t group_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 56); }

std::string state_key(const Frame &frame, uint64_t number) {
    std::string out;
    put_word(out, number);
    return out.append(frame.key);
}

Status damaged() { return Status::state_version("an entry of the state is damaged"); }

}  // namespace

size_t Frame::behind(int64_t time) const {
    const auto first = rows_.begin() + static_cast<std::ptrdiff_t>(gone_);
    if (first == rows_.end() || rows_.back().time <= time) return size();
    const auto found = std::upper_bound(first, rows_.end(), time, [](int64_t t, const FrameRow &row) { return t < row.time; });
    return static_cast<size_t>(found - first);
}

void Frame::remove_first(size_t n) {
    for (size_t i = 0; i < n; ++i) rows_[gone_ + i].bytes = {};
    gone_ += n;
    removed_ += n;
    begin -= std::min(begin, n);
    end -= std::min(end, n);
    if (gone_ < 16 || gone_ * 2 < rows_.size()) return;
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(gone_));
    gone_ = 0;
}

Frames::~Frames() {
    for (auto &[key, frame] : frames_) {
        drop_front(frame);
        free_state(frame.state);
    }
}

void *Frames::new_state() const {
    const size_t bytes = std::max<size_t>(16, layout_.aggregation.state_bytes());
    void *state = std::aligned_alloc(16, bytes);
    if (!state) throw std::bad_alloc();
    std::memset(state, 0, bytes);
    return state;
}

Frame &Frames::at(uint64_t hash, std::string_view key) {
    const auto found = frames_.find(KeyView{hash, key});
    if (found != frames_.end()) return found->second;
    const auto made = frames_.emplace(Key{hash, std::string(key)}, Frame{}).first;
    Frame &frame = made->second;
    frame.hash = hash;
    frame.key = made->first.text;
    frame.state = new_state();
    return frame;
}

void Frames::aim(Frame &frame, int64_t time, Moves &moves) {
    const size_t end = spec_.last ? frame.behind(time) : frame.size();
    const size_t begin = spec_.last ? frame.behind(saturated_sub(time, spec_.last)) : end - std::min(end, spec_.rows_kept());
    const bool apart = begin >= frame.end || end <= frame.begin;
    const bool only_joins = begin == frame.begin && end >= frame.end;
    const bool by_front = begin > frame.begin && end >= frame.end && end - begin >= kFrontRows;
    if (apart || (!layout_.aggregation.retracts() && !only_joins && !by_front)) {
        reset(frame);
        frame.begin = frame.end = begin;
    } else if (!layout_.aggregation.retracts() && by_front) {
        if (frame.number_of(begin) >= frame.front.mid) moves.flip.emplace_back(&frame, frame.end);
        frame.begin = begin;
    }
    const auto move = [&](std::vector<Move> &to, size_t i) { to.push_back({&frame, &frame[i].bytes, frame.state}); };
    for (size_t i = frame.begin; i < std::min(begin, frame.end); ++i) move(moves.leave, i);
    for (size_t i = std::max(end, frame.begin); i < frame.end; ++i) move(moves.leave, i);
    for (size_t i = begin; i < std::min(end, frame.begin); ++i) move(moves.join, i);
    for (size_t i = std::max(begin, frame.end); i < end; ++i) move(moves.join, i);
    frame.begin = begin;
    frame.end = end;
}

void Frames::drop_front(Frame &frame) {
    for (const auto &[row, state] : frame.front.suffixes) free_state(state);
    frame.front = {};
}

void Frames::reset(Frame &frame) {
    drop_front(frame);
    layout_.aggregation.drop(frame.state);
    frame.begin = frame.end = 0;
}

void Frames::add(Frame &frame, int64_t time, int64_t clock, std::string bytes) {
    if (spec_.rows && spec_.rows_kept() == 0) return;  // nobody sees it any more: the state is made anew
    bytes_ += sizeof(FrameRow) + bytes.capacity();
    ++rows_;
    ++frame.unsaved;
    const int64_t at = spec_.last ? time : clock;
    frame.insert(frame.end, {at, next_number_++, false, std::move(bytes)});
    ++frame.end;
    changed_.insert(&frame);
    if (spec_.last || spec_.ttl) list(frame, at);
    if (spec_.rows) forget(frame, frame.begin);
}

void Frames::list(Frame &frame, int64_t time) {
    const int64_t bucket = bucket_of(time);
    if (bucket == frame.listed) return;
    frame.listed = bucket;
    buckets_[bucket].insert(&frame);
}

void Frames::forget(Frame &frame, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        const FrameRow &row = frame[i];
        if (row.saved) deleted_.emplace_back(group_of(frame.hash), state_key(frame, row.number));
        else --frame.unsaved;
        bytes_ -= sizeof(FrameRow) + row.bytes.capacity();
    }
    rows_ -= static_cast<int64_t>(n);
    frame.remove_first(n);
}

void Frames::erase_if_empty(Frame &frame) {
    if (frame.size() > 0) return;
    drop_front(frame);
    free_state(frame.state);
    changed_.erase(&frame);
    for (auto &[bucket, frames] : buckets_) frames.erase(&frame);
    frames_.erase(frames_.find(KeyView{frame.hash, frame.key}));
}

int64_t Frames::horizon(int64_t time) const {
    if (time == INT64_MIN) return INT64_MIN;
    // Rows that are not late see only what is younger.
    return spec_.last ? saturated_sub(saturated_sub(time, spec_.allowed_lateness), spec_.last) : saturated_sub(time, spec_.ttl);
}

size_t Frames::expired(const Frame &frame, int64_t end) const {
    if (spec_.last) return frame.behind(end - 1);
    return frame.size() > 0 && frame[frame.size() - 1].time < end ? frame.size() : 0;
}

std::optional<int64_t> Frames::next_advance() const {
    if (buckets_.empty() || !(spec_.ttl || spec_.processing_time)) return std::nullopt;
    return end_of(buckets_.begin()->first) + (spec_.last ? spec_.last : spec_.ttl);
}

bool Frames::is_late(int64_t time) const {
    return watermark_ != INT64_MIN && time <= saturated_sub(watermark_, spec_.allowed_lateness);
}

void Frames::save(const Put &put, bool full) {
    if (full) {
        deleted_.clear();
        for (auto &[key, frame] : frames_) {
            for (size_t i = 0; i < frame.size(); ++i) frame[i].saved = false;
            frame.unsaved = frame.size();
            changed_.insert(&frame);
        }
    }
    for (auto &[group, key] : deleted_) put(group, std::move(key), std::nullopt);
    deleted_.clear();
    for (Frame *frame : changed_) {
        for (size_t i = frame->size(); i-- > 0 && frame->unsaved > 0;) {
            FrameRow &row = (*frame)[i];
            if (row.saved) continue;
            std::string value;
            put_word(value, frame->hash);
            put_word(value, row.time);
            put(group_of(frame->hash), state_key(*frame, row.number), value.append(row.bytes));
            row.saved = true;
            --frame->unsaved;
        }
    }
    changed_.clear();
}

Status Frames::restore(std::string_view key, std::string_view value) {
    FrameRow row;
    uint64_t hash = 0;
    if (!take_word(key, row.number) || !take_word(value, hash) || !take_word(value, row.time)) return damaged();
    row.saved = true;
    row.bytes = value;
    next_number_ = std::max(next_number_, row.number + 1);
    Frame &frame = at(hash, key);
    const int64_t time = row.time;
    const uint64_t number = row.number;
    size_t place = spec_.last ? frame.behind(time) : frame.size();
    while (place > 0 && (spec_.last ? frame[place - 1].time == time : true) && frame[place - 1].number > number) --place;
    bytes_ += sizeof(FrameRow) + row.bytes.capacity();
    ++rows_;
    frame.insert(place, std::move(row));
    if (spec_.last || spec_.ttl) list(frame, time);
    return {};
}

}  // namespace weir::over
