// Blocks on their way into a table: sent, sent again while the server cannot take them, and told of once they are through or
// cannot be. Several at once; who sends bounds how many.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <weir/abi.h>

#include "connection.hpp"

namespace weir::clickhouse {

// A block as it travels: it never changes, so that every time it is sent it is the same.
struct SealedBlock {
    std::string token;  // names it for good
    std::string sql;    // INSERT ... FORMAT Native
    int64_t rows = 0;
    std::shared_ptr<const std::string> body;  // compressed
};

struct InserterOptions {
    std::string table;                      // for messages
    std::chrono::milliseconds retry_for{0};  // since it was first sent; then the failure is told
    std::vector<std::pair<std::string, std::string>> settings;
    bool sends_tokens = false;  // as insert_deduplication_token
};

// [worker] but for what runs on the connection's threads.
class Inserter {
public:
    struct Finished {
        SealedBlock block;
        Answer answer;  // kRetry: given up
    };

    Inserter(weir_context *context, ClickHouseConnection &connection, InserterOptions options);
    // Forgets what is under way; nobody is woken any more.
    ~Inserter();

    void send(SealedBlock block);
    // Sent and not taken yet.
    size_t under_way() const { return under_way_; }
    std::vector<Finished> take_finished();

private:
    struct Shared;
    struct Attempt;
    static void attempt(const std::shared_ptr<Attempt> &attempt);
    static void on_answer(const std::shared_ptr<Attempt> &attempt, Answer answer);

    std::shared_ptr<Shared> shared_;
    size_t under_way_ = 0;
};

}  // namespace weir::clickhouse
