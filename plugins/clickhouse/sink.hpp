// clickhouse.sink: rows into a table.
//
// Life of a batch: rows that no column can be written of go to `errors`; the others are appended to a block, column by column.
// A block that is full, or old, is sealed: compressed, and given a name, its token, so that it is the same each time it is sent.
//
// At least once: sealed blocks are sent, several at once; prepare waits until the server has taken all of them. What it
// refuses because of the rows is cut in halves until the rows at fault are alone; these go to `errors`.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/operator.hpp>

#include "background.hpp"
#include "block.hpp"
#include "connection.hpp"
#include "inserter.hpp"
#include "table.hpp"

namespace weir::clickhouse {

struct SinkOptions {
    std::string table;  // as it was given
    std::optional<CreateOptions> create;
    int64_t batch_rows = 0;
    size_t batch_bytes = 0;
    int64_t max_age = 0;  // microseconds
    size_t in_flight = 0;
    Compression compression = Compression::kLz4;
    std::chrono::milliseconds retry_for{0};
    int64_t max_refused = 0;
};

class Sink final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    ~Sink() override;

    Status bind(const Binding &binding) override;
    Status open() override;
    Status check_outside(const Check &check) override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status resume(uint64_t) override { return work(); }
    Status on_wake() override { return work(); }
    Status prepare(uint64_t epoch, const weir_bytes_out &committables) override;
    void cancel() override;

private:
    // Rows on their way into one block.
    struct Open {
        explicit Open(Block b) : block(std::move(b)) {}
        Block block;
        int64_t since = 0;  // of its first row
    };
    struct Input {
        Schema schema;
        std::string sql;
        std::unique_ptr<Open> open;
    };
    // What was found out when the sink was opened, or is checked.
    struct Found {
        Table table;
        std::vector<std::pair<std::string, std::string>> settings;  // of inserts
        bool takes_tokens = false;
    };

    Sink(Context context, SinkOptions options);

    // On a thread of their own.
    Status look(Found &found);
    Status create_table();
    Status learn_settings(Found &found);
    Status missing(const std::string &what) const;

    Status work();     // answers, then what waits to be sent; done when there is room
    Status collect();  // answers
    void send();       // as many as may be under way
    void seal(Input &input);
    void seal_old();
    SealedBlock sealed(std::string token, const std::string &sql, int64_t rows, const std::function<void(Output &)> &write);
    std::string next_token();
    // A block that the server refuses for its rows: halves of it, or its only row to `errors`.
    Status divide(const SealedBlock &block, const Answer &answer);
    Status refuse(const std::string &row, const Answer &answer);
    Status failed(const Answer &answer) const;
    TableName table_name() const { return TableName::of(options_.table, connection_->database()); }

    const SinkOptions options_;
    ClickHouseConnection *connection_ = nullptr;
    std::atomic<bool> cancelled_{false};
    std::vector<Input> inputs_;
    Found found_;  // written while opening
    Compressor compressor_;
    std::string run_;  // tells the tokens of this instance from those of all others
    uint64_t serial_ = 0;
    uint64_t epoch_ = 0;     // the last that was prepared
    int64_t refused_ = 0;    // rows since then
    std::deque<SealedBlock> waiting_;
    std::unique_ptr<Inserter> inserter_;
    uint32_t rows_metric_ = 0, blocks_metric_ = 0, bytes_metric_ = 0, refused_metric_ = 0, under_way_metric_ = 0;
    Background opening_;  // the last: it uses the others
};

extern const OperatorSpec kSinkSpec;

}  // namespace weir::clickhouse
