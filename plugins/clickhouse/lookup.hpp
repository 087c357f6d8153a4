// clickhouse.lookup: columns of a table's row, found by a key, added to each row.
//
// The keys of a batch that are not known are asked for in one query, while the worker goes on elsewhere: process is then
// pending, and so barriers and watermarks wait, and no row in flight is part of a snapshot. What was found, or not, is kept
// for `cache_for`, within `cache_bytes` for each worker.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <weir/operator.hpp>
#include <weir/row_codec.hpp>

#include "connection.hpp"
#include "lookup_cache.hpp"

namespace weir::clickhouse {

enum class Missing : uint8_t { kNull, kError, kDrop };

struct LookupOptions {
    std::string from;  // a table's name, or a query in parentheses
    Schema record;
    std::vector<size_t> key;             // columns of the record
    std::vector<std::string> input_key;  // columns of the input, in the key's order
    std::vector<size_t> added;           // columns of the record
    std::string prefix;
    Missing missing = Missing::kNull;
    uint64_t cache_bytes = 0;
    int64_t cache_for = 0, retry_for = 0;  // microseconds
};

class Lookup final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    ~Lookup() override;

    Status bind(const Binding &binding) override;
    Status open() override;
    Status check_outside(const Check &check) override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status resume(uint64_t) override;

private:
    struct Inbox {
        std::mutex mutex;
        std::optional<Answer> answer;
        weir_context *context = nullptr;  // NULL: the instance has gone
    };
    using Row = LookupCache::Row;
    Lookup(Context context, LookupOptions options);
    void ask(const BatchView &batch, const std::vector<int64_t> &rows);
    void send(int64_t delay);
    Status take(Answer answer);
    Status store(const std::string &answer);
    Status finish_batch(const BatchView &batch);
    bool emit(const BatchView &batch, const std::vector<int32_t> &rows, const std::vector<const Row *> &found);
    std::string key_text(const BatchView &batch, int64_t row) const;

    const LookupOptions options_;
    ClickHouseConnection *connection_ = nullptr;
    std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
    std::vector<size_t> key_;     // columns of the input
    std::vector<size_t> passed_;  // columns of the input that are passed on
    std::vector<size_t> made_;    // columns of what is read that are added
    Schema read_, out_;           // what is read: the key, then columns that are added
    RowCodec keys_, rows_;
    LookupCache cache_;

    // Of the batch that is under way.
    RetainedBatch waiting_;
    std::vector<std::string> batch_keys_;  // by row; empty: a null is in it
    std::unordered_map<std::string, Row> found_;
    std::vector<std::string> asked_;  // keys that were not known
    std::string sql_;
    int64_t failing_since_ = 0, pause_ = 0;
    uint32_t missing_metric_, hits_metric_, queries_metric_;
};

extern const OperatorSpec kLookupSpec;

}  // namespace weir::clickhouse
