// Blocks on their way into a table: sent, sent again while the server cannot take them, and told of once they are through or
// cannot be. Several at once; who sends bounds how many.
//
// A block of which the server may have begun an insert that did not end well is doubtful: where it said what went wrong, and where it
// has been started since the block was made. Where its rows can be looked for (`presence`), they are, before it is sent again and after
// the server has said that it has them: a server that ended at the wrong moment knows the token alone (presence.hpp). Then the
// block is sent under its next token. Where a part of it is there that a server takes whole, it was taken, and something else has
// removed or hides the others: it is not sent under another token.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/abi.h>

#include "connection.hpp"
#include "presence.hpp"
#include "sealed_block.hpp"

namespace weir::clickhouse {

struct InserterOptions {
    std::string table;                      // for messages
    std::chrono::milliseconds retry_for{0};  // since it was first sent; then the failure is told
    std::vector<std::pair<std::string, std::string>> settings;
    bool sends_tokens = false;  // as insert_deduplication_token
    std::optional<Presence> presence = std::nullopt;  // how to look for rows; without it the server is believed
    bool is_taken_whole = false;  // the server takes all rows of a block or none: they are of one partition
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

    // `was_sent`: another run may have sent it before.
    void send(SealedBlock block, bool was_sent = false);
    // Sent and not taken yet.
    size_t under_way() const { return under_way_; }
    // Looks for rows first, where that is to be done: the question takes a copy of the block, and is made here and not on the
    // connection's thread. To be called whenever the context was woken.
    std::vector<Finished> take_finished();

private:
    struct Shared;
    struct Attempt;
    // The mutex is held.
    static void attempt(const std::shared_ptr<Attempt> &attempt);
    static void insert(const std::shared_ptr<Attempt> &attempt);
    // Whether the server has been started since: then look, else what follows.
    static void ask_uptime(const std::shared_ptr<Attempt> &attempt);
    static void go_on(const std::shared_ptr<Attempt> &attempt);
    // It is asked by the next take_finished.
    static void look(const std::shared_ptr<Attempt> &attempt);
    // The mutex is not held. [worker]
    static void ask_for_rows(const std::shared_ptr<Attempt> &attempt);
    static void on_answer(const std::shared_ptr<Attempt> &attempt, Answer answer);
    static void on_uptime(const std::shared_ptr<Attempt> &attempt, Answer answer);
    static void on_found(const std::shared_ptr<Attempt> &attempt, Answer answer);
    // The mutex is held.
    static bool again(const std::shared_ptr<Attempt> &attempt, const Answer &answer);
    // Rows cannot be looked for: what the server said holds.
    static void trust(const std::shared_ptr<Attempt> &attempt, const std::string &why);
    // Whether nothing follows on the answer: the sink is gone, or what was asked is asked again, or given up.
    static bool is_over(const std::shared_ptr<Attempt> &attempt, Answer &answer);
    static void finish(const std::shared_ptr<Attempt> &attempt, Answer answer);

    std::shared_ptr<Shared> shared_;
    size_t under_way_ = 0;
};

}  // namespace weir::clickhouse
