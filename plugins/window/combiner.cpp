#include "combiner.hpp"

#include <cstring>

namespace weir::window {
namespace {

// Where windows go by the clock, that of whoever takes the sum counts.
constexpr Bounds kNow{0, 0};

}  // namespace

bool Combiner::fits(const Spec &spec, const Layout &layout) {
    const bool by_slice = spec.shares_slices() || spec.kind == Kind::kTumbling || spec.kind == Kind::kCalendar;
    return by_slice && layout.keys > 0 && !spec.early_rows && !spec.early_when && !spec.keep();
}

Combiner::Combiner(const Spec &spec, const Layout &layout, const TimeGrid &grid, std::unique_ptr<States> states)
    : spec_(spec),
      grid_(grid),
      states_(std::move(states)),
      cells_of_state_(layout.aggregation.state_bytes() / sizeof(Cell) + 1),
      cells_(kMostParts * cells_of_state_) {}

Combiner::~Combiner() { drop_states(kMostParts); }

// The state is zeroed then.
void Combiner::drop_states(size_t n) {
    for (size_t i = 0; i < n; ++i) states_->drop(state(i));
}

Combiner::Part *Combiner::part_of(const Rows &rows, size_t row, Bounds slice) {
    const std::string_view key = rows.keys.view(row);
    for (Part &part : parts_)
        if (part.hash == rows.hashes[row] && part.slice == slice && part.key == key) return &part;
    if (parts_.size() == kMostParts) return nullptr;
    return &parts_.emplace_back(Part{rows.hashes[row], key, slice, 0});
}

Status Combiner::combine(const Rows &rows, const Windows &windows, uint8_t *taken, std::string &out) {
    const auto n = static_cast<size_t>(rows.batch.rows());
    parts_.clear();
    rows_.clear();
    part_of_row_.clear();
    state_of_row_.clear();
    Bounds slice = kNow;
    for (size_t row = 0; row < n; ++row) {
        if (rows.bad[row]) continue;
        if (!spec_.processing_time) {
            const int64_t time = rows.times[row];
            if (time < slice.start || time >= slice.end) slice = grid_.slice(time);
            if (windows.has_closed(slice)) continue;
        }
        Part *part = part_of(rows, row, slice);
        if (!part) continue;
        ++part->rows;
        taken[row] = 1;
        rows_.push_back(static_cast<int32_t>(row));
        part_of_row_.push_back(static_cast<uint32_t>(part - parts_.data()));
        state_of_row_.push_back(state(part_of_row_.back()));
    }
    Status status = states_->update(rows, rows_, state_of_row_);
    for (const StateError &error : states_->errors()) {
        const auto place = static_cast<size_t>(error.row);
        taken[rows_[place]] = 0;
        --parts_[part_of_row_[place]].rows;
    }
    std::string bytes;
    for (size_t i = 0; i < parts_.size() && status.ok(); ++i) {
        const Part &part = parts_[i];
        if (part.rows == 0) continue;
        put(out, part.hash);
        put(out, part.slice);
        put(out, part.rows);
        put_text(out, part.key);
        bytes.clear();
        status = states_->save(state(i), bytes);
        put_text(out, bytes);
    }
    drop_states(parts_.size());
    // A set of all values, say, is as much as the rows.
    if (out.size() > static_cast<size_t>(rows.batch.raw().bytes) / 2) out.clear();
    if (out.empty()) std::memset(taken, 0, n);
    return status;
}

Status Combiner::take(std::string_view sums, int64_t now, Windows &windows) {
    std::vector<Sum> all;
    Status status;
    while (!sums.empty() && status.ok()) {
        Sum sum;
        std::string_view bytes;
        if (all.size() == kMostParts || !window::take(sums, sum.hash) || !window::take(sums, sum.slice) || !window::take(sums, sum.rows) ||
            !take_text(sums, sum.key) || !take_text(sums, bytes))
            return Status::fatal("what another worker added up is damaged");
        if (spec_.processing_time) sum.slice = grid_.slice(windows.clock_time(sum.hash, now));
        if (windows.has_closed(sum.slice, sum.hash)) status = Status::unsupported("a window has closed");
        void *at = state(all.size());
        sum.state = at;
        all.push_back(sum);
        if (status.ok()) status = states_->load(at, bytes);
    }
    if (status.ok()) status = windows.add(all);
    drop_states(all.size());
    return status;
}

}  // namespace weir::window
