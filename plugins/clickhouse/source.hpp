// clickhouse.source: the rows of a query, once, or again and again those that have come.
//
// With a `position`, a column whose values grow, rows are read in its order, `rows` at a time. A position is the last value and how many
// rows with it have been emitted; rows of one value stand in an order that their columns give. So a source goes on behind
// exactly the rows that it has emitted, as long as rows that come later have greater values. Without it the query is read
// whole, at once, and anew after a restart.
//
// One split. Answers come on the client's thread, are kept there, and wake the worker.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/operator.hpp>

#include "connection.hpp"

namespace weir::clickhouse {

struct SourceOptions {
    std::string sql;
    Schema record;
    std::vector<std::pair<std::string, std::string>> parameters;  // of the request, with the values of the query's own
    std::optional<size_t> position;    // column of the record
    std::optional<std::string> start;  // its value to begin at
    int64_t every = 0;                 // microseconds; 0: once
    int64_t settle = 0;                // microseconds
    uint64_t rows = 0, max_bytes = 0;
    int64_t retry_for = 0;  // microseconds
};

class Source final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    ~Source() override;

    Status bind(const Binding &binding) override;
    Status open() override;
    Status check_outside(const Check &check) override;
    Status discover(const weir_bytes_out &ids) override;
    Status assign(uint64_t number, std::string_view id, const weir_str &position) override;
    Status poll(uint64_t number, uint64_t max_rows, uint64_t max_bytes) override;
    Status position(uint64_t number, const weir_bytes_out &out) override;

private:
    // What the client's thread and the instance share.
    struct Inbox {
        std::mutex mutex;
        std::optional<Answer> answer;
        weir_context *context = nullptr;  // NULL: the instance has gone
    };
    Source(Context context, SourceOptions options);
    Query next_query() const;
    Status ask();
    Status take(Answer answer);
    Status on_failure(const Answer &answer);
    Status emit(uint64_t split, uint64_t max_rows);
    void advance(const ArrowArray &rows);
    void drop_rows();

    const SourceOptions options_;
    ClickHouseConnection *connection_ = nullptr;
    std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
    Schema read_, out_;             // the query's columns, and those of them that are emitted
    std::vector<size_t> emitted_;   // of read_
    std::optional<size_t> column_;  // of read_: the position's
    std::deque<ArrowArray> rows_;
    std::optional<std::string> last_;  // the position's value of the last row that was emitted
    uint64_t same_ = 0;                // rows with that value that were
    bool asking_ = false, is_last_ = false, ended_ = false;
    int64_t ask_at_ = 0, failing_since_ = 0, pause_ = 0;
    uint32_t queries_metric_ = 0;
};

extern const OperatorSpec kSourceSpec;

}  // namespace weir::clickhouse
