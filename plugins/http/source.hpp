// http.source: records that are posted to weir.
//
// One server a node, whatever the number of workers; one split, which one of them reads. A body counts as a whole: where
// a record of it does not decode, its sender is told and none is taken. The sender's answer waits until the rows are
// durable downstream (or, where asked for, until they are on their way), so a body that got no good answer may be sent
// again, and is never lost. One instance, one user at a time.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <weir/operator.hpp>
#include <weir/shared.hpp>

#include "server.hpp"

namespace weir::http {

// Of all instances of a node: the server runs from the first open to the last close.
struct SharedServer {
    std::mutex mutex;
    std::unique_ptr<Server> server;
    int users = 0;
    weir_context *reader = nullptr;  // who is to be woken
};

class Source final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    ~Source() override;

    Status bind(const Binding &binding) override;
    Status open() override;
    Status discover(const weir_bytes_out &ids) override;
    Status assign(uint64_t number, std::string_view id, const weir_str &position) override;
    Status poll(uint64_t number, uint64_t max_rows, uint64_t max_bytes) override;
    Status position(uint64_t number, const weir_bytes_out &out) override;
    Status on_epoch_committed(uint64_t epoch, std::span<const weir_position> positions) override;
    Status close() override;

private:
    Source(Context context, ServerOptions options, bool at_once)
        : Instance(context), options_(std::move(options)), at_once_(at_once), shared_(shared_by_node<SharedServer>(context)) {}
    Inbox &inbox() const { return shared_->server->inbox(); }
    // False: its sender has been told why.
    Result<bool> decode(const std::shared_ptr<const Posted> &posted, uint64_t ticket);
    void split_front(int64_t n);
    bool emit_next(uint64_t split);
    void drop_rows();
    void leave();

    const ServerOptions options_;
    const bool at_once_;  // answer: taken
    std::shared_ptr<SharedServer> shared_;
    bool opened_ = false, reads_ = false;
    weir_codec codec_{};
    Schema record_, out_;
    std::vector<uint8_t> wanted_;
    std::deque<ArrowArray> batches_;  // of the body that is under way
    weir_origin *origin_ = nullptr;
    int32_t next_row_ = 0;      // of the origin
    uint64_t ticket_ = 0;       // of that body
    uint64_t emitted_ = 0;      // the last ticket whose rows are all emitted
    uint32_t bodies_metric_ = 0, refused_metric_ = 0, bytes_metric_ = 0;
};

extern const OperatorSpec kSourceSpec;

}  // namespace weir::http
