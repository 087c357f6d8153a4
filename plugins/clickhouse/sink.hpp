// clickhouse.sink: rows into a table.
//
// Life of a batch: rows that no column can be written of go to `errors`; the others are appended to a block, column by column.
// A block that is full, or old, is sealed: compressed, and given a name, its token, so that it is the same each time it is sent.
//
// At least once: sealed blocks are sent, several at once; prepare waits until the server has taken all of them. What it
// refuses because of the rows is cut in halves until the rows at fault are alone; these go to `errors`.
//
// Exactly once: a block holds rows of one partition of the table, and is handed to the host with the epoch; commit sends it, until
// the server has taken it or, by its token, says that it has it. Parts of a refused block are handed to the host, too, before
// they are sent.
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
#include "outbox.hpp"
#include "partition.hpp"
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
    size_t max_waiting = 0;  // bytes
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
    Status commit(uint64_t epoch, std::string_view committable, const weir_bytes_out &instead) override;
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
        std::unique_ptr<Partitioner> partitioner;
        std::unique_ptr<Block> rules;  // stays empty: for check()
        std::map<std::string, std::unique_ptr<Open>> open;  // by partition
        std::vector<std::unique_ptr<Open>> spare;           // empty, to use again
    };
    // A block that the host holds, and how far it is.
    struct Sending {
        std::shared_ptr<const SealedBlock> block;  // once it is sent
        size_t bytes = 0;
        bool is_ours = true;  // false: another run has handed it to the host, and may have sent it
        std::optional<Answer> answer;
    };
    // What was found out when the sink was opened, or is checked.
    struct Found {
        Table table;
        std::vector<std::pair<std::string, std::string>> settings;  // of inserts
        bool takes_tokens = false;
        uint64_t window = 0;  // exactly once: how many inserts the table knows again
        std::string zone;     // the server's
        std::optional<Presence> presence;
    };

    Sink(Context context, SinkOptions options);

    // On a thread of their own.
    Status look(Found &found);
    Status create_table();
    Status learn_settings(Found &found);
    Status learn_window(Found &found);
    static std::vector<Problem> check_window(const Table &table, uint64_t window, size_t servers);
    Status missing(const std::string &what) const;

    Status work();     // answers, then what waits to be sent; done when there is room
    Status collect();  // answers
    void send();       // as many as may be under way
    void take(Input &input, const BatchView &batch, const std::vector<std::string> &keys, int64_t begin, int64_t end);
    void put(Input &input, const std::string &key, const BatchView &batch, int64_t begin, int64_t end);
    Open &open_for(Input &input, const std::string &key);
    void seal(Input &input, const std::string &key);
    void seal_all(Input &input);
    void seal_old();
    // Exactly once.
    bool has_room();
    Status hand_over(uint64_t epoch, const weir_bytes_out &committables);
    Status settle(const std::string &token, Sending &sending, const weir_bytes_out &instead);
    SealedBlock sealed(std::string token, const std::string &sql, int64_t rows, const std::function<void(Output &)> &write);
    std::string next_token();
    // A block that the server refuses for its rows: `parts` of it, or none, and its only row to `errors`.
    Result<std::vector<SealedBlock>> divide(const SealedBlock &block, const Answer &answer, int64_t parts);
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
    std::deque<SealedBlock> waiting_;  // at least once: to be sent; exactly once: to be handed over
    std::shared_ptr<InsertWindow> window_;
    std::map<std::string, Sending, std::less<>> sending_;  // exactly once, by token
    std::set<std::string, std::less<>> handed_over_;       // tokens of blocks for which commit was not called yet
    std::set<std::string, std::less<>> unstored_;          // tokens of parts that the host has not stored yet
    std::unique_ptr<Inserter> inserter_;
    uint32_t rows_metric_ = 0, blocks_metric_ = 0, bytes_metric_ = 0, refused_metric_ = 0, under_way_metric_ = 0;
    Background opening_;  // the last: it uses the others
};

extern const OperatorSpec kSinkSpec;

}  // namespace weir::clickhouse
