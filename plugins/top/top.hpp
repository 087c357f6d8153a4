// top: the first n rows of each key by a column: of each window, sent once it has ended, or of all there is, sent as it
// changes.
//
// Rankings are ordered tables in memory, which a slot for each key has no room for; what is written are their rows, each by
// itself. One instance, one user at a time.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <weir/ext/memory.h>
#include <weir/key_codec.hpp>
#include <weir/late_rows.hpp>
#include <weir/operator.hpp>
#include <weir/row_codec.hpp>
#include <weir/state_entries.hpp>

#include "ranking.hpp"

namespace weir::top {

class Top final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Top(Context context, const Config &config);
    ~Top() override;

    Status bind(const Binding &binding) override;
    Status restore(const weir_state_block &block) override;
    Status open() override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status resume(uint64_t) override { return emit(); }
    Status on_watermark(int64_t time) override;
    Status on_wake() override;
    Status finish() override;
    Status snapshot(const weir_snapshot &out) override;

private:
    // By the key's bytes, so that results come in one order.
    using Rankings = std::map<std::string, Ranking, std::less<>>;
    struct Due {
        int64_t bucket;
        std::string key, id;
    };

    Status bind_columns(const Binding &binding);
    Status bind_per(const Binding &binding);
    bool take_row(const BatchView &batch, int64_t row, std::string_view key, uint64_t hash);
    bool refuse(int64_t row, const std::string &column, const char *code, const char *why);
    bool is_closed(int64_t per) const;
    void close_rankings(int64_t watermark);
    void expire();
    void tick();
    std::vector<std::string> contents(const Ranking &ranking) const;
    void show_changes(Ranking &ranking);
    void send(const Ranking &ranking);
    void send_row(std::string_view row, int64_t rank);
    void flush();
    Status emit();
    void report();

    std::string state_key(int64_t per, uint64_t number, std::string_view key) const;
    void forget(int64_t per, std::string_view key, const Ranking &ranking, const Ranking::Place &place, const Ranked &row);
    Status restore_row(std::string_view key, std::string_view value);

    const size_t n_;
    const std::string by_, per_, of_, rank_;
    const bool descending_, keep_ties_;
    const int64_t every_, ttl_;

    size_t by_column_ = 0, per_column_ = 0, of_column_ = 0;
    int64_t per_offset_ = 0;  // of the last moment that a ranking is of
    KeyCodec key_;
    std::vector<size_t> columns_;  // of the input, that are kept and go out
    RowCodec codec_;
    Schema output_;
    bool has_rank_ = false;
    std::string columns_text_;
    bool columns_saved_ = false;
    LateRows late_;

    std::map<int64_t, Rankings> rankings_;  // by what they are of; without `per`, 0
    std::set<Ranking *> changed_;           // since the last tick
    std::set<std::pair<int64_t, std::string>> unsaved_;
    std::deque<Due> due_;
    std::vector<std::pair<uint32_t, std::string>> deleted_;  // since the last snapshot: group, key on disk
    uint64_t next_number_ = 0;
    int64_t watermark_ = INT64_MIN, next_tick_ = INT64_MAX;

    // Of the batch at hand.
    KeyBatch keys_;
    std::vector<int32_t> late_rows_;
    std::vector<int64_t> lateness_;  // of these, microseconds
    std::vector<RowError> errors_;

    std::unique_ptr<BatchBuilder> builder_;
    size_t built_bytes_ = 0;
    std::deque<ArrowArray> ready_;
    bool late_full_ = false;
    const weir_memory_api *memory_;
    uint32_t late_metric_, rows_metric_;
    int64_t rows_ = 0;
    uint64_t bytes_ = 0;
};

extern const OperatorSpec kTopSpec;

}  // namespace weir::top
